"""What files' own tags say of songs: tempo and key too, where no library says anything."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.musicalkey import MusicalKey
from stream.library.filetags import song_of_file, tagged
from stream.library.librarysong import LibrarySong

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not here, which writes the files")
RATE = 44_100
KINDS = ("mp3", "flac", "m4a", "ogg", "aiff", "wav")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "plain.wav"
    sf.write(path, np.random.default_rng(1).uniform(-0.1, 0.1, (2 * RATE, 2)), RATE)
    return path


def made(sound: Path, path: Path, **tags: str) -> Path:
    """A file as ffmpeg writes it, with tags under that format's own names."""
    words = [word for name, text in tags.items() for word in ("-metadata", f"{name}={text}")]
    extra = ["-write_id3v2", "1"] if path.suffix == ".aiff" else []
    subprocess.run(["ffmpeg", "-y", "-v", "error", "-i", sound, *extra, *words, path], check=True)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_title_artist_and_length_are_read_of_each_format(sound: Path, tmp_path: Path, kind: str) -> None:
    path = made(sound, tmp_path / f"a.{kind}", title="Café", artist="Ann", album="First", genre="House")
    found = song_of_file(path)
    assert replace(found, duration_s=None) == LibrarySong(path, "Café", "Ann", "First", "House")
    assert found.duration_s == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("kind", "tempo", "key"), [("mp3", "TBPM", "TKEY"), ("flac", "BPM", "INITIALKEY"),
                                                    ("ogg", "BPM", "INITIALKEY")])
def test_tempo_and_key_are_read_where_djs_programs_write_them(
        sound: Path, tmp_path: Path, kind: str, tempo: str, key: str) -> None:
    path = made(sound, tmp_path / f"a.{kind}", **{tempo: "127.5", key: "8A"})
    found = song_of_file(path)
    assert (found.bpm, found.key) == (127.5, MusicalKey(9, minor=True))


def test_what_a_library_says_comes_before_a_tag(sound: Path, tmp_path: Path) -> None:
    path = made(sound, tmp_path / "a.mp3", title="Tag", artist="Ann", TBPM="120", TKEY="C")
    known = LibrarySong(path, "Library", bpm=99.0, key=MusicalKey(3))
    assert tagged(known) == replace(known, artist="Ann")


@pytest.mark.parametrize("text", ["", "0", "999999", "nan", "fast", "-120"])
def test_a_tempo_that_no_song_has_is_none(sound: Path, tmp_path: Path, text: str) -> None:
    assert song_of_file(made(sound, tmp_path / "a.mp3", TBPM=text, TKEY="H9")).bpm is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_a_damaged_file_is_the_song_it_was(sound: Path, tmp_path: Path, kind: str, damage: str) -> None:
    path = made(sound, tmp_path / f"a.{kind}", title="Café", artist="Ann")
    data = path.read_bytes()
    rng = np.random.default_rng(2)
    noise = bytearray(data)
    for at in rng.integers(0, min(400, len(data)), 60):
        noise[at] = rng.integers(0, 256)
    path.write_bytes({"cut": data[:60], "noise": bytes(noise), "empty": b""}[damage])
    assert tagged(LibrarySong(path)).path == path


def test_what_is_no_file_or_no_sound_is_the_song_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    for path in (tmp_path / "gone.mp3", tmp_path, tmp_path / "a.txt"):
        assert tagged(LibrarySong(path, "known")) == LibrarySong(path, "known")
