"""What files' own tags say comes into the index that is searched, and songs that are told of by others keep that."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.musicalkey import MusicalKey
from stream.library import songcollection
from stream.library.librarysong import LibrarySong
from stream.library.songcollection import SongCollection
from tests.stream.tracks.tracked import until


def tagged_song(path: Path, title: str, artist: str) -> Path:
    with sf.SoundFile(path, "w", 44_100, 2) as file:
        file.title, file.artist = title, artist
        file.write(np.zeros((4410, 2)))
    return path


def test_tags_are_read_piece_by_piece_and_songs_come_by_artist_then(tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(songcollection, "TAGS", 2)
    songs = [LibrarySong(tagged_song(tmp_path / f"{at}.flac", f"Song {at}", f"{artist}"))
             for at, artist in enumerate(("Eve", "Dan", "Cat", "Ben", "Amy"))]
    told = LibrarySong(tagged_song(tmp_path / "told.flac", "Tag", "Tag"), "Told", "Bob")
    with SongCollection([*songs, told, LibrarySong(tmp_path / "gone.flac")]) as collection:
        until(lambda: [song.artist for song in collection.index.search().songs] == [
            "", "Amy", "Ben", "Bob", "Cat", "Dan", "Eve"])
        titles = [song.title for song in collection.index.search("song").songs]
        assert titles == [f"Song {at}" for at in (4, 3, 2, 1, 0)]
        assert collection.index.find(told.path) == told
        assert collection.version > 2


def test_a_collection_that_is_closed_reads_no_more(tmp_path: Path) -> None:
    songs = [LibrarySong(tmp_path / f"{at}.flac") for at in range(5000)]
    collection = SongCollection(songs)
    collection.close()
    until(lambda: not collection._thread.is_alive())


def test_what_is_learned_fills_in_and_changes_nothing_that_was_said(tmp_path: Path) -> None:
    path, key = tmp_path / "song.wav", MusicalKey(9, True)
    with SongCollection([LibrarySong(path, "Title", bpm=120.0)]) as collection:
        until(lambda: collection.version == 1)
        collection.learn(LibrarySong(path, "Another", "Somebody", bpm=99.0, key=key))
        until(lambda: collection.version == 2)
        assert collection.index.songs == (LibrarySong(path, "Title", "Somebody", bpm=120.0, key=key),)
        before = collection.index
        collection.learn(LibrarySong(path, "Another"))
        collection.learn(LibrarySong(tmp_path / "other.wav", "Of no list"))
        assert not collection._learned
        assert collection.index is before
