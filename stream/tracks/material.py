"""What a track is made of: a song that is to be separated, a stem file, or a folder of stems.

Each gives blocks in which the song is followed by those stems that a track stores, side by side.
[decoder-thread]
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from dsp.clean import clean
from stream.audiofiles.audiofile import Frames
from stream.audiofiles.names import SOUND, STEM_FILES, stem_name
from stream.audiofiles.song import Reader, open_live, open_song
from stream.audiofiles.stemfile import StemReader
from stream.common.errors import Failure
from stream.offline.made import read_provenance

WHOLE = ("input", "mix")  # a folder's file that is the song itself, as recordings have them; the first one counts


class Material(Protocol):
    """Where a track's frames come from.

    samplerate: Hz      frames: in all, as far as is known; 0 if it is not
    sources: the stems it brings; none if it is to be separated
    tags: title and artist, where it says so
    """

    samplerate: int
    frames: int
    sources: tuple[str, ...]
    tags: dict[str, str]

    @property
    def damage(self) -> str | None:
        """What was wrong with it, once it has been read to its end; None if nothing."""

    @property
    def cleaned(self) -> int:
        """Samples so far that could not be sound, and are silence."""

    def read(self, frames: int) -> Frames:
        """The next frames, fewer at the end: float32 (n, 2 + 2 * stored stems). Raises Failure."""

    def close(self) -> None:
        """Let go of all files."""


def residual(sources: Sequence[str]) -> int:
    """Which stem is not stored, because it is what the others leave of the song."""
    return sources.index("other") if "other" in sources else len(sources) - 1


def open_material(path: Path, wanted: Sequence[str] = ()) -> Material:
    """Open a song, a stem file or a folder of stems. Raises Failure, OSError.

    wanted: the order of stems, where these are the ones that it brings
    """
    if path.is_dir():
        return StemFolderMaterial(path, wanted)
    if path.name.lower().endswith(STEM_FILES):
        return StemFileMaterial(path, wanted)
    return SongMaterial(path)


def stems_in(folder: Path) -> tuple[dict[str, Path], Path | None]:
    """A folder's stems by name, and the song itself, if it lies there too. Raises Failure, OSError."""
    found: dict[str, Path] = {}
    whole: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        name = file.stem.lower()
        if not file.name.lower().endswith(SOUND) or file.name.startswith(".") or not file.is_file():
            continue
        made = read_provenance(file)
        stem = made.how.rpartition("stem=")[2] if made else name if stem_name(name) else ""
        if name in WHOLE:
            whole[name] = file
        elif stem in found:
            raise Failure(f"{folder} holds stems of several songs: {found[stem].name} and {file.name}")
        elif stem and "+" not in stem:
            found[stem] = file
    if len(found) < 2:
        raise Failure(f"{folder} is a folder without stems: sound files that are called drums, bass, vocals and so on")
    return found, next((whole[name] for name in WHOLE if name in whole), None)


def _order(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    return tuple(wanted) if set(names) == set(wanted) else tuple(names)


class SongMaterial:
    """A song without stems."""

    sources: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        """Open it. Raises Failure."""
        self._reader: Reader = open_live(path)
        self.samplerate, self.frames, self.tags = self._reader.samplerate, self._reader.frames, self._reader.tags

    @property
    def damage(self) -> str | None:
        """As of `Material`."""
        return self._reader.damage

    @property
    def cleaned(self) -> int:
        """As of `Material`."""
        return self._reader.cleaned

    def read(self, frames: int) -> Frames:
        """As of `Material`."""
        return self._reader.read(frames)

    def close(self) -> None:
        """As of `Material`."""
        self._reader.close()


class StemFileMaterial:
    """A stem file. The song is the sum of its stems, as players of such files have it.

    Its own mix may have been mastered after the stems were made, and then they do not sum to it.
    """

    damage: str | None = None

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        """Open it. Raises Failure."""
        self._reader = StemReader(path)
        self.samplerate, self.frames, self.tags = self._reader.samplerate, self._reader.frames, self._reader.tags
        self.sources = _order(self._reader.sources, wanted)
        self._rows = [self._reader.sources.index(name) for name in self.sources]
        self._left_out = residual(self.sources)
        self.cleaned = 0

    def read(self, frames: int) -> Frames:
        """As of `Material`."""
        block = self._reader.read(frames)
        self.cleaned += clean(block)
        stems = [block[:, 2 * row : 2 * row + 2] for row in self._rows]
        return beside(stems, self._left_out, None)

    def close(self) -> None:
        """As of `Material`."""
        self._reader.close()


class StemFolderMaterial:
    """A folder of stems. The song is the file beside them that is called input or mix, or else their sum."""

    def __init__(self, folder: Path, wanted: Sequence[str]) -> None:
        """Open all files. Raises Failure, OSError."""
        files, whole = stems_in(folder)
        self.sources = _order(list(files), wanted)
        self._left_out = residual(self.sources)
        self._readers: list[Reader] = []
        try:
            for path in (*(files[name] for name in self.sources), *([whole] if whole else [])):
                self._readers.append(open_song(path))
            first = self._readers[0]
            for other in self._readers[1:]:
                if other.samplerate != first.samplerate:
                    raise Failure(f"{folder} holds stems that do not belong together: {first.path.name} has "
                                  f"{first.samplerate} Hz and {other.path.name} {other.samplerate}")
        except BaseException:
            self.close()
            raise
        self._whole, self._silenced = whole is not None, 0
        self.samplerate, self.frames = first.samplerate, max(reader.frames for reader in self._readers)
        self.tags = {"title": folder.name, **first.tags}

    @property
    def damage(self) -> str | None:
        """As of `Material`."""
        return next((f"{reader.path.name}: {reader.damage}" for reader in self._readers if reader.damage), None)

    @property
    def cleaned(self) -> int:
        """As of `Material`."""
        return self._silenced + sum(reader.cleaned for reader in self._readers)

    def read(self, frames: int) -> Frames:
        """As of `Material`; a file that ends before the others is silent from there on."""
        blocks = [reader.read(frames) for reader in self._readers]
        longest = max(map(len, blocks))
        blocks = [np.pad(block, ((0, longest - len(block)), (0, 0))) for block in blocks]
        for block in blocks:
            self._silenced += clean(block)
        whole = blocks.pop() if self._whole else None
        return beside(blocks, self._left_out, whole)

    def close(self) -> None:
        """As of `Material`."""
        for reader in self._readers:
            reader.close()


def beside(stems: Sequence[Frames], left_out: int, whole: Frames | None) -> Frames:
    """The song and the stems that are stored, side by side; the song is the sum of all where it is not given."""
    total = whole if whole is not None else np.sum(stems, axis=0, dtype=np.float32)
    return np.concatenate([total, *(stem for at, stem in enumerate(stems) if at != left_out)], axis=1)
