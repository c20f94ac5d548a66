"""A separator for demucs-stream: what is below 200 Hz is the stem `low`, everything else is `high`.

It needs nothing from demucs-stream: whatever has these names and these two methods is a separator.
"""

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, oaconvolve

Frames = npt.NDArray[np.float32]
SPLIT_HZ = 200.0


class Crossover:
    """One low-pass filter; what it takes away is the other stem, so that the stems sum to the mix."""

    sources = ("low", "high")  # stem names
    samplerate = 44_100  # Hz: the host resamples where the device has another rate
    hop = 1024  # frames that are taken and given per call
    latency = 1024  # frames by which what is given lags behind what is taken: half the filter's length

    def __init__(self) -> None:
        """Make all arrays."""
        taps = 2 * self.latency + 1  # odd, so that its delay is a whole number of frames
        self._filter = firwin(taps, SPLIT_HZ, fs=self.samplerate).astype(np.float32)[None]
        # the host gives every frame once: whoever needs more of the past keeps it
        self._heard: Frames = np.zeros((2, taps - 1 + self.hop), np.float32)

    def reset(self) -> None:
        """Forget what was heard: the next hop is the first of something else."""
        self._heard[:] = 0

    def process(self, mix: Frames, stems: Frames) -> None:
        """Take one hop, give the one `latency` frames before it. The separator's thread calls it, the audio's never.

        mix: float32 (2, hop)
        stems: float32 (stems, 2, hop), written, in the order of `sources`
        """
        self._heard[:, : -self.hop] = self._heard[:, self.hop :]
        self._heard[:, -self.hop :] = mix
        stems[0] = oaconvolve(self._heard, self._filter, mode="valid", axes=1)
        stems[1] = self._heard[:, self.latency : self.latency + self.hop] - stems[0]
