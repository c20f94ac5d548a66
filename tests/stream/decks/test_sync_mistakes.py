"""What somebody does wrong with sync, or at a bad moment: it is told in a line, or does what he will have meant."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from stream.decks.gridedits import found
from stream.decks.songfacts import DeckPress
from stream.decks.sync import LeadBeat
from stream.tracks.track import Track
from tests.stream.decks.rig import BLOCK, RATE, Rig
from tests.stream.decks.test_sync import BPM, FIRST, Grid, Metronome, Pair, two_sines

UNIT = 2**32
BEATS = {name: BeatGrid(FIRST[name], 60 * RATE / BPM[name], confidence=0.9) for name in "ab"}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Track]]:
    yield from two_sines(tmp_path_factory)


@pytest.fixture
def pair(songs: dict[str, Track]) -> Pair:
    return Pair(songs)


def steps(pair: Pair, blocks: int) -> list[float]:
    """How many frames of its song b goes on by in each block."""
    places = [pair.b.state.head.now]
    for _ in range(blocks):
        pair.hear(1)
        places.append(pair.b.state.head.now)
    return [step / UNIT for step in np.diff(np.array(places, object))]


def steady(pair: Pair, blocks: int = 30) -> bool:
    """Whether b goes on at its tempo, and nowhere else."""
    pair.hear(2)
    went = steps(pair, blocks)
    return max(went) - min(went) <= 1 and abs(np.mean(went) / BLOCK - pair.b.state.settings.speed) < 1e-3


class Bare(Rig):
    """Songs without beats, of which a plays."""

    def __init__(self, songs: dict[str, Track], *names: str) -> None:
        super().__init__()
        for name in names:
            self.booth.deck(name).load(songs[name])
        self.hear(4)
        self.booth.press("a", "play")
        self.hear(10)

    def finds(self, name: str) -> None:
        self.booth.deck(name).find(DeckPress("grid", found, (BEATS[name],)))
        self.hear(10)


@pytest.mark.parametrize(("known", "lacks", "says"), [
    ("a", "b", "deck b: its beats are not known yet; it follows as soon as they are"),
    ("b", "a", "deck b: the beats of deck a are not known yet; it follows as soon as they are")])
def test_beats_that_are_not_known_yet_are_said_and_followed_when_they_are(
        songs: dict[str, Track], known: str, lacks: str, says: str) -> None:
    rig = Bare(songs, "a", "b")
    rig.finds(known)
    rig.booth.press("b", "sync", True)
    rig.booth.press("b", "play")
    rig.hear(10)
    assert rig.said == [says]
    assert rig.b.state.follows == ""
    rig.finds(lacks)
    rig.hear(20)
    assert rig.booth.leader.name == ("a" if known == "a" else rig.booth.leader.name)
    rig.booth.leader.ask("a")
    rig.hear(20)
    assert rig.b.state.follows == "a"
    following = rig.booth.leader.following("b")
    assert following is not None
    assert following.phase == pytest.approx(0, abs=1e-4)
    assert rig.said == [says]


@pytest.mark.parametrize("there", ["a", "ab"])
def test_sync_where_nobody_else_plays_changes_nothing(songs: dict[str, Track], there: str) -> None:
    rig = Bare(songs, *there)
    for name in there:
        rig.finds(name)
    before = rig.a.state
    rig.booth.press("a", "sync", True)
    rig.booth.press("b", "sync", True)
    rig.hear(10)
    assert (rig.booth.leader.name, rig.a.state.follows, rig.said) == ("a", "", [])
    assert rig.a.state.settings.speed == before.settings.speed == 1
    assert rig.a.state.head.exact


def test_both_with_sync_before_they_play_follow_who_began(songs: dict[str, Track]) -> None:
    pair = Pair(songs)
    for name in "ab":
        pair.press(name, "pause")
        pair.press(name, "sync", True)
    pair.hear(10)
    pair.press("b", "play")
    pair.hear(30)
    pair.press("a", "play")
    pair.hear(30)
    assert (pair.booth.leader.name, pair.a.state.follows, pair.b.state.follows) == ("b", "b", "")
    assert abs(pair.off) < 1
    pair.press("b", "tempo", 0.2)
    pair.hear(30)
    assert pair.a.state.bpm(RATE) == pytest.approx(1.02 * BPM["b"])
    assert pair.said == []


def stop(pair: Pair) -> None:
    pair.press("a", "pause")


def eject(pair: Pair) -> None:
    pair.press("a", "pause")
    pair.hear(2)
    pair.press("a", "eject")


def cue(pair: Pair) -> None:
    pair.press("a", "cue_press")


def end(pair: Pair) -> None:
    pair.press("a", "quantize", False)
    pair.press("a", "seek", 59.9 * RATE)
    pair.hear(3)  # it jumps in phase with that, and then no more


def reverse(pair: Pair) -> None:
    pair.press("a", "reverse")


def load(pair: Pair) -> None:
    song = pair.a.track
    assert song is not None
    pair.a.load(song, Grid(90.0, 4567.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("gone", [stop, eject, cue, end, reverse, load])
def test_whoever_leads_may_go_and_who_follows_plays_on_as_he_is(pair: Pair, gone: Any) -> None:
    pair.synced()
    gone(pair)
    tempo = pair.b.state.settings.tempo
    assert steady(pair)
    assert (pair.booth.leader.name, pair.b.state.follows) == ("b", "")
    assert pair.b.state.settings.tempo == tempo
    assert pair.said == []
    if gone is not eject:
        pair.press("a", "reverse" if gone is reverse else "play")
        assert steady(pair)
        assert pair.booth.leader.name == "b"


def test_another_song_on_a_deck_with_sync_follows_too(pair: Pair) -> None:
    pair.synced()
    song = pair.b.track
    assert song is not None
    pair.b.load(song, Grid(120.0, 333.0))  # type: ignore[arg-type]
    pair.hear(20)
    assert not pair.b.state.moving
    assert pair.b.state.settings.sync
    pair.press("b", "play")
    pair.hear(5)
    assert pair.b.state.bpm(RATE) == pytest.approx(BPM["a"])
    assert pair.in_phase


def test_another_song_that_the_slider_does_not_bring_there_is_told_once(pair: Pair) -> None:
    pair.synced()
    song = pair.b.track
    assert song is not None
    pair.b.load(song, Grid(90.0, 333.0))  # type: ignore[arg-type]
    pair.hear(20)
    pair.press("b", "play")
    pair.hear(20)
    assert pair.said == ["deck b: it cannot follow a: its tempo would have to be +37.8 %, and the slider leads to 10 %"]
    assert not pair.b.settings.sync
    pair.press("b", "tempo_range", 50)
    pair.press("b", "sync", True)
    pair.hear(20)
    assert pair.b.state.follows == "a"
    assert pair.in_phase


@pytest.mark.parametrize(("bpm", "beats"), [(62.0, 0.5), (248.0, 2.0)])
def test_at_half_or_twice_the_tempo_every_beat_of_the_slower_one_is_one_of_the_faster(
        songs: dict[str, Track], bpm: float, beats: float) -> None:
    pair = Pair(songs, {"a": 124.0, "b": bpm + 1.3})
    pair.synced()
    for _ in range(20):
        pair.hear(7)
        at = pair.engine.position
        led, own = pair.a.beat_at(at), pair.b.beat_at(at)
        assert led is not None
        assert own is not None
        assert own.pace == pytest.approx(beats * led.pace)
        assert led.beat is not None
        assert own.beat is not None
        slow, fast = (led.beat, own.beat) if beats > 1 else (own.beat, led.beat)
        assert (fast - 2 * slow + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-4)


def test_sync_under_a_hand_begins_when_it_lets_go(songs: dict[str, Track]) -> None:
    pair = Pair(songs)
    pair.press("b", "touch_press")
    pair.hear(20)
    pair.press("b", "sync", True)
    before = pair.b.state.head.now
    pair.hear(40)
    assert pair.b.state.head.now == before  # it stands where it is held
    pair.press("b", "turn", 0.01, 0)
    pair.hear(40)
    assert pair.b.state.head.now - before == pytest.approx(0.01 * RATE * UNIT, abs=5 * UNIT)
    pair.press("b", "touch_release")
    pair.hear(60)
    assert pair.in_phase


def test_a_leader_that_is_pushed_takes_who_follows_along_without_a_jump(pair: Pair) -> None:
    pair.synced()
    pair.press("a", "turn", 0.4)
    went = steps(pair, 60)
    assert min(went[4:]) > 0.9 * BLOCK
    assert max(went) < 1.6 * BLOCK
    assert pair.off < 0.003 * RATE
    assert sum(went) > 60 * BLOCK * pair.b.state.settings.speed + 0.03 * RATE
    pair.hear(20)
    assert pair.in_phase


class Leaving(Metronome):
    """A clock whose cable is pulled."""

    there = True

    def beat_at(self, position: int) -> LeadBeat | None:  # type: ignore[override]
        return super().beat_at(position) if self.there else None


def test_a_clock_that_goes_leaves_decks_at_its_tempo_and_beside_each_other(pair: Pair) -> None:
    clock = Leaving(126.0)
    pair.booth.leader.add("metronome", clock)
    pair.booth.leader.ask("metronome")
    for deck in "ab":
        pair.press(deck, "sync", True)
    pair.hear(20)
    assert {pair.a.state.follows, pair.b.state.follows} == {"metronome"}
    clock.there = False
    assert steady(pair)
    assert (pair.booth.leader.name, pair.a.state.follows, pair.b.state.follows) == ("a", "", "a")
    assert pair.a.state.bpm(RATE) == pytest.approx(126)
    assert pair.in_phase
    clock.there = True
    pair.hear(20)
    assert pair.booth.leader.name == "a"  # until somebody asks for it
    assert pair.said == []


def test_a_press_that_is_refused_takes_nothing_else_back(pair: Pair) -> None:
    pair.synced()
    pair.press("b", "tempo", 0.9)
    pair.press("b", "key_lock", True)
    pair.press("b", "jump_size", 2)
    pair.press("b", "halve_jump")
    pair.hear(5)
    assert pair.said == ["deck b: it follows a: its tempo is the leader's until sync is off"]
    assert pair.b.settings == pair.b.state.settings
    assert (pair.b.settings.key_lock, pair.b.settings.jump_beats) == (True, 1)
