"""A take while it is made: its tracks, and when it ends its log."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from stream.audiofiles.audiofile import claim
from stream.live.engine import Engine
from stream.recording import log
from stream.recording.automation import GestureLog
from stream.recording.options import RecordingOptions
from stream.recording.recorder import RecordedFile, Recorder

Say = Callable[[str], None]


@dataclass(frozen=True)
class TakeContext:
    """What all takes of a run have in common.

    take: what their logs begin with      say: takes lines for the user
    [any-thread]
    """

    engine: Engine
    take: log.TakeInfo
    options: RecordingOptions
    gestures: GestureLog
    say: Say

    @property
    def written(self) -> int:
        """The position of the next frame that will be heard."""
        assert self.engine.tap is not None
        return self.engine.tap.written

    @property
    def keep_frames(self) -> int:
        """Frames that can be kept after they were heard."""
        return int(self.options.keep_s * self.take.samplerate)


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
        self._alone = claim(folder / log.NAME)  # until the take has ended: two takes in one folder would be a mixture
        try:
            self._recorder = Recorder(context.engine.tap, tracks(context, folder), context.take.samplerate, frames,
                                      start)
        except BaseException:
            self._alone.drop()
            raise
        self.paths = self._recorder.paths

    @property
    def seconds(self) -> str:
        """How long it is, in words. [recorder-thread]"""
        return f"{(self._recorder.at - self.start) / self._context.take.samplerate:.1f} s"

    def step(self) -> bool:
        """Write what has come; False if there was nothing. Raises Failure. [recorder-thread]"""
        return self._recorder.step(self._context.engine.end)

    def finish(self, until: int) -> None:
        """Write what has come, up to a position, and close. Raises Failure. [recorder-thread]"""
        while self._recorder.step(until):
            pass
        self.close(keep=True)

    def close(self, keep: bool) -> None:
        """Move all files to their places and write the log, or remove them. Raises Failure.

        [main-thread, recorder-thread]
        """
        try:
            self._recorder.close(keep)
            if keep:
                self._write_log()
        finally:
            self._alone.drop()

    def _write_log(self) -> None:
        recorder, context = self._recorder, self._context
        automation = context.gestures.between(self.start, recorder.at)
        take = replace(context.take, frames=recorder.at - self.start, lost=context.gestures.lost + recorder.overruns,
                       files={path.stem: path.name for path in self.paths})
        log.write(self.folder / log.NAME, take, automation)


def tracks(context: TakeContext, folder: Path) -> list[RecordedFile]:
    """The tracks of a take: what came in, the mix, every stem, and what inserts made of some. [any-thread]"""
    kind, sources = context.options.kind, context.take.sources
    after = 2 + 2 * len(sources)
    names = {"input": after, "mix": 0} | {stem: 2 + 2 * i for i, stem in enumerate(sources)}
    names |= {log.inserted(stem): after + 2 + 2 * sources.index(stem) for stem in context.take.inserts}
    return [RecordedFile(folder / f"{name}.{kind.format}", at, kind=kind) for name, at in names.items()]
