"""Which songs are meant, and where what is made of them goes."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from stream.errors import Failure

# sound by its name, in folders; a file that is named itself may be called anything
SOUND = (".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".caf", ".dsf", ".flac", ".m4a", ".mka",
         ".mp2", ".mp3", ".mpc", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".tta", ".w64", ".wav", ".wma", ".wv")
STEM_FILES = (".stem.mp4", ".stem.m4a")  # what we make ourselves
FIELDS = ("track", "trackext", "stem", "ext")  # of a file's name, as demucs calls them


@dataclass(frozen=True)
class Song:
    """A song.

    folder: where it lies below the folder that was named, so that what is made of it lies likewise
    """

    path: Path
    folder: Path = Path()

    @property
    def track(self) -> str:
        """Its name, without what a folder cannot be called."""
        track = self.path.stem.rstrip(" .") if os.name == "nt" else self.path.stem
        return track if track.strip(".") else "_" + track.replace(".", "_")

    @property
    def label(self) -> str:
        """What it is called among several."""
        return (self.folder / self.track).as_posix()


def songs(paths: Iterable[Path], output: Path) -> list[Song]:
    """The songs that are named, and those in folders and below, sorted; each once, and none of our own making.

    Raises Failure for a folder without any.
    """
    found: dict[Path, Song] = {}
    made = output.resolve()
    for path in paths:
        if not path.is_dir():
            found.setdefault(path.resolve(), Song(path))
            continue
        inside = [file for file in sorted(path.rglob("*")) if _sound(file) and not file.resolve().is_relative_to(made)]
        if not inside:
            raise Failure(f"{path} is a folder with no sound files in it")
        for file in inside:
            found.setdefault(file.resolve(), Song(file, file.parent.relative_to(path)))
    return list(found.values())


def _sound(file: Path) -> bool:
    name = file.name.lower()
    ours = name.endswith(STEM_FILES) or name.startswith(".")  # a dot: half of a file that is being written, or worse
    return name.endswith(SOUND) and not ours and file.is_file()


def place(template: str, song: Song, stem: str, ext: str) -> Path:
    """A file's place below the output folder. Raises ValueError for a template that leads elsewhere."""
    try:
        known = all(field is None or field in FIELDS for _, field, _, _ in Formatter().parse(template))
    except ValueError:
        known = False
    if not known:
        fields = " ".join(f"{{{field}}}" for field in FIELDS)
        raise ValueError(f"--filename {template!r} is no file name; what is known in braces is {fields}")
    name = template.format(track=song.track, trackext=song.path.suffix.removeprefix("."), stem=stem, ext=ext)
    if Path(name).is_absolute() or ".." in Path(name).parts or name.endswith(("/", os.sep)) or not name.strip("./"):
        raise ValueError(f"--filename must name a file below the output folder, not {name!r}")
    return song.folder / name


def apart(places: Iterable[tuple[Song, Path]]) -> None:
    """Raise ValueError if two files would be written to one place, or one over a song. [main-thread]"""
    places = list(places)
    sources = {_key(song.path): song for song, _ in places}
    taken: dict[str, Song] = {}
    for song, path in places:
        if _key(path) in sources:
            raise ValueError(f"{path} is a song itself: it cannot be written over")
        other = taken.setdefault(_key(path), song)
        if other is not song:
            raise ValueError(f"{other.path} and {song.path} would both be written to {path}; separate them into "
                             "folders of their own, or tell them apart by --filename, such as "
                             "'{track}.{trackext}/{stem}.{ext}'")


def _key(path: Path) -> str:
    """The same for whatever the disk takes for the same."""
    text = str(path.resolve())
    return text.casefold() if sys.platform in ("win32", "darwin") else text
