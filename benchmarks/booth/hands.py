"""How soon hands are heard on a deck, over JACK: from a key or an OSC message to the first sample that it changes.

The song counts its frames (frame `i` is `i / SCALE`, and its vocals a constant), so what JACK has captured says at each
sample which frame it is, and what would have come had nobody pressed anything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.booth.deckrun import DeckRun
from benchmarks.loopback import Loopback
from dsp.limiter import lookahead
from stream.audiofiles.audiofile import AudioWriter

RATE, SCALE, SECONDS = 44_100, 2**23, 60
VOCALS = np.float32(0.25)
SETTLED, HEARD = RATE // 5, RATE // 4  # frames before a press, all that was done before being over, and after it
STEADY = 512  # frames that go on evenly: a change is over before them
UNEVEN = 8 / SCALE  # a bend of what is heard; what is read between two frames has less than 4
CONTROLS = ("play", "cue", "hot cue", "jump", "loop", "reverse", "tempo", "mute", "crossfader")

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Press:
    """keys, message: the same, by a hand and by OSC      before: keys that are typed a moment before"""

    keys: str
    message: tuple[str, float | None]
    before: str = ""


PRESSES: Mapping[str, Press] = {
    "play": Press(" ", ("/a/play", 1), " "),
    "cue": Press("c", ("/a/cue", 1)),
    "hot cue": Press("1", ("/a/hotcue/1", 1)),
    "jump": Press(".", ("/a/beat_jump", 4)),
    "loop": Press("]", ("/a/loop_out", None), "["),
    "reverse": Press("r", ("/a/reverse", 1)),
    "tempo": Press("}", ("/a/tempo", 0.5)),
    "mute": Press("v", ("/a/vocals/mute", 1)),
    "crossfader": Press(">", ("/master/crossfader", 0.6)),
}


def write_song(folder: Path) -> Path:
    """A folder of stems, which plays as it is."""
    folder.mkdir()
    counted = np.repeat((np.arange(SECONDS * RATE, dtype=np.float64) / SCALE).astype(np.float32)[:, None], 2, axis=1)
    for name, frames in (("other", counted), ("vocals", np.full_like(counted, VOCALS))):
        writer = AudioWriter(folder / f"{name}.wav", RATE)
        writer.write(frames)
        writer.close()
    return folder


@dataclass(frozen=True)
class Delay:
    """Frames from a press to the first sample that it changed, and to the first behind the change."""

    changed: int
    over: int


def changed(before: Samples, after: Samples) -> Delay | None:
    """When what was heard ceased to go on as it did; None: never.

    before, after: float32 (n,), until and from the press on
    """
    heard = np.concatenate([before[-2:], after]).astype(np.float64)
    step = heard[1] - heard[0]
    other = np.flatnonzero(heard[2:] != heard[1] + step * np.arange(1, len(after) + 1))
    if not len(other):
        return None
    uneven = np.flatnonzero(np.abs(np.diff(heard[2:], n=2)) > UNEVEN) + 2
    uneven = uneven[uneven >= other[0]]
    rests = np.flatnonzero(np.diff(uneven, append=len(heard) + STEADY) > STEADY)
    return Delay(int(other[0]), int(uneven[rests[0]]) if len(uneven) else int(other[0]))


class Hands:
    """What presses on a run, and hears it."""

    def __init__(self, run: DeckRun, loopback: Loopback) -> None:
        """Of a run that plays the song, and what JACK captures of it."""
        self._run, self._loopback = run, loopback

    @property
    def device_out(self) -> int:
        """Frames that the device adds, as the run states them."""
        return round(float(self._run.told["/latency"]) * RATE) - lookahead(RATE)

    def delays(self, control: str, by: str, number: int) -> Delay | None:
        """Press something, having brought the deck to where it is heard.

        by: `key` or `osc`      number: of the press, so that none is at the same place of a period as another
        """
        self._reset(4 + number % 8)
        press = PRESSES[control]
        if press.before:
            self._run.key(press.before)
            self._wait(SETTLED)
        self._wait(97 * number % 512)
        sent = self._loopback.done
        if by == "key":
            self._run.key(press.keys)
        else:
            address, value = press.message
            self._run.send(address, *(() if value is None else (value,)))
        self._wait(HEARD)
        recorded = self._loopback.recorded[:, 0]
        return changed(recorded[sent - STEADY : sent], recorded[sent : self._loopback.done])

    def _reset(self, second: float) -> None:
        """Playing from a second on, with a hot cue at 2 s and the cue at 1 s, and everything else at rest."""
        send = self._run.send
        for address, value in (("/a/cue", 0), ("/a/reverse", 0), ("/a/tempo", 0), ("/a/vocals/mute", 0),
                               ("/master/crossfader", 0.5), ("/a/leave_loop", 1), ("/a/play", 1), ("/a/seek", second)):
            send(address, float(value))
        self._wait(SETTLED)

    def prepare(self) -> None:
        """Set the cue and a hot cue."""
        send = self._run.send
        for messages in ((("/a/play", 0.0),), (("/a/seek", 2.0),), (("/a/hot_cue_set", 1.0),), (("/a/seek", 1.0),),
                         (("/a/cue", 1.0),), (("/a/cue", 0.0),)):
            for address, value in messages:
                send(address, value)
            self._wait(SETTLED // 2)

    def _wait(self, frames: int) -> None:
        until = self._loopback.done + frames
        self._run.until(lambda: self._loopback.done >= until, "what JACK captures")


def all_delays(hands: Hands, presses: int, each: Callable[[str, str], None] = lambda _control, _by: None,
               ) -> Iterator[tuple[str, str, list[Delay]]]:
    """Of each control by keys and by OSC, pressed so often. Raises ValueError for one that is not heard."""
    hands.prepare()
    for control in CONTROLS:
        for by in ("key", "osc"):
            each(control, by)
            found = [hands.delays(control, by, number) for number in range(presses)]
            if None in found:
                raise ValueError(f"{control} by {by} was not heard")
            yield control, by, [delay for delay in found if delay is not None]
