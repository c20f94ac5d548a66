"""The beat of an input, as somebody taps it: what others can follow of music that no deck plays. [any-thread]"""

from dsp.beatgrid import FASTEST_BPM, SLOWEST_BPM, BeatGrid
from stream.decks.gridedits import MOST_TAPS, TAPS
from stream.decks.sync import LeadBeat

LONGEST_S = 2 * 60 / SLOWEST_BPM  # between two taps of one beat


class TappedBeat:
    """One input's.

    changes: counts grids      grid: by positions of the device; None until it was tapped four times
    """

    def __init__(self, name: str, samplerate: int) -> None:
        """Nobody has tapped."""
        self._name, self._rate = name, samplerate
        self._taps: tuple[float, ...] = ()
        self.grid: BeatGrid | None = None
        self.changes = 0

    def tap(self, position: float) -> bool:
        """A beat is heard that left the callback at a position of the device. From the fourth on that makes a beat.

        Raises ValueError: that is faster or slower than anything that is played; then it begins anew.
        """
        taps = self._taps[-MOST_TAPS:]
        if taps and not 0 < position - taps[-1] <= LONGEST_S * self._rate:
            taps = ()
        self._taps = (*taps, position)
        if len(self._taps) < TAPS:
            return False
        grid = BeatGrid.from_taps(self._taps)
        if not SLOWEST_BPM <= (bpm := grid.bpm(self._rate)) <= FASTEST_BPM:
            self._taps = ()
            raise ValueError(f"a beat must have {SLOWEST_BPM:g} to {FASTEST_BPM:g} beats a minute, not {bpm:.1f}")
        self.grid = grid
        self.changes += 1
        return True

    def beat_at(self, position: int) -> LeadBeat | None:
        """The beat at a position of the device; None: it was not tapped yet."""
        grid = self.grid
        return None if grid is None else LeadBeat(self._name, grid.at(position), 1 / grid.period)
