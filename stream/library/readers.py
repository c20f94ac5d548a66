"""A library of another program, by what its file or folder is called. [any-thread]"""

from collections.abc import Callable, Mapping
from pathlib import Path

from stream.library.librarysong import LibraryContent
from stream.library.mixxx import read_mixxx
from stream.library.rekordbox import read_rekordbox
from stream.library.serato import FOLDER, read_serato
from stream.library.traktor import read_traktor

READERS: Mapping[str, Callable[[Path], LibraryContent]] = {
    ".xml": read_rekordbox, ".nml": read_traktor, ".sqlite": read_mixxx, ".db": read_mixxx}


def is_library(path: Path) -> bool:
    """Whether it is called as one is."""
    return path.name == FOLDER or path.suffix.lower() in READERS


def read_library(path: Path) -> LibraryContent:
    """All of a library. Raises LibraryFailure, in one line, and ValueError for what is not called as one is."""
    if path.name == FOLDER:
        return read_serato(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path} is no library: .xml (rekordbox), .nml (Traktor), .sqlite (Mixxx) or {FOLDER} "
                         "(Serato)")
    return reader(path)
