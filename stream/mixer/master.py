"""The mixer whose strips are players: with trims and isolators, a crossfader between them, and the master's buses."""

from collections.abc import Mapping

import numpy as np

from dsp.channelstrip import BOOTH, CHANNEL_PARTS, CHANNEL_WIDTH, CUE_MIX, LEVEL, SPLIT, TRIM
from dsp.console import CURRENT, GOAL
from dsp.crossfader import CrossfaderSide, crossfader_gain
from dsp.isolator import isolator_gains
from stream.latency.geometry import SAMPLERATE
from stream.mixer.masterstrip import CURVES, MASTER, MASTER_PARAMETERS, PLAYER_PARAMETERS, SIDES
from stream.mixer.mixer import HISTORY, Mixer, listing


class MasterMixer(Mixer):
    """A strip of each player, and one called `master`, which has the crossfader, levels and what the cue bus has.

    channels, wanted_channels: float32 (CHANNEL_PARTS, ...) and (HISTORY, players + 1, CHANNEL_WIDTH), as `state` and
        `wanted`, of dsp.channelstrip; published with these
    """

    def __init__(self, sides: Mapping[str, CrossfaderSide], samplerate: int = SAMPLERATE) -> None:
        """All at rest, and the crossfader in the middle.

        sides: where each player is heard      samplerate: of the device, Hz
        [main-thread]
        """
        self.channels = np.zeros((CHANNEL_PARTS, len(sides) + 1, CHANNEL_WIDTH), np.float32)
        self.wanted_channels = np.zeros((HISTORY, len(sides) + 1, CHANNEL_WIDTH), np.float32)
        super().__init__(tuple(sides), samplerate,
                         {**dict.fromkeys(sides, PLAYER_PARAMETERS), MASTER: MASTER_PARAMETERS})
        self.recall({player: {"side": SIDES.index(side)} for player, side in sides.items()})
        self.settle()

    def settle(self) -> None:
        """Be where it is wanted, without a ramp; before the callback runs. [main-thread]"""
        super().settle()
        self.channels[GOAL] = self.channels[CURRENT] = self.wanted_channels[self.number % HISTORY]

    @property
    def crossfader(self) -> float:
        """0 is all of A, 1 all of B. [any-thread]"""
        return self.get(MASTER, "crossfader")

    def crossfade(self, place: float) -> None:
        """Move the crossfader. Raises ValueError: not from 0 to 1. [any-thread]"""
        self.set(MASTER, "crossfader", place)

    def _unknown(self, strip: str) -> str:
        return f"there is no strip {strip}; there are {listing(self.parameters)}"

    def _share(self, player: str) -> float:
        master = self._strips[MASTER]
        place = 1 - master["crossfader"] if master["hamster"] else master["crossfader"]
        return crossfader_gain(place, SIDES[int(self._strips[player]["side"])], CURVES[int(master["curve"])])

    def _shelves(self, _strip: Mapping[str, float]) -> tuple[float, float, float]:
        return 0, 0, 0  # players have isolators

    def _write(self, at: int) -> None:
        super()._write(at)
        wanted, master = self.wanted_channels[at], self._strips[MASTER]
        for row, player in zip(wanted, self.sources, strict=False):
            strip = self._strips[player]
            row[:TRIM] = isolator_gains(*(self._band(strip, name) for name in ("low", "mid", "high")))
            row[TRIM] = 10 ** (strip["trim"] / 20)
        wanted[-1, LEVEL], wanted[-1, BOOTH] = 10 ** (master["level"] / 20), 10 ** (master["booth"] / 20)
        wanted[-1, CUE_MIX], wanted[-1, SPLIT] = master["cue_mix"], master["split"]

    @staticmethod
    def _band(strip: Mapping[str, float], name: str) -> float:
        off = strip[name] <= PLAYER_PARAMETERS[name].least
        return 0.0 if off else 10 ** (strip[name] / 20)
