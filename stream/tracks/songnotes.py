"""What is kept of a song besides its stems: its beats, and what a person has set in it. It stays when stems go.

    songs/<sha256 of the song>/grid.json  marks.json      by the song alone, whatever model separates it
[any-thread]
"""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from dsp.beatgrid import FASTEST_BPM, SLOWEST_BPM, BeatGrid
from stream.common.claim import write_atomically

FORMAT = 1
GRID, MARKS = "grid", "marks"

Note = dict[str, Any]


class NewerNoteError(OSError):
    """A note of a later version of this program, which is left alone."""

    def __str__(self) -> str:
        return "a newer version has kept something there, which stays as it is"


class SongNotes:
    """One song's notes.

    marks: what a person had set when the song was looked up; None for nothing that can be read
    """

    def __init__(self, root: Path, song: str) -> None:
        """Read what a person has set. root: the store's folder      song: sha256 of its file"""
        self.folder = root / "songs" / song
        self.marks = self.read(MARKS)

    def read(self, name: str) -> Note | None:
        """A note; None where there is nothing that can be read, or a later version's."""
        found = self._read(name)
        return None if found is None or _newer(found) else found

    def change(self, name: str, change: Callable[[Note | None], Note]) -> None:
        """Make a note of what is there, which nobody else changes meanwhile. Raises OSError, NewerNoteError among them.

        name: of letters, such as `grid`
        change: gives a note from the one that is there, or None; it may be called twice
        """
        found = self._read(name)
        if found is None or change(self._known(found)) != found:
            write_atomically(self._path(name), partial(self._write, name, change), alone=True)

    def _write(self, name: str, change: Callable[[Note | None], Note], to: Path) -> None:
        found = self._read(name)
        content = {"format": FORMAT, **change(None if found is None else self._known(found))}
        to.write_text(json.dumps(content), "utf-8")

    @staticmethod
    def _known(found: Note) -> Note:
        if _newer(found):
            raise NewerNoteError
        return found

    def _read(self, name: str) -> Note | None:
        with suppress(OSError, ValueError, RecursionError):
            found = json.loads(self._path(name).read_text("utf-8"))
            return found if isinstance(found, dict) else None
        return None

    def _path(self, name: str) -> Path:
        if not name.isalpha():
            raise ValueError(f"a note's name is of letters, not {name!r}")
        return self.folder / f"{name}.json"


def kept_grid(found: object, samplerate: float) -> BeatGrid:
    """A grid as `BeatGrid.to_json` gives it. ValueError: anything else, or of a tempo that no song has."""
    grid = BeatGrid.from_json(found, samplerate)
    if not SLOWEST_BPM <= grid.bpm(samplerate) <= FASTEST_BPM:
        raise ValueError(f"a grid must have {SLOWEST_BPM:g} to {FASTEST_BPM:g} beats a minute")
    return grid


def _newer(found: Note) -> bool:
    version = found.get("format", FORMAT)
    return isinstance(version, int) and version > FORMAT
