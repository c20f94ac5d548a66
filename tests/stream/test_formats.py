"""Every format is what ffmpeg decodes, to the frame, and what cannot be is said."""

import os
import re
import shutil
import struct
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.devices import ffmpeg
from stream.devices.song import Reader, open_song
from stream.errors import Failure
from tests.stream.byhand import Frames, noise, same_bits

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
FRAMES = 12_345
RATE = 44_100
FORMATS = {  # name: how it is encoded
    "u8.wav": "-c:a pcm_u8", "s16.wav": "-c:a pcm_s16le", "s24.wav": "-c:a pcm_s24le", "s32.wav": "-c:a pcm_s32le",
    "f32.wav": "-c:a pcm_f32le", "f64.wav": "-c:a pcm_f64le", "alaw.wav": "-c:a pcm_alaw", "ulaw.wav": "-c:a pcm_mulaw",
    "ms.wav": "-c:a adpcm_ms", "a.w64": "-c:a pcm_s16le", "rf64.wav": "-rf64 always",
    "a.aiff": "",
    "f.aif": "-c:a pcm_f32be", "a.caf": "-c:a pcm_s24be", "a.au": "-c:a pcm_s16be", "a.flac": "",
    "alac.caf": "-c:a alac", "alac.m4a": "-c:a alac", "cbr.mp3": "-b:a 128k", "vbr.mp3": "-q:a 4",
    "bare.mp3": "-q:a 4 -write_xing 0 -id3v2_version 0", "mono.mp3": "-ac 1", "low.mp3": "-ar 8000",
    "22.mp3": "-ar 22050",
    "48.mp3": "-ar 48000",
    "a.ogg": "-c:a libvorbis", "a.opus": "-c:a libopus", "a.m4a": "-c:a aac", "a.aac": "-c:a aac",
    "a.ac3": "", "a.eac3": "", "a.wma": "", "a.wv": "", "a.tta": "", "a.mp2": "", "a.webm": "-c:a libopus",
    "a.mkv": "-c:a libvorbis", "a.mka": "-c:a pcm_s16le", "8.wav": "-ar 8000", "11.flac": "-ar 11025",
    "37.wav": "-ar 37800", "44.flac": "-ar 44056", "96.wv": "-ar 96000", "192.flac": "-ar 192000",
    "a.mp4": "-f lavfi -i testsrc=d=0.3:s=64x64:r=5 -c:a aac"}
PIPED = {"piped.wav": "-f wav", "piped.flac": "-f flac", "piped.au": "-f au", "piped.caf": "-f caf",
         "piped.mp3": "-f mp3"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("formats")
    song = noise(FRAMES) / 4
    song[FRAMES // 4 :] /= 1000  # the bitrate of the first frames is the highest
    sf.write(made / "source.wav", song, RATE, "PCM_24")
    return made


def encode(folder: Path, name: str, words: str, piped: bool = False) -> Path:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", folder / "source.wav", *words.split()]
    if piped:
        (folder / name).write_bytes(subprocess.run([*command, "pipe:1"], check=True, capture_output=True).stdout)
    else:
        subprocess.run([*command, folder / name], check=True)
    return folder / name


def of_ffmpeg(path: Path) -> Frames:
    command = ["ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-map", "0:a:0", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)


def of_ffmpeg_or_nothing(path: Path) -> Frames:
    try:
        return of_ffmpeg(path)
    except subprocess.CalledProcessError:
        return np.zeros(0, np.float32)


def whole(reader: Reader) -> Frames:
    blocks = []
    while len(block := reader.read(5000)):
        blocks.append(block)
    return np.concatenate(blocks)


def same_as_ffmpeg(path: Path) -> None:
    with open_song(path) as reader:
        ours = whole(reader)
        theirs = of_ffmpeg(path).reshape(len(ours), -1)
        assert np.abs(ours - theirs).max() <= 2**-24
        assert reader.damage is None
        reader.rewind()
        assert same_bits(whole(reader), ours)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_what_ffmpeg_decodes(folder: Path, name: str) -> None:
    same_as_ffmpeg(encode(folder, name, FORMATS[name]))


@pytest.mark.parametrize("name", PIPED)
def test_a_header_that_does_not_know_its_length_is_read_to_the_end(folder: Path, name: str) -> None:
    path = encode(folder, name, PIPED[name], piped=True)
    same_as_ffmpeg(path)
    with open_song(path) as reader:
        assert len(whole(reader)) >= FRAMES


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.opus"])
def test_files_one_after_the_other_are_all_read(folder: Path, name: str) -> None:
    once = encode(folder, name, "")
    twice = folder / f"twice.{name}"
    twice.write_bytes(2 * once.read_bytes())
    with open_song(twice) as reader:
        assert len(whole(reader)) == len(of_ffmpeg(twice)) // 2 > 1.7 * FRAMES


@pytest.mark.parametrize("form", ["w64", "aiff"])
def test_what_ffmpeg_itself_refuses_is_read_by_libsndfile(folder: Path, form: str) -> None:
    path = encode(folder, f"piped.{form}", f"-f {form}", piped=True)
    assert len(of_ffmpeg_or_nothing(path)) == 0
    with open_song(path) as reader:
        assert abs(len(whole(reader)) - FRAMES) <= 2  # a W64's padding


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 1000, 1001, 3 * 4 * FRAMES])
def test_a_wav_whose_length_is_wrong_is_what_ffmpeg_makes_of_it(tmp_path: Path, size: int) -> None:
    sf.write(tmp_path / "a.wav", noise(FRAMES) / 4, RATE, "PCM_16")
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[40:44] = struct.pack("<I", size)
    (tmp_path / "a.wav").write_bytes(content)
    with open_song(tmp_path / "a.wav") as reader:
        found = whole(reader)
    assert (found.reshape(-1) == of_ffmpeg(tmp_path / "a.wav")).all()


@pytest.mark.parametrize("name", ["a.mp3", "a.flac"])
@pytest.mark.parametrize("how", ["hole", "cut"])
def test_what_is_missing_is_said_in_seconds(tmp_path: Path, name: str, how: str) -> None:
    sf.write(tmp_path / "source.wav", noise(3 * RATE) / 4, RATE, "PCM_16")
    path = encode(tmp_path, name, "")
    content = path.read_bytes()
    half = len(content) // 2
    behind = content[half + len(content) // 5 :] if how == "hole" else b""
    path.write_bytes(content[:half] + bytes(len(content) // 5 if behind else 0) + behind)
    with open_song(path) as reader:
        found = whole(reader)
        assert len(found) == len(of_ffmpeg(path)) // 2
        assert reader.damage is not None
        said = re.search(r"([\d.]+) s ", reader.damage)
        assert said is not None
        assert float(said[1]) == pytest.approx((3 * RATE - len(found)) / RATE, abs=0.06)  # an MP3 has frames around it


@pytest.mark.parametrize("name", ["source.wav", "a.mp3", "a.m4a"])
def test_a_pipe_is_a_file(folder: Path, tmp_path: Path, name: str) -> None:
    path = folder / name if name == "source.wav" else encode(folder, name, "")
    os.mkfifo(tmp_path / "pipe")
    feeding = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(path.read_bytes()))
    feeding.start()
    with open_song(tmp_path / "pipe") as reader:
        assert (whole(reader).reshape(-1) == of_ffmpeg(path)).all()
        reader.rewind()
        assert len(whole(reader)) == len(of_ffmpeg(path)) // 2
    feeding.join()


@pytest.mark.parametrize("name", ["s16.wav", "f32.wav", "rf64.wav", "a.aiff", "a.caf"])
def test_a_plain_file_starts_no_process(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(folder, name, FORMATS[name])

    def start(*_words: object, **_how: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(ffmpeg.subprocess, "Popen", start)
    with open_song(path) as reader:
        assert len(whole(reader)) == FRAMES


def test_a_file_that_shrinks_is_told(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(400_000), RATE, "FLOAT")
    with open_song(tmp_path / "a.wav") as reader:
        reader.read(1000)
        os.truncate(tmp_path / "a.wav", 1_000_000)
        assert len(whole(reader)) < 200_000
        assert reader.damage


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
def test_a_device_is_refused(path: str) -> None:
    with pytest.raises(Failure, match="is a device, not a sound file"):
        open_song(Path(path))
