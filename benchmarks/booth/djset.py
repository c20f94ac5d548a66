"""What a DJ does in a set, as OSC messages at their times: songs in sync, loops, cues, scratches, stems, and mishaps.

    0 s  next song on the deck that is free, sync on, cues set
    10   it plays; the crossfader goes over in 8 s, and the bass with it
    20   the other one is off; loops, jumps, stems, a scratch with slip, a filter, a bend, until the next song comes
"""

import math
import random
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

TURN_S = 75.0  # from a song to the next
OVER_S, STEP_S = 8.0, 0.25  # of the crossfader's way
SCRATCH_S, TOLD_S = 1.5, 0.01  # of a hand on the wheel; from what it tells to the next
AWAY_S = 8.0  # that songs are away, from a moment before the next one is wanted
UNPLUGGED_S = 20.0
BEATS = (0.25, 0.5, 1.0, 4.0, 8.0)


class Mishap(Enum):
    """What happens to a DJ."""

    SONGS_AWAY = "the folder of the songs is away"
    SONGS_BACK = "the folder of the songs is back"
    CONTROLLER_OUT = "the controller is pulled out"
    CONTROLLER_IN = "the controller is plugged in"


class DjMove(NamedTuple):
    """A message, or a mishap, at a time in seconds."""

    at_s: float
    address: str = ""
    values: tuple[float, ...] = (1.0,)
    mishap: Mishap | None = None


class SongCase:
    """A folder of songs that can be away, as on a disk that is pulled out."""

    def __init__(self, folder: Path) -> None:
        """It is there. folder: is made"""
        self.folder, self._away = folder, folder.with_name("away")
        folder.mkdir()

    def happens(self, what: Mishap) -> None:
        """A mishap; one of others is none here."""
        if what is Mishap.SONGS_AWAY:
            self.folder.rename(self._away)
        elif what is Mishap.SONGS_BACK:
            self._away.rename(self.folder)


def dj_set(seconds: float, seed: int = 0) -> list[DjMove]:
    """A set of so many seconds, in order. In its middle third songs are away and back, and a controller is."""
    chance, found = random.Random(seed), list[DjMove]()
    turns = math.ceil(seconds / TURN_S)
    for turn in range(turns):
        deck, other = "ab"[turn % 2], "ba"[turn % 2]
        found += (move._replace(at_s=move.at_s + turn * TURN_S) for move in _turn(deck, other, turn == 0, chance))
    without = max(1, turns // 3)  # the turn for which there are no songs
    away, out = without * TURN_S - 1, (turns // 2 + 0.5) * TURN_S
    if turns > 1:
        found += [DjMove(away, mishap=Mishap.SONGS_AWAY), DjMove(away + AWAY_S, mishap=Mishap.SONGS_BACK),
                  DjMove(away + AWAY_S + 0.5, f"/{'ab'[without % 2]}/next_song"),
                  DjMove(out, mishap=Mishap.CONTROLLER_OUT), DjMove(out + UNPLUGGED_S, mishap=Mishap.CONTROLLER_IN)]
    return sorted((move for move in found if 0 <= move.at_s < seconds), key=lambda move: move.at_s)


def _turn(deck: str, other: str, alone: bool, chance: random.Random) -> Iterator[DjMove]:
    yield DjMove(0.0, f"/{deck}/next_song")
    for number, place_s in enumerate((8.0, 16.0, 30.0), 1):
        yield DjMove(8.2 + number / 10, f"/{deck}/seek", (place_s,))
        yield from _pressed(8.25 + number / 10, f"/{deck}/hotcue/{number}", 0.02)
    yield DjMove(8.8, f"/{deck}/key_lock")
    yield DjMove(8.8, f"/{deck}/quantize")
    if not alone:
        yield DjMove(8.9, f"/{other}/lead")
        yield DjMove(8.9, f"/{deck}/sync")
    yield DjMove(9.0, f"/{deck}/seek", (4.0,))
    yield DjMove(10.0, f"/{deck}/play")
    if alone:
        yield DjMove(9.5, "/master/crossfader", (0.0,))
    else:
        yield from _over(10.5, deck, other)
    yield DjMove(20.0, f"/{other}/play", (0.0,))
    yield DjMove(20.1, f"/{other}/sync", (0.0,))
    yield DjMove(20.2, f"/{other}/low", (0.0,))
    yield from _tricks(22.0, deck, chance)


def _over(at_s: float, deck: str, other: str) -> Iterator[DjMove]:
    steps = round(OVER_S / STEP_S)
    for step in range(steps + 1):
        share = step / steps
        yield DjMove(at_s + step * STEP_S, "/master/crossfader", (share if deck == "b" else 1 - share,))
    yield DjMove(at_s, f"/{deck}/low", (-26.0,))
    yield DjMove(at_s + OVER_S / 2, f"/{other}/low", (-26.0,))
    yield DjMove(at_s + OVER_S / 2, f"/{deck}/low", (0.0,))


def _tricks(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    tricks = [_loop, _jump, _stem, _scratch, _filter, _bend, _hot_cue, _censor]
    chance.shuffle(tricks)
    for number, trick in enumerate(tricks):
        yield from trick(at_s + 5.5 * number + chance.uniform(0, 1), deck, chance)


def _pressed(at_s: float, address: str, held_s: float) -> Iterator[DjMove]:
    yield DjMove(at_s, address)
    yield DjMove(at_s + held_s, address, (0.0,))


def _loop(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    yield DjMove(at_s, f"/{deck}/auto_loop", (chance.choice(BEATS),))
    yield DjMove(at_s + 3, f"/{deck}/leave_loop")


def _jump(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    yield DjMove(at_s, f"/{deck}/beat_jump", (chance.choice((-4.0, 4.0, 8.0)),))


def _stem(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    yield from _pressed(at_s, f"/{deck}/{chance.choice(('vocals', 'drums', 'bass'))}/mute", 3)


def _scratch(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    """Back and forth, and with slip on where the song would be."""
    hz, wide_s = chance.uniform(1, 3), chance.uniform(0.05, 0.15)
    yield DjMove(at_s, f"/{deck}/slip")
    yield DjMove(at_s + 0.05, f"/{deck}/touch")
    for told in range(1, round(SCRATCH_S / TOLD_S)):
        now, before = told * TOLD_S, (told - 1) * TOLD_S
        turned = wide_s * (math.cos(math.tau * hz * before) - math.cos(math.tau * hz * now))
        rate = wide_s * math.tau * hz * math.sin(math.tau * hz * now)
        yield DjMove(at_s + 0.05 + now, f"/{deck}/turn", (turned, rate))
    yield DjMove(at_s + 0.1 + SCRATCH_S, f"/{deck}/touch", (0.0,))
    yield DjMove(at_s + 1.0 + SCRATCH_S, f"/{deck}/slip", (0.0,))


def _filter(at_s: float, deck: str, _chance: random.Random) -> Iterator[DjMove]:
    for step in range(20):
        yield DjMove(at_s + step / 10, f"/{deck}/filter", (-0.8 * math.sin(math.pi * step / 19),))


def _bend(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    yield DjMove(at_s, f"/{deck}/bend", (chance.choice((-0.02, 0.02)),))
    yield DjMove(at_s + 1, f"/{deck}/bend", (0.0,))


def _hot_cue(at_s: float, deck: str, chance: random.Random) -> Iterator[DjMove]:
    yield from _pressed(at_s, f"/{deck}/hotcue/{chance.randint(1, 3)}", 0.2)


def _censor(at_s: float, deck: str, _chance: random.Random) -> Iterator[DjMove]:
    yield from _pressed(at_s, f"/{deck}/censor", 0.7)
