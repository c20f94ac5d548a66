"""The main job between real devices: JACK clients, the command line in a process of its own, a song that plays.

What JACK adds itself is one period, wherever two clients make a circle; tests/rig/loopback.py states it as what lies
behind its inputs, so the recording is what was played, late by exactly the latency that the host prints.

What real time can disturb is tried again, and skipped where the machine is never calm; the freewheel tests cannot be.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy import signal

from tests.rig.jackd import Jackd
from tests.rig.live import Ended, Take, calm, command, disturbed, noise, take
from tests.rig.loopback import Loopback
from tests.rig.steal import Crowd, Steal

pytestmark = pytest.mark.device
RATE = 44_100
HELD = ("2.0", "3.0", "6.0")  # seconds of latency: the first that this machine holds
WINDOW = ("--window", "2.04")  # seconds, at all of them: more latency is more time for the same work


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


def decibels(difference: np.ndarray, whole: np.ndarray) -> float:
    def power(x: np.ndarray) -> float:
        return float(np.mean(np.square(x, dtype=np.float64)))

    return 10 * float(np.log10(power(difference) / power(whole) + 1e-30))


def aligned(part: np.ndarray, whole: np.ndarray) -> int:
    """The frame of the whole at which the part begins, by their correlation."""
    found = signal.correlate(whole[:, 0], part[:, 0], "valid", "fft")
    return int(found.argmax())


@pytest.mark.parametrize("output", ["rig", "system"])
def test_what_is_played_comes_out_bit_for_bit_exactly_the_printed_latency_later(jackd: Jackd, output: str) -> None:
    taken = take(jackd, noise(5 * RATE), RATE, "--model", "center", freewheel=True, output=output)
    assert taken.exact
    assert taken.report["latency_frames"] == round(taken.report["latency_s"] * RATE)
    assert sum(taken.report["latency_parts_s"].values()) == pytest.approx(taken.report["latency_s"])


def test_in_real_time_it_does_so_without_a_miss(jackd: Jackd) -> None:
    taken = calm(lambda: take(jackd, noise(5 * RATE), RATE, "--model", "center"))
    assert taken.exact
    assert (taken.report["misses"], taken.report["underruns"]) == (0, 0)


@pytest.mark.parametrize("period", [4096])
def test_a_period_longer_than_the_block_misses_nothing_and_the_printed_latency_is_the_one_that_is(period: int) -> None:
    with Jackd(period=period) as jackd:
        taken = take(jackd, noise(5 * RATE), RATE, "--model", "center", freewheel=True)
        assert taken.exact
        taken = calm(lambda: take(jackd, noise(5 * RATE), RATE, "--model", "center"))
    assert taken.exact
    assert (taken.report["misses"], taken.report["underruns"]) == (0, 0)


def test_a_device_at_another_rate_is_resampled_for_the_stems_and_exact_at_unity() -> None:
    with Jackd(samplerate=48_000) as jackd:
        taken = calm(lambda: take(jackd, noise(3 * 48_000), 48_000, "--model", "center"))
    assert taken.report["samplerate"] == 48_000
    assert taken.report["latency_parts_s"]["resampler"] > 0
    assert taken.exact
    assert (taken.report["misses"], taken.report["underruns"]) == (0, 0)


def test_every_bus_leaves_by_its_own_pair_of_an_eight_channel_device(jackd: Jackd) -> None:
    taken = calm(lambda: take(jackd, noise(3 * RATE), RATE, "--model", "center", "--out", "mix=3-4", "vocals=1-2",
                              "other=7-8", channels=8))
    mix, vocals, other = (taken.answer[:, at : at + 2] for at in (2, 0, 6))
    assert np.array_equal(mix, taken.played)
    np.testing.assert_allclose(vocals + other, mix, rtol=0, atol=1e-6)
    assert 0 < np.std(vocals) < np.std(other)
    assert not taken.recorded[:, 4:6].any()


def test_channels_that_the_device_lacks_are_one_line(jackd: Jackd) -> None:
    done = command("--device", "system", "--model", "center", "--out", "mix=1-2", "vocals=3-4")
    assert (done.code, done.said) == (2, ["demucs-stream: --out vocals=3-4: the output device has only 2 channels"])


def test_recordings_are_whole_equally_long_and_start_at_the_first_frame_of_the_input(
        jackd: Jackd, tmp_path: Path) -> None:
    taken = calm(lambda: take(jackd, noise(3 * RATE), RATE, "--model", "center", "--record", tmp_path))
    mix, other, vocals = (
        sf.read(tmp_path / f"{name}.wav", dtype="float32")[0] for name in ("mix", "other", "vocals"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "gestures.jsonl", "input.wav", "mix.wav", "other.wav", "vocals.wav"]
    assert len(mix) == len(other) == len(vocals) == round(taken.report["heard_s"] * RATE)
    assert np.array_equal(mix[aligned(taken.played, mix) :][: len(taken.played)], taken.played)
    assert np.abs(other + vocals - mix).max() < 1e-6


def test_a_file_is_played_at_the_devices_pace_until_it_ends(jackd: Jackd, tmp_path: Path) -> None:
    song = noise(2 * RATE)
    sf.write(tmp_path / "song.wav", song, RATE, "FLOAT")

    def attempt() -> Take:
        with (Loopback(jackd, np.zeros((1, 1), np.float32), tail=60 * RATE) as loopback, Steal() as steal,
              Crowd() as crowd):
            loopback.start()
            done = command("run", "--input-device", tmp_path / "song.wav", "--output-device", "rig",
                           "--model", "center", "--record", tmp_path / "out", "--json")
            assert done.code == 0, done.err
            recorded, report = loopback.recorded[: loopback.done].copy(), done.report
        return Take(song, recorded, report, disturbed(loopback, steal, crowd, report))

    taken = calm(attempt)
    first = np.flatnonzero(taken.recorded.any(1))[0]
    assert np.array_equal(taken.recorded[first : first + len(song)], song)
    assert np.array_equal(sf.read(taken.report["files"]["mix"], dtype="float32")[0], song)
    assert (taken.report["misses"], taken.report["underruns"]) == (0, 0)


def test_a_file_of_a_rate_that_the_device_refuses_is_resampled(jackd: Jackd, tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", noise(RATE), RATE // 2, "FLOAT")
    done = command("run", "--input-device", tmp_path / "song.wav", "--output-device", "system",
                   "--model", "center", "--record", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    assert done.report["samplerate"] == RATE
    assert sf.info(done.report["files"]["mix"]).frames == 2 * RATE


def test_a_rate_that_the_device_refuses_is_one_line(jackd: Jackd, tmp_path: Path) -> None:
    done = command("--device", "system", "--samplerate", 96_000, "--model", "center", "--record", tmp_path / "out")
    assert done.code == 1
    assert len(done.said) == 1, done.err
    assert "96000 Hz" in done.err
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_not_here_is_one_line_with_those_that_are(jackd: Jackd, tmp_path: Path) -> None:
    done = command("--device", "nosuch", "--model", "center", "--record", tmp_path / "out")
    assert done.code == 2
    assert "no input device is called nosuch; here are:" in done.err
    assert "system, JACK Audio Connection Kit (2 in, 2 out)" in done.err
    assert not list(tmp_path.iterdir())


def held(jackd: Jackd, model: Path, played: np.ndarray, *words: object) -> tuple[Take, str]:
    """A take with the real weights, and its latency: the least at which the machine did not disturb it."""
    busy = ""
    for latency in HELD:
        try:
            taken = take(jackd, played, 7 * RATE, "--model", model, "--latency", latency, *WINDOW, *words)
        except Ended as refused:
            busy = str(refused)
            continue
        if not taken.disturbed:
            return taken, latency
        busy = taken.disturbed
    pytest.skip(f"this machine is too busy for a real-time test: {busy}")


@pytest.mark.alone
@pytest.mark.weights
def test_a_minute_of_a_song_passes_the_real_network_exactly_and_without_a_miss(
        jackd: Jackd, model_path: Path, lithium: np.ndarray) -> None:
    taken, _ = held(jackd, model_path, np.resize(lithium, (61 * RATE, 2)))
    assert (taken.report["misses"], taken.report["underruns"], taken.report["overruns"]) == (0, 0, 0), taken.report
    assert taken.exact


@pytest.mark.alone
@pytest.mark.weights
def test_muted_vocals_are_gone_as_a_virtual_run_over_the_same_input_says(
        jackd: Jackd, model_path: Path, lithium: np.ndarray, tmp_path: Path) -> None:
    song, live, virtual = lithium[: 21 * RATE], tmp_path / "live", tmp_path / "virtual"
    taken, latency = held(jackd, model_path, song, "--mute", "vocals", "--record", live)
    assert (taken.report["misses"], taken.report["underruns"]) == (0, 0), taken.report
    # hops are counted from the first frame that the host heard, before the song began; its stems sum to what it heard
    stems = {name: sf.read(live / f"{name}.wav", dtype="float32")[0] for name in taken.report["sources"]}
    first = aligned(song, sum(stems.values()))
    again = np.concatenate([np.zeros((first, 2), np.float32), song, np.zeros((RATE, 2), np.float32)])
    sf.write(tmp_path / "heard.wav", again, RATE, "FLOAT")
    done = command("--device", tmp_path / "heard.wav", "--clock", "virtual", "--model", model_path,
                   "--latency", latency, *WINDOW, "--record", virtual)
    assert done.code == 0, done.err
    vocals = sf.read(virtual / "vocals.wav", dtype="float32")[0][first : first + len(song)]
    assert decibels(vocals, song) > -30  # there are some
    assert decibels(taken.answer - (song - vocals), song) < -60
    assert decibels(stems["vocals"][first : first + len(song)] - vocals, song) < -60
