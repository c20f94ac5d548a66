"""Sound files: read as stereo or refused in one line; written whole or not at all."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles.audiofile import AudioReader, AudioWriter, close_all
from stream.audiofiles.kind import FLOAT, Kind
from stream.command.main import main
from stream.common.errors import Failure
from tests.rig.byhand import Frames, noise


def wav(path: Path, frames: Frames, samplerate: int = 44_100) -> Path:
    sf.write(path, frames, samplerate, "FLOAT")
    return path


@pytest.mark.parametrize("chunk", [1, 100, 999, 1000, 5000])
def test_blocks_are_the_file(tmp_path: Path, chunk: int) -> None:
    frames = noise(1000)
    with AudioReader(wav(tmp_path / "a.wav", frames, 48_000)) as reader:
        assert (reader.frames, reader.samplerate, reader.channels) == (1000, 48_000, 2)
        blocks = []
        while len(block := reader.read(chunk)):
            blocks.append(block)
        assert len(reader.read(chunk)) == 0
        reader.rewind()
        assert (reader.read(10) == frames[:10]).all()
    assert (np.concatenate(blocks) == frames).all()


def test_mono_is_doubled(tmp_path: Path) -> None:
    frames = noise(100, channels=1)
    with AudioReader(wav(tmp_path / "a.wav", frames)) as reader:
        assert (reader.read(100) == np.repeat(frames, 2, axis=1)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_silence_and_counted(tmp_path: Path, bad: float) -> None:
    frames = noise(90_000)
    frames[50_000, 1] = bad
    with AudioReader(wav(tmp_path / "bad.wav", frames)) as reader:
        found = reader.read(90_000)
        assert reader.cleaned == 1
    frames[50_000, 1] = 0
    assert (found == frames).all()


@pytest.mark.parametrize(("name", "says"), [
    ("missing.wav", "no such file"), ("folder", "is a folder, not a sound file"), ("empty.wav", "it holds no frames"),
    ("nothing.wav", "cannot be read as sound"), ("text.flac", "cannot be read as sound")])
def test_what_is_no_sound_is_refused_in_one_line_that_names_it(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "folder").mkdir()
    wav(tmp_path / "empty.wav", np.zeros((0, 2), np.float32))
    (tmp_path / "nothing.wav").write_bytes(b"")
    (tmp_path / "text.flac").write_text("no sound at all, but more than a few bytes of it")
    with pytest.raises(Failure, match=says) as refused:
        AudioReader(tmp_path / name)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_breaks_off_is_refused_where_it_does(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.flac", noise(100_000), 44_100)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) // 2])
    with AudioReader(tmp_path / "half.flac") as reader, pytest.raises(Failure, match=r"half\.flac cannot be read at"):
        reader.read(100_000)


@pytest.mark.parametrize("frames", [None, 1000, 1 << 30], ids=["length unknown", "short", "over 4 GB"])
def test_what_is_written_is_read_again_bit_for_bit(tmp_path: Path, frames: int | None) -> None:
    written = noise(1000)
    writer = AudioWriter(tmp_path / "deep" / "a.wav", 44_100, 2, frames)
    for block in np.split(written, 10):
        writer.write(block)
    assert not (tmp_path / "deep" / "a.wav").exists()
    writer.close()
    assert (sf.read(tmp_path / "deep" / "a.wav", dtype="float32")[0] == written).all()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.wav"]


def test_what_is_not_kept_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", noise(10))
    before = (tmp_path / "a.wav").read_bytes()
    writer = AudioWriter(tmp_path / "a.wav", 44_100)
    writer.write(noise(1000))
    writer.close(keep=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == before


@pytest.mark.parametrize("name", ["folder", "file/a.wav"])
def test_a_place_that_cannot_be_written_is_refused_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match=f"{name} cannot be written"):
        AudioWriter(tmp_path / name, 44_100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_told_and_nothing_is_left_on_it(small_disk: Path) -> None:
    writer = AudioWriter(small_disk / "a.wav", 44_100)

    def fill() -> None:
        for _ in range(100):
            writer.write(noise(10_000))

    with pytest.raises(Failure, match=r"a\.wav cannot be written: no space left"):
        fill()
    writer.close(keep=False)
    assert list(small_disk.iterdir()) == []


@pytest.fixture
def small_files(tmp_path: Path) -> Iterator[Path]:
    """A folder in a process that may write files of half a megabyte."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    yield tmp_path
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", [FLOAT, Kind("wav", 24), Kind("flac", 24)], ids=str)
def test_a_limit_of_file_sizes_is_named(small_files: Path, kind: Kind) -> None:
    path = small_files / f"a.{kind.format}"
    writer = AudioWriter(path, 44_100, kind=kind)

    def fill() -> None:
        for _ in range(100):
            writer.write(noise(10_000))

    with pytest.raises(Failure, match=rf"{path.name} cannot be written: a file cannot be larger .*ulimit -f"):
        fill()
    writer.close(keep=False)
    assert list(small_files.iterdir()) == []


def test_a_run_that_comes_to_a_limit_of_file_sizes_says_so(small_files: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    song = small_files / "song.wav"
    sf.write(song, noise(3 * 44_100), 44_100, "PCM_U8")  # 0.26 MB, and its input as recorded 1.06
    assert main(["run", "--model", "center", "--device", str(song), "--record", str(small_files / "take"), "--ui",
                 "none"]) == 1
    said = capsys.readouterr().err
    assert "a file cannot be larger than this here" in said
    assert "System error" not in said


def test_a_file_over_4_gb_that_was_not_announced_is_refused(tmp_path: Path) -> None:
    writer = AudioWriter(tmp_path / "a.wav", 44_100)
    writer._frames = 0xFFFF_0000 // 8  # as if so much had been written
    with pytest.raises(Failure, match="is full: a WAV file cannot be larger than 4 GB"):
        writer.write(noise(1000))
    writer.close(keep=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "subtype", "error"), [
    (FLOAT, "FLOAT", 0), (Kind("wav", 16), "PCM_16", 2**-15), (Kind("wav", 24), "PCM_24", 2**-23),
    (Kind("flac", 16), "PCM_16", 2**-15), (Kind("flac", 24), "PCM_24", 2**-23)], ids=str)
def test_every_kind_is_as_exact_as_its_bits(tmp_path: Path, kind: Kind, subtype: str, error: float) -> None:
    written, path = np.clip(noise(10_000), -0.99, 0.99), tmp_path / f"a.{kind.format}"
    writer = AudioWriter(path, 44_100, 2, 10_000, kind)
    writer.write(written)
    writer.close()
    assert (sf.info(path).format, sf.info(path).subtype) == (kind.format.upper(), subtype)
    np.testing.assert_allclose(sf.read(path, dtype="float64")[0], written, rtol=0, atol=error)


@pytest.mark.parametrize("kbps", [64, 192, 320])
def test_an_mp3_has_the_bitrate_it_is_given(tmp_path: Path, kbps: int) -> None:
    writer = AudioWriter(tmp_path / "a.mp3", 44_100, kind=Kind("mp3", bitrate=kbps))
    for _ in range(10):
        writer.write(noise(44_100) / 4)
    writer.close()
    assert sf.info(tmp_path / "a.mp3").frames >= 441_000
    assert (tmp_path / "a.mp3").stat().st_size * 8 / 10_000 == pytest.approx(kbps, rel=0.03)


@pytest.mark.parametrize(("words", "says"), [
    (("ogg", 16), "wav, flac or mp3"), (("wav", 8), "16, 24 or 32"), (("flac", 32), "not floats"),
    (("mp3", 16, 500), "32 to 320")], ids=str)
def test_a_kind_that_there_is_not_is_refused(words: tuple[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Kind(*words)


def test_files_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    writers = [AudioWriter(tmp_path / name, 44_100) for name in ("a.wav", "b.wav")]

    def fail() -> None:
        raise Failure("b.wav cannot be finished")

    writers[1].finish = fail  # type: ignore[method-assign]
    with pytest.raises(Failure, match=r"b\.wav cannot be finished"):
        close_all(writers, keep=True)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".part")] == []


@pytest.mark.parametrize("kind", [Kind(), Kind(bits=16), Kind("flac", 16), Kind("mp3")], ids=str)
def test_what_is_made_twice_of_the_same_is_the_same(tmp_path: Path, kind: Kind) -> None:
    made = []
    for _ in range(2):
        writer = AudioWriter(tmp_path / "a", 44_100, kind=kind)
        writer.mark("demucs-stream model=x song=0/0;")
        writer.write(np.full((5000, 2), 0.5, np.float32))
        if made:  # libsndfile writes the second into a file of floats
            time.sleep(1.1 * (kind == Kind()))
        writer.close()
        made.append((tmp_path / "a").read_bytes())
    assert made[0] == made[1]
    assert sf.info(tmp_path / "a").frames == 5000
