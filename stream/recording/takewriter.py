"""A take while it is made: its tracks, and when it ends what is noted beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stream.audiofiles.audiofile import claim
from stream.callback.ring import Ring
from stream.latency.geometry import Latency
from stream.recording.options import RecordingOptions
from stream.recording.recorder import RecordedFile, Recorder

Say = Callable[[str], None]


class Recorded(Protocol):
    """An engine: one that separates live, or one of decks. [any-thread]"""

    latency: Latency
    tap: Ring | None

    @property
    def end(self) -> int:
        """Frames that there will be in all; ENDLESS while nobody knows."""

    @property
    def expected(self) -> int | None:
        """Frames that there will be as a file states; None for a device."""


class TakeNotes(Protocol):
    """What is written beside the sound of a take: its gestures, or the songs that were played. [recorder-thread]"""

    @property
    def name(self) -> str:
        """Of the file."""

    @property
    def tracks(self) -> Mapping[str, int]:
        """By name, the first of their two channels in the tap."""

    def collect(self) -> None:
        """Take over what has happened."""

    def forget(self, before: int) -> None:
        """Let go of what happened before a frame."""

    def write(self, folder: Path, stretch: tuple[int, int], paths: Sequence[Path], lost: int) -> None:
        """Write the file of a take, from a frame to another. Raises Failure."""


@dataclass(frozen=True)
class TakeContext:
    """What all takes of a run have in common.

    say: takes lines for the user
    [any-thread]
    """

    engine: Recorded
    notes: TakeNotes
    options: RecordingOptions
    say: Say

    @property
    def written(self) -> int:
        """The position of the next frame that will be heard."""
        assert self.engine.tap is not None
        return self.engine.tap.written

    @property
    def keep_frames(self) -> int:
        """Frames that can be kept after they were heard."""
        return int(self.options.keep_s * self.engine.latency.samplerate)


class TakeWriter:
    """Records what is heard into a folder.

    folder: of all files      start: the position of the first frame      paths: of its tracks
    """

    def __init__(self, context: TakeContext, folder: Path, start: int, frames: int | None = None) -> None:
        """Open all files. Raises Failure, and leaves none, if one cannot be.

        frames: how many there will be, if it is known
        [main-thread, recorder-thread]
        """
        self._context, self.folder, self.start = context, folder, start
        assert context.engine.tap is not None
        # until the take has ended: two takes in one folder would be a mixture
        self._alone = claim(folder / context.notes.name)
        kind = context.options.kind
        tracks = [RecordedFile(folder / f"{name}.{kind.format}", at, kind=kind)
                  for name, at in context.notes.tracks.items()]
        try:
            self._recorder = Recorder(context.engine.tap, tracks, context.engine.latency.samplerate, frames, start)
        except BaseException:
            self._alone.drop()
            raise
        self.paths = self._recorder.paths

    @property
    def seconds(self) -> str:
        """How long it is, in words. [recorder-thread]"""
        return f"{(self._recorder.at - self.start) / self._context.engine.latency.samplerate:.1f} s"

    def step(self) -> bool:
        """Write what has come; False if there was nothing. Raises Failure. [recorder-thread]"""
        return self._recorder.step(self._context.engine.end)

    def finish(self, until: int) -> None:
        """Write what has come, up to a position, and close. Raises Failure. [recorder-thread]"""
        while self._recorder.step(until):
            pass
        self.close(keep=True)

    def close(self, keep: bool) -> None:
        """Move all files to their places and write the notes, or remove them. Raises Failure.

        [main-thread, recorder-thread]
        """
        try:
            self._recorder.close(keep)
            if keep:
                recorder = self._recorder
                self._context.notes.write(self.folder, (self.start, recorder.at), self.paths, recorder.overruns)
        finally:
            self._alone.drop()
