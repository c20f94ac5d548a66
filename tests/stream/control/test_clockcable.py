"""MIDI clock by ports of RtMidi, against a second program: through JACK here, for ALSA's sequencer needs a kernel that
has one."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from stream.control.midi.clockcable import ClockCable
from stream.control.midiclock import AWAY_S, CONTINUE, POSITION, START, STOP, TICK, ClockReceiver, ClockSender, Motion
from tests.rig.clockpeer import ClockPeer
from tests.rig.jackd import Jackd
from tests.rig.played import busy, lost

pytestmark = pytest.mark.device
BPM = 128.5
PACE = BPM / 60
PERIOD = 256


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(period=PERIOD, synchronous=True) as server:
        yield server


def hear(cable: ClockCable, receiver: ClockReceiver, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        cable.step()
        for timed in cable.heard():
            receiver.receive(*timed)
        time.sleep(0.002)


def counted(receiver: ClockReceiver, peer: ClockPeer) -> float:
    """How many beats the receiver is behind what was sent."""
    motion, now_s, frame = receiver.motion(time.monotonic()), time.monotonic(), peer.frame
    assert motion is not None
    assert motion.beat is not None
    assert motion.pace == pytest.approx(PACE, rel=0.01)
    there = (frame - peer.sent[0]) / peer.rate * PACE
    return there - motion.beat - (now_s - time.monotonic()) * PACE


def test_a_clock_is_heard_at_a_port_of_our_own(jackd: Jackd) -> None:
    late, receiver, cable = lost(jackd), ClockReceiver(), ClockCable("virtual", sends=False)
    try:
        with ClockPeer(jackd, bpm=BPM) as peer:
            peer.connect(clock_in=cable.name)
            hear(cable, receiver, 5)
            assert receiver.running
            behind = counted(receiver, peer)
            if abs(behind) > 0.1:
                busy(jackd, late)
            assert abs(behind) < 0.1  # of a beat: it is heard a period later, and when this thread is woken
    finally:
        cable.close()


def test_a_clock_that_is_unplugged_is_gone_and_heard_again_when_it_is_back(jackd: Jackd) -> None:
    receiver = ClockReceiver()
    with ClockPeer(jackd, bpm=BPM) as peer:
        cable = ClockCable(f"{peer.name}:out", sends=False)
        peer.begin()
        hear(cable, receiver, 2)
        assert receiver.motion(time.monotonic()) is not None
    try:
        hear(cable, receiver, AWAY_S + 0.3)
        assert receiver.motion(time.monotonic()) is None
        with ClockPeer(jackd, bpm=BPM) as peer:
            hear(cable, receiver, 1.5)  # it is looked for now and then
            peer.begin()
            hear(cable, receiver, 2)
            motion = receiver.motion(time.monotonic())
            assert motion is not None
            assert motion.beat is not None
            assert motion.pace == pytest.approx(PACE, rel=0.02)
    finally:
        cable.close()


def test_start_stop_position_and_ticks_leave_in_their_order_and_nearly_in_time(jackd: Jackd) -> None:
    late, sender, cable = lost(jackd), ClockSender(), ClockCable("virtual", sends=True)
    try:
        with ClockPeer(jackd) as peer:
            peer.connect(clock_out=cable.name)
            begin_s = time.monotonic()
            for beat in (0.0, 400.0):
                end = 0.0
                while end < 2:
                    cable.step()
                    if time.monotonic() - begin_s > end - 0.02:
                        for timed in sender.ahead(begin_s + end, begin_s + end + 0.01, Motion(beat + end * PACE, PACE)):
                            cable.send(timed)
                        end += 0.01
                    time.sleep(0.001)
                for timed in sender.ahead(begin_s + end, begin_s + end + 0.01, None):
                    cable.send(timed)
                begin_s += end + 0.1
            limit = time.monotonic() + 1
            while time.monotonic() < limit:
                cable.step()
                time.sleep(0.001)
            heard = [tuple(message) for _, message in peer.heard]
            at = np.array([frame for frame, message in peer.heard if message == bytes([TICK])])
    finally:
        cable.close()
    assert [message for message in heard if message != (TICK,)] == [
        (START,), (STOP,), (POSITION, 1600 & 127, 1600 >> 7), (CONTINUE,), (STOP,)]
    assert heard.index((TICK,)) > heard.index((START,))
    assert len(at) == pytest.approx(2 * 2 * PACE * 24, abs=3)
    first = at[: len(at) // 2 - 2]
    errors = first - np.polyval(np.polyfit(np.arange(len(first)), first, 1), np.arange(len(first)))
    if errors.std() > 2 * PERIOD:
        busy(jackd, late)
    assert errors.std() < 2 * PERIOD
    assert np.diff(first).mean() == pytest.approx(44_100 / PACE / 24, rel=0.01)


@pytest.mark.parametrize("sends", [True, False])
def test_a_port_that_is_not_there_is_said_with_those_that_are(jackd: Jackd, sends: bool) -> None:
    with pytest.raises(ValueError, match="no MIDI port is called tuba; here are:"):
        ClockCable("tuba", sends)
