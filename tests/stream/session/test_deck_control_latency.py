"""How soon hands are heard on a deck, keys and OSC, end to end over JACK: what `benchmarks.decks --only controls` asks.

As in test_control_latency.py, what devices add is not the control's: their output, and a period until a thread that
waits for a message has been waked.
"""

import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.booth.deckrun import DeckRun
from benchmarks.booth.hands import RATE, Hands, all_delays, write_song
from tests.rig.jackd import Jackd
from tests.rig.loopback import Loopback
from tests.rig.steal import Crowd

pytestmark = pytest.mark.device
PROMISED_S = 0.01  # and a block


def test_every_control_of_a_deck_is_heard_within_a_block_and_a_hundredth_of_a_second(tmp_path: Path) -> None:
    begun = time.monotonic()
    with (
        Crowd() as crowd, Jackd() as jackd,
        Loopback(jackd, np.zeros((120 * RATE, 2), np.float32), beyond=(0, 0)) as loopback,
        DeckRun(write_song(tmp_path / "song"), "--model", "center", "--device", "jack:rig", "--ui", "plain") as run,
    ):
        run.ready()
        run.loaded()
        loopback.connect("demucs-stream", ins=())
        loopback.start()
        hands = Hands(run, loopback)
        most = hands.device_out + jackd.period + int(PROMISED_S * RATE) + jackd.period
        late = {}
        for control, by, (delay,) in all_delays(hands, 1):
            if delay.changed > most:  # once may be chance
                again = [hands.delays(control, by, number) for number in (1, 2)]
                late[control, by] = sorted(each.changed if each else RATE for each in (delay, *again))[1]
        run.end()
        lost = loopback.xruns + loopback.skipped
    late = {press: frames for press, frames in late.items() if frames > most}
    if late and (lost or crowd.crowded(time.monotonic() - begun)):
        pytest.skip("this machine is too busy for a real-time test")
    assert not late
