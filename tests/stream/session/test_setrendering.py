"""A recording of decks is rendered from its songs and moves: bit for bit what left, where its stems were all there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from dsp.beatgrid import BeatGrid
from stream.command.main import main
from stream.decks.deckdesk import deck_desk
from stream.decks.gridedits import found
from stream.decks.outsidebeat import BeatLine
from stream.decks.playednotes import PlayedNotes
from stream.decks.songfacts import DeckPress
from stream.inserts.naming import Effect
from stream.inserts.process import Process
from stream.live.insert import Insert
from stream.recording.log import NAME
from stream.recording.options import RecordingOptions
from stream.recording.takes import Takes
from stream.separators.opening import Opening
from stream.session.setlog import SetInfo
from stream.session.setnotes import SetNotes, set_inserts
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig, noise

EFFECT = Effect("tests.rig.effects.Later", {"frames": 100, "gain": -1})


class Set(Rig):
    """Decks whose songs are separated by `center` before they play, recorded with what is done to them."""

    def __init__(self, folder: Path, separator: TrackSeparator, inserts: tuple[Insert, ...] = ()) -> None:
        songs = []
        for number, name in enumerate(("one", "two", "three")):
            songs.append(folder / f"{name}.wav")
            sf.write(songs[-1], noise(6, number), RATE, "FLOAT")
        super().__init__(songs=songs, tapped=True, separated=separator, inserts=inserts)
        self.desk, self.separator = deck_desk(self.booth, RATE), separator
        tap = self.engine.tap
        assert tap is not None
        info = SetInfo("center", "cpu", 0, separator.sources, RATE, BLOCK, 0,
                       set_inserts({insert.stem: [EFFECT] for insert in inserts}))
        notes = SetNotes(PlayedNotes(self.booth, tap, RATE, self.engine.latency.insert), self.booth, info)
        self.takes = Takes(self.engine, notes, RecordingOptions(folder / "set", folder / "takes"), self.said.append)

    def next_song(self, deck: str) -> None:
        """Which is separated before its first frame is heard."""
        self.booth.next_song(deck)
        self.play(1)
        self.separator.wait()
        self.play(40)

    def play(self, blocks: int) -> None:
        for _ in range(blocks):
            self.leave()
            while self.takes.step():
                pass

    def end(self) -> None:
        self.takes.close(keep=True)
        self.booth.close()


@pytest.fixture
def separator(tmp_path: Path) -> Iterator[TrackSeparator]:
    """Whose store has no room for stems."""
    made = TrackSeparator(Opening("center"), RATE, StemStore(0, folder=tmp_path / "store"))
    yield made
    made.close()


def sound(path: Path) -> Frames:
    made: Frames = sf.read(path, dtype="float32", always_2d=True)[0]
    return made


def rendered(folder: Path, *words: str) -> Frames:
    assert main(["render", str(folder), *words]) == 0
    return sound(folder / "mix-again.wav")


def mix_two(made: Set) -> None:
    """A transition as somebody plays it, with everything in it that a log has to know."""
    made.next_song("a")
    made.booth.press("a", "play")
    made.play(20)
    made.desk.mixer.set("a/vocals", "mute", 1)
    made.play(7)
    made.next_song("b")
    made.desk.mixer.recall({"b": {"low": -26, "pfl": 1}, "master": {"crossfader": 0.3, "level": -1}})
    made.booth.press("b", "play")
    made.play(5)
    made.b.find(DeckPress("grid", found, (BeatGrid(500.5, 20_000, confidence=0.7),)))
    made.play(5)
    made.booth.press("b", "auto_loop", 0.25)
    made.play(30)
    made.booth.press("b", "leave_loop")
    made.desk.mixer.set("a", "filter", 0.4)
    made.play(3)
    made.booth.press("a", "hot_cue_set", 2)
    made.booth.press("a", "tempo", 0.35)
    made.play(20)
    made.booth.press("a", "hot_cue_press", 2)
    made.play(9)
    made.booth.press("a", "tempo", 0.0)
    made.booth.press("a", "seek", 3 * RATE)
    made.play(12)
    made.desk.mixer.set("a/vocals", "mute", 0)
    made.desk.mixer.set("master", "crossfader", 0.9)
    made.play(20)
    made.booth.press("a", "touch_press")
    for moved, rate in ((0.0, 0.0), (-0.004, -0.7), (-0.02, -1.9), (0.03, 2.4), (0.001, 0.0)):
        made.booth.press("a", "turn", moved, rate)
        made.play(3)
    made.booth.press("a", "touch_release")
    made.play(9)
    made.booth.press("b", "turn", 0.05)
    made.play(9)
    made.booth.press("a", "pause")
    made.play(10)


def test_a_set_is_rendered_bit_for_bit_as_it_left(tmp_path: Path, separator: TrackSeparator) -> None:
    made = Set(tmp_path, separator)
    mix_two(made)
    made.end()
    folder = tmp_path / "set"
    left = sound(folder / "mix.wav")
    assert np.abs(left).max() > 0.05
    assert np.array_equal(rendered(folder), left)


def synced(made: Set) -> None:
    """Two songs with beats, of which b follows, whatever is done to a."""
    for deck, period in (("a", 20_000), ("b", 21_000)):
        made.next_song(deck)
        made.booth.deck(deck).find(DeckPress("grid", found, (BeatGrid(700.5, period, confidence=0.7),)))
    made.booth.press("a", "tempo", 0.3)
    made.booth.press("a", "play")
    made.play(20)
    made.booth.press("b", "sync", True)
    made.booth.press("b", "play")
    made.play(20)
    made.booth.press("a", "tempo", 0.5)
    made.play(20)
    made.booth.press("b", "auto_loop", 1)
    made.play(50)
    made.booth.press("b", "leave_loop")
    made.booth.press("a", "skip", 0.123)
    made.play(20)


def test_songs_that_follow_each_other_do_again(tmp_path: Path, separator: TrackSeparator) -> None:
    made = Set(tmp_path, separator)
    synced(made)
    made.booth.leader.ask("b")
    made.play(10)
    made.booth.press("b", "tempo", 0.1)
    made.booth.press("a", "sync", True)
    made.play(40)
    assert (made.a.state.follows, made.b.state.follows) == ("b", "")
    made.end()
    assert np.array_equal(rendered(tmp_path / "set"), sound(tmp_path / "set" / "mix.wav"))


def test_a_clock_that_led_does_again(tmp_path: Path, separator: TrackSeparator) -> None:
    made = Set(tmp_path, separator)
    clock = made.booth.leader.outside("clock")
    made.next_song("a")
    made.a.find(DeckPress("grid", found, (BeatGrid(700.5, 20_000, confidence=0.7),)))
    made.booth.press("a", "sync", True)
    made.booth.press("a", "play")
    made.booth.leader.ask("clock")
    made.play(10)
    clock.measure(BeatLine(made.engine.position, 3.25, 1 / 20_400))
    made.play(60)
    clock.measure(BeatLine(made.engine.position, 6.0, 1 / 20_300))
    made.play(60)
    assert made.a.state.follows == "clock"
    clock.measure(None)
    made.play(20)
    made.end()
    assert np.array_equal(rendered(tmp_path / "set"), sound(tmp_path / "set" / "mix.wav"))


def test_a_take_that_began_later_is_the_same_from_its_first_frame_on(
        tmp_path: Path, separator: TrackSeparator) -> None:
    made = Set(tmp_path, separator)
    made.next_song("a")
    made.booth.press("a", "play")
    made.desk.mixer.set("a", "low", -26)
    made.play(30)
    made.takes.toggle()
    made.play(10)
    made.desk.mixer.set("a/other", "gain", -12)
    made.play(10)
    made.takes.toggle()
    made.play(2)
    made.end()
    (folder,) = (tmp_path / "takes").iterdir()
    left = sound(folder / "mix.wav")
    assert np.array_equal(rendered(folder), left)
    assert left.any()


def test_effects_are_heard_again(tmp_path: Path, separator: TrackSeparator) -> None:
    with Process([EFFECT], RATE) as process:
        made = Set(tmp_path, separator, (Insert("a/vocals", process.loaded()),))
        made.next_song("a")
        made.booth.press("a", "play")
        made.play(40)
        made.end()
    folder = tmp_path / "set"
    assert np.array_equal(rendered(folder), sound(folder / "mix.wav"))


def test_moves_may_be_changed_before(tmp_path: Path, separator: TrackSeparator) -> None:
    made = Set(tmp_path, separator)
    made.next_song("a")
    made.booth.press("a", "play")
    at = made.engine.position
    made.play(20)
    made.desk.mixer.set("a", "mute", 1)
    made.play(20)
    made.end()
    log = tmp_path / "set" / NAME
    lines = [line for line in log.read_text().splitlines() if '"mute": 1' not in line]
    log.write_text("\n".join(lines) + "\n")
    assert np.array_equal(rendered(tmp_path / "set")[at + 66 :], noise(6)[: 40 * BLOCK - 66])


Change = Callable[[list[Any], Path], None]


def _no_song(rows: list[Any], _folder: Path) -> None:
    Path(next(row["load"] for row in rows if "load" in row)).unlink()


def _another_song(rows: list[Any], _folder: Path) -> None:
    """In a log of before there were sums."""
    load = next(row for row in rows if "load" in row)
    sf.write(load["load"], noise(3), RATE, "FLOAT")
    assert (len(load.pop("sha256")), load.pop("size") > 0) == (64, True)
    # a song that was decoded before it came to its deck had its length at once, and none is noted
    if not any("length" in row.get("found", {}) for row in rows):
        rows.insert(rows.index(load) + 1, {"frame": BLOCK, "deck": "a", "found": {"length": [6 * RATE]}})


def _another_file(rows: list[Any], _folder: Path) -> None:
    """Of the same length."""
    load = next(row for row in rows if "load" in row)
    sf.write(load["load"], noise(6, 77), RATE, "FLOAT")
    assert Path(load["load"]).stat().st_size == load["size"]


def _longer_file(rows: list[Any], _folder: Path) -> None:
    """Where nobody knew its sum."""
    load = next(row for row in rows if "load" in row)
    sf.write(load["load"], noise(7), RATE, "FLOAT")
    del load["sha256"]


def _no_sum(rows: list[Any], _folder: Path) -> None:
    next(row for row in rows if "load" in row)["sha256"] = 7


def _input(rows: list[Any], _folder: Path) -> None:
    rows[0]["input"] = True


def _version(rows: list[Any], _folder: Path) -> None:
    rows[0]["demucs-stream-set"] = 7


def _verb(rows: list[Any], _folder: Path) -> None:
    rows.append({"frame": 0, "deck": "a", "press": ["fly"]})


def _strip(rows: list[Any], _folder: Path) -> None:
    rows.append({"frame": 0, "set": {"a/kazoo": {"mute": 1.0}}})


def _beat(rows: list[Any], _folder: Path) -> None:
    rows.append({"frame": 0, "beat": {"of": "clock", "beat": 1.5, "pace": 0}})


def _deck_beat(rows: list[Any], _folder: Path) -> None:
    rows.append({"frame": 0, "beat": {"of": "a", "beat": 1.5, "pace": 1e-5}})


def _leads(rows: list[Any], _folder: Path) -> None:
    rows.append({"frame": 0, "leads": "tuba"})


def _nothing(rows: list[Any], _folder: Path) -> None:
    rows.append({"frame": 0, "deck": "a"})


@pytest.mark.parametrize(("change", "code", "says"), [
    (_another_file, 1, "one.wav is not the song that was played: it was changed since"),
    (_longer_file, 1, "one.wav is not the song that was played: it was changed since"),
    (_no_sum, 2, "sha256 must be text"),
    (_another_song, 1, "one.wav is not the song that was played: it has 132300 frames, and that had 264600"),
    (_no_song, 1, "one.wav; a set is rendered from its songs"), (_input, 1, "an input was heard beside the decks"),
    (_version, 2, "its format is version 7"), (_verb, 2, "there is nothing called fly on a deck"),
    (_strip, 2, "there is no strip a/kazoo"), (_beat, 2, "pace must be above 0, not 0"),
    (_deck_beat, 2, "there is a beat called a already"), (_leads, 2, "tuba cannot lead; there is a, b"),
    (_nothing, 2, "it has none of set, load, press, found, leads, beat")])
def test_what_cannot_be_rendered_is_one_line_and_leaves_nothing(
        tmp_path: Path, separator: TrackSeparator, capsys: pytest.CaptureFixture[str], change: Change, code: int,
        says: str) -> None:
    made = Set(tmp_path, separator)
    made.next_song("a")
    made.end()
    log = tmp_path / "set" / NAME
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    change(rows, tmp_path)
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    capsys.readouterr()
    assert main(["render", str(tmp_path / "set")]) == code
    assert says in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "set" / "mix-again.wav").exists()


def test_the_recording_itself_is_not_written_over(
        tmp_path: Path, separator: TrackSeparator, capsys: pytest.CaptureFixture[str]) -> None:
    made = Set(tmp_path, separator)
    made.end()
    assert main(["render", str(tmp_path / "set"), "-o", str(tmp_path / "set" / "a.wav")]) == 2
    assert "is a file of the take" in capsys.readouterr().err
