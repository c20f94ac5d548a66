"""The master in the callback: each control is pressed and heard, at unity nothing changes, and nothing is too loud."""

import numpy as np
import pytest

from dsp.crossfader import CrossfaderSide
from stream.callback import header as hd
from stream.callback.deckplayers import DeckPlayers
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.mixer.master import MasterMixer
from stream.mixer.mixer import Mixer
from stream.mixer.route import route
from tests.rig.byhand import Frames
from tests.stream.callback.test_deckstage import rows

RATE, BLOCK = 44_100, 512
STEMS = ("drums", "bass", "other", "vocals")
MOST = 4096


def noise(level: float = 0.1, seed: int = 0, frames: int = MOST) -> Frames:
    return np.random.default_rng(seed).uniform(-level, level, (frames, 2)).astype(np.float32)


def tone(hz: float, level: float = 0.2) -> Frames:
    wave = (level * np.sin(2 * np.pi * hz * np.arange(MOST) / RATE)).astype(np.float32)
    return np.stack([wave, wave], axis=1)


class Rig:
    """Two decks with songs in their rings, and everything that leaves by its routes, as late as it leaves."""

    def __init__(self, a: Frames, b: Frames | None = None, *routes: str) -> None:
        self.mixers = {name: Mixer(STEMS) for name in "ab"}
        self.master = MasterMixer({"a": CrossfaderSide.A, "b": CrossfaderSide.B})
        self.players = DeckPlayers(self.mixers, self.master, None, RATE)
        self.late, self.channels = self.players.lookahead, 2 * max(1, len(routes))
        latency = Latency(RATE, 0, 0, 0, 0, 0, 0, 0, limiter=self.late)
        self.engine = DeckEngine(np.zeros((), hd.HEADER), self.players, latency,
                                 DeckSetup(self.channels, MOST, tuple(map(route, routes))))
        self.songs = rows(a), rows(np.zeros((MOST, 2), np.float32) if b is None else b)
        for ring, song in zip(self.players.rings.values(), self.songs, strict=True):
            ring.write(song)

    def set(self, scene: dict[str, dict[str, float]]) -> None:
        """Before the first block: there is no ramp."""
        self.master.recall(scene)
        self.players.fill(self.engine.header)

    def serve(self, block: int = BLOCK, frames: int = MOST - BLOCK) -> Frames:
        """What belongs to the songs' first frames."""
        out = np.zeros((frames, self.channels), np.float32)
        for at in range(0, frames, block):
            self.engine.serve(len(out[at : at + block]), out[at : at + block])
        assert not out[: self.late].any()
        return out[self.late :]


def level(heard: Frames, after: int = 1024) -> float:
    return float(np.sqrt(2 * (heard[after:] ** 2).mean()))


@pytest.mark.parametrize("block", [1, 64, 441, 512, 2048])
@pytest.mark.parametrize("loudest", [0.1, 1.0])
def test_at_unity_a_song_is_later_and_otherwise_what_it_is_up_to_full_scale(block: int, loudest: float) -> None:
    song = noise(loudest)
    song[5:20] = [loudest, -loudest]
    heard = Rig(song).serve(block)
    assert heard.tobytes() == song[: len(heard)].tobytes()


@pytest.mark.parametrize("block", [17, 441, 2048])
def test_blocks_of_any_size_are_the_same_bits_while_everything_works(block: int) -> None:
    def played(size: int) -> bytes:
        rig = Rig(noise(0.9), noise(0.9, 1), "mix=1-2", "cue=3-4", "booth=5-6", "a=7-8", "b/vocals=9-10")
        rig.mixers["a"].recall({"bass": {"cue": 1}})
        rig.master.recall({"a": {"low": -26, "trim": 4, "filter": 0.3}, "b": {"cue": 1, "high": 5},
                           "master": {"cue_mix": 0.4, "split": 1, "level": -3, "booth": -6, "crossfader": 0.4}})
        return rig.serve(size).tobytes()

    assert played(block) == played(512)


def test_all_buses_leave_together() -> None:
    song, other = np.zeros((2, MOST, 2), np.float32)
    song[700], other[700] = 0.5, 0.25
    buses = ("mix", "cue", "booth", "a", "b", "a/mix", "a/vocals", "b/cue", "b/mix", "b/drums")
    rig = Rig(song, other, *(f"{bus}={2 * at + 1}-{2 * at + 2}" for at, bus in enumerate(buses)))
    for columns in rig.songs:
        columns[:, hd.REEL :] = np.repeat(columns[:, :2], 4, axis=0).reshape(len(columns), -1) / 4
    for ring, columns in zip(rig.players.rings.values(), rig.songs, strict=True):
        ring.swap(columns, 0, 1)
    rig.set({"a": {"cue": 1}})
    rig.mixers["b"].set("drums", "cue", 1)
    rig.players.fill(rig.engine.header)
    heard = rig.serve()
    for at, bus in enumerate(buses):
        assert np.abs(heard[:, 2 * at]).argmax() == 700, bus
        assert np.flatnonzero(heard[:, 2 * at]).tolist() == [700], bus


@pytest.mark.parametrize("trims", [(0, 0), (12, 12), (12, -24)], ids=str)
@pytest.mark.parametrize("bus", ["mix", "booth", "cue"])
def test_two_loud_decks_together_never_exceed_full_scale(trims: tuple[float, float], bus: str) -> None:
    rig = Rig(noise(1.0), noise(1.0, 1), f"{bus}=1-2")
    rig.set({"a": {"trim": trims[0], "cue": 1, "gain": 6}, "b": {"trim": trims[1], "cue": 1},
             "master": {"cue_mix": 0.7}})
    heard = rig.serve()
    assert 0.9 < np.abs(heard).max() <= 1
    assert rig.players.limited < 1


@pytest.mark.parametrize(("hz", "band"), [(50, "low"), (900, "mid"), (12_000, "high")])
def test_a_band_of_a_deck_is_turned_up_and_off_and_the_others_stay(hz: float, band: str) -> None:
    def heard(db: float, which: str) -> float:
        rig = Rig(tone(hz))
        rig.set({"a": {which: db}})
        return level(rig.serve(), 2048)

    assert heard(-26, band) < 0.2 * 0.12  # the slopes' tails
    assert heard(6, band) == pytest.approx(0.2 * 2, rel=0.1)
    for other in {"low", "mid", "high"} - {band}:
        assert heard(-26, other) == pytest.approx(0.2, rel=0.15)


def test_the_filter_of_a_deck_closes_from_both_sides() -> None:
    for hz, stays, goes in ((60, -0.9, 0.9), (10_000, 0.9, -0.9)):
        rig, other = Rig(tone(hz)), Rig(tone(hz))
        rig.set({"a": {"filter": goes}})
        other.set({"a": {"filter": stays}})
        assert level(rig.serve(), 2048) < 0.01
        assert level(other.serve(), 2048) > 0.1


def test_trim_fader_and_mute_of_a_deck_are_heard_and_its_meter_is_behind_the_trim() -> None:
    song = noise()
    loud = float(np.abs(song[: MOST - BLOCK]).max())
    for scene, gain, meter in (({"trim": 6.0206}, 2, 2), ({"gain": -6.0206}, 0.5, 1), ({"mute": 1}, 0, 1),
                               ({"trim": -6.0206, "gain": 6.0206}, 1, 0.5),
                               ({"low": -26, "mid": -26, "high": -26}, 0, 1)):
        rig = Rig(song)
        rig.set({"a": dict[str, float](scene)})
        assert rig.serve() == pytest.approx(gain * song[: MOST - BLOCK - rig.late], abs=1e-6)
        fallen = 10 ** (-(MOST - BLOCK) / RATE)
        assert meter * loud * fallen * 0.99 <= rig.players.master.peaks()["a"][0] <= meter * loud * 1.01


def test_cue_is_before_the_fader_of_a_deck_and_of_its_stems() -> None:
    song, other = noise(), noise(seed=1)
    rig = Rig(song, other, "mix=1-2", "cue=3-4")
    rig.set({"a": {"cue": 1, "gain": -40}, "b": {"trim": -6.0206, "gain": -40}})
    rig.mixers["b"].recall({"vocals": {"cue": 1, "mute": 1}})
    rig.mixers["a"].recall({"vocals": {"cue": 1}})  # the whole deck is cued, once
    rig.players.fill(rig.engine.header)
    heard = rig.serve()
    n = len(heard)
    assert heard[:, 2:] == pytest.approx(song[:n] + rig.songs[1][:n, -2:] * 0.5, abs=1e-5)


@pytest.mark.parametrize("part", [0, 0.25, 1])
def test_the_cue_mix_goes_from_what_is_cued_to_the_mix_before_its_level(part: float) -> None:
    song, other = noise(), noise(seed=1)
    rig = Rig(song, other, "cue=1-2")
    rig.set({"a": {"cue": 1}, "master": {"crossfader": 1, "cue_mix": part, "level": -20}})
    heard = rig.serve()
    n = len(heard)
    assert heard == pytest.approx(song[:n] + part * (other - song)[:n], abs=1e-6)
    if part in (0, 1):
        assert heard.tobytes() == (other if part else song)[:n].tobytes()


def test_split_cue_has_what_is_cued_on_the_left_and_the_mix_on_the_right() -> None:
    song, other = noise(), noise(seed=1)
    rig = Rig(song, other, "cue=1-2")
    rig.set({"a": {"cue": 1}, "master": {"crossfader": 1, "cue_mix": 0.3, "split": 1}})
    heard = rig.serve()
    n = len(heard)
    assert heard[:, 0] == pytest.approx(song[:n].mean(axis=1), abs=1e-6)
    assert heard[:, 1] == pytest.approx(other[:n].mean(axis=1), abs=1e-6)


@pytest.mark.parametrize(("level", "booth", "gains"), [(0, 0, (1, 1)), (-6.0206, 0, (0.5, 1)), (0, -20, (1, 0.1)),
                                                       (-np.inf, -6.0206, (0, 0.5))])
def test_master_and_booth_have_levels_of_their_own(level: float, booth: float, gains: tuple[float, float]) -> None:
    song = noise()
    rig = Rig(song, None, "mix=1-2", "booth=3-4")
    rig.set({"master": {"level": level, "booth": booth}})
    heard = rig.serve()
    for at, gain in enumerate(gains):
        assert heard[:, 2 * at : 2 * at + 2] == pytest.approx(gain * song[: len(heard)], abs=1e-6)


@pytest.mark.parametrize("strip", ["a", "master"])
@pytest.mark.parametrize("bus", ["mix", "cue", "booth"])
def test_nothing_clicks_whatever_is_pressed_while_it_plays(strip: str, bus: str) -> None:
    wave = tone(40, 0.5)
    table = MasterMixer({"a": CrossfaderSide.A, "b": CrossfaderSide.B}).parameters[strip]
    for name, parameter in table.items():
        if name in ("low", "mid", "high", "filter", "trim", "gain"):
            continue  # these may be 12 dB louder; tests of the kernels have them
        for value in (max(parameter.least, -60), parameter.most):
            rig = Rig(wave, None, f"{bus}=1-2")
            rig.set({"a": {"cue": 1}})
            out = [rig.serve(frames=BLOCK)]
            rig.master.set(strip, name, value)
            more = np.zeros((BLOCK * 4, 2), np.float32)
            for at in range(0, len(more), BLOCK):
                rig.engine.serve(BLOCK, more[at : at + BLOCK])
            steps = np.abs(np.diff(np.concatenate([*out, more]), axis=0)).max()
            assert steps < 0.5 * (2 * np.pi * 40 / RATE) + 1.1 / 441, name
