"""The providers that are installed, each opened, compared with the CPU provider and timed beside it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from stream.separators.networks import session
from stream.separators.networks.catalogue import least_db, reason
from stream.separators.networks.providers import here
from stream.separators.opening import Opening
from stream.separators.protocol import Frames, Separator
from stream.tuning.comparison import LEAST_HOPS, Comparison, Music, alone, compare

Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be computed, and with what it is tried.

    opening: as the user has it
    sizes: whatever `open` depends on besides
    open: makes a separator of an opening that has a provider
    music: float32 (2, frames), made when it is needed
    hops: that are compared and timed, at the least
    """

    opening: Opening
    sizes: tuple[object, ...]
    open: Callable[[Opening], Separator]
    music: Music
    say: Say
    hops: int = LEAST_HOPS

    def opened(self, **changes: object) -> Separator:
        """A separator to try: of a bag the first network, which stands for the others of its kind."""
        return self.open(replace(self.opening, files=self.opening.files[:1], weights=(), **changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Outcome:
    """What became of a provider.

    trial: None where it could not be opened or run
    why: why it is not trusted, in one line; empty where it is
    notes: what its session had to tell
    """

    provider: str
    trial: Comparison | None
    why: str = ""
    notes: list[str] = field(default_factory=list)


def candidates(asked: Asked, names: list[str] | None = None) -> Iterator[Outcome]:
    """The CPU provider first, which the others are compared with, then each of them.

    names: the others that are tried, without the first; None is all that are installed
    Raises ValueError where the CPU provider cannot open the model: then none can.
    """
    if names is not None and set(names) <= {"cpu"}:
        return  # nothing to compare with
    reference, music = asked.opened(provider="cpu"), asked.music()
    if names is None:
        yield Outcome("cpu", alone(reference, music, asked.hops))
    for name in here() if names is None else names:
        if name != "cpu":
            yield _outcome(asked, name, reference, music)


def _outcome(asked: Asked, name: str, reference: Separator, music: Frames) -> Outcome:
    with _noting() as notes:
        try:
            trial = compare(asked.opened(provider=name), reference, music, asked.hops)
        except Exception as error:  # onnxruntime, plugins and drivers raise classes of their own
            return Outcome(name, None, reason(error), notes)
    least = least_db(name)
    if trial.agrees_db >= least:
        return Outcome(name, trial, "", notes)
    return Outcome(name, trial, f"its stems agree with the CPU provider's to {trial.agrees_db:.0f} dB only, "
                                f"and {least:.0f} dB are needed", notes)


@contextmanager
def _noting() -> Iterator[list[str]]:
    """Collects what sessions have to tell, in place of its being printed at once."""
    notes: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    session.log.addHandler(handler)
    session.log.propagate = False
    try:
        yield notes
    finally:
        session.log.propagate = True
        session.log.removeHandler(handler)
