"""The mixer whose strips are players: with a crossfader between them."""

from collections.abc import Mapping

from dsp.crossfader import CrossfaderCurve, CrossfaderSide, crossfader_gain
from stream.latency.geometry import SAMPLERATE
from stream.mixer.mixer import Mixer


class MasterMixer(Mixer):
    """A strip of each player, with its fader, equalizer, filter and cue switch, behind which the crossfader is."""

    def __init__(self, sides: Mapping[str, CrossfaderSide], samplerate: int = SAMPLERATE) -> None:
        """All at rest, and the crossfader in the middle.

        sides: where each player is heard      samplerate: of the device, Hz
        [main-thread]
        """
        self._sides = dict(sides)
        self._place, self._curve = 0.5, CrossfaderCurve.WHOLE
        super().__init__(tuple(sides), samplerate)

    @property
    def crossfader(self) -> float:
        """0 is all of A, 1 all of B. [any-thread]"""
        return self._place

    def crossfade(self, place: float) -> None:
        """Move the crossfader. Raises ValueError: not from 0 to 1. [any-thread]"""
        crossfader_gain(place, CrossfaderSide.A, self._curve)
        with self._lock:
            self._place = place
            self._publish()

    def assign(self, player: str, side: CrossfaderSide) -> None:
        """Say where a player is heard. Raises ValueError for one that is not here. [any-thread]"""
        self._known(player)
        with self._lock:
            self._sides[player] = side
            self._publish()

    def curve(self, curve: CrossfaderCurve) -> None:
        """Say how one side gives way to the other. [any-thread]"""
        with self._lock:
            self._curve = curve
            self._publish()

    def _share(self, stem: str) -> float:
        return crossfader_gain(self._place, self._sides[stem], self._curve)
