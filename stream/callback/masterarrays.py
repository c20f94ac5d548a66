"""What the callback needs of the master beside its mixer: ramped channels, isolators, limiters and delays."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dsp.isolator import ISOLATOR_MEMORY, crossovers
from dsp.limiter import limiter_line, limiter_state, lookahead
from stream.mixer.master import MasterMixer
from stream.native.memory import Record, fill


class MasterArrays:
    """Arrays which live as long as the callback may be called.

    lookahead: frames by which buses are later      lines: float32 (rows, lookahead), what of all buses is on its way
    mix_limiter: its state
    """

    def __init__(self, mixer: MasterMixer, rows: int, samplerate: int) -> None:
        """Make them.

        rows: of all players together, and the booth's      samplerate: of the device, Hz
        [main-thread]
        """
        self.lookahead = lookahead(samplerate)
        self.lines = limiter_line(self.lookahead, rows)
        self.mix_limiter = limiter_state(self.lookahead, samplerate)
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "channels": mixer.channels, "wanted_channels": mixer.wanted_channels, "lines": self.lines,
            "isolators": np.zeros((len(mixer.sources), 2, ISOLATOR_MEMORY), np.float32),
            "crossovers": crossovers(samplerate), "mix_limiter": self.mix_limiter,
            "cue_limiter": limiter_state(self.lookahead, samplerate)}

    def fill(self, record: Record, booth: int) -> None:
        """Fill in the record of the master (stream.callback.header.MASTER), before the callback runs.

        booth: the row of its bus
        [main-thread]
        """
        fill(record, lookahead=self.lookahead, booth=booth)
        fill(record, **{name: array.ctypes.data for name, array in self._arrays.items()})
