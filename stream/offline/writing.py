"""A song's files: opened, filled piece by piece, and there all together or not at all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream.audiofiles.audiofile import AudioWriter, Writer, close_all
from stream.audiofiles.kind import FLOAT, Kind
from stream.audiofiles.limiting import Limited
from stream.audiofiles.stemfile import StemWriter
from stream.offline.parts import Part
from stream.offline.separation import Piece


@dataclass(frozen=True)
class Output:
    """How files are written.

    kind: of a file per part
    codec: `aac` or `alac` for one stem file instead; None otherwise
    clip: what is done about what is beyond full scale, where the format cannot hold it
    """

    kind: Kind = FLOAT
    codec: str | None = None
    clip: str = "rescale"

    @property
    def ext(self) -> str:
        """A file's extension, without the dot."""
        return "stem.mp4" if self.codec else self.kind.format


@dataclass(frozen=True)
class StemFile:
    """A file and the parts that lie side by side in it.

    made: what it says of what made it (stream.offline.made); nothing if it is empty
    """

    path: Path
    parts: tuple[Part, ...]
    made: str = ""


def open_writer(target: StemFile, output: Output, samplerate: int, frames: int, song: Path) -> Writer:
    """A target's file, ready to be written. Raises Failure.

    frames: expected
    """
    channels = 2 * len(target.parts)
    writer: Writer
    if output.codec:
        stems = [part.name for part in target.parts[1:]]
        writer = StemWriter(target.path, samplerate, stems, output.codec, song)
    else:
        writer = AudioWriter(target.path, samplerate, channels, frames, output.kind)
    try:
        if target.made:
            writer.mark(target.made)
        return Limited(writer, channels, output.clip) if output.codec or output.kind.clips else writer
    except BaseException:
        writer.close(keep=False)
        raise


def write(pieces: Iterable[Piece], targets: Sequence[StemFile], opened: Callable[[StemFile], Writer],
          progress: Callable[[int], None]) -> list[str]:
    """Write a song's targets, all of them or none; what there is to say of them.

    progress: takes the frames written so far; what it raises ends it
    Raises Failure for what cannot be read or written.
    """
    writers: list[Writer] = []
    keep = False
    try:
        for target in targets:
            writers.append(opened(target))
        done = 0
        for piece in pieces:
            for writer, target in zip(writers, targets, strict=True):
                lines = [part.of(piece) for part in target.parts]
                writer.write(np.concatenate(lines, axis=1) if len(lines) > 1 else np.ascontiguousarray(lines[0]))
            done += piece.mix.shape[-1]
            progress(done)
        keep = True
    finally:
        close_all(writers, keep)
    return [f"{writer.path.name}: {writer.note}" for writer in writers if writer.note]
