"""The command `play`, over a real server: songs follow each other, the run ends, and what is wrong is one line."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.arguments import parse
from stream.command.main import main
from stream.command.playlist import playlist
from stream.common.errors import Failure
from tests.rig.jackd import Jackd
from tests.rig.live import Live, Take, calm, command, connected, disturbed, noise
from tests.rig.loopback import Loopback
from tests.rig.steal import Crowd, Steal

RATE = 44_100


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        sf.write(folder / f"{name}.wav", noise(2 * RATE + number) / 4, RATE, "FLOAT")
    return folder


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


def test_a_folder_a_playlist_and_a_folder_of_stems_are_songs(songs: Path, tmp_path: Path) -> None:
    said: list[str] = []
    stems = tmp_path / "separated"
    stems.mkdir()
    for name in ("drums", "vocals"):
        sf.write(stems / f"{name}.wav", np.zeros((100, 2)), RATE)
    listed = songs / "party.m3u8"
    listed.write_text("#EXTM3U\n#EXTINF:2,One\none.wav\n\nnosuch.wav\n", encoding="utf-8")
    assert playlist([songs], said.append) == tuple(songs / f"{name}.wav" for name in ("one", "three", "two"))
    assert playlist([stems, listed], said.append) == (stems, songs / "one.wav")
    assert said == [f"{songs / 'nosuch.wav'} is in party.m3u8, and is not there; it is left out"]
    with pytest.raises(Failure, match="nowhere: No such file"):
        playlist([tmp_path / "nowhere"], said.append)


def test_a_folder_has_stem_files_and_folders_of_stems_in_it_and_what_is_no_sound_is_none(songs: Path) -> None:
    (songs / "stems of one").mkdir()
    for name in ("drums", "vocals"):
        sf.write(songs / "stems of one" / f"{name}.wav", np.zeros((100, 2)), RATE)
    for name in ("cover.jpg", "four.stem.mp4", ".hidden.wav", "notes.txt", "party.m3u"):
        (songs / name).write_text("no sound")
    wanted = ["four.stem.mp4", "one.wav", "stems of one", "three.wav", "two.wav"]
    assert playlist([songs], print) == tuple(songs / name for name in wanted)


NAME = "Mot\N{LATIN SMALL LETTER O WITH DIAERESIS}rhead.wav"


@pytest.mark.skipif(os.name != "posix", reason="absolute paths are others elsewhere")
@pytest.mark.parametrize("data", [
    f"one.wav\r\nsub/{NAME}\r\n".encode(), f"#EXTM3U\none.wav\nsub/{NAME}".encode("utf-8-sig"),
    f"one.wav\rsub\\{NAME}\r".encode("latin-1"), f"one.wav\r\nsub\\{NAME}\r\n".encode("utf-16"),
    f"  one.wav  \n\n#EXTINF:2,Two\nsub/../sub/{NAME}".encode(), f"FOLDER/one.wav\nFOLDER/sub/{NAME}".encode(),
    b"file://FOLDER/one.wav\nfile://localhostFOLDER/sub/Mot%C3%B6rhead.wav",
    f"file:FOLDER/one.wav\nsub/{NAME}".encode()],
    ids=["crlf", "mark", "latin 1", "utf 16", "blanks", "absolute", "urls", "short urls"])
def test_a_playlist_is_read_whoever_has_written_it(songs: Path, data: bytes) -> None:
    (songs / "sub").mkdir()
    two = (songs / "two.wav").rename(songs / "sub" / NAME)
    said: list[str] = []
    (songs / "party.m3u").write_bytes(data.replace(b"FOLDER", str(songs).encode()))
    found = playlist([songs / "party.m3u"], said.append)
    assert said == []
    assert [path.resolve() for path in found] == [songs / "one.wav", two]


def test_names_that_are_no_text_are_found_by_their_bytes(songs: Path) -> None:
    strange = os.fsencode(songs) + b"/Mot\xf6rhead.wav"
    try:
        (songs / "two.wav").rename(os.fsdecode(strange))
    except OSError:
        pytest.skip("this disk has names of text only")
    (songs / "party.m3u").write_bytes(b"Mot\xf6rhead.wav\n")
    assert [os.fsencode(path) for path in playlist([songs / "party.m3u"], print)] == [strange]


def test_what_a_playlist_has_that_is_no_song_is_left_out_in_one_line_each(songs: Path) -> None:
    lines = ["http://radio.example/stream", "nosuch.wav", "x" * 300, "other.m3u", "one.wav/within.wav"]
    (songs / "party.m3u").write_text("\n".join([*lines, "one.wav"]))
    (songs / "other.m3u").write_text("two.wav")
    said: list[str] = []
    assert playlist([songs / "party.m3u"], said.append) == (songs / "one.wav",)
    assert len(said) == len(lines)
    for line, text in zip(lines, said, strict=True):
        assert line in text
        assert text.endswith("it is left out")
    assert "is no file" in said[0]
    assert "cannot be read: File name too long" in said[2]
    assert "is a playlist itself" in said[3]


@pytest.mark.parametrize(("words", "code", "says"), [
    (["x" * 300], 1, "cannot be read: File name too long"), (["EMPTY.m3u"], 1, "there are no songs there"),
    ([], 2, "play needs a song, a folder or a playlist"), (["nowhere.wav"], 1, "nowhere.wav: No such file"),
    (["EMPTY"], 1, "there are no songs there"),
    (["HERE", "--insert", "vocals=Gain"], 2, "insert vocals: on which deck? a/vocals or b/vocals"),
    (["HERE", "--library", "HERE"], 2, "is no library: .xml (rekordbox), .nml (Traktor)"),
    (["LIBRARY"], 2, "is a library of another program, and no song: --library ")],
    ids=["a long name", "a folder called as a list", "nothing", "not there", "empty folder", "an insert on no deck",
         "a library that is a song", "a song that is a library"])
def test_what_cannot_be_played_is_one_line(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, says: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.m3u").mkdir()
    (tmp_path / "here.wav").write_bytes(b"RIFF")
    (tmp_path / "library.xml").write_text("<DJ_PLAYLISTS/>")
    places = {"EMPTY": str(tmp_path / "empty"), "HERE": str(tmp_path / "here.wav"),
              "LIBRARY": str(tmp_path / "library.xml")}
    ended = main(["play", *(re.sub("EMPTY|HERE|LIBRARY", lambda at: places[at[0]], word) for word in words),
                  "--model", "center"])
    err = capsys.readouterr().err
    assert (ended, len(err.splitlines())) == (code, 1), err
    assert says in err


@pytest.mark.device
def test_a_damaged_library_is_one_line_and_the_song_plays(jackd: Jackd, songs: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text("<DJ_PLAYLISTS")
    (tmp_path / "good.xml").write_text('<DJ_PLAYLISTS Version="1.0.0"><COLLECTION/></DJ_PLAYLISTS>')
    done = command("play", songs / "one.wav", "--model", "center", "--device", "jack", "--automix", "--json",
                   "--library", tmp_path / "bad.xml", "--library", tmp_path / "good.xml")
    assert done.code == 0, done.err
    assert done.report["played_s"] > 1.9
    lines = [line for line in done.err.splitlines() if ".xml" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"{tmp_path / 'bad.xml'} is damaged")


@pytest.mark.device
def test_songs_of_a_folder_follow_each_other_and_the_run_ends_behind_the_last(jackd: Jackd, songs: Path) -> None:
    done = command("play", songs, "--model", "center", "--device", "jack", "--automix", "--json",
                   "--insert", "b/vocals=tests.rig.effects.Later:frames=100")
    assert done.code == 0, done.err
    assert 2.0 < done.report["played_s"] < 20
    (insert,) = done.report["inserts"]
    assert (insert["stem"], insert["latency_frames"], insert["trouble"]) == ("b/vocals", 100, None)
    assert "insert on b/vocals: tests.rig.effects.Later, 100 frames late" in done.err
    assert "effects make the decks " in done.err


@pytest.mark.device
def test_a_file_that_is_no_song_is_one_line_and_ctrl_c_ends_the_run(jackd: Jackd, songs: Path) -> None:
    (songs / "text.wav").write_text("no sound")
    with Live("play", songs / "text.wav", songs / "one.wav", "--model", "center", "--device", "jack", "--json") as live:
        live.until(lambda: "text.wav cannot be read as sound" in live.err)
        done = live.interrupt()
    assert done.code == 1, done.err
    assert done.said[-1].endswith("these could not be played whole: text.wav")
    assert json.loads(done.out)["samplerate"] == RATE


@pytest.mark.device
def test_in_a_terminal_a_screen_shows_both_decks_until_it_is_closed(jackd: Jackd, songs: Path) -> None:
    from tests.stream.terminal.test_surface import SWITCHED_OFF, SWITCHED_ON, Terminal

    words = ("--model", "center", "--device", "jack", "--paused")
    terminal = Terminal("play", songs / "one.wav", songs / "two.wav", *words)
    try:
        terminal.until(lambda: b"other deck" in terminal.seen.partition(SWITCHED_ON)[2])
        assert all(name in terminal.seen for name in (b"one", b"two"))
        terminal.type("n")
        terminal.until(lambda: b"there are no more songs" in terminal.seen)
        terminal.type("q")
        assert terminal.end() == 0
        terminal.until(lambda: SWITCHED_OFF in terminal.seen)
        assert terminal.after == terminal.before
    finally:
        terminal.process.kill()
        terminal.process.wait()


@pytest.mark.device
def test_an_input_is_heard_beside_a_deck_as_late_as_is_said(jackd: Jackd, tmp_path: Path) -> None:
    """The song is a constant, so that wherever it has begun the sum is known bit for bit."""
    sf.write(tmp_path / "song.wav", np.full((120 * RATE, 2), 0.25, np.float32), RATE, "FLOAT")
    played = noise(3 * RATE) / 4

    def attempt() -> Take:
        with (Loopback(jackd, played, tail=2 * RATE) as loopback,
              Live("play", tmp_path / "song.wav", "--model", "center", "--cache-gb", 0, "--device", "jack:rig",
                   "--input-device", "jack:rig", "--latency", 0.5, "--level", "off", "--json") as live):
            live.until(lambda: connected(loopback))
            with Steal() as steal, Crowd() as crowd:
                loopback.start()
                loopback.wait()
            done = live.interrupt()
        assert done.code == 0, done.err
        report = done.report["live"]
        assert (report["latency_s"], report["separator"]) == (0.5, "center")
        assert done.report["decks"]["a"]["song"] == str(tmp_path / "song.wav")
        assert 0 <= done.report["decks"]["a"]["separated"] <= 1
        assert done.report["decks"]["b"] is None
        assert f"({report['latency_frames']} frames)" in done.err
        late = {"misses": report["misses"], "underruns": done.report["underruns"], "insert_misses": 0}
        return Take(played, loopback.recorded.copy(), report, disturbed(loopback, steal, crowd, late))

    take = calm(attempt)
    late = take.report["latency_frames"]
    before = np.flatnonzero(take.recorded[:late, 0] == 0.25)
    assert len(before)  # the song plays before the input comes out
    assert np.array_equal(take.answer, np.float32(0.25) + played)


def test_the_input_that_a_configuration_has_for_runs_is_none_of_the_decks(tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text('input-device = "Line"\nlatency = "fast"\n')
    found = parse(["play", "one.wav", "--config", str(settings)])
    assert (found.input_device, found.latency) == (None, "fast")
    assert parse(["play", "one.wav", "--config", str(settings), "--input-device", "Mic"]).input_device == "Mic"
    assert parse(["run", "--config", str(settings)]).input_device == "Line"
