"""Songs, and where what is made of them goes."""

import hashlib
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from string import Formatter

from stream.common.claim import MOST_NAME_BYTES, shortened
from stream.terminal.answers import shown

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
        track = self.path.stem
        return track if track.strip(".") else "_" + track.replace(".", "_")

    @property
    def label(self) -> str:
        """What it is called among several."""
        return (self.folder / self.track).as_posix()


def stem_path(template: str, song: Song, stem: str, ext: str) -> Path:
    """A file's place below the output folder. Raises ValueError for a template that leads elsewhere."""
    try:
        known = all(field is None or field in FIELDS for _, field, _, _ in Formatter().parse(template))
    except ValueError:
        known = False
    if not known:
        fields = " ".join(f"{{{field}}}" for field in FIELDS)
        raise ValueError(f"--filename {template!r} is not a file name; in braces it may have {fields}")
    name = template.format(track=song.track, trackext=song.path.suffix.removeprefix("."), stem=stem, ext=ext)
    if Path(name).is_absolute() or ".." in Path(name).parts or name.endswith(("/", os.sep)) or not name.strip("./"):
        raise ValueError(f"--filename must name a file below the output folder, not {name!r}")
    return song.folder / Path(*map(fitting, PurePath(name).parts))


def fitting(name: str, windows: bool = os.name == "nt") -> str:
    """A name that a disk can hold: not too long, and on Windows without what names lack there."""
    if windows:
        name = re.sub(r'[<>:"|?*\x00-\x1f]', "_", name).rstrip(" .") or "_"
        if re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)", name.partition(".")[0].rstrip(), re.I):
            name = f"_{name}"
    data = os.fsencode(name)
    if len(data) <= MOST_NAME_BYTES:
        return name
    return shortened(name, MOST_NAME_BYTES, hashlib.sha256(data).hexdigest()[:8])


def apart(places: Iterable[tuple[Song, Path]]) -> None:
    """Raise ValueError if two files would be written to one place, or one over a song."""
    places = list(places)
    sources = {key(song.path): song for song, _ in places}
    taken: dict[str, Song] = {}
    for song, path in places:
        if key(path) in sources:
            raise ValueError(f"{path} is itself a song to separate, and must not be overwritten")
        other = taken.setdefault(key(path), song)
        if other is not song:
            raise ValueError(f"{shown(other.path)} and {shown(song.path)} would both be written to {shown(path)}; "
                             "separate them into folders of their own, or tell them apart by --filename, such as "
                             "'{track}.{trackext}/{stem}.{ext}'")


def key(path: Path) -> str:
    """The same for whatever the disk takes for the same."""
    text = os.path.realpath(path)  # resolve() fails for links that lead round in a circle
    return text.casefold() if sys.platform in ("win32", "darwin") else text
