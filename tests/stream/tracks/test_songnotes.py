"""What is kept of a song by itself: whole or not at all, by whoever comes, and never a later version's."""

import threading
from pathlib import Path
from typing import Any

import pytest

from stream.tracks.songnotes import NewerNoteError, SongNotes


@pytest.fixture
def notes(tmp_path: Path) -> SongNotes:
    return SongNotes(tmp_path, "a" * 64)


def damaged(notes: SongNotes, text: str) -> Path:
    notes.change("marks", lambda _kept: {"cue": 1})
    file = notes.folder / "marks.json"
    file.write_text(text, "latin-1")
    return file


DAMAGES = ["", "{", "[1]", '"text"', "\xed\xa0\x80", "[" * 100_000, '{"cue": 1e999999']


@pytest.mark.parametrize("text", DAMAGES, ids=lambda text: text[:8])
def test_a_damaged_note_is_none_and_is_made_again(notes: SongNotes, text: str) -> None:
    damaged(notes, text)
    assert notes.read("marks") is None
    assert SongNotes(notes.folder.parents[1], "a" * 64).marks is None
    given: list[Any] = []
    notes.change("marks", lambda kept: given.append(kept) or {"cue": 2})  # type: ignore[func-returns-value]
    assert {*given} == {None}
    assert notes.read("marks") == {"format": 1, "cue": 2}


def test_a_note_of_a_later_version_is_left_alone_and_that_is_an_error(notes: SongNotes) -> None:
    file = damaged(notes, '{"format": 2}')
    assert notes.read("marks") is None
    with pytest.raises(NewerNoteError, match="newer version"):
        notes.change("marks", lambda _kept: {"cue": 1})
    assert file.read_text() == '{"format": 2}'


def test_nothing_is_written_where_nothing_has_changed(notes: SongNotes) -> None:
    notes.change("marks", lambda _kept: {"cue": 1})
    before = (notes.folder / "marks.json").stat().st_ino
    notes.change("marks", lambda kept: dict(kept or {}))
    assert (notes.folder / "marks.json").stat().st_ino == before
    notes.change("marks", lambda _kept: {"cue": 2})
    assert (notes.folder / "marks.json").stat().st_ino != before
    assert [file.name for file in notes.folder.iterdir()] == ["marks.json"]


def test_of_two_who_change_one_note_at_once_neither_loses_anything(notes: SongNotes) -> None:
    other = SongNotes(notes.folder.parents[1], "a" * 64)

    def write(whose: SongNotes, who: str) -> None:
        for number in range(10):
            whose.change("marks", lambda kept, name=f"{who}{number}": {**(kept or {}), name: [who] * 500})

    writers = [threading.Thread(target=write, args=(notes, "a")), threading.Thread(target=write, args=(other, "b"))]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        found = notes.read("marks") or {}
        assert all(found[name] == [name[0]] * 500 for name in found if name != "format")
    found = notes.read("marks") or {}
    assert len(found) == 1 + 20


@pytest.mark.parametrize("name", ["", "../grid", "a/b", "a.b"])
def test_a_note_is_called_by_letters(notes: SongNotes, name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        notes.change(name, lambda _kept: {})


def test_what_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "songs").write_text("a file in its way")
    notes = SongNotes(tmp_path, "a" * 64)
    assert notes.marks is None
    with pytest.raises(OSError, match=r"directory|exists"):
        notes.change("marks", lambda _kept: {"cue": 1})


def test_a_full_disk_is_an_error_and_what_was_there_stays(small_disk: Path) -> None:
    notes = SongNotes(small_disk, "a" * 64)
    notes.change("marks", lambda _kept: {"cue": 1})
    (small_disk / "full").write_bytes(bytes((1 << 20) - 20_000))
    with pytest.raises(OSError, match="space"):
        notes.change("marks", lambda _kept: {"cue": [2] * 100_000})
    assert notes.read("marks") == {"format": 1, "cue": 1}
    assert [file.name for file in notes.folder.iterdir()] == ["marks.json"]
