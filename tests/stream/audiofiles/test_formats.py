"""Every format is what ffmpeg decodes, to the frame, and what cannot be is said."""

import os
import re
import shutil
import struct
import subprocess
import threading
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles import ffmpeg
from stream.audiofiles.song import Reader, open_song
from stream.common.errors import Failure
from tests.rig.byhand import Frames, noise, same_bits

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
    "a.mp4": "-f lavfi -i testsrc=d=0.3:s=64x64:r=5 -c:a aac",
    "ima.wav": "-c:a adpcm_ima_wav", "gsm.wav": "-c:a libgsm_ms -ar 8000 -ac 1", "mp3.wav": "-c:a libmp3lame",
    "yamaha.wav": "-c:a adpcm_yamaha", "ima.aifc": "-c:a adpcm_ima_qt -f aiff", "ulaw.aifc": "-c:a pcm_mulaw -f aiff",
    "opus.caf": "-c:a libopus", "a.voc": "-c:a pcm_u8", "s16.voc": "-c:a pcm_s16le", "24.w64": "-c:a pcm_s24le",
    "mono.w64": "-ac 1", "flac.ogg": "-c:a flac", "faststart.m4a": "-c:a aac -movflags faststart",
    "parts.mp4": "-c:a aac -movflags frag_keyframe+empty_moov", "a.ts": "-c:a mp2", "a.mov": "-c:a pcm_s16le",
    "a.avi": "-c:a pcm_s16le", "a.flv": "-c:a aac"}
PIPED = {"piped.wav": "-f wav", "piped.flac": "-f flac", "piped.au": "-f au", "piped.caf": "-f caf",
         "piped.mp3": "-f mp3"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("formats")
    song = noise(FRAMES) / 4
    song[FRAMES // 4 :] /= 1000  # the bitrate of the first frames is the highest
    sf.write(made / "source.wav", song, RATE, "PCM_24")
    return made


@cache
def encode(folder: Path, name: str, words: str, piped: bool = False) -> Path:
    """The source of a folder in a format; made once."""
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
    once = encode(folder, name, FORMATS.get(name, ""))
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
    path = folder / name if name == "source.wav" else encode(folder, name, FORMATS.get(name, ""))
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


def tagged(size: int, frame: bytes) -> bytes:
    """An ID3v2.3 tag of so many bytes with one frame."""
    content = frame + struct.pack(">I", size - 10) + bytes(2)
    return b"ID3\3\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + content.ljust(size, b"A")


APE_BEGINS, APE_ENDS = (
    b"APETAGEX" + struct.pack("<IIII", 2000, 64, 1, flags) + bytes(8) for flags in (0xA000_0000, 0x8000_0000))
ITEM = struct.pack("<II", 20, 0) + b"Tit\0" + 20 * b"A"
AROUND = {  # an MP3: what other programs leave before and behind it
    "a large tag": (tagged(3_000_000, b"TXXX"), b""), "two tags": (2 * tagged(100, b"TXXX"), b""),
    "APE behind": (b"", APE_BEGINS + ITEM + APE_ENDS), "ID3v1": (b"", b"TAG" + 125 * b"x"), "zeros": (bytes(1500), b"")}


@pytest.mark.parametrize("around", AROUND)
def test_what_lies_around_an_mp3_takes_nothing_from_it_and_is_no_damage(
        folder: Path, around: str, capfd: pytest.CaptureFixture[str]) -> None:
    before, behind = AROUND[around]
    path = folder / f"{around}.mp3"
    path.write_bytes(before + encode(folder, "cbr.mp3", FORMATS["cbr.mp3"]).read_bytes() + behind)
    same_as_ffmpeg(path)
    assert capfd.readouterr().err == ""


def test_a_picture_that_is_broken_is_no_damage_of_the_song(folder: Path) -> None:
    picture = b"\0image/jpeg\0\3\0" + bytes.fromhex("ffd8ffdb0043") + bytes(range(1, 255)) * 40
    tag = b"ID3\3\0\0" + bytes((len(picture) + 10) >> shift & 127 for shift in (21, 14, 7, 0))
    path = folder / "picture.mp3"
    path.write_bytes(tag + b"APIC" + struct.pack(">I", len(picture)) + bytes(2) + picture
                     + encode(folder, "cbr.mp3", FORMATS["cbr.mp3"]).read_bytes())
    said = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "null", "-"], capture_output=True)
    assert b"mjpeg" in said.stderr
    same_as_ffmpeg(path)


@pytest.mark.parametrize("name", ["s16.wav", "s24.wav", "rf64.wav", "a.aiff", "a.au", "a.w64", "24.w64", "a.caf",
                                  "a.avi"])
@pytest.mark.parametrize("part", [0.3, 0.45, 0.6])
def test_plain_samples_that_break_off_are_all_read_and_it_is_said_how_many_are_lacking(
        folder: Path, tmp_path: Path, name: str, part: float) -> None:
    content = encode(folder, name, FORMATS[name]).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * part)])
    with open_song(path) as reader:
        found = whole(reader)
        assert (found.reshape(-1) == of_ffmpeg(path)).all()
        said = re.search(r"([\d.]+) s ", reader.damage or "")
    assert said is not None
    assert float(said[1]) == pytest.approx((FRAMES - len(found)) / RATE, abs=0.006)


@pytest.mark.parametrize("name", ["a\nb.m4a", "a: \n[x @ 0x1] b.mp3", "caf\udce9\n.m4a"])
def test_what_ffmpeg_says_is_one_line_without_the_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    Path(os.fsencode(path).decode(errors="surrogateescape")).write_bytes(100 * b"junk")
    with pytest.raises(Failure) as refused:
        open_song(path)
    assert str(refused.value) == f"{path} cannot be read as sound: Invalid data found when processing input"


def test_a_reader_that_is_closed_early_speaks_of_no_damage(folder: Path) -> None:
    with open_song(encode(folder, "alac.m4a", FORMATS["alac.m4a"])) as reader:
        reader.read(100)
    assert reader.damage is None


@pytest.mark.parametrize("path", ["x" * 300 + ".wav", "x" * 300 + ".mp3", "source.wav/a.wav", "round.wav"])
def test_what_the_disk_refuses_is_a_line(folder: Path, path: str) -> None:
    if path == "round.wav":
        (folder / path).symlink_to(path)
    with pytest.raises(Failure, match="cannot be read: "):
        open_song(folder / path)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
def test_a_device_is_refused(path: str) -> None:
    with pytest.raises(Failure, match="is a device, not a sound file"):
        open_song(Path(path))
