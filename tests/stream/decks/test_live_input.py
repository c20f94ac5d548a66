"""The input as a player beside two decks: added to them bit for bit, late by its latency, missed as in a run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from stream.callback.player import FADE
from stream.control.deckkeys import DeckKeys
from stream.decks.deckdesk import deck_desk
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import DeckHands
from stream.mixer.route import route
from stream.tracks.track import Track
from tests.rig import byhand
from tests.rig.byhand import Shares, late_by
from tests.stream.decks.rig import RATE, STEMS, Frames, Rig, in_time, noise, track

SONGS = {"a": noise(3), "b": noise(3, seed=1)}
GIVEN = noise(4, seed=2)
BLOCKS = [64, 441, 512, 1024]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Track]]:
    folder = tmp_path_factory.mktemp("songs")
    made = {name: track(folder / f"{name}.wav", song) for name, song in SONGS.items()}
    yield made
    for each in made.values():
        each.close()


class Played(Rig):
    """Both songs play from `start` on, a frame of the input; `late` is the input as it comes out."""

    def __init__(self, loaded: dict[str, Track], block: int = 512, routes: tuple[str, ...] = (),
                 decks: str = "ab") -> None:
        super().__init__(block, separator=Shares(), routes=routes)
        assert self.live is not None
        self.input, self.late = self.live, late_by(GIVEN, self.live.latency.delay)
        self.play(max(3, 4096 // block))
        for name in decks:
            self.booth.deck(name).load(loaded[name])
        self.play(max(3, 4096 // block))
        self.start = self.engine.position
        for name in decks:
            self.booth.press(name, "play")

    def play(self, blocks: int) -> Frames:
        return self.hear(blocks, GIVEN[self.engine.position :])

    def heard_from(self, heard: Frames) -> tuple[dict[str, Frames], Frames]:
        """The frames of the songs and of the input that belong to the last ones that were heard."""
        end = self.engine.position
        at = end - len(heard)
        return {name: song[at - self.start : end - self.start] for name, song in SONGS.items()}, self.late[at:end]


@pytest.mark.parametrize("block", BLOCKS)
def test_an_input_and_two_decks_at_unity_are_their_exact_sum(loaded: dict[str, Track], block: int) -> None:
    rig = Played(loaded, block)
    heard = rig.play(16_384 // block)
    songs, late = rig.heard_from(heard)
    assert late.any()
    assert np.array_equal(heard, songs["a"] + songs["b"] + late)
    assert rig.engine.counts()["underruns"] == rig.input.counts()["misses"] == 0


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("up", ["a", "b", "live"])
def test_where_only_one_is_up_it_is_heard_bit_for_bit(loaded: dict[str, Track], block: int, up: str) -> None:
    rig = Played(loaded, block)
    for name in rig.booth.master.sources:
        rig.booth.master.set(name, "mute", name != up)
    rig.play(max(2, 1024 // block))
    heard = rig.play(4096 // block)
    songs, late = rig.heard_from(heard)
    assert np.array_equal(heard, {**songs, "live": late}[up])


def test_the_crossfader_leaves_the_input_alone(loaded: dict[str, Track]) -> None:
    rig = Played(loaded)
    rig.booth.master.crossfade(1.0)
    rig.play(2)
    heard = rig.play(8)
    songs, late = rig.heard_from(heard)
    assert np.array_equal(heard, songs["b"] + late)


def test_its_strips_have_names_and_routes_and_are_as_late_as_it_is(loaded: dict[str, Track]) -> None:
    routes = ("mix=1-2", "live=3-4", "live/vocals=5-6", "a=7-8")
    rig = Played(loaded, routes=routes)
    rig.booth.mixers["live"].set("drums", "mute", 1)
    rig.play(2)
    heard = rig.play(8)
    songs, late = rig.heard_from(heard)
    drums, vocals = (np.float32(share) * late for share in (0.5, 0.125))
    assert heard[:, 2:4] == pytest.approx(late - drums, abs=1e-6)
    assert heard[:, 4:6] == pytest.approx(vocals, abs=1e-6)
    assert np.array_equal(heard[:, 6:8], songs["a"])
    assert heard[:, :2] == pytest.approx(songs["a"] + songs["b"] + late - drums, abs=1e-6)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("separates", [True, False], ids=["in time", "late"])
def test_beside_silent_decks_it_is_what_a_run_without_decks_is(block: int, separates: bool) -> None:
    alone, rig = byhand.Live(Shares(), block=block), Rig(block, separator=Shares())
    rig.separates = separates
    for mixer in (alone.mixer, rig.mixers["live"]):
        mixer.set("vocals", "gain", -6)
        mixer.set("bass", "mute", 1)
    blocks = 20_000 // block
    given = GIVEN[: blocks * block]
    heard = rig.hear(blocks, given)
    assert rig.live is not None
    assert np.array_equal(heard, alone.play(given, separates))
    counts, wanted = rig.live.counts(), alone.engine.counts()
    assert counts == wanted
    assert (counts["misses"] > 0) == (not separates)
    assert rig.live.latency == alone.engine.latency


def test_stems_that_are_late_are_missed_and_the_input_and_the_decks_go_on(loaded: dict[str, Track]) -> None:
    rig = Played(loaded)
    rig.separates = False
    heard = rig.play(40)
    songs, late = rig.heard_from(heard)
    assert rig.input.counts()["misses"] > 0
    assert heard == pytest.approx(songs["a"] + songs["b"] + late, abs=1e-6)
    assert rig.engine.counts()["underruns"] == 0


def test_a_device_that_was_away_fades_in_and_decks_go_on_where_they_were(loaded: dict[str, Track]) -> None:
    rig = Played(loaded, routes=("mix=1-2", "live=3-4"))
    rig.play(8)
    with pytest.raises(ValueError, match="there is no bus live/horns"):
        rig.engine.rejoin((2, 4), (route("live/horns=1-2"),), rig.block)
    rig.engine.rejoin((2, 4), tuple(map(route, ("mix=3-4", "live/bass=1-2"))), rig.block)
    left = rig.leave(8, GIVEN[rig.engine.position :])
    heard = in_time(left, rig.engine)
    songs, late = rig.heard_from(heard)
    assert np.abs(left[0]).max() < 0.01
    assert np.array_equal(heard[FADE:, 2:], (songs["a"] + songs["b"] + late)[FADE:])
    assert heard[FADE:, :2] == pytest.approx(0.25 * late[FADE:], abs=1e-6)


def test_a_device_that_hands_over_more_at_once_makes_the_input_later_and_not_the_decks(
        loaded: dict[str, Track]) -> None:
    rig = Played(loaded)
    rig.play(8)
    rig.header["incoming_burst"] = 2 * rig.block
    rig.play(2)
    heard = rig.play(8)
    songs, _ = rig.heard_from(heard)
    assert rig.input.grown == rig.block
    late = late_by(GIVEN, rig.input.latency.delay + rig.block)[rig.engine.position - len(heard) :][: len(heard)]
    assert np.array_equal(heard, songs["a"] + songs["b"] + late)


def test_nothing_can_be_pressed_on_it(loaded: dict[str, Track]) -> None:
    rig = Rig(separator=Shares(), songs=(Path("one.wav"),))
    assert rig.booth.master.sources == ("a", "b", "live")
    assert rig.mixers["live"].sources == STEMS
    for does in (lambda: rig.booth.press("live", "play"), lambda: rig.booth.next_song("live")):
        with pytest.raises(ValueError, match="there is no deck live; the decks are a, b"):
            does()
    assert rig.booth.waiting == 1


def test_keys_choose_it_after_the_decks_and_mute_its_stems(loaded: dict[str, Track]) -> None:
    rig, said = Played(loaded), list[str]()
    desk = deck_desk(rig.booth, RATE)
    keys = DeckKeys(desk, said.append)
    for key in "//d":
        keys.typed(key)
    assert keys.chosen == "live"
    assert rig.mixers["live"].on("drums", "mute")
    for key in (" ", "c", "k", "{", "1", "n"):
        keys.typed(key)
    assert {line for line in said if "no more songs" not in line} == {"there is no deck live; the decks are a, b"}
    assert len(said) == 6
    keys.typed("/")
    assert keys.chosen == "a"


def test_screens_are_told_of_its_strips_and_peaks(loaded: dict[str, Track]) -> None:
    rig = Played(loaded)
    rig.play(20)
    desk = deck_desk(rig.booth, RATE)
    snapshot = DeckSnapshot(rig.engine, rig.booth, DeckHands(DeckKeys(desk, print), desk), {}, lambda: False)
    now = snapshot.now()
    assert snapshot.always()["players"]["live"] == list(STEMS)
    assert {"live", "live/vocals"} <= now["strips"].keys()
    assert min(now["peaks"]["live/vocals"]) > 0
