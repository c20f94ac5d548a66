"""One song's stems in the store: FLAC files, and an index that is written last, without which there is no entry.

    stems/<key>/stems.json  drums.flac  bass.flac  vocals.flac       by song, model and rate
[any-thread]
"""

import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dsp.quantize import Integer, from_integers, to_integers
from stream.audiofiles.audiofile import AudioWriter, Frames, SampleReader
from stream.audiofiles.kind import Kind
from stream.common.claim import Claim, Taken
from stream.common.closing import Closing
from stream.common.errors import Failure

FORMAT = 1
INDEX = "stems.json"
KEY = re.compile("[0-9a-f]{32}")
CHUNK = 1 << 17  # frames that have a sum of their own
KIND = Kind("flac", 24)


@dataclass(frozen=True)
class Identity:
    """What stems are of. song: sha256 of its file      model, weights: its name, and a sum of what it is made of"""

    song: str
    model: str
    weights: str
    samplerate: int

    @property
    def key(self) -> str:
        """The name of its folder."""
        return hashlib.sha256(f"{FORMAT} {self.song} {self.weights} {self.samplerate}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Index:
    """What an entry says of itself.

    path, title, artist: of the song, as it was called      frames: at `samplerate`
    stems: by name in the track's order, a sum of each chunk      chunk: frames
    """

    song: str
    model: str
    weights: str
    samplerate: int
    path: str
    title: str
    artist: str
    frames: int
    stems: dict[str, list[int]]
    chunk: int = CHUNK
    format: int = FORMAT


class StemEntry:
    """One place in the store, whether there are stems in it or not."""

    def __init__(self, root: Path, identity: Identity) -> None:
        """Nothing is looked at yet. root: the store's folder"""
        self.identity = identity
        self.folder = root / "stems" / identity.key

    def index(self) -> Index | None:
        """What it says of itself; None where there are no stems, or none of this song, model, rate and format."""
        found = read_index(self.folder)
        wanted = asdict(self.identity)
        return found if found and all(getattr(found, name) == value for name, value in wanted.items()
                                      if name != "model") else None

    def open(self, index: Index) -> "KeptStems":
        """Its stems, to be read. Raises Failure."""
        return KeptStems(self.folder, index)

    def save(self, index: Index, read: Callable[[int, int], Frames], stopped: Callable[[], bool]) -> bool:
        """Write stems, all of them or none; whether they are there now. Raises Failure, OSError.

        index: without sums      read: gives float32 (n, 2 * stems), quantized, of first frame and count
        stopped: whether to give up
        """
        try:
            claim = Claim(self.folder / INDEX)
        except Taken:  # another process keeps the same
            return False
        writers = []
        try:
            for name in index.stems:
                writers.append(AudioWriter(self.folder / f"{name}.flac", index.samplerate, 2, index.frames, KIND))
            for first in range(0, index.frames, CHUNK):
                if stopped():
                    return False
                samples = to_integers(read(first, min(CHUNK, index.frames - first)))
                for at, (writer, sums) in enumerate(zip(writers, index.stems.values(), strict=True)):
                    part = np.ascontiguousarray(samples[:, 2 * at : 2 * at + 2])
                    writer.write(part)
                    sums.append(checksum(part))
            for writer in writers:
                writer.close()
            claim.part.write_text(json.dumps(asdict(index)))
            claim.keep()
            return True
        finally:
            for writer in writers:
                writer.close(keep=False)
            claim.drop()

    def remove(self) -> None:
        """Remove its stems; notes stay. What somebody is writing just now stays as it is. Raises OSError."""
        remove(self.folder)


class KeptStems(Closing):
    """An entry's stems, chunk by chunk; every chunk is checked."""

    def __init__(self, folder: Path, index: Index) -> None:
        """Open all files. Raises Failure."""
        self._index, self._open = index, ExitStack()
        self._files: list[SampleReader] = []
        try:
            for name in index.stems:
                file = self._open.enter_context(SampleReader(folder / f"{name}.flac"))
                if (file.frames, file.samplerate, file.channels) != (index.frames, index.samplerate, 2):
                    raise Failure(f"{file.path} is not what was kept")
                self._files.append(file)
        except BaseException:
            self._open.close()
            raise

    def read(self, chunk: int) -> Frames:
        """A chunk: float32 (n, 2 * stems). Raises Failure for one that is not what was kept."""
        first = chunk * self._index.chunk
        count = min(self._index.chunk, self._index.frames - first)
        stems = []
        for file, sums in zip(self._files, self._index.stems.values(), strict=True):
            samples = file.read(first, count)
            if checksum(samples) != sums[chunk]:
                raise Failure(f"{file.path} is damaged")
            stems.append(from_integers(samples))
        return np.concatenate(stems, axis=1)

    def close(self) -> None:
        """Let go of all files."""
        self._open.close()


def checksum(samples: Integer) -> int:
    """Of int32 (n, 2)."""
    return zlib.crc32(samples.data)


def read_index(folder: Path) -> Index | None:
    """What a folder says of itself; None where it is no entry of this format."""
    try:
        found = json.loads((folder / INDEX).read_text("utf-8"))
        index = Index(**found)
        chunks = -(-index.frames // index.chunk)
        whole = all(len(sums) == chunks and Path(name).name == name and (folder / f"{name}.flac").is_file()
                    for name, sums in index.stems.items())
    except (OSError, ValueError, TypeError, AttributeError, ZeroDivisionError):
        return None
    return index if whole and index.stems and index.format == FORMAT else None


def remove(folder: Path) -> bool:
    """Remove an entry's folder, unless somebody writes it just now; whether it is gone. Raises OSError."""
    if not folder.is_dir():
        return True
    try:
        claim = Claim(folder / INDEX, tries=1)
    except Taken:
        return False
    try:
        (folder / INDEX).unlink(missing_ok=True)  # first: what follows may be interrupted
    finally:
        claim.drop()
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        return sum(entry.stat().st_size for entry in entries if entry.is_file())
    return 0
