"""An engine played by hand, a desk and a link that screens attach to."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stream.link.client import Attached
from stream.link.server import Link
from stream.link.snapshot import Snapshot
from stream.link.verbs import desk_verbs
from stream.mixer.desk import Desk
from tests.rig.byhand import Live, Shares

SIX = ("drums", "bass", "other", "vocals", "guitar", "piano")
FACTS = {"model": "htdemucs", "provider": "cpu", "samplerate": 44_100, "separator": "stateful"}
WAIT_S = 120.0  # what is only spent where something is wrong


@dataclass
class Rig:
    """What is on the engine's side; `done` has the acts that were done."""

    live: Live
    desk: Desk
    link: Link
    done: list[str] = field(default_factory=list)

    def attach(self) -> Attached:
        return Attached(self.link.door)


@contextmanager
def rig(sources: tuple[str, ...] = SIX[:4], acts: tuple[str, ...] = ()) -> Iterator[Rig]:
    separator = Shares(shares=(0.5,) + (0.5 / (len(sources) - 1),) * (len(sources) - 1))
    separator.sources = sources
    live = Live(separator)
    made = Rig(live, Desk(live.mixer), Link())
    for act in acts:
        made.desk.offer(act, lambda act=act: made.done.append(act))  # type: ignore[misc]
    with made.link:
        made.link.open(Snapshot(live.engine, separator, made.desk, FACTS, lambda: "record" in made.done),
                       desk_verbs(made.desk))
        yield made


def until(there: Callable[[], bool]) -> None:
    """Wait for something that another thread brings about."""
    end = time.monotonic() + WAIT_S
    while not there():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)
