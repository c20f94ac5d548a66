"""What goes wrong with one deck's song is one line that names it, and the other deck plays on bit for bit."""

import gc
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.channels import to_stereo
from dsp.resample import Resampler
from stream.separators.opening import Opening
from stream.tracks import decoding, keeping
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore
from stream.tracks.track import Track
from tests.stream.decks.rig import RATE, Frames, Rig, noise
from tests.stream.tracks.tracked import read, until, wav

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")
GOOD = noise(6, seed=7)
SONG = noise(4, seed=3)


class Night:
    """Deck b plays a good song, which is compared; deck a is given others. said: what the run would print"""

    def __init__(self, folder: Path, store: StemStore | None = None) -> None:
        self.said: list[str] = []
        self._before, self._at, self.waits = left(), 0, False  # whether nothing is to be separated
        self.separator = TrackSeparator(Opening("center"), RATE, store, lambda: self.waits, self.said.append)
        self.rig = Rig(routes=["a=1-2", "b=3-4"], separated=self.separator)
        good = self.load("b", wav(folder / "good.wav", GOOD))
        until(lambda: good.ended)
        self.rig.b.press("play")
        self.hear(4)

    def load(self, deck: str, path: Path) -> Track:
        track = self.separator.load(path)
        self.rig.booth.deck(deck).load(track)
        return track

    def play(self, path: Path) -> tuple[Track, Frames]:
        """Deck a plays a song from its beginning on, once all is there that will be."""
        track = self.load("a", path)
        self.hear(1)
        until(lambda: track.ended)
        return track, self.begin()

    def begin(self) -> Frames:
        self.rig.a.press("play")
        return self.hear(8)

    def hear(self, blocks: int) -> Frames:
        """What deck a plays, while deck b plays its song as it is."""
        heard = self.rig.hear(blocks)
        wanted = GOOD[self._at : self._at + len(heard)]
        assert np.array_equal(heard[: len(wanted), 2:], wanted)
        self._at += len(heard)
        return heard[:, :2]

    def line(self, *words: str) -> None:
        """There was one line, with these words, since this was asked last."""
        assert len(self.said) == 1, self.said
        assert all(word in self.said[0] for word in words), self.said
        assert "\n" not in self.said[0]
        assert "Errno" not in self.said[0]
        self.said.clear()

    def close(self) -> None:
        self.rig.booth.close()
        self.separator.close()
        until(lambda: left() <= self._before)


def left() -> set[str]:
    """Scratch files that this process has open: they have no name any more."""
    gc.collect()
    found = set()
    for link in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            found.add(str(link.readlink()))
    return {name for name in found if "scratch/" in name}


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path)
    yield made
    made.close()


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, path: Path, night: Night) -> Iterator[Track]:
    """A song on deck a whose first block has been decoded; the others follow when this is left."""
    go, real = threading.Event(), decoding.TrackWriter.add

    def add(writer: decoding.TrackWriter, block: Frames) -> None:
        real(writer, block)
        if writer._track.path == path:
            go.wait(60)

    monkeypatch.setattr(decoding.TrackWriter, "add", add)
    track = night.load("a", path)
    night.hear(1)
    try:
        until(lambda: track.decoded)
        yield track
    finally:
        go.set()
    until(lambda: track.ended)


def spoilt(value: float) -> Frames:
    song = SONG.copy()
    song[7::1000] = value
    return song


def wanted(path: Path, frames: int) -> Frames:
    """The first frames of a song as a deck at unity has them."""
    song, rate = sf.read(path, dtype="float32", always_2d=True)
    song[~np.isfinite(song)] = 0
    resampler = Resampler(rate, RATE, 2)
    made = np.concatenate([resampler.feed(to_stereo(song)), resampler.finish(), np.zeros((frames, 2), np.float32)])
    return np.asarray(made[:frames], np.float32)


@pytest.mark.parametrize(("song", "rate", "says"), [
    (np.full((RATE, 2), 0.5, np.float32), RATE, ""), (np.zeros((RATE, 2), np.float32), RATE, ""),
    (spoilt(np.nan), RATE, "odd.wav has 354 samples that are no numbers"), (spoilt(-np.inf), RATE, "odd.wav has 354"),
    (SONG[:10], RATE, ""), (SONG[:1], RATE, ""), (SONG[: 2 * RATE], RATE, ""), (SONG[:8000], 8000, ""),
    (SONG[:96_000], 96_000, ""), (SONG, 192_000, ""), (SONG[:, :1], RATE, ""), (np.repeat(SONG, 3, 1), RATE, "")],
    ids=["dc", "silence", "nan", "inf", "10 frames", "1 frame", "2 s", "8 kHz", "96 kHz", "192 kHz", "mono", "six"])
def test_an_odd_song_is_heard_as_it_is(night: Night, tmp_path: Path, song: Frames, rate: int, says: str) -> None:
    track, heard = night.play(wav(tmp_path / "odd.wav", song, rate))
    np.testing.assert_array_equal(heard, wanted(tmp_path / "odd.wav", len(heard)))
    night.separator.wait()
    assert (track.separated, track.failure) == (1, "")
    np.testing.assert_array_equal(night.hear(8), wanted(tmp_path / "odd.wav", 2 * len(heard))[len(heard) :])
    if says:
        night.line(says)
    assert night.said == []


def no_songs(folder: Path) -> dict[str, Path]:
    (folder / "text.wav").write_text("Dear diary")
    (folder / "two\nlines.wav").write_text("Dear\ndiary")
    (folder / "folder").mkdir()
    (folder / "round").symlink_to(folder / "round")
    return {"text.wav": folder / "text.wav", "two lines.wav": folder / "two\nlines.wav", "folder": folder / "folder",
            "round": folder / "round", "long": folder / ("long" * 99), "missing.wav": folder / "missing.wav",
            "none.wav": wav(folder / "none.wav", SONG[:0]), "nine.wav": wav(folder / "nine.wav", np.repeat(SONG, 9, 1)),
            "part/empty.stem.mp4": wav(folder / "part" / "x.wav", SONG).with_name("empty.stem.mp4")}


@posix
def test_what_is_no_song_is_one_line_and_nothing_is_heard(night: Night, tmp_path: Path) -> None:
    for name, path in no_songs(tmp_path).items():
        track, heard = night.play(path)
        assert not heard.any()
        assert (track.frames, track.whole) == (0, False)
        night.line(name)


@posix
def test_a_pipe_plays_as_it_comes(night: Night, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    track = night.load("a", tmp_path / "pipe.wav")
    assert not night.hear(4).any()
    until(lambda: night.said)
    night.line("pipe.wav is a pipe")
    data = wav(tmp_path / "song.wav", SONG).read_bytes()
    writing = threading.Thread(target=(tmp_path / "pipe.wav").write_bytes, args=(data,))
    writing.start()
    until(lambda: track.ended)
    writing.join()
    heard = night.begin()
    np.testing.assert_array_equal(heard, SONG[: len(heard)])
    assert night.said == []


def cut(path: Path) -> None:
    os.truncate(path, 2 * path.stat().st_size // 3)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    wav(path.with_name("new.wav"), SONG[::-1]).replace(path)


def overwrite(path: Path) -> None:
    data = wav(path.with_name("new.wav"), SONG[::-1]).read_bytes()
    with path.open("r+b") as file:
        file.write(data)


@needs_ffmpeg
@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
@pytest.mark.parametrize(("change", "says"), [
    (Path.unlink, ""), (replace, ""), (cut, "odd"), (empty, "odd"), (overwrite, "odd")],
    ids=["removed", "replaced", "cut", "emptied", "overwritten"])
def test_a_file_that_changes_while_it_is_decoded_plays_as_far_as_it_goes(
        night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, change: Callable[[Path], object],
        says: str) -> None:
    path = wav(tmp_path / "odd.wav", SONG)
    if kind != "wav":
        path = tmp_path / f"odd.{kind}"
        subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "odd.wav", path], check=True)
    with held(monkeypatch, path, night) as track:
        change(path)
    assert not track.whole  # its stems belong to no file that is there
    heard = night.begin()
    assert 0.1 < np.abs(heard).max() < 1
    if kind == "wav":
        np.testing.assert_array_equal(heard, SONG[: len(heard)])
    night.separator.wait()
    assert track.separated == 1
    if says:
        night.line(says)
    assert night.said == []


@pytest.mark.parametrize("change", [Path.unlink, replace, empty], ids=["removed", "replaced", "emptied"])
def test_what_happens_to_a_file_that_plays_does_not_matter(night: Night, tmp_path: Path,
                                                           change: Callable[[Path], object]) -> None:
    _, heard = night.play(path := wav(tmp_path / "odd.wav", SONG))
    change(path)
    night.separator.wait()
    heard = np.concatenate([heard, night.hear(100)])
    np.testing.assert_array_equal(heard, SONG[: len(heard)])
    assert night.said == []


@pytest.mark.parametrize("when", ["decoded", "summed"])
def test_stems_are_kept_for_the_song_that_was_heard_and_no_other(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """A file is replaced between its two readers: who decodes it, and who tells it from others."""
    store, path = StemStore(folder=tmp_path / "store"), wav(tmp_path / "odd.wav", SONG)
    night, real = Night(tmp_path, store), keeping.song_sum

    def between(one: Path, stopped: Callable[[], bool]) -> str | None:
        if one == path and when == "decoded":
            until(lambda: bool(track) and track[0].ended)
            replace(path)
        found = real(one, stopped)
        if one == path and when == "summed":
            replace(path)
        return found

    monkeypatch.setattr(keeping, "song_sum", between)
    track: list[Track] = []
    track.append(night.load("a", path))
    night.separator.wait()
    monkeypatch.undo()
    night.close()
    stems = []
    for kept in (store, None):
        night = Night(tmp_path, kept)
        track[0], heard = night.play(path)
        np.testing.assert_array_equal(heard, SONG[::-1][: len(heard)])
        night.separator.wait()
        stems.append(read(track[0])[1])
        night.close()
    np.testing.assert_array_equal(*stems)


def test_the_next_song_of_a_list_takes_the_place_of_one_that_cannot_be_read(tmp_path: Path) -> None:
    """Whatever is next: the list goes on to its end, and is over then."""
    songs = [tmp_path / name for name in ("no.wav", "none.wav", "one.wav", "never.wav", "two.wav", "last.wav")]
    for number, path in enumerate(songs):
        if number in (2, 4):
            wav(path, noise(0.3, number))
        else:
            path.write_text("Dear diary")
    said: list[str] = []
    with TrackSeparator(Opening("center"), RATE, say=said.append) as separator:
        rig = Rig(songs=songs, separated=separator)
        booth = rig.booth
        booth.automix = True
        for deck in "ab":
            booth.next_song(deck)
        booth.press("a", "play")
        heard = []
        while not booth.over:
            heard.append(rig.hear(4))
            booth.look()
            tracks = [deck.track for deck in booth.decks.values()]
            until(lambda tracks=tracks: all(track is None or track.ended for track in tracks))
        booth.close()
    assert booth.waiting == 0
    assert [track.path for track in booth.loaded if not track.failure] == [songs[2], songs[4]]
    assert sorted(track.lacks for track in booth.loaded) == ["", "", "song", "song", "song", "song"]
    assert len(said) == 4
    song = np.concatenate(heard)
    for number in (2, 4):  # each is heard, if through the crossfader
        part = noise(0.3, number)[RATE // 10 : RATE // 10 + 500, 0]
        assert np.correlate(song[:, 0], part).max() > 0.05 * (part @ part)


def test_one_song_on_both_decks_is_two_songs(tmp_path: Path) -> None:
    night = Night(tmp_path, StemStore(folder=tmp_path / "store"))
    track, heard = night.play(tmp_path / "good.wav")
    np.testing.assert_array_equal(heard, GOOD[: len(heard)])
    night.separator.wait()
    assert (track.separated, night.said) == (1, [])
    night.close()


# disks


class Card:
    """A disk of its own that can be pulled out: what is read of it then fails, but for what memory still has."""

    def __init__(self, folder: Path) -> None:
        self._image, self.folder = folder / "card.img", folder / "card"
        self.folder.mkdir()
        with self._image.open("wb") as file:
            file.truncate(24 << 20)
        self._mount("mkfs.ext4", "-q", "-O", "^has_journal", self._image)
        self._mount("mount", "-o", "loop", self._image, self.folder)

    @staticmethod
    def _mount(*words: object) -> None:
        done = subprocess.run(list(map(str, words)), capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"this machine makes no disks of files: {done.stderr.decode().strip()}")

    def put_in_again(self) -> None:
        """So that nothing of it is in memory."""
        self.close()
        self._mount("mount", "-o", "loop", self._image, self.folder)

    def pull(self) -> None:
        subprocess.run(["sync", "-f", self.folder], check=True)
        os.truncate(self._image, 0)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("only root can mount a disk")
    made = Card(tmp_path)
    yield made
    made.close()


def test_a_card_that_is_pulled_out_while_its_song_is_decoded(
        night: Night, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wav(card.folder / "odd.wav", song := noise(30, seed=3))
    card.put_in_again()
    with held(monkeypatch, path, night) as track:
        card.pull()
    assert 0 < track.decoded < len(song)
    heard = night.begin()
    np.testing.assert_array_equal(heard, song[: len(heard)])
    night.line("odd.wav", "Input/output error")


def test_a_disk_for_scratch_files_that_goes_while_a_song_plays(
        night: Night, card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night.separator.wait()
    with monkeypatch.context() as patch:
        patch.setenv("DEMUCS_STREAM_CACHE", str(card.folder))
        track, _ = night.play(wav(tmp_path / "odd.wav", SONG))
    night.separator.wait()
    card.pull()
    for file in (track.dry, track.stems_file):
        assert file is not None
        os.posix_fadvise(file._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    beats = BeatFinder(track)
    night.hear(30)
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "beats"])
    assert (beats.grid, beats.done) == (None, False)
    assert not night.hear(4).any()
    night.line("odd.wav cannot be played on: Input/output error")


def fill(disk: Path) -> None:
    with (disk / "others").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.fixture
def small(small_disk: Path, night: Night, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small disk for the scratch files of songs from now on."""
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(small_disk))
    return small_disk


def test_a_song_that_has_no_room_says_so_before_it_starts(night: Night, small: Path, tmp_path: Path) -> None:
    track, heard = night.play(wav(tmp_path / "odd.wav", SONG))
    assert (track.frames, heard.any()) == (0, False)
    night.line("odd.wav is not played: it takes 2.8 MB of scratch space, and ", " has 1.0 left", str(small))


def test_a_song_whose_stems_have_no_room_plays_without_them(night: Night, small: Path, tmp_path: Path) -> None:
    track, heard = night.play(wav(tmp_path / "odd.wav", SONG[: 2 * RATE]))
    np.testing.assert_array_equal(heard, SONG[: len(heard)])
    night.separator.wait()
    assert track.separated == 0
    night.line("odd.wav plays without its stems: with them it takes 1.4 MB of scratch space, and ", str(small))


def test_two_songs_are_not_promised_the_same_room(night: Night, small: Path, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch, wav(tmp_path / "odd.wav", noise(1.4)), night):
        other = night.separator.load(wav(tmp_path / "other.wav", SONG[: RATE // 2]))
        until(lambda: other.ended)
        night.line("other.wav is not played: it takes 0.4 MB of scratch space")
    other.close()
    night.separator.wait()
    assert night.said == []


def test_a_song_has_the_room_of_the_one_that_it_replaces(night: Night, small: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        _, heard = night.play(wav(tmp_path / f"{name}.wav", noise(1.2)))
        assert heard.any()
        night.separator.wait()
    assert night.said == []


def test_a_disk_that_others_fill_while_a_song_is_decoded(night: Night, small: Path, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch, wav(tmp_path / "odd.wav", song := noise(2.5)), night) as track:
        fill(small)
    assert 0 < track.decoded < len(song)
    heard = night.begin()
    np.testing.assert_array_equal(heard, song[: len(heard)])
    assert "plays without its stems" in night.said.pop(0)
    night.line("odd.wav cannot be decoded on: the disk for scratch files (DEMUCS_STREAM_CACHE moves it) is full")


@pytest.mark.parametrize("stems", ["made", "kept"])
def test_a_disk_that_others_fill_before_its_stems_come(small_disk: Path, tmp_path: Path, stems: str,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    store, path = StemStore(folder=tmp_path / "store"), wav(tmp_path / "odd.wav", SONG[:RATE])
    night = Night(tmp_path, store if stems == "kept" else None)
    if stems == "kept":
        night.play(path)
    night.separator.wait()
    night.waits, real = True, keeping._sum

    def late(track: Track) -> str | None:
        until(lambda: track.ended)
        fill(small_disk)
        return real(track)

    monkeypatch.setattr(keeping, "_sum", late)
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(small_disk))
    track, heard = night.play(path)
    fill(small_disk)
    night.waits = False
    night.separator.wait()
    np.testing.assert_array_equal(heard, SONG[: len(heard)])
    assert track.separated == 0
    night.line("odd.wav plays without its stems from now on: the disk for scratch files")
    night.close()


@pytest.mark.parametrize(("how", "says"), [
    ("full", "no space left on the disk"), ("read-only", "Read-only file system")])
def test_a_store_that_takes_nothing_is_one_line(small_disk: Path, tmp_path: Path, how: str, says: str) -> None:
    said: list[str] = []
    if how == "full":
        fill(small_disk)
    else:
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    night = Night(tmp_path, StemStore(say=said.append, folder=small_disk))
    _, heard = night.play(wav(tmp_path / "odd.wav", SONG))
    np.testing.assert_array_equal(heard, SONG[: len(heard)])
    night.separator.wait()
    night.said += said
    night.line("stems are not kept for the next time: ", f" cannot be written: {says}")
    assert not [file for file in small_disk.rglob("*") if file.is_file() and file.name != "others"]
    night.close()
