"""The mix of a take made again from what came in, the stems and the gestures, as the callback made it. [main-thread]"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import numpy as np

from dsp.console import MEMORY, PIECE, WET_NOW, rows
from dsp.mixdown import mixdown
from dsp.ramp import aim
from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.common.errors import Failure
from stream.mixer.mixer import HISTORY, Mixer
from stream.recording.automation import Automation, Gesture
from stream.recording.log import TakeInfo, inserted
from stream.separators.protocol import Frames

CHUNK = 1 << 16  # frames


class RenderDesk:
    """A mixer that plays gestures back."""

    def __init__(self, take: TakeInfo, automation: Automation, unfaded: bool) -> None:
        """Stand where the take begins. Raises ValueError for what the stems do not have.

        unfaded: stems will come as they are separated, and not as they were heard
        """
        stems = len(take.sources)
        self._take, self._gestures, self._unfaded = take, automation.gestures, unfaded
        self._mixer = Mixer(take.sources, take.samplerate)
        self._mixer.recall(automation.scene)
        self._mixer.settle()
        self._state = self._mixer.state
        self._state[WET_NOW, 0, 0] = automation.available
        self._memory = np.zeros((stems, 2, MEMORY), np.float32)
        self._work = np.zeros((rows(stems), PIECE), np.float32)
        self._available, self._left = automation.available, 0
        self._next = 0
        self._at = min([0, *(gesture.frame for gesture in self._gestures[:1])])
        self._catch_up()

    def play(self, dry: Frames, stems: Frames, heard: Frames) -> Frames:
        """The mix of the next frames.

        dry: float32 (n, 2), what came in      stems: float32 (n, 2 · stems)
        heard: as stems, with what inserts made of them; the same array where there are none
        """
        out, end = np.zeros_like(dry), self._at + len(dry)
        cuts = [self._at, *(g.frame for g in self._gestures[self._next :] if self._at < g.frame < end), end]
        first = self._at
        for start, stop in pairwise(cuts):
            self._do(start)
            part = slice(start - first, stop - first)
            self._run(dry[part], stems[part], heard[part], out[part])
        return out

    def _catch_up(self) -> None:
        """What was done before the first frame was heard."""
        while self._at < 0:
            self._do(self._at)
            stop = min([0, *(g.frame for g in self._gestures[self._next : self._next + 1])])
            nothing: Frames = np.zeros((stop - self._at, 2), np.float32)
            stems: Frames = np.zeros((len(nothing), 2 * len(self._take.sources)), np.float32)
            self._run(nothing, stems, stems, nothing)

    def _do(self, frame: int) -> None:
        while self._next < len(self._gestures) and self._gestures[self._next].frame == frame:
            self._gesture(self._gestures[self._next])
            self._next += 1

    def _gesture(self, gesture: Gesture) -> None:
        if gesture.set is None:
            self._available = gesture.available
            return
        self._mixer.recall(gesture.set)
        aim(self._state, self._mixer.wanted[self._mixer.number % HISTORY], self._take.ramp)
        self._left = self._take.ramp

    def _run(self, dry: Frames, stems: Frames, heard: Frames, out: Frames) -> None:
        self._left = mixdown(
            (self._state, self._memory, self._work), self._left,
            (self._available, self._take.fade, self._take.late == "dry", self._unfaded), dry, stems, heard, out)
        self._at += len(dry)


def render(files: dict[str, Path], take: TakeInfo, automation: Automation, to: Path, unfaded: bool = False) -> None:
    """Make a take's mix again from its input and stems. Raises Failure, OSError, ValueError.

    files: by name, the input, the stems, and what inserts made of them, if the mix shall have that
    unfaded: the stems as they are separated, and not as they were heard
    """
    desk = RenderDesk(take, automation, unfaded)
    made = [stem for stem in take.inserts if inserted(stem) in files]
    with ExitStack() as stack:
        names = ("input", *take.sources, *map(inserted, made))
        readers = [stack.enter_context(AudioReader(files[name])) for name in names]
        writer = AudioWriter(to, take.samplerate, frames=take.frames)
        complete = False
        try:
            for dry, *parts in _blocks(readers, take.frames):
                stems = np.concatenate(parts[: len(take.sources)], axis=1)
                heard = stems.copy() if made else stems
                for stem, part in zip(made, parts[len(take.sources) :], strict=True):
                    at = 2 * take.sources.index(stem)
                    heard[:, at : at + 2] = part
                writer.write(desk.play(dry, stems, heard))
            complete = True
        finally:
            writer.close(keep=complete)


def _blocks(readers: list[AudioReader], frames: int) -> Iterator[list[Frames]]:
    for start in range(0, frames, CHUNK):
        blocks = [reader.read(min(CHUNK, frames - start)) for reader in readers]
        for reader, block in zip(readers, blocks, strict=True):
            if len(block) < min(CHUNK, frames - start):
                raise Failure(f"{reader.path} ends after {start + len(block)} frames, but the take has {frames}")
        yield blocks
