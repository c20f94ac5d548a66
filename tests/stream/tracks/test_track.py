"""A track: what a deck reads of a song, from its first frames on, and what is said where there is none."""

import gc
import shutil
import subprocess
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.quantize import STEP, quantize
from dsp.resample import Resampler
from stream.audiofiles.stemfile import StemWriter
from stream.tracks import decoding
from stream.tracks.decoding import open_track
from stream.tracks.track import Track
from tests.rig.byhand import Frames, noise
from tests.stream.tracks.tracked import RATE, SOURCES, opened, read, song, until, wav

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def resampled(frames: Frames, to_rate: int, from_rate: int = RATE) -> Frames:
    resampler = Resampler(from_rate, to_rate, 2)
    return np.concatenate([resampler.feed(frames), resampler.finish()])


@pytest.mark.parametrize("seconds", [1 / RATE, 0.5, 3.7], ids=str)
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
def test_at_the_devices_rate_it_is_the_file_bit_for_bit(tmp_path: Path, seconds: float, subtype: str) -> None:
    path = wav(tmp_path / "a.wav", song(seconds), subtype=subtype)
    track, said = opened(path)
    wanted, _ = sf.read(path, dtype="float32", always_2d=True)
    assert (track.frames, track.decoded, track.failure, said) == (len(wanted), len(wanted), "", [])
    dry, stems, present = read(track)
    np.testing.assert_array_equal(dry, wanted)
    assert not stems.any()
    assert not present.any()
    assert track.whole


@pytest.mark.parametrize("rate", [48_000, 96_000, 32_000])
def test_at_another_rate_it_is_the_file_resampled(tmp_path: Path, rate: int) -> None:
    frames = song(2.5)
    track, _ = opened(wav(tmp_path / "a.wav", frames), rate)
    wanted = resampled(frames, rate)
    assert track.frames == len(wanted)
    np.testing.assert_array_equal(read(track)[0], wanted)
    mix = np.empty_like(frames)
    track.read_mix(0, mix)
    np.testing.assert_array_equal(mix, frames)  # what is separated is what `separate` would read
    assert track.mixed == len(frames)


def test_a_song_at_the_devices_rate_is_separated_at_the_models(tmp_path: Path) -> None:
    frames = noise(96_000) / 4
    track, _ = opened(wav(tmp_path / "a.wav", frames, 96_000), 96_000)
    np.testing.assert_array_equal(read(track)[0], frames)
    wanted = resampled(frames, RATE, 96_000)
    mix = np.empty_like(wanted)
    track.read_mix(0, mix)
    assert track.mixed == len(wanted)
    np.testing.assert_array_equal(mix, wanted)


def test_mono_is_heard_on_both_sides(tmp_path: Path) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", song()[:, :1]))
    dry, _, _ = read(track)
    np.testing.assert_array_equal(dry[:, 0], dry[:, 1])
    np.testing.assert_array_equal(dry[:, :1], song()[:, :1])


def test_around_the_song_there_is_silence(tmp_path: Path) -> None:
    frames = song(0.1)
    track, _ = opened(wav(tmp_path / "a.wav", frames))
    dry, _, _ = read(track, -1000, len(frames) + 3000)
    np.testing.assert_array_equal(dry[1000:-2000], frames)
    assert not dry[:1000].any()
    assert not dry[-2000:].any()
    for far in (-(1 << 40), 1 << 40):
        assert not read(track, far, 64)[0].any()


def test_what_cannot_be_sound_is_silence(tmp_path: Path) -> None:
    frames = song(0.1)
    frames[7], frames[9] = np.nan, 1e6
    track, _ = opened(wav(tmp_path / "a.wav", frames))
    dry, _, _ = read(track)
    assert not dry[[7, 9]].any()
    np.testing.assert_array_equal(dry[10:], frames[10:])


def test_it_says_what_it_is_called(tmp_path: Path) -> None:
    with sf.SoundFile(tmp_path / "a.flac", "w", RATE, 2) as file:
        file.title, file.artist = "Lithium", "Software-Entwicklungskit"
        file.write(song(0.1))
    track, _ = opened(tmp_path / "a.flac")
    assert (track.title, track.artist) == ("Lithium", "Software-Entwicklungskit")
    track, _ = opened(wav(tmp_path / "My song.wav", song(0.1)))
    assert (track.title, track.artist) == ("My song", "")


@needs_ffmpeg
def test_a_song_that_ffmpeg_decodes_says_so_too(tmp_path: Path) -> None:
    words = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=1:r=44100", "-metadata", "title=Sine", "-metadata",
             "artist=Wave", tmp_path / "a.mp3"]
    subprocess.run(words, check=True)
    track, said = opened(tmp_path / "a.mp3")
    assert (track.title, track.artist, said) == ("Sine", "Wave", [])
    assert track.frames == track.decoded > 0.9 * RATE


def test_its_length_is_known_before_it_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding.TrackWriter, "add", lambda _writer, _block: track_of[0].closing.wait(60))
    track_of: list[Track] = []
    path = wav(tmp_path / "a.wav", song(3))
    track_of.append(track := Track(path, 48_000, SOURCES))
    thread = threading.Thread(target=decoding.decode, args=(track,))
    thread.start()
    until(lambda: track.frames)
    assert (track.frames, track.decoded, track.ended) == (3 * 48_000, 0, False)
    track.close()
    thread.join()


def broken(folder: Path) -> dict[str, Path]:
    """Paths that are no songs."""
    (folder / "text.txt").write_text("Dear diary, " * 50)
    (folder / "empty.wav").touch()
    sf.write(folder / "none.wav", np.zeros((0, 2)), RATE)
    (folder / "folder").mkdir()
    wav(folder / "one" / "vocals.wav", song(0.1))
    wav(folder / "two" / "vocals.wav", song(0.1))
    wav(folder / "two" / "drums.wav", song(0.1), 48_000)
    (folder / "fake.stem.mp4").write_bytes(b"\0\0\0\x08moov")
    return {"missing": folder / "missing.wav", "text": folder / "text.txt", "empty": folder / "empty.wav",
            "no frames": folder / "none.wav", "folder": folder / "folder", "one stem": folder / "one",
            "two rates": folder / "two", "no stem file": folder / "fake.stem.mp4", "device": Path("/dev/zero")}


@pytest.mark.parametrize("which", ["missing", "text", "empty", "no frames", "folder", "one stem", "two rates",
                                   "no stem file", "device"])
def test_what_is_no_song_is_said_in_one_line(tmp_path: Path, which: str) -> None:
    path = broken(tmp_path)[which]
    if which == "device" and not path.exists():
        pytest.skip("there are no devices here")
    track, said = opened(path)
    assert said == [track.failure]
    assert track.failure.count("\n") == 0
    assert str(path) in track.failure
    assert "Error" not in track.failure
    assert (track.frames, track.decoded, track.whole) == (0, 0, False)
    assert not read(track, 0, 100)[0].any()


def test_a_file_that_ends_early_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", song(3))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    track, said = opened(path)
    assert 0 < track.decoded < 2 * RATE
    np.testing.assert_array_equal(read(track)[0], song(3)[: track.decoded])
    assert len(said) == 1
    assert not track.whole  # its stems are not kept: the file may be whole the next time


def test_a_disk_that_vanishes_while_it_is_read_ends_the_track_and_nothing_else(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, reads = wav(tmp_path / "a.wav", song(4)), []
    material = decoding.open_material(path)
    real = material.read

    def vanish(frames: int) -> Frames:
        reads.append(frames)
        if len(reads) > 1:
            raise OSError(5, "Input/output error")
        return real(frames)

    material.read = vanish  # type: ignore[method-assign]
    monkeypatch.setattr(decoding, "open_material", lambda *_: material)
    track, said = opened(path)
    assert said == [f"{path} cannot be decoded on: Input/output error"]
    assert track.decoded == track.frames == reads[0]
    np.testing.assert_array_equal(read(track)[0], song(4)[: track.decoded])


def test_a_track_that_is_closed_gives_silence_and_its_files_go(tmp_path: Path) -> None:
    gc.collect()
    before = _scratch()  # of tests before, in this process
    track, _ = opened(wav(tmp_path / "a.wav", song(0.5)))
    track.close()
    dry, stems, present = read(track, 0, 1000)
    assert not dry.any()
    assert not stems.any()
    assert not present.any()
    gc.collect()
    assert _scratch() <= before


def _scratch() -> set[Path]:
    """Scratch files that are open, where the system tells."""
    return {place for link in Path("/proc/self/fd").glob("*") if link.is_symlink() and "scratch" in str(
        place := link.readlink())}


def test_one_that_is_closed_while_it_is_decoded_ends_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(5):
        track = open_track(wav(tmp_path / "a.wav", song(5)), 48_000, SOURCES, say=said.append)
        until(lambda track=track: track.decoded or track.ended)
        track.close()
        until(lambda track=track: track.ended)
    assert said == []


def test_memory_does_not_grow_with_the_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's and numpy's: what a thread leaves behind, and what it takes meanwhile."""
    most = []
    for seconds in (5, 60):
        path = wav(tmp_path / f"{seconds}.wav", np.tile(song(5), (seconds // 5, 1)), subtype="PCM_16")
        tracemalloc.start()
        track, _ = opened(path, 48_000)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        track.close()
    assert most[1] < 1.2 * most[0] + 100_000


# stems that come with the song


def stems() -> dict[str, Frames]:
    draw = np.random.default_rng(5)
    return {name: (draw.standard_normal((RATE, 2)) / 20).astype(np.float32) for name in SOURCES}


def test_a_folder_of_stems_is_a_song_whose_stems_are_all_there(tmp_path: Path) -> None:
    made = stems()
    for name, frames in made.items():
        wav(tmp_path / "song" / f"{name}.wav", frames)
    track, said = opened(tmp_path / "song")
    assert (track.title, track.sources, track.origin, said) == ("song", SOURCES, "file", [])
    dry, found, present = read(track)
    np.testing.assert_allclose(dry, sum(made.values()), atol=1e-6)
    assert (present == 1).all()
    for at, name in enumerate(track.stored):
        np.testing.assert_array_equal(found[:, 2 * at : 2 * at + 2], quantize(made[name].copy()))
    other = dry - found.reshape(-1, 3, 2).sum(axis=1)
    np.testing.assert_allclose(other, made["other"], atol=4 * STEP)


def test_a_song_that_lies_beside_its_stems_is_what_is_heard(tmp_path: Path) -> None:
    made, whole = stems(), song(1)
    wav(tmp_path / "mix.wav", whole)
    for name, frames in made.items():
        wav(tmp_path / f"{name}.wav", frames)
    track, _ = opened(tmp_path)
    np.testing.assert_array_equal(read(track)[0], whole)
    wav(tmp_path / "input.wav", whole / 2)
    track, _ = opened(tmp_path)
    np.testing.assert_array_equal(read(track)[0], whole / 2)


@pytest.mark.parametrize("names", [("vocals", "no_vocals"), ("drums", "minus_drums"), ("vocals", "drums", "guitar")],
                         ids="+".join)
def test_other_stems_are_stems_too(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        wav(tmp_path / f"{name}.wav", song(0.3))
    track, _ = opened(tmp_path)
    assert set(track.sources) == set(names)
    assert track.residual == len(names) - 1
    dry, found, _ = read(track)
    assert found.shape[1] == 2 * (len(names) - 1)
    np.testing.assert_allclose(dry, len(names) * song(0.3), atol=1e-6)


def test_stems_at_another_rate_are_resampled_together(tmp_path: Path) -> None:
    made = stems()
    for name, frames in made.items():
        wav(tmp_path / f"{name}.wav", frames)
    track, _ = opened(tmp_path, 48_000)
    dry, found, present = read(track)
    np.testing.assert_allclose(dry, resampled(np.sum(list(made.values()), axis=0), 48_000), atol=1e-5)
    np.testing.assert_allclose(found[:, :2], resampled(made["drums"], 48_000), atol=STEP)
    assert (present == 1).all()


@needs_ffmpeg
@pytest.mark.parametrize("codec", ["alac", "aac"])
def test_a_stem_file_is_the_sum_of_its_stems(tmp_path: Path, codec: str) -> None:
    made = stems()
    writer = StemWriter(tmp_path / "a.stem.mp4", RATE, SOURCES, codec)
    writer.write(np.concatenate([sum(made.values()), *made.values()], axis=1))
    writer.close()
    track, said = opened(tmp_path / "a.stem.mp4")
    assert (track.sources, track.origin, said) == (SOURCES, "file", [])
    dry, found, present = read(track)
    assert len(dry) >= RATE
    assert (present == 1).all()
    loose = 1e-3 if codec == "alac" else 0.2  # 16 bits; AAC of noise
    np.testing.assert_allclose(found[:RATE, :2], made["drums"], atol=loose)
    np.testing.assert_allclose(dry[:RATE], sum(made.values()), atol=4 * loose)
