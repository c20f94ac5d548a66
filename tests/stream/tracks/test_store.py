"""The store: what is kept comes back bit for bit, whole or not at all, and never more than the limit."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.quantize import quantize
from stream.common.claim import Claim
from stream.common.errors import Failure
from stream.separators.opening import Opening
from stream.tracks import entry as entries
from stream.tracks.entry import CHUNK, INDEX, Identity, Index, StemEntry, read_index
from stream.tracks.keeping import weights_sum
from stream.tracks.store import StemStore, song_sum, store_folder
from tests.rig.byhand import Frames, noise

RATE = 44_100
ROOT = Path(__file__).parents[3]
FRAMES = 2 * CHUNK + 1000


def identity(song: str = "a") -> Identity:
    return Identity(song * 64, "htdemucs", "b" * 64, RATE)


def index_of(one: Identity, frames: int = FRAMES) -> Index:
    return Index(one.song, one.model, one.weights, one.samplerate, "/music/song.wav", "Song", "Artist", frames,
                 {"drums": [], "vocals": []})


def stems(frames: int = FRAMES) -> Frames:
    wide = noise(2 * frames).reshape(-1, 4) / 4
    return quantize(np.ascontiguousarray(wide, np.float32))


def kept(store: StemStore, song: str = "a", frames: int = FRAMES) -> StemEntry:
    """An entry with stems in it."""
    entry, made = store.entry(identity(song)), stems(frames)
    assert entry.save(index_of(entry.identity, frames), lambda first, count: made[first : first + count], lambda: False)
    return entry


def loaded(entry: StemEntry) -> Frames:
    index = entry.index()
    assert index is not None
    with entry.open(index) as found:
        return np.concatenate([found.read(chunk) for chunk in range(-(-index.frames // index.chunk))])


@pytest.fixture
def store(tmp_path: Path) -> StemStore:
    return StemStore(folder=tmp_path / "tracks")


@pytest.mark.parametrize("frames", [1, CHUNK, FRAMES], ids=str)
def test_what_is_kept_comes_back_bit_for_bit(store: StemStore, frames: int) -> None:
    entry = kept(store, frames=frames)
    np.testing.assert_array_equal(loaded(entry), stems(frames))
    assert sorted(path.name for path in entry.folder.iterdir()) == ["drums.flac", INDEX, "vocals.flac"]
    info = sf.info(entry.folder / "drums.flac")
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_24", RATE, 2)


@pytest.mark.parametrize("change", [{"song": "c" * 64}, {"weights": "c" * 64}, {"samplerate": 48_000}], ids=str)
def test_another_song_model_or_rate_is_another_entry(store: StemStore, change: dict[str, object]) -> None:
    kept(store)
    other = store.entry(replace(identity(), **change))  # type: ignore[arg-type]
    assert other.index() is None
    assert other.folder != store.entry(identity()).folder
    assert store.entry(replace(identity(), model="another name of it")).index() is not None


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["a bit", "cut", "empty", "another file", "another song's"])
def test_damaged_stems_are_not_given(store: StemStore, how: str) -> None:
    entry = kept(store)
    file = entry.folder / "vocals.flac"
    if how == "a bit":
        damage(file)
    elif how == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "another file":
        file.write_text("Dear diary")
    else:
        sf.write(file, np.zeros((FRAMES, 2)), RATE, "PCM_24")
    with pytest.raises(Failure):
        loaded(entry)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', "\x00", "null"], ids=repr)
def test_an_index_that_is_none_is_no_entry_and_goes(store: StemStore, text: str) -> None:
    entry = kept(store)
    (entry.folder / INDEX).write_text(text)
    assert entry.index() is None
    assert store.entries() == []
    store.make_room()
    assert not entry.folder.exists()


@pytest.mark.parametrize("field", [{"format": 2}, {"chunk": 0}, {"stems": {}}, {"stems": {"../drums": [1, 2, 3]}},
                                   {"frames": "many"}, {"more": 1}], ids=str)
def test_an_index_of_another_format_is_no_entry(store: StemStore, field: dict[str, object]) -> None:
    entry = kept(store)
    found = json.loads((entry.folder / INDEX).read_text())
    (entry.folder / INDEX).write_text(json.dumps(found | field))
    assert read_index(entry.folder) is None


def test_what_was_stopped_leaves_no_entry(store: StemStore) -> None:
    entry, made, asked = store.entry(identity()), stems(), []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 2

    assert not entry.save(index_of(entry.identity), lambda first, count: made[first : first + count], stopped)
    assert entry.index() is None
    assert list(entry.folder.iterdir()) == []


def test_a_process_that_was_killed_leaves_what_the_next_one_removes(store: StemStore, tmp_path: Path) -> None:
    code = ("import os, sys; from pathlib import Path\n"
            "from tests.stream.tracks.test_store import *\n"
            "store = StemStore(folder=Path(sys.argv[1])); entry = store.entry(identity()); made = stems()\n"
            "def read(first, count):\n"
            "    if first: os._exit(9)\n"
            "    return made[first : first + count]\n"
            "entry.save(index_of(entry.identity), read, lambda: False)\n")
    done = subprocess.run([sys.executable, "-c", code, str(store.folder)], cwd=ROOT)
    assert done.returncode == 9
    entry = store.entry(identity())
    assert entry.index() is None
    assert list(entry.folder.iterdir())
    store.make_room()
    assert not entry.folder.exists()
    kept(store)
    np.testing.assert_array_equal(loaded(entry), stems())


def test_two_who_keep_the_same_do_not_mix(store: StemStore) -> None:
    entry, made, inside = store.entry(identity()), stems(), []

    def read(first: int, count: int) -> Frames:
        if not first:
            inside.append(store.entry(identity()).save(index_of(identity()), read, lambda: False))
        return made[first : first + count]

    assert entry.save(index_of(entry.identity), read, lambda: False)
    assert inside == [False]
    np.testing.assert_array_equal(loaded(entry), stems())


def test_what_is_being_written_is_not_removed(store: StemStore) -> None:
    entry = store.entry(identity())
    claim = Claim(entry.folder / INDEX)
    try:
        store.make_room()
        assert entry.folder.is_dir()
    finally:
        claim.drop()
    store.make_room()
    assert not entry.folder.exists()


def test_what_was_not_used_for_longest_goes_first(store: StemStore) -> None:
    made = [kept(store, name) for name in "abcd"]
    for age, entry in enumerate(made):
        os.utime(entry.folder / INDEX, (1_000_000 - age, 1_000_000 - age))  # d is the oldest
    store.used(made[3])
    assert [one.index.song[0] for one in store.entries()] == ["d", "a", "b", "c"]
    each = store.entries()[0].size
    store.limit = 2.5 * each
    store.make_room()
    assert [one.index.song[0] for one in store.entries()] == ["d", "a"]
    store.limit = 0
    store.make_room()
    assert store.entries() == []


def test_other_things_in_its_folder_are_left_alone(store: StemStore) -> None:
    kept(store)
    mine = store.folder / "stems" / "holiday pictures"
    mine.mkdir()
    (mine / "beach.jpg").touch()
    (store.folder / "stems" / "readme.txt").touch()
    store.limit = 0
    store.make_room()
    assert (mine / "beach.jpg").exists()
    assert (store.folder / "stems" / "readme.txt").exists()


def test_notes_are_a_songs_whatever_separates_it_and_stay_when_its_stems_go(store: StemStore) -> None:
    entry, notes = kept(store), store.notes(identity().song)
    assert notes.read("grid") is None
    notes.change("grid", lambda _kept: {"samplerate": RATE, "first": 12.5})
    notes.change("marks", lambda _kept: {"cue": 1})
    store.limit = 0
    store.make_room()
    assert entry.index() is None
    again = store.notes(identity().song)
    assert again.read("grid") == {"format": 1, "samplerate": RATE, "first": 12.5}
    assert again.marks == {"format": 1, "cue": 1}
    assert store.notes(identity("z").song).read("grid") is None


def test_a_full_disk_is_an_error_and_leaves_nothing_half(small_disk: Path) -> None:
    store, made = StemStore(folder=small_disk), stems()
    entry = store.entry(identity())
    with pytest.raises((Failure, OSError)):
        entry.save(index_of(entry.identity), lambda first, count: made[first : first + count], lambda: False)
    assert entry.index() is None
    assert [path.name for path in entry.folder.iterdir() if path.suffix == ".flac"] == []


def test_it_is_told_once_that_nothing_is_kept(tmp_path: Path) -> None:
    said: list[str] = []
    store = StemStore(say=said.append, folder=tmp_path)
    store.tell("the disk is full")
    store.tell("the disk is full")
    assert said == ["stems are not kept for the next time: the disk is full"]


def test_it_lies_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path))
    assert store_folder() == StemStore().folder == tmp_path / "tracks"


def test_a_song_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").write_bytes(b"x" * 3_000_000)
    (tmp_path / "c").write_bytes(b"x" * 2_999_999 + b"y")
    sums = [song_sum(tmp_path / name) for name in "abc"]
    assert sums[0] == sums[1] != sums[2]
    assert song_sum(tmp_path / "a", lambda: True) is None
    assert song_sum(tmp_path / "nowhere") is None


def test_a_folder_of_stems_is_its_sound_files_and_their_names(tmp_path: Path) -> None:
    def folder(name: str, **files: bytes) -> str | None:
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / f"{file}.wav").write_bytes(content)
        return song_sum(tmp_path / name)

    first = folder("first", drums=b"d", vocals=b"v")
    (tmp_path / "first" / "cover.jpg").write_bytes(b"a picture")
    (tmp_path / "first" / ".hidden.wav").write_bytes(b"half")
    assert first == song_sum(tmp_path / "first") == folder("second", drums=b"d", vocals=b"v")
    others = [folder("other", drums=b"d", vocals=b"w"), folder("named", drums=b"d", voc=b"v"),
              folder("less", drums=b"d")]
    assert len({first, *others}) == 4
    assert song_sum(tmp_path / "first", lambda: True) is None


def test_a_model_is_its_files_its_weights_and_a_plugin_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"a")
    (tmp_path / "b.onnx").write_bytes(b"b")
    (tmp_path / "copy.onnx").write_bytes(b"a")
    sums = [weights_sum(opening) for opening in (
        Opening("a", (tmp_path / "a.onnx",)), Opening("b", (tmp_path / "b.onnx",)), Opening("center"), Opening("other"),
        Opening("bag", (tmp_path / "a.onnx",), ({"vocals": 1.0},)))]
    assert len(set(sums)) == len(sums)
    assert weights_sum(Opening("another name", (tmp_path / "copy.onnx",))) == sums[0]


def test_a_chunk_is_a_few_seconds() -> None:
    assert 1 < entries.CHUNK / RATE < 5  # what is needed first is there soon
