"""MIDI clock in and out of a run of decks, against a second program over JACK."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import numpy as np
import pytest
import soundfile as sf
from pythonosc.udp_client import SimpleUDPClient

from tests.rig.clockpeer import ClockPeer
from tests.rig.jackd import Jackd
from tests.rig.live import Live, free_port
from tests.rig.played import busy, lost
from tests.stream.tracks.test_beatfinder import BPM, clicks

pytestmark = pytest.mark.device
RATE, PERIOD = 44_100, 256
SECONDS = 60


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(period=PERIOD, synchronous=True) as server:
        yield server


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("song") / "song.wav"
    sf.write(path, clicks(SECONDS), RATE, "FLOAT")
    return path


def begins(first: int, audio: np.ndarray) -> np.ndarray:
    """The frames at which kicks begin."""
    loud = np.flatnonzero(np.abs(audio) > 0.05)
    return first + loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 5)]


def ticks(peer: ClockPeer) -> np.ndarray:
    return np.array([frame for frame, message in peer.heard if message == b"\xf8"])


def off(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Milliseconds from each place to the nearest of others."""
    nearest = others[np.abs(places[:, None] - others[None, :]).argmin(axis=1)]
    return 1000 * (places - nearest) / RATE


def test_who_leads_sends_a_clock_whose_beats_are_those_that_are_heard(jackd: Jackd, song: Path) -> None:
    late = lost(jackd)
    with ClockPeer(jackd) as peer, Live("play", song, "--model", "center", "--device", "jack:none", "--ui", "plain",
                                        "--midi-clock-out", "jack") as live:
        peer.connect("demucs-stream:mix", clock_out="demucs-stream clock:clock_out")
        peer.until(lambda: len(ticks(peer)) > 24 * 20)
        done = live.interrupt()
        peer.until(lambda: any(message == b"\xfc" for _, message in peer.heard), 5)
        heard, audio = list(peer.heard), peer.audio()
    assert done.code == 0, done.err
    at = ticks(peer)[-12 * 24 :]  # by then nothing better is found of the song's beats
    uneven = np.abs(np.diff(at) / (60 * RATE / BPM / 24) - 1)
    began = max(number for number, (_, message) in enumerate(heard) if message in (b"\xfa", b"\xfb"))
    place = next((message for _, message in reversed(heard[:began]) if message[0] == 0xF2), b"\xf2\0\0")
    assert place[0] == 0xF2 if heard[began][1] == b"\xfb" else heard[began][1] == b"\xfa"
    place = place if heard[began][1] == b"\xfb" else b"\xf2\0\0"
    sixteenth = place[1] | place[2] << 7
    counted = [frame for frame, message in heard[began:] if message == b"\xf8"]
    beats = np.array(counted[-sixteenth * 6 % 24 :: 24])[-10:]
    if len(beats) < 10:  # who sends was away for a tenth of a second, and has begun anew
        busy(jackd, late)
    assert len(beats) == 10
    errors = off(beats, begins(*audio))
    if uneven.max() > 0.15 or np.abs(np.median(errors)) > 5 or np.ptp(errors) > 5:
        busy(jackd, late)
    assert uneven.max() < 0.15  # of a tick; a period is 0.29
    assert uneven.std() < 0.03
    assert np.abs(np.median(errors)) < 5, errors
    assert np.ptp(errors) < 5, errors


@pytest.mark.parametrize("jitter", [0, PERIOD], ids=["even", "jitters"])
def test_a_deck_follows_a_clock_of_another_program(jackd: Jackd, song: Path, jitter: int) -> None:
    late, port = lost(jackd), free_port()
    with ClockPeer(jackd, bpm=128.5, jitter=jitter) as peer, Live(
            "play", song, "--model", "center", "--device", "jack:none", "--ui", "plain", "--midi-clock-in", "jack",
            "--osc", str(port)) as live:
        peer.connect("demucs-stream:mix", clock_in="demucs-stream clock:clock_in")
        sleep(3)
        SimpleUDPClient("127.0.0.1", port).send_message("/a/sync", 1)
        sleep(20)
        done = live.interrupt()
        sent, audio = np.array(peer.beats), peer.audio()
    assert done.code == 0, done.err
    kicks = begins(*audio)
    kicks = kicks[kicks > kicks[-1] - 8 * RATE][:-1]
    errors = off(kicks, sent)
    if np.abs(np.median(errors) - 500 * jitter / RATE) > 5 or np.ptp(errors) > 5 + 500 * jitter / RATE:
        busy(jackd, late)
    assert np.diff(kicks).mean() == pytest.approx(60 * RATE / 128.5, rel=1e-3)
    assert np.abs(np.median(errors) - 500 * jitter / RATE) < 5, errors
    assert np.ptp(errors) < 5 + 500 * jitter / RATE, errors


def test_a_deck_goes_on_where_the_clock_of_another_program_was_moved_to(jackd: Jackd, song: Path) -> None:
    """Stopped it has a tempo, continued its beats are where its song's are, wherever those before were."""
    late, port = lost(jackd), free_port()
    with ClockPeer(jackd, bpm=128.5) as peer, Live(
            "play", song, "--model", "center", "--device", "jack:none", "--ui", "plain", "--midi-clock-in", "jack",
            "--osc", str(port)) as live:
        peer.connect("demucs-stream:mix", clock_in="demucs-stream clock:clock_in")
        sleep(3)
        SimpleUDPClient("127.0.0.1", port).send_message("/a/sync", 1)
        sleep(8)
        peer.stop()
        sleep(3)
        stopped = peer.frame
        peer.go_on(101)
        sleep(12)
        done = live.interrupt()
        beats, audio = np.array(peer.beats), peer.audio()
    assert done.code == 0, done.err
    kicks = begins(*audio)
    standing = np.diff(kicks[(kicks > stopped - 2.5 * RATE) & (kicks < stopped)])
    moved = kicks[kicks > kicks[-1] - 6 * RATE][:-1]
    errors = off(moved, beats[beats > stopped])
    uneven = abs(standing.mean() / (60 * RATE / 128.5) - 1)
    if np.abs(np.median(errors)) > 5 or np.ptp(errors) > 5 or uneven > 2e-3:
        busy(jackd, late)
    assert standing.mean() == pytest.approx(60 * RATE / 128.5, rel=2e-3)
    assert np.abs(np.median(errors)) < 5, errors
    assert np.ptp(errors) < 5, errors
