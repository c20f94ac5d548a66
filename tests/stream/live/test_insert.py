"""A stem through effects in a process of their own: aligned to the frame, and no click, whatever the process does."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from stream.callback.player import FADE
from stream.inserts import process as rooms
from stream.inserts.naming import Effect, Value
from stream.inserts.process import Process
from stream.live import insert as live_insert
from stream.live.insert import Insert
from tests.rig.byhand import BLOCKS, Frames, Live, Shares, late_by, noise, same_bits

RATE = 44_100
FRAMES = 30_000
Make = Callable[..., Insert]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes the insert of a stem: effects of ours by their name, pedalboard's with a capital `Gain`, one or several."""
    opened: list[Process] = []

    def made(stem: str, *effects: Effect) -> Insert:
        opened.append(Process(effects, RATE))
        return Insert(stem, opened[-1].loaded())

    yield made
    for each in opened:
        each.__exit__()


def ours(name: str, **settings: Value) -> Effect:
    return Effect(f"tests.rig.effects.{name}", settings)


def sine(frames: int) -> Frames:
    wave = 0.5 * np.sin(2 * np.pi * 50 * np.arange(frames) / RATE)
    return np.stack([wave, -wave], axis=1).astype(np.float32)


def steepest(signal: Frames) -> float:
    return float(np.abs(np.diff(signal, axis=0)).max())


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps back what it owes", "gives silence first"])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_stem_turned_over_in_its_place_cancels_the_rest(make: Make, block: int, keeps: bool) -> None:
    mix = noise(FRAMES)
    live = Live(Shares(), block=block, inserts=[make("drums", ours("Later", frames=700, gain=-1, keeps=keeps))])
    assert live.engine.latency.insert >= 700 + block
    np.testing.assert_allclose(live.play(mix), 0, atol=1e-6)  # drums are half of it
    assert live.engine.counts()["insert_misses"] == 0


@pytest.mark.parametrize("block", BLOCKS)
def test_what_changes_nothing_is_the_input_bit_for_bit_however_late_each_is(make: Make, block: int) -> None:
    mix = noise(FRAMES)
    live = Live(Shares(), block=block, inserts=[
        make("drums", ours("Later", frames=700), ours("Later", frames=33, keeps=True)), make("vocals", ours("Later"))])
    assert same_bits(live.play(mix), late_by(mix, live.delay))


def test_an_impulse_through_effects_leaves_as_late_as_the_latency_says(make: Make) -> None:
    mix = np.zeros((FRAMES, 2), np.float32)
    mix[777] = 1
    live = Live(Shares(), inserts=[make("bass", ours("Later", frames=1000, gain=3))])
    live.mixer.set("bass", "solo", 1)
    live.mixer.settle()
    out = live.play(mix)[:, 0]
    assert np.flatnonzero(out).tolist() == [777 + live.engine.latency.total]
    assert out.max() == 0.75


@pytest.mark.parametrize(("name", "settings"), [
    ("Compressor", {"threshold_db": -30, "ratio": 4}), ("Delay", {"delay_seconds": 0.05}), ("Reverb", {}),
    ("LadderFilter", {"mode": "HPF12", "cutoff_hz": 900})])
def test_block_by_block_is_what_pedalboard_makes_of_the_whole(make: Make, name: str,
                                                              settings: dict[str, Value]) -> None:
    board = pytest.importorskip("pedalboard")
    mix = noise(FRAMES)
    live = Live(Shares(), inserts=[make("drums", Effect(name, settings))])
    live.mixer.set("drums", "solo", 1)
    live.mixer.settle()
    plain = {key: getattr(board.LadderFilter.Mode, value) if key == "mode" else value
             for key, value in settings.items()}
    whole = getattr(board, name)(**plain).process(np.ascontiguousarray(0.5 * mix.T), RATE, buffer_size=512).T
    np.testing.assert_allclose(live.play(mix), late_by(whole, live.delay), rtol=0, atol=1e-6)


@pytest.mark.parametrize("block", BLOCKS)
def test_it_is_switched_past_with_a_ramp_and_then_is_not_there(make: Make, block: int) -> None:
    mix = np.full((2 * FRAMES, 2), 0.5, np.float32)
    live = Live(Shares(), block=block, inserts=[make("drums", ours("Later", frames=100, gain=0))])
    off, on = (-(-frames // block) * block for frames in (20_000, 40_000))
    turns = {off: 0, on: 1}
    out = live.play(mix, before=lambda at: at in turns and live.mixer.set("drums", "insert", turns[at]))
    ramp = int(live.header["player"]["ramp_frames"])
    assert steepest(out[live.delay :]) <= 0.25 / ramp * 1.01
    np.testing.assert_allclose(out[live.delay : off], 0.25)
    assert same_bits(out[off + ramp : on], mix[off + ramp : on])
    np.testing.assert_allclose(out[on + ramp :], 0.25, atol=1e-6)


@pytest.mark.parametrize("block", BLOCKS)
def test_while_it_is_late_the_stem_itself_is_heard_and_nothing_clicks(make: Make, block: int,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_insert, "WAIT_S", 0.0)
    mix = sine(90_000)
    insert = make("drums", ours("Later", frames=300, gain=-1))
    live = Live(Shares(), block=block, offline=False, latency_s=0.2, inserts=[insert])
    parts = [live.play(mix[:30_000])]
    assert live.engine.counts()["insert_misses"] == 0

    def only_separate(_at: int) -> None:
        while live.engine.worker.step():
            pass

    parts.append(live.play(mix[30_000:60_000], separate=False, before=only_separate))
    parts.append(live.play(mix[60_000:]))
    out, dry = np.concatenate(parts)[: len(mix)], late_by(mix, live.delay)
    assert steepest(out[live.delay :]) <= steepest(mix) + 1 / FADE
    np.testing.assert_allclose(out[: 30_000 - block], 0, atol=1e-6)
    assert same_bits(out[50_000:60_000], dry[50_000:60_000])
    np.testing.assert_allclose(out[-10_000:], 0, atol=1e-6)
    counts = live.engine.counts()
    assert 0 < counts["insert_misses"] <= -(-60_000 // block)
    assert counts["misses"] == 0


def test_effects_hear_no_step_where_blocks_were_left_out(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_insert, "WAIT_S", 0.0)
    heard: list[Frames] = []
    insert = make("drums", ours("Later"))
    through = insert.process.process
    monkeypatch.setattr(insert.process, "process", lambda block: heard.append(block) or through(block))
    live = Live(Shares(), offline=False, inserts=[insert])
    mix = np.concatenate([np.full((40_960, 2), 0.5), np.full((40_960, 2), -0.5)]).astype(np.float32)
    live.play(mix[:20_480])
    while live.engine.inputs.written < 61_440:
        at = live.engine.inputs.written
        live.serve(mix[at : at + 512])
        live.engine.worker.step()
    live.play(mix[61_440:])
    sent = np.concatenate(heard)
    assert len(sent) < len(mix) - 30_000
    assert steepest(sent) <= 0.5 / live_insert.JOIN * 1.01
    assert sent[-1, 0] == -0.25


@pytest.mark.parametrize(("how", "says"), [
    ("hangs", "has hung"), ("crashes", "has crashed (SIGABRT)"), ("fails", "has failed: out of luck"),
    ("reports", "its latency is 480 frames and no longer 0")])
def test_a_broken_one_is_left_out_and_reported_and_nothing_clicks(make: Make, how: str, says: str,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "PATIENCE_S", 0.3)
    mix = sine(FRAMES)
    insert = make("drums", ours("Later", gain=-1), ours("Breaks", how=how, after=30))
    other = make("bass", ours("Later"))
    live = Live(Shares(), inserts=[insert, other])
    out, dry = live.play(mix), late_by(mix, live.delay)
    assert insert.trouble is not None
    assert says in insert.trouble
    assert other.trouble is None
    assert steepest(out[live.delay :]) <= steepest(mix) + 1 / FADE
    done = live.delay + 30 * 512
    np.testing.assert_allclose(out[: done - FADE - 1], 0, atol=1e-6)
    assert same_bits(out[done:], dry[done:])


def test_what_is_no_number_never_leaves_the_process(make: Make) -> None:
    live = Live(Shares(), inserts=[make("drums", ours("Later", gain=float("nan")))])
    assert np.isfinite(live.play(noise(FRAMES))).all()
