"""What is set of a deck, whichever song is on it. [any-thread]"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

MARGIN_S = 0.004  # from the callback's next block to where what was pressed begins: it is rendered meanwhile
# verbs that set one of these, and which
SET_BY: Mapping[str, str] = {"tempo": "tempo", "tempo_range": "tempo_range", "bend": "bend", "key_lock": "key_lock",
                             "quantize": "quantize", "slip": "slip", "brake_time": "brake_s", "spin_time": "spin_s",
                             "jump_size": "jump_beats", "sync": "sync"}


@dataclass(frozen=True)
class DeckSettings:
    """What a person sets and what stays from song to song.

    tempo: the slider, -1 to 1      tempo_range: percent at its end      bend: a fraction of the tempo that is added
    jump_beats: how far a jump goes      sync: whether tempo and phase follow whoever leads
    brake_s, spin_s: how long the motor takes to stop and to start; 0 is at once
    """

    tempo: float = 0.0
    tempo_range: float = 10.0
    bend: float = 0.0
    key_lock: bool = False
    quantize: bool = False
    slip: bool = False
    brake_s: float = 0.0
    spin_s: float = 0.0
    jump_beats: float = 4.0
    sync: bool = False

    @property
    def speed(self) -> float:
        """Frames of the song per frame, while nothing else slows it down: exactly 1 where nothing is set."""
        return self.own_speed * (1 + self.bend)

    @property
    def own_speed(self) -> float:
        """The same by the slider alone."""
        return 1 + self.tempo * self.tempo_range / 100

    def beside(self, other: Self) -> dict[str, Any]:
        """What is set otherwise than in other ones, by name."""
        return {name: value for name, value in vars(self).items() if value != getattr(other, name)}
