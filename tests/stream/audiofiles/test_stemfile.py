"""Stem files: what Mixxx looks for (steminfoimporter.cpp, soundsourcestem.cpp) is there; the sound is what went in."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles.boxes import boxes, find
from stream.audiofiles.song import open_song
from stream.audiofiles.stemfile import StemWriter
from stream.command.search import songs
from stream.common.errors import Failure
from tests.rig.byhand import Frames, noise

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
RATE = 44_100
STEMS = ("drums", "bass", "other", "vocals")


def probed(path: Path) -> Any:
    words = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path]
    return json.loads(subprocess.run(words, capture_output=True, check=True).stdout)


def decoded(path: Path, stream: int) -> Frames:
    words = ["ffmpeg", "-v", "error", "-i", path, "-map", f"0:a:{stream}", "-f", "f32le", "pipe:1"]
    return np.frombuffer(subprocess.run(words, capture_output=True, check=True).stdout, np.float32).reshape(-1, 2)


def song(frames: int = 3 * RATE) -> Frames:
    stems = [np.sin(2 * np.pi * hz * np.arange(frames) / RATE) / 5 for hz in (110, 220, 440, 880)]
    lines = [sum(stems), sum(stems), *(line for stem in stems for line in (stem, stem / 2))]
    return np.stack(lines, axis=1).astype(np.float32)


def made(path: Path, frames: Frames, codec: str, source: Path | None = None) -> Path:
    writer = StemWriter(path, RATE, STEMS, codec, source)
    for block in np.array_split(frames, 9):
        writer.write(block)
    assert not path.exists()
    writer.finish()
    writer.close()
    assert [file.name for file in path.parent.iterdir() if file.name.endswith(".part")] == []
    return path


@pytest.mark.parametrize("codec", ["aac", "alac"])
def test_it_holds_the_mix_and_four_stems_in_stereo(tmp_path: Path, codec: str) -> None:
    streams = probed(made(tmp_path / "a.stem.mp4", song(), codec))["streams"]
    assert [(stream["codec_name"], stream["channels"], stream["sample_rate"]) for stream in streams] == [
        (codec, 2, str(RATE))] * 5
    assert {float(stream["duration"]) for stream in streams} == {3.0}
    assert [stream["disposition"]["default"] for stream in streams] == [1, 0, 0, 0, 0]


def test_all_streams_are_aligned_and_what_went_in(tmp_path: Path) -> None:
    frames = song()
    path = made(tmp_path / "a.stem.mp4", frames, "alac")
    for stream in range(5):
        np.testing.assert_allclose(decoded(path, stream), frames[:, 2 * stream : 2 * stream + 2], rtol=0, atol=2**-15)
    path = made(tmp_path / "b.stem.mp4", frames, "aac")
    for stream in range(5):
        wanted, found = frames[:, 2 * stream], decoded(path, stream)[: len(frames), 0]
        assert np.abs(found - wanted)[RATE:-RATE].max() < 0.02


def test_the_manifest_is_where_players_look_for_it_and_as_they_want_it(tmp_path: Path) -> None:
    path = made(tmp_path / "a.stem.mp4", song(), "aac")
    with path.open("rb") as file:
        size = path.stat().st_size
        found = find(file, [b"moov", b"udta", b"stem"], 0, size)
        assert found is not None
        file.seek(found.content)
        manifest = json.loads(file.read(found.end - found.content))
        assert next(each.kind for each in boxes(file, 0, size)) == b"ftyp"
        file.seek(8)
        assert file.read(4) == b"M4A "
    assert manifest["version"] == 1
    assert [stem["name"] for stem in manifest["stems"]] == ["Drums", "Bass", "Other", "Vocals"]
    assert all(len(stem["color"]) == 7 and stem["color"][0] == "#" for stem in manifest["stems"])
    assert manifest["mastering_dsp"]["compressor"]["enabled"] is False
    assert manifest["mastering_dsp"]["limiter"]["enabled"] is False


def test_stems_are_disabled_tracks(tmp_path: Path) -> None:
    path = made(tmp_path / "a.stem.mp4", song(), "aac")
    enabled = []
    with path.open("rb") as file:
        moov = find(file, [b"moov"], 0, path.stat().st_size)
        assert moov is not None
        for track in boxes(file, moov.content, moov.end):
            if track.kind == b"trak":
                header = find(file, [b"tkhd"], track.content, track.end)
                assert header is not None
                file.seek(header.content + 3)
                enabled.append(bool(file.read(1)[0] & 1))
    assert enabled == [True, False, False, False, False]


def test_title_and_artist_are_the_songs(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(1000), RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-metadata", "title=Ein Lied", "-metadata",
                    "artist=Wer", tmp_path / "a.mp3"], check=True)
    tags = probed(made(tmp_path / "a.stem.mp4", song(), "aac", tmp_path / "a.mp3"))["format"]["tags"]
    assert (tags["title"], tags["artist"]) == ("Ein Lied", "Wer")


def test_a_song_that_ffmpeg_cannot_read_has_no_tags_to_give(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("nothing that it knows")
    assert made(tmp_path / "a.stem.mp4", song(), "aac", tmp_path / "a.xyz").exists()


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    writer = StemWriter(tmp_path / "a.stem.mp4", RATE, STEMS)
    writer.write(song())
    writer.close(keep=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["folder", "file/a.stem.mp4"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match=f"{name} cannot be written"):
        StemWriter(tmp_path / name, RATE, STEMS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("source", ["cover.m4a", "cover.flac", "film.mkv", "book.m4b", "timecode.mov"])
def test_there_are_five_tracks_whatever_the_song_had(tmp_path: Path, source: str) -> None:
    """Cover art, a film's picture and subtitles, a timecode track and chapters stay behind; the title does not."""
    (tmp_path / "chapters").write_text(
        ";FFMETADATA1\ntitle=T\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=one\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=two\n")
    (tmp_path / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nla\n")
    words = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=2", "-f", "lavfi", "-i",
             "color=d=2:s=64x64" if "cover" not in source else "color=d=0.04:s=64x64", "-i", tmp_path / "chapters",
             "-i", tmp_path / "words.srt", "-map", "0:a", "-map", "1:v", "-map_metadata", "2", "-map_chapters", "2"]
    if source == "film.mkv":
        words += ["-map", "3:s"]
    words += ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]
    words += {"cover": ["-disposition:v", "attached_pic"], "timecode": ["-timecode", "01:00:00:00"]}.get(
        source.partition(".")[0], [])
    if source == "book.m4b":
        words += ["-f", "mp4"]
    subprocess.run([*words, tmp_path / source], check=True)
    assert len(probed(tmp_path / source)["streams"]) > 1
    path = made(tmp_path / "out.stem.mp4", song(RATE), "aac", tmp_path / source)
    there = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_chapters", "-show_format", "-of", "json",
                            path], capture_output=True, check=True)
    found = json.loads(there.stdout)
    assert [stream["codec_type"] for stream in found["streams"]] == ["audio"] * 5
    assert found["chapters"] == []
    assert found["format"]["tags"]["title"] == "T"


def test_as_a_song_it_is_its_mix(tmp_path: Path) -> None:
    path = made(tmp_path / "a.stem.mp4", song(RATE), "alac")
    with open_song(path) as reader:
        found = reader.read(2 * RATE)
    np.testing.assert_array_equal(found, decoded(path, 0))
    assert songs([path], tmp_path, print)[0][0].path == path
