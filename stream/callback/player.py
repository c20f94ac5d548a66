"""What the callback needs of a player (stream.callback.header): its mixer's numbers, and memory for its signals."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dsp.console import BUS, BUSES, MEMORY, PIECE, rows, strip
from stream.callback import header as hd
from stream.callback.events import Events
from stream.mixer.mixer import RAMP_S, Mixer
from stream.mixer.route import buses
from stream.native.memory import Record, fill

FADE = 256  # frames over which what is late gives way


class Player:
    """The arrays of a player, which live as long as the callback may be called.

    rows: float32 (rows, PIECE), all signals of a piece (dsp.console)
    inserts: of stream.callback.header.INSERT, one of each stem
    events: what the callback leaves word of
    """

    def __init__(self, mixer: Mixer, samplerate: int, memory: npt.NDArray[np.float32] | None = None) -> None:
        """Make them.

        samplerate: of the device, Hz      memory: for the rows, so that those of several players lie together
        [main-thread]
        """
        stems = len(mixer.sources)
        self._mixer, self._samplerate = mixer, samplerate
        self.events = Events()
        self.rows = np.zeros((rows(stems), PIECE), np.float32) if memory is None else memory
        self.inserts = np.zeros(stems, hd.INSERT)
        self._peaks = np.zeros((stems + BUSES, 2), np.float32)
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "mixer_state": mixer.state, "equalizer_memory": np.zeros((stems, 2, MEMORY), np.float32),
            "rows": self.rows, "peaks": self._peaks, "inserts": self.inserts}

    def fill(self, record: Record, **values: int) -> None:
        """Fill in a player's record, before the callback runs. [main-thread]"""
        self._mixer.settle()
        fill(record, stems=len(self._mixer.sources), fade_frames=FADE, device_rate=self._samplerate,
             ramp_frames=max(1, int(RAMP_S * self._samplerate)), targets_taken=self._mixer.number, stems_present=1,
             last_missed_hop=hd.NEVER, **values)
        fill(record, **{name: array.ctypes.data for name, array in self._arrays.items()})
        hd.connect(record["target_ring"], self._mixer.wanted, self._mixer.published)
        hd.connect(record["event_ring"], self.events.rows, self.events.counter)

    @property
    def buses(self) -> npt.NDArray[np.float32]:
        """The rows of its buses, two of each. [any-thread]"""
        return self.rows[BUS : strip(0, len(self._mixer.sources))]

    def peaks(self) -> dict[str, tuple[float, float]]:
        """How loud each bus is, left and right, 1 is full scale; it falls by 20 dB a second. [any-thread]"""
        pairs = self._peaks.tolist()
        return {bus: (left, right) for bus, (left, right) in zip(buses(self._mixer.sources), pairs, strict=True)}
