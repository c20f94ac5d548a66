"""No song is cut short in silence: every frame that ffmpeg decodes is read, by whatever we read it with."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles import ffmpeg
from stream.audiofiles.song import Reader, open_song
from stream.command import export
from stream.command.main import main
from stream.common.errors import Failure
from tests.rig.byhand import Frames
from tests.stream.audiofiles.test_decoder import whole

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
RATE = 44_100
Made = Callable[..., Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("songs")


@pytest.fixture(scope="module")
def made(folder: Path) -> Made:
    """A second of noise at 16 bits, loud at first and nearly silent later, in a format; made once."""

    def make(name: str, *words: str, rate: int = RATE, channels: int = 2, seconds: float = 1.0) -> Path:
        path, source = folder / name, folder / f"{rate}-{channels}-{seconds}.wav"
        if not source.exists():
            loud = np.where(np.arange(int(rate * seconds)) < rate / 10, 20_000, 200)[:, None]
            noise = np.random.default_rng(rate).uniform(-1, 1, (len(loud), channels)) * loud
            sf.write(source, noise.astype(np.int16), rate, "PCM_16")
        if not path.exists():
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *words, path], check=True)
        return path

    return make


def by_ffmpeg(path: Path) -> Frames:
    """What ffmpeg decodes, at the file's own rate, as stereo."""
    words = ["ffmpeg", "-v", "quiet", "-i", f"file:{path}", "-map", "0:a:0", "-ac", "2", "-f", "f32le", "pipe:1"]
    return np.frombuffer(subprocess.run(words, capture_output=True, check=False).stdout, np.float32).reshape(-1, 2)


def read(path: Path) -> tuple[Frames, Reader]:
    with open_song(path) as reader:
        return whole(reader, 8192), reader


FORMATS: dict[str, tuple[str, ...]] = {
    "u8.wav": ("-c:a", "pcm_u8"), "s24.wav": ("-c:a", "pcm_s24le"), "s32.wav": ("-c:a", "pcm_s32le"),
    "f32.wav": ("-c:a", "pcm_f32le"), "f64.wav": ("-c:a", "pcm_f64le"), "alaw.wav": ("-c:a", "pcm_alaw"),
    "ulaw.wav": ("-c:a", "pcm_mulaw"), "ima.wav": ("-c:a", "adpcm_ima_wav"), "ms.wav": ("-c:a", "adpcm_ms"),
    "a.w64": (), "a.rf64": ("-f", "wav", "-rf64", "always"), "a.aiff": (), "a.caf": (), "a.au": (), "a.flac": (),
    "a.ogg": (), "a.opus": (), "a.spx.ogg": ("-c:a", "libopus"), "cbr.mp3": ("-b:a", "128k"), "vbr.mp3": ("-q:a", "4"),
    "cbr-bare.mp3": ("-b:a", "128k", "-write_xing", "0"), "vbr-bare.mp3": ("-q:a", "4", "-write_xing", "0"),
    "a.mp2": (), "a.m4a": (), "alac.m4a": ("-c:a", "alac"), "a.aac": (), "a.ac3": (), "a.eac3": (), "a.wma": (),
    "a.wv": (), "a.tta": (), "a.mka": (), "a.webm": (), "a.mkv": ("-c:a", "libvorbis"), "a.mp4": (),
}


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_rate_of_mp3_is_read(made: Made, rate: int, channels: int) -> None:
    path = made(f"{rate}-{channels}.mp3", "-q:a", "4", "-write_xing", "0", rate=rate, channels=channels)
    ours, reader = read(path)
    assert (len(ours), reader.samplerate) == (len(by_ffmpeg(path)), rate)


@pytest.mark.parametrize("rate", [11_025, 37_800, 44_056, 96_000, 192_000])
@pytest.mark.parametrize("name", ["wav", "flac"])
def test_odd_rates_are_read(made: Made, rate: int, name: str) -> None:
    ours, reader = read(made(f"{rate}.{name}", rate=rate))
    assert (len(ours), reader.samplerate) == (rate, rate)


def streamed(path: Path, form: str) -> Path:
    """Written to a pipe, which cannot go back to write the length into the header."""
    out = path.with_name(f"streamed {path.name}.{form}")
    words = ["ffmpeg", "-v", "error", "-i", path, "-f", form, "pipe:1"]
    out.write_bytes(subprocess.run(words, capture_output=True, check=True).stdout)
    return out


def hole(path: Path, part: float = 0.5, size: int = 3000) -> Path:
    content = bytearray(path.read_bytes())
    at = int(len(content) * part)
    content[at : at + size] = bytes(len(content[at : at + size]))
    out = path.with_name(f"hole in {path.name}")
    out.write_bytes(content)
    return out


@pytest.mark.parametrize("name", ["a.flac", "cbr.mp3", "a.ogg", "a.m4a"])
def test_behind_a_hole_the_song_goes_on_and_it_is_said(made: Made, name: str) -> None:
    path = hole(made(f"long {name}", seconds=6.0))
    ours, reader = read(path)
    assert len(ours) == len(by_ffmpeg(path)) > 4 * reader.samplerate
    assert reader.damage


@pytest.mark.parametrize("name", ["a.flac", "s.wav", "a.aiff"])
def test_a_file_that_breaks_off_is_read_as_far_as_it_goes_and_says_how_much_it_lacks(made: Made, folder: Path,
                                                                                     name: str) -> None:
    content = made(name).read_bytes()
    path = folder / f"half {name}"
    path.write_bytes(content[: len(content) // 2])
    ours, reader = read(path)
    assert len(ours) == len(by_ffmpeg(path))
    assert reader.damage
    assert f"{(RATE - len(ours)) / RATE:.2f} s" in reader.damage


LAYOUTS = {
    "2.1": "FL FR LFE", "3.0": "FL FR FC", "3.1": "FL FR FC LFE", "4.0": "FL FR FC BC", "quad": "FL FR BL BR",
    "5.0": "FL FR FC BL BR", "5.1": "FL FR FC LFE BL BR", "5.1(side)": "FL FR FC LFE SL SR",
    "6.1": "FL FR FC LFE BC SL SR", "7.1": "FL FR FC LFE BL BR SL SR"}
CARRY = {  # which of them a format can hold
    "wav": list(LAYOUTS), "flac": list(LAYOUTS), "caf": ["5.1", "7.1"], "mka": ["5.1", "7.1"],
    "ogg": ["3.0", "quad", "5.0", "5.1", "6.1", "7.1"], "opus": ["quad", "5.1", "7.1"], "m4a": ["4.0", "5.1"],
    "ac3": ["2.1", "3.0", "4.0", "5.1(side)"]}
SIDES = {"FC": (1, 1), "BC": (1, 1), "LFE": (0, 0), **dict.fromkeys(("FL", "BL", "SL"), (1, 0)),
         **dict.fromkeys(("FR", "BR", "SR"), (0, 1))}


@pytest.mark.parametrize(("name", "layout"), [(name, layout) for name in CARRY for layout in CARRY[name]])
def test_each_channel_is_heard_where_it_belongs(folder: Path, layout: str, name: str) -> None:
    places, tones = LAYOUTS[layout].split(), []
    for at in range(len(places)):  # one after the other
        tones.append(f"if(between(t,{at / 2},{at / 2 + 0.4}),0.5*sin(300*2*PI*t),0)")
    path = folder / f"{layout}.{name}"
    source = f"aevalsrc='{'|'.join(tones)}':c={layout}:s=48000:d={len(places) / 2}"
    words = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source,
             *(("-b:a", "384k") if name in ("ogg", "opus", "ac3", "m4a") else ()), path]
    subprocess.run(words, check=True)
    found = read(path)[0]
    for at, place in enumerate(places):
        level = np.sqrt(np.mean(found[24_000 * at + 6000 : 24_000 * at + 14_000] ** 2, axis=0))
        if place != "LFE" or name in ("wav", "flac", "caf"):  # what is lossy leaves noise in it
            assert (level > 0.02).tolist() == [bool(side) for side in SIDES[place]], (place, level)
        if place in ("FC", "BC"):
            assert level[0] == pytest.approx(level[1], rel=0.02)


@pytest.mark.parametrize("name", ["vbr-bare.mp3", "joined cbr.mp3", "streamed a.flac.flac", "joined a.flac",
                                  "joined a.ogg"])
def test_without_ffmpeg_what_would_be_cut_short_is_refused(made: Made, folder: Path, name: str,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    kept = name.removeprefix("joined ").removeprefix("streamed ").removesuffix(".flac.flac")
    once = made(kept if "." in kept else "a.flac", *FORMATS.get(kept, ()))
    path = streamed(once, "flac") if name.startswith("streamed") else folder / f"bare {name}"
    if not name.startswith("streamed"):
        path.write_bytes(once.read_bytes() * (2 if name.startswith("joined") else 1))
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _name: None)
    with pytest.raises(Failure, match="only ffmpeg can read it to its end"):
        open_song(path)


@pytest.mark.parametrize("name", ["cbr.mp3", "vbr.mp3", "a.ogg", "a.flac", "s.wav"])
def test_without_ffmpeg_what_states_its_length_is_read(made: Made, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(name, *FORMATS.get(name, ()))
    theirs = by_ffmpeg(path)
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _name: None)
    assert 0 <= len(read(path)[0]) - len(theirs) <= 200  # ffmpeg leaves out an Ogg's last 128


@pytest.mark.parametrize("name", ["a.m4a", "a.wma", "a.webm", "a.mp4", "vbr-bare.mp3", "streamed s.wav.flac"])
def test_a_live_run_reads_what_separate_reads(made: Made, name: str, tmp_path: Path) -> None:
    path = streamed(made("s.wav"), "flac") if name.startswith("streamed") else made(name, *FORMATS[name])
    assert main(["run", "--model", "center", "--device", str(path), "--record", str(tmp_path / "take")]) == 0
    assert main(["separate", "--model", "center", str(path), "-o", str(tmp_path / "out")]) == 0
    separated = sf.info(tmp_path / "out" / path.stem / "vocals.wav").duration
    assert sf.info(tmp_path / "take" / "mix.wav").duration == pytest.approx(separated, abs=1e-4)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 100, b"ID3\x04\0\0\0\0\0\x7f" + bytes(127)],
                         ids=["nothing", "a word", "text", "a tag alone"])
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.ogg", "a.m4a"])
def test_what_is_no_song_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Failure, match=name) as refused:
        open_song(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["streamed s.wav.flac", "a.aac", "vbr-bare.mp3", "48 s.wav"])
def test_export_hears_all_of_a_song_whether_it_knows_its_length_or_not(made: Made, name: str) -> None:
    path = (streamed(made("s.wav"), "flac") if name.startswith("streamed") else
            made(name, rate=48_000) if name.startswith("48") else made(name, *FORMATS[name]))
    heard = export._music([path])
    assert heard.shape[1] == (RATE if name.startswith("48") else len(by_ffmpeg(path)))
