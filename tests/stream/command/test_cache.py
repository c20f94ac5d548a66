"""`demucs-stream cache`: what is kept of songs that were played, and how it goes."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from dsp.quantize import quantize
from stream.command.arguments import parse
from stream.command.main import main
from stream.common.claim import Claim
from stream.tracks.entry import INDEX, Identity, Index, StemEntry
from stream.tracks.store import StemStore
from tests.rig.byhand import noise

RATE = 44_100


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(title: str, artist: str = "", age_s: float = 0, seconds: float = 3) -> StemEntry:
    frames = quantize(noise(int(seconds * RATE)) / 4)
    identity = Identity(title.encode().hex().ljust(64, "0"), "htdemucs", "b" * 64, RATE)
    entry = StemStore().entry(identity)
    index = Index(identity.song, "htdemucs", identity.weights, RATE, f"/music/{title}.flac", title, artist,
                  len(frames), {"vocals": []})
    assert entry.save(index, lambda first, count: frames[first : first + count], lambda: False)
    used = (entry.folder / INDEX).stat().st_mtime - age_s
    os.utime(entry.folder / INDEX, (used, used))
    return entry


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main(["cache", "--json", *words]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def titles(found: dict[str, object]) -> list[str]:
    return [song["title"] for song in found["songs"]]  # type: ignore[attr-defined]


def test_where_nothing_is_kept_it_says_so(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == f"no stems are kept yet in {cache / 'tracks'} (20 GB at the most)\n"
    assert not cache.exists()
    assert answer(capsys)["songs"] == []


def test_songs_are_listed_last_used_first(capsys: pytest.CaptureFixture[str]) -> None:
    kept("Old one", age_s=86_400 * 5)
    kept("New one", "Somebody")
    assert main(["cache"]) == 0
    new, old, summary = capsys.readouterr().out.splitlines()
    assert new.startswith("Somebody - New one  htdemucs  0.1 min  ")
    assert new.endswith("today")
    assert old.startswith("Old one             htdemucs  0.1 min  ")
    assert old.endswith("5 days ago")
    assert summary.startswith("2 songs, ")


def test_it_is_json_too(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    entry = kept("Song", "Somebody", seconds=6)
    found = answer(capsys)
    (song,) = found["songs"]  # type: ignore[misc]
    assert {key: song[key] for key in ("title", "artist", "path", "model", "samplerate", "folder")} == {
        "title": "Song", "artist": "Somebody", "path": "/music/Song.flac", "model": "htdemucs", "samplerate": RATE,
        "folder": str(entry.folder)}
    assert song["minutes"] == 0.1
    assert song["mb"] > 0.1
    assert (found["limit_gb"], found["folder"], found["cleared"]) == (20, str(cache / "tracks"), False)


@pytest.mark.parametrize("name", ["second", "SECOND", "Some", "Some - Second", "Second.flac", "/music/Second.flac"])
def test_a_song_is_named_by_a_part_of_what_it_is_called(capsys: pytest.CaptureFixture[str], name: str) -> None:
    kept("First")
    kept("Second", "Some")
    assert titles(answer(capsys, name)) == ["Second"]
    assert titles(answer(capsys, name, "first", "first")) == ["Second", "First"]


def test_a_name_that_no_song_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    kept("First")
    assert main(["cache", "Third", "--clear"]) == 1
    assert "no song called Third is kept" in capsys.readouterr().err
    assert titles(answer(capsys)) == ["First"]


def test_one_or_all_are_removed_and_notes_stay(capsys: pytest.CaptureFixture[str]) -> None:
    entries = [kept(title) for title in ("First", "Second", "Third")]
    notes = StemStore().notes(entries[0].identity.song)
    notes.change("marks", lambda _kept: {"a": 1})
    assert main(["cache", "first", "--clear"]) == 0
    assert capsys.readouterr().out.startswith("removed the stems of 1 song, ")
    assert not entries[0].folder.exists()
    assert titles(answer(capsys)) == ["Third", "Second"] or titles(answer(capsys)) == ["Second", "Third"]
    half = entries[1].folder / "vocals.flac"
    half.unlink()
    assert main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out.startswith("removed the stems of 1 song, ")
    assert not any(entry.folder.exists() for entry in entries)
    assert notes.read("marks") == {"format": 1, "a": 1}


def test_what_is_being_written_stays_and_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    entry = kept("First")
    claim = Claim(entry.folder / INDEX)
    try:
        assert main(["cache", "--clear"]) == 1
    finally:
        claim.drop()
    assert "First is just being written" in capsys.readouterr().err
    assert entry.index() is not None


def test_a_title_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    kept("Two\nlines\x1b[31m")
    assert main(["cache"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_limit_is_in_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "mine.toml"
    config.write_text('cache-gb = 2.5\ndevice = 3\nmute = ["vocals"]\n[scenes.a.vocals]\nmute = true\n')
    assert answer(capsys, "--config", str(config))["limit_gb"] == 2.5
    assert answer(capsys, "--config", str(config), "--cache-gb", "1")["limit_gb"] == 1
    run = parse(["run", "--config", str(config)])
    assert (run.device, run.mute) == ("3", ["vocals"])
    assert "cache_gb" not in vars(run)


@pytest.mark.parametrize("words", [["--cache-gb", "-1"], ["--cache-gb", "nan"], ["--cache-gb", "much"]], ids=" ".join)
def test_a_limit_that_is_none_is_wrong_use(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_samples_of_a_kept_song_are_its_own() -> None:
    entry = kept("Song")
    index = entry.index()
    assert index is not None
    with entry.open(index) as stems:
        found = np.concatenate([stems.read(chunk) for chunk in range(-(-index.frames // index.chunk))])
    np.testing.assert_array_equal(found, quantize(noise(3 * RATE) / 4))
