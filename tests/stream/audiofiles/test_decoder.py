"""Songs of any format: the same sound, whoever decodes it; refused in one line where nobody can."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles import ffmpeg
from stream.audiofiles.audiofile import AudioReader
from stream.audiofiles.decoder import Decoder
from stream.audiofiles.song import Reader, open_live, open_song
from stream.common.errors import Failure
from tests.rig.byhand import Frames, noise

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def encoded(folder: Path, name: str, frames: Frames, *words: str, samplerate: int = 44_100) -> Path:
    sf.write(folder / "source.wav", frames, samplerate, "FLOAT")
    command = ["ffmpeg", "-v", "error", "-i", folder / "source.wav", *words, folder / name]
    subprocess.run(command, check=True)
    return folder / name


def whole(reader: Reader, chunk: int = 10_000) -> Frames:
    blocks = []
    while len(block := reader.read(chunk)):
        blocks.append(block)
    assert len(reader.read(chunk)) == 0
    return np.concatenate(blocks)


@needs_ffmpeg
@pytest.mark.parametrize("samplerate", [44_100, 48_000])
@pytest.mark.parametrize("chunk", [1000, 4096, 1 << 20])
def test_what_ffmpeg_reads_is_the_sound_bit_for_bit(tmp_path: Path, chunk: int, samplerate: int) -> None:
    song = (noise(100_000) * 8192).astype(np.int16).astype(np.float32) / 32_768
    path = encoded(tmp_path, "a.m4a", song, "-c:a", "alac", "-sample_fmt", "s16p", samplerate=samplerate)
    with open_song(path) as reader:
        assert isinstance(reader, Decoder)
        assert (reader.samplerate, reader.frames) == (samplerate, 100_000)
        assert (whole(reader, chunk) == song).all()
        reader.rewind()
        assert (reader.read(500) == song[:500]).all()
        assert reader.damage is None


@needs_ffmpeg
@pytest.mark.parametrize(("name", "words"), [
    ("a.mp3", ()), ("a.m4a", ()), ("a.ogg", ()), ("a.opus", ()), ("a.wma", ()), ("a.mka", ()), ("a.aac", ()),
    ("video.mkv", ("-f", "lavfi", "-i", "testsrc=duration=2:size=64x64:rate=5"))])
def test_every_usual_format_is_read(tmp_path: Path, name: str, words: tuple[str, ...]) -> None:
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(88_200) / 44_100).astype(np.float32)
    with open_song(encoded(tmp_path, name, np.stack([tone, tone / 2], axis=1), *words)) as reader:
        found = whole(reader)[: 2 * reader.samplerate]
    middle = found[reader.samplerate // 2 : reader.samplerate]
    assert abs(len(found) / reader.samplerate - 2) < 0.1
    assert np.sqrt(2 * np.mean(middle**2, axis=0)) == pytest.approx([0.4, 0.2], rel=0.05)


@needs_ffmpeg
@pytest.mark.parametrize("channels", [1, 6])
def test_other_channels_are_mixed_as_from_a_wav(tmp_path: Path, channels: int) -> None:
    song = noise(5000, channels)
    with open_song(encoded(tmp_path, "a.mka", song, "-c:a", "pcm_f32le")) as reader:
        assert isinstance(reader, Decoder)
        found = whole(reader)
    with AudioReader(tmp_path / "source.wav") as reader:
        assert (found == whole(reader)).all()


@needs_ffmpeg
def test_values_that_are_no_numbers_are_silence_and_counted(tmp_path: Path) -> None:
    song = noise(90_000)
    song[50_000] = np.nan
    with open_song(encoded(tmp_path, "a.mka", song, "-c:a", "pcm_f32le")) as reader:
        assert (whole(reader) == np.nan_to_num(song)).all()
        assert reader.cleaned == 2
        assert reader.damage is None


@needs_ffmpeg
@pytest.mark.parametrize(("name", "says"), [
    ("text.m4a", "cannot be read as sound: Invalid data"), ("silent.mkv", "it holds no sound"),
    ("missing.m4a", "no such file"), ("half.m4a", "cannot be read as sound: Invalid data")])
def test_what_is_no_sound_is_refused_in_one_line_that_names_it(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "text.m4a").write_text("no sound at all, but more than a few bytes of it")
    encoded(tmp_path, "silent.mkv", noise(1000), "-an", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5",
            "-map", "1:v")
    song = encoded(tmp_path, "whole.m4a", noise(100_000)).read_bytes()
    (tmp_path / "half.m4a").write_bytes(song[: len(song) // 2])
    with pytest.raises(Failure, match=says) as refused:
        open_song(tmp_path / name)
    assert str(refused.value).count(name) == 1
    assert "\n" not in str(refused.value)


@needs_ffmpeg
def test_what_is_damaged_is_read_as_far_as_it_goes_and_told(tmp_path: Path) -> None:
    path = encoded(tmp_path, "a.mka", noise(400_000), "-c:a", "aac")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 5000] = bytes(5000)
    path.write_bytes(content)
    with open_song(path) as reader:
        assert len(whole(reader)) > 100_000
        assert isinstance(reader, Decoder)
        assert reader.damage


@needs_ffmpeg
@pytest.mark.parametrize(("first", "second"), [("a.ogg", "b.opus"), ("a.opus", "b.ogg"), ("a.oga", "b.ogg")])
@pytest.mark.parametrize("piped", [False, True], ids=["file", "pipe"])
def test_what_follows_in_another_format_is_said_to_be_missing(tmp_path: Path, first: str, second: str,
                                                              piped: bool) -> None:
    codecs = {".ogg": ("-c:a", "libvorbis"), ".opus": ("-c:a", "libopus"), ".oga": ("-c:a", "flac")}
    joined = b"".join(encoded(tmp_path, name, noise(length * 48_000) / 4, *codecs[Path(name).suffix],
                              samplerate=48_000).read_bytes() for name, length in ((first, 2), (second, 3)))
    (tmp_path / "c.ogg").write_bytes(joined)
    feed = subprocess.Popen(["cat", tmp_path / "c.ogg"], stdout=subprocess.PIPE)
    assert feed.stdout is not None
    with feed.stdout, open_live(Path(f"/dev/fd/{feed.stdout.fileno()}") if piped else tmp_path / "c.ogg") as reader:
        length = len(whole(reader))
        assert abs(length - 2 * 48_000) < 2000
        assert reader.damage == (
            f"everything after {length / 48_000:.2f} s is missing, because a stream of another format begins there")
    feed.wait()


@needs_ffmpeg
def test_a_name_is_never_taken_for_anything_else(tmp_path: Path) -> None:
    encoded(tmp_path, "a.m4a", noise(1000))
    for name in ("-y.m4a", "http:x.m4a", "%03d.m4a", "a b'c\n.m4a"):
        shutil.copy(tmp_path / "a.m4a", tmp_path / name)
        with open_song(tmp_path / name) as reader:
            assert len(whole(reader)) >= 1000


@needs_ffmpeg
def test_ffmpeg_is_gone_when_the_file_is_closed(tmp_path: Path) -> None:
    path = encoded(tmp_path, "a.m4a", noise(2_000_000))
    reader = open_song(path)
    assert isinstance(reader, Decoder)
    assert reader._pipe is not None
    process = reader._pipe._process
    reader.read(10)
    reader.close()
    assert process.poll() is not None


def test_without_ffmpeg_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _name: None)
    (tmp_path / "a.m4a").write_text("as good as any that libsndfile cannot read")
    with pytest.raises(Failure, match=r"a\.m4a cannot be read as sound: .*; ffmpeg reads more formats: install it"):
        open_song(tmp_path / "a.m4a")
