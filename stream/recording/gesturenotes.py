"""The gesture log of a take, beside its sound."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stream.live.engine import Engine
from stream.recording import log
from stream.recording.automation import GestureLog


class GestureNotes:
    """Collects gestures, and writes those of a take.

    name: of the file that is written      tracks: of a take, by name, the first of their two channels in the tap:
    what came in, the mix, every stem, and what inserts made of some
    """

    name = log.NAME

    def __init__(self, engine: Engine, take: log.TakeInfo) -> None:
        """take: what all logs begin with. Before the callback runs. [main-thread]"""
        self._take, self._gestures = take, GestureLog(engine.mixer, engine.events)
        after = 2 + 2 * len(take.sources)
        self.tracks: Mapping[str, int] = {
            "input": after, "mix": 0, **{stem: 2 + 2 * i for i, stem in enumerate(take.sources)},
            **{log.inserted(stem): after + 2 + 2 * take.sources.index(stem) for stem in take.inserts}}
        self.collect, self.forget = self._gestures.collect, self._gestures.forget

    def write(self, folder: Path, stretch: tuple[int, int], paths: Sequence[Path], lost: int) -> None:
        """Write a log, whole or not at all. Raises Failure.

        stretch: the take's first frame, and the one behind its last      paths: of its files
        lost: pieces of sound that are missing
        [recorder-thread]
        """
        start, end = stretch
        take = replace(self._take, frames=end - start, lost=self._gestures.lost + lost,
                       files={path.stem: path.name for path in paths})
        log.write(folder / log.NAME, take, self._gestures.between(start, end))
