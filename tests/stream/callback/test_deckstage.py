"""Decks in the callback: bit for bit the song, swapped without a click, faded where they are late."""

import numpy as np
import numpy.typing as npt
import pytest

from dsp.crossfader import CrossfaderSide
from stream.callback import header as hd
from stream.callback.deckplayers import DeckPlayers
from stream.callback.player import FADE
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.mixer.master import MasterMixer
from stream.mixer.mixer import Mixer
from stream.mixer.route import route
from tests.stream.decks.rig import in_time

RATE = 44_100
STEMS = ("drums", "bass", "other", "vocals")
Frames = npt.NDArray[np.float32]


class Rig:
    """Two decks, served by this thread; deck b is silent."""

    def __init__(self, *routes: str, channels: int = 2, block: int = 512) -> None:
        self.mixers = {name: Mixer(STEMS) for name in "ab"}
        self.master = MasterMixer({"a": CrossfaderSide.A, "b": CrossfaderSide.B})
        self.players = DeckPlayers(self.mixers, self.master, None, RATE)
        self.engine = DeckEngine(np.zeros((), hd.HEADER), self.players, Latency(RATE, 0, 0, 0, 0, 0, 0, 0),
                                 DeckSetup(channels, block, tuple(map(route, routes))))
        self.a, self.b = self.players.rings["a"], self.players.rings["b"]
        self.channels, self.block = channels, block

    def serve(self, blocks: int = 1) -> Frames:
        out = np.zeros((blocks * self.block, self.channels), np.float32)
        for at in range(0, len(out), self.block):
            if self.b.written < self.engine.position + 2 * self.block + FADE:
                self.b.write(np.zeros((self.block, self.b.width), np.float32))
            self.engine.serve(self.block, out[at : at + self.block])
        return in_time(out, self.engine)


def song(frames: int, seed: int = 0) -> Frames:
    return (np.random.default_rng(seed).standard_normal((frames, 2)) * 0.1).astype(np.float32)


def rows(mix: Frames, present: float = 1.0) -> Frames:
    """A song as a deck's ring has it, with four stems that sum to it."""
    made = np.zeros((len(mix), hd.REEL + 8), np.float32)
    stems = (np.random.default_rng(9).standard_normal((len(mix), 4, 2)) * 0.1).astype(np.float32)
    stems[:, 3] = mix - stems[:, :3].sum(axis=1)
    made[:, :2], made[:, 2], made[:, hd.REEL :] = mix, present, stems.reshape(-1, 8)
    return made


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.b.write(np.zeros((4 * 512, made.b.width), np.float32))
    return made


@pytest.mark.parametrize("block", [64, 441, 512, 2048])
def test_at_unity_a_deck_is_its_song_bit_for_bit(block: int) -> None:
    rig, mix = Rig(block=block), song(10_000)
    rig.b.write(np.zeros((4096, rig.b.width), np.float32))
    for at in range(0, 8192, 4096):
        rig.a.write(rows(mix[at : at + 4096]))
    out = rig.serve(3)
    assert np.array_equal(out, mix[: len(out)])
    assert rig.engine.counts() == {"blocks": 3, "underruns": 0, "late_frames": 0, "insert_misses": 0,
                                   "xruns": 0}


def test_a_swap_to_the_same_sound_changes_no_bit(rig: Rig) -> None:
    mix = song(8192)
    rig.a.write(rows(mix[:4096]))
    out = [rig.serve(2)]
    rig.a.swap(rows(mix[1100:5100]), 1100)
    assert rig.a.swapping
    out.append(rig.serve(4))
    assert not rig.a.swapping
    assert np.array_equal(np.concatenate(out), mix[: 6 * 512])


def test_an_anchored_swap_is_heard_from_its_position_on_within_a_fade(rig: Rig) -> None:
    mix, other = song(8192), song(8192, seed=1)
    rig.a.write(rows(mix[:4096]))
    rig.a.swap(rows(other[600:4600]), 600)
    out = rig.serve(4)
    assert np.array_equal(out[:600], mix[:600])
    assert np.array_equal(out[600 + FADE :], other[600 + FADE : 2048])
    part = (np.arange(FADE - 1, dtype=np.float32) + 1)[:, None] / np.float32(FADE)
    assert out[600 : 600 + FADE - 1] == pytest.approx(
        (1 - part) * mix[600 : 599 + FADE] + part * other[600 : 599 + FADE], abs=1e-6)


def test_one_that_is_not_anchored_begins_with_its_first_frame_whenever_it_is_taken_over(rig: Rig) -> None:
    mix, cue = song(8192), song(4096, seed=1)
    rig.a.write(rows(mix[:4096]))
    rig.serve(3)
    rig.a.swap(rows(cue), None)
    out = rig.serve(2)
    assert np.array_equal(out[FADE:], cue[FADE:1024])
    assert int(rig.players.records[0]["shift"]) == 3 * 512


def test_swaps_follow_each_other_with_both_rings_in_turn(rig: Rig) -> None:
    rig.a.write(rows(song(4096)))
    for seed in range(1, 6):
        other = song(4096, seed)
        rig.a.swap(rows(other), None)
        assert np.array_equal(rig.serve()[FADE:], other[FADE:512])


def test_a_deck_that_is_late_fades_out_and_is_counted_and_the_other_plays_on(rig: Rig) -> None:
    mix = np.full((2048, 2), 0.25, np.float32)
    rig.a.write(rows(mix))
    heard = rig.serve(6)[:, 0]
    assert np.array_equal(heard[: 2048 - FADE], mix[: 2048 - FADE, 0])
    assert not heard[2048:].any()
    assert np.abs(np.diff(heard)).max() <= 0.25 / FADE * 1.01
    counts = rig.engine.counts()
    assert counts["underruns"] == 3  # the block with the fade, and those after it
    assert counts["late_frames"] == FADE + 1024


def test_stems_take_over_where_they_are_there_and_a_mute_pressed_before_is_obeyed_then(rig: Rig) -> None:
    mix = song(4096)
    whole = rows(mix)
    whole[:1024, 2] = 0
    rig.a.write(whole)
    rig.mixers["a"].set("vocals", "mute", 1)
    out = rig.serve(4)
    assert np.array_equal(out[512:1024], mix[512:1024])
    stems = whole[:, hd.REEL :].reshape(-1, 4, 2)
    assert out[1024:] == pytest.approx((mix - stems[:, 3])[1024:2048], abs=1e-6)


def test_the_other_deck_is_added_and_each_has_a_fader(rig: Rig) -> None:
    mix, other = song(4096), song(4096, seed=1)
    rig.a.write(rows(mix))
    rig.b.swap(rows(other), 0)
    rig.serve()
    assert rig.serve() == pytest.approx((mix + other)[512:1024], abs=1e-6)
    rig.master.set("b", "mute", 1)
    rig.serve()
    assert np.array_equal(rig.serve(), mix[1536:2048])


def test_stems_of_decks_leave_by_channels_of_their_own() -> None:
    rig = Rig("mix=1-2", "a/vocals=3-4", "b=5-6", "cue=7", channels=8)
    mix = song(4096)
    whole = rows(mix)
    rig.a.write(whole)
    rig.b.write(np.zeros((4096, rig.b.width), np.float32))
    rig.master.set("a", "cue", 1)
    out = rig.serve(2)
    assert np.array_equal(out[:, :2], mix[:1024])
    assert np.array_equal(out[:, 2:4], whole[:1024, -2:])
    assert not out[:, 4:6].any()
    assert out[512:, 6] == pytest.approx(mix[512:1024].mean(axis=1), abs=1e-6)


def test_a_bus_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no bus c/vocals; the buses are mix, a, b, cue, booth, a/mix, a/drums"):
        Rig("c/vocals=1-2")
