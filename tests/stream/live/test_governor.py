"""Short of time, hops are made with less, without a click and at the same latency; with time again, with all of it."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dsp.stft import FFT_HOP
from stream.latency.geometry import Geometry, HopGeometry
from stream.live.governor import MOST_PATIENCE, PATIENCE, Governor
from stream.separators import opening as openings
from stream.separators.networks.network import Network
from stream.separators.opening import Opening
from stream.separators.protocol import Easing, Level
from stream.separators.stateful import Stateful
from stream.separators.windowed import Windowed
from stream.session.host import Host
from stream.session.request import RunRequest
from tests.rig.byhand import Frames, Live, Shares, late_by, noise, same_bits

pytestmark = pytest.mark.realtime

ROOM_S = 0.1


def levels(governor: Governor, times_s: list[float], late: bool = False) -> list[int]:
    found = []
    for time_s in times_s:
        governor.note(time_s, late)
        found.append(governor.level)
    return found


def test_one_late_hop_is_enough_and_two_that_are_nearly_late() -> None:
    governor = Governor([1.0, 0.5], ROOM_S)
    assert levels(governor, [0.07] * 50 + [0.099, 0.07, 0.099]) == [0] * 53
    assert levels(governor, [0.099]) == [1]
    governor = Governor([1.0, 0.5], ROOM_S)
    assert governor.note(0.01, late=True)
    assert governor.level == 1


def test_the_last_level_stays_however_late_it_is() -> None:
    governor = Governor([1.0, 0.8, 0.5], ROOM_S)
    assert levels(governor, [0.2] * 5, late=True) == [1, 2, 2, 2, 2]
    assert governor.hops == [1, 1, 3]
    assert levels(Governor([1.0], ROOM_S), [0.2] * 3, late=True) == [0, 0, 0]


@pytest.mark.parametrize(("time_s", "returns"), [(0.041, True), (0.044, False)])
def test_it_goes_back_when_what_that_will_take_fits_for_long_enough(time_s: float, returns: bool) -> None:
    governor = Governor([1.0, 0.5], ROOM_S)
    governor.note(0.2, late=True)
    assert levels(governor, [time_s] * (PATIENCE - 1)) == [1] * (PATIENCE - 1)
    assert levels(governor, [time_s]) == [0 if returns else 1]


def test_going_back_in_vain_takes_twice_as_long_each_time_and_is_forgotten_when_it_was_not() -> None:
    governor = Governor([1.0, 0.5], ROOM_S)
    assert [_fall_and_return(governor) for _ in range(8)] == [min(PATIENCE * 2**n, MOST_PATIENCE) for n in range(8)]
    levels(governor, [0.01] * (2 * MOST_PATIENCE + 1))
    assert _fall_and_return(governor) == PATIENCE


def _fall_and_return(governor: Governor) -> int:
    """Hops at the lower level."""
    governor.note(0.2, late=True)
    hops = 0
    while governor.level:
        governor.note(0.01, late=False)
        hops += 1
    return hops


class Eased(Shares):
    """Can make do with less; takes `busy` times a hop's length at level 0 in the hops of a stretch."""

    def __init__(self, hop: int = 1024, stretch: range = range(0), busy: float = 0.0) -> None:
        super().__init__(hop)
        self.levels = (Level(1.0, "all of it"), Level(0.25, "a quarter"))
        self.level, self.stretch, self.busy = 0, stretch, busy
        self.made_at: list[int] = []

    def ease(self, level: int) -> None:
        self.level = level

    def process(self, mix: Frames, stems: Frames) -> None:
        self.made_at.append(self.level)
        if self.level == 0 and self.taken in self.stretch:
            time.sleep(self.busy * self.hop / self.samplerate)
        super().process(mix, stems)


def test_late_stems_ease_the_separator_and_it_has_all_of_it_again_later() -> None:
    mix, separator = noise(100_000), Eased()
    live = Live(separator, offline=False)
    assert live.engine.worker.governor is not None
    before = live.play(mix[:20_480])
    stalled = live.play(mix[20_480:40_960], separate=False)
    live.separate()
    assert separator.level == 1
    assert separator.skipped
    assert live.engine.worker.busy  # whatever else has time is to wait until it has all of it again
    after = live.play(mix[40_960:])
    assert separator.level == 0
    assert not live.engine.worker.busy
    assert separator.made_at.count(1) == live.engine.worker.eased == PATIENCE + 1  # the first was late
    assert same_bits(np.concatenate([before, stalled, after]), late_by(mix, live.delay))  # at unity, all the while


def test_nobody_is_eased_where_nobody_waits_or_nothing_can_be() -> None:
    assert Live(Eased(), offline=True).engine.worker.governor is None
    assert Live(Shares(), offline=False).engine.worker.governor is None
    alone = Eased()
    alone.levels = alone.levels[:1]
    assert Live(alone, offline=False).engine.worker.governor is None


def test_the_user_is_told_and_the_latency_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program has the machine for a while: a hop then takes a half longer than it may."""
    soundfile.write(tmp_path / "song.wav", noise(12 * 44_100), 44_100)
    separator, said = Eased(2048, stretch=range(60, 120), busy=1.5), list[str]()
    monkeypatch.setattr(openings, "plugin", lambda _name: separator)
    host = Host(RunRequest(Opening("eased"), tmp_path / "song.wav", tmp_path / "out.wav", "wall"), said.append)
    frames = host.latency.total
    host.run(lambda: True)
    report = host.report()
    told = [line for line in said if "going on with" in line]
    assert told[0] == "the separator is too slow: going on with a quarter instead of all of it; the latency stays"
    assert "the separator is fast enough again: going on with all of it instead of a quarter; the latency stays" in told
    assert report.latency_frames == frames
    assert report.eased_hops >= PATIENCE


@pytest.mark.weights
def test_a_shorter_context_is_that_of_a_separator_that_never_had_more(
        stateful_path: Path, lithium: np.ndarray[Any, Any]) -> None:
    eased, short = (_stateful(stateful_path, context) for context in (100, 60))
    music = np.ascontiguousarray(lithium[10 * 44_100 :][: 30 * eased.hop].T)
    eased.ease(1)
    found, wanted = _run(eased, music), _run(short, music)
    assert np.array_equal(found, wanted)
    eased.ease(0)
    assert np.isfinite(_run(eased, music)).all()


@pytest.mark.weights
def test_what_is_remembered_survives_a_shorter_context_and_a_longer_one(
        stateful_path: Path, lithium: np.ndarray[Any, Any]) -> None:
    """Eased and back at once, all that is lost is what is older than the shorter context."""
    eased, never = (_stateful(stateful_path, 100) for _ in range(2))
    music = np.ascontiguousarray(lithium[10 * 44_100 :][: 7 * eased.hop].T)  # 56 columns: within either
    for separator in (eased, never):
        _run(separator, music)
    eased.ease(1)
    eased.ease(0)
    assert np.array_equal(_run(eased, music), _run(never, music))


def _stateful(path: Path, context: int) -> Stateful:
    geometry = HopGeometry(8 * FFT_HOP, 1024, 1024, 2 * FFT_HOP, context * FFT_HOP)
    made, _ = Opening("x", (path,), provider="cpu", threads=2, recompute=2, geometry=geometry).open(None)
    assert isinstance(made, Stateful)
    assert isinstance(made, Easing)
    assert len(made.levels) == (2 if context > 60 else 1)
    return made


def _run(separator: Stateful | Windowed, music: Frames) -> Frames:
    stems = np.zeros((music.shape[1] // separator.hop, len(separator.sources), 2, separator.hop), np.float32)
    for index, into in enumerate(stems):
        separator.process(np.ascontiguousarray(music[:, index * separator.hop :][:, : separator.hop]), into)
    return stems


@pytest.mark.weights
def test_a_shorter_window_is_that_of_a_separator_that_never_had_more(
        model_path: Path, lithium: np.ndarray[Any, Any]) -> None:
    geometry = Geometry(48 * FFT_HOP, 8 * FFT_HOP, 1024, 1024)
    eased = Windowed(Network(model_path, 48, provider="cpu"), geometry)
    short = Windowed(Network(model_path, 24, provider="cpu"), Geometry(24 * FFT_HOP, 8 * FFT_HOP, 1024, 1024))
    music = np.ascontiguousarray(lithium[10 * 44_100 :][: 8 * eased.hop].T)
    half = music.shape[1] // 2
    first, wanted = _run(eased, music[:, :half]), _run(short, music)
    assert len(eased.levels) == 2
    eased.ease(1)
    then = _run(eased, music[:, half:])
    assert np.allclose(then[1:], wanted[5:], atol=1e-5)  # the first one fades over from the longer window
    assert not np.allclose(first[1:], wanted[1:4], atol=1e-3)


@pytest.mark.weights
def test_a_window_that_its_hop_fills_cannot_be_shorter(model_path: Path) -> None:
    geometry = Geometry(24 * FFT_HOP, 22 * FFT_HOP, 1024, 1024)
    assert len(Windowed(Network(model_path, 24, provider="cpu"), geometry).levels) == 1
