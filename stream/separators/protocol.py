"""What the host asks of a separator: a hop of frames in, a hop of stems out."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from stream.common.errors import Failure

PARTS = ("sources", "samplerate", "hop", "latency", "reset", "process")
GROUP = "demucs_stream.separators"
Frames = npt.NDArray[np.float32]


@runtime_checkable
class Separator(Protocol):
    """Tells stems apart, hop by hop; whoever needs past context keeps it himself.

    sources: stem names
    samplerate: Hz
    hop: frames taken and given per call, fixed while running
    latency: frames by which what is given lags behind what is taken
    """

    @property
    def sources(self) -> tuple[str, ...]:
        """Stem names. [any-thread]"""

    @property
    def samplerate(self) -> int:
        """Hz. [any-thread]"""

    @property
    def hop(self) -> int:
        """Frames. [any-thread]"""

    @property
    def latency(self) -> int:
        """Frames. [any-thread]"""

    def reset(self) -> None:
        """Forget what was heard. [opening-thread, separator-thread]"""

    def process(self, mix: Frames, stems: Frames) -> None:
        """Take one hop and give one.

        mix: float32 (2, hop)
        stems: float32 (stems, 2, hop), written
        [separator-thread]
        """


@runtime_checkable
class Skipping(Protocol):
    """A separator that can take a hop without giving one, so that a late one catches up without a gap in its past."""

    def skip(self, mix: Frames) -> None:
        """Take one hop: float32 (2, hop). [separator-thread]"""


@dataclass(frozen=True)
class Level:
    """What a hop is made with.

    cost: of a hop, in proportion to that of the first level
    text: what the user is told
    """

    cost: float
    text: str


@runtime_checkable
class Easing(Protocol):
    """A separator that can make do with less from one hop to the next, while the machine is short of time."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """What a hop may be made with: first what was asked for, then cheaper and cheaper. [any-thread]"""

    def ease(self, level: int) -> None:
        """Make the next hops with `levels[level]`. [separator-thread]"""


def plugins() -> tuple[str, ...]:
    """Names of separators that installed packages declare (entry-point group `demucs_stream.separators`).

    [any-thread]
    """
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def plugin(name: str) -> Separator:
    """A separator by its name; a plugin is called without arguments.

    Raises ValueError, with the names there are, for one that is not here or does not load.
    [opening-thread]
    """
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise ValueError(f"there is no separator {name}; the installed ones are {', '.join(plugins())}")
    try:
        made = next(iter(found)).load()()
    except Exception as error:  # whatever a stranger's code raises, only this separator is lost
        raise ValueError(f"separator {name} cannot be loaded: {error}") from error
    if not isinstance(made, Separator):
        lacks = [part for part in PARTS if not hasattr(made, part)]
        raise ValueError(f"separator {name} is incomplete: it has no {', '.join(lacks)}")
    if wrong := _wrong(made):
        raise ValueError(f"separator {name} is wrong: {wrong}")
    made.process = _named(name, made.process)  # type: ignore[method-assign,assignment]
    return made


def _wrong(made: Separator) -> str:
    """What a separator says of itself that cannot be; empty where all can."""
    sources = made.sources
    names = isinstance(sources, tuple | list) and all(isinstance(stem, str) and stem for stem in sources)
    if not names or not sources:
        return f"its sources must be a tuple of stem names, not {sources!r}"
    for part, least in (("samplerate", 1), ("hop", 1), ("latency", 0)):
        value = getattr(made, part)
        if not isinstance(value, int | np.integer) or value < least:
            return f"its {part} must be a whole number from {least} on, not {value!r}"
    return ""


def _named(name: str, process: Callable[[Frames, Frames], None]) -> Callable[[Frames, Frames], None]:
    """`process`, which says whose it is when it fails."""

    def named(mix: Frames, stems: Frames) -> None:
        try:
            process(mix, stems)
        except Exception as error:
            raise Failure(f"separator {name}: {type(error).__name__}: {' '.join(str(error).split())}") from error

    return named
