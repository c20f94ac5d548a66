"""Vocals by their place: what is in the centre of a stereo mix and moves like a voice, against the rest. No download.

Per bin, the similarity of left and right (Avendano and Jot, "A frequency-domain approach to multichannel upmix", JAES
52, 2004) says how central it is: 2·|L·R*| / (|L|² + |R|²), smoothed over time. The mask is its power, inside the
range of a voice. It knows no voice from a snare in the same place: a fallback, and the user is told so.
"""

import numpy as np
import scipy.fft

from stream.separators.protocol import Frames

N_FFT = 4096
FFT_HOP = 1024
LOW_HZ, HIGH_HZ = 90.0, 11_000.0
SHARPNESS = 6.0  # power of the similarity
SMOOTHING = 0.6  # of the cross spectra, per column


class Center:
    """A centre-channel separator in the STFT domain, behind the `Separator` protocol."""

    name = "center"
    sources = ("other", "vocals")
    samplerate = 44_100
    hop = FFT_HOP
    latency = N_FFT - FFT_HOP

    def __init__(self) -> None:
        """Make all arrays. [opening-thread]"""
        taper = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT))
        self._taper = taper.astype(np.float32)
        self._untaper = (taper / 2).astype(np.float32)  # four squared tapers overlap everywhere and sum to two
        hz = np.fft.rfftfreq(N_FFT, 1 / self.samplerate)
        self._band = ((hz >= LOW_HZ) & (hz <= HIGH_HZ)).astype(np.float32)
        self._window: Frames = np.zeros((2, N_FFT), np.float32)
        self._sum: Frames = np.zeros((2, N_FFT), np.float32)
        self._power: Frames = np.zeros(N_FFT // 2 + 1, np.float32)
        self._cross = np.zeros(N_FFT // 2 + 1, np.complex64)

    def reset(self) -> None:
        """Forget what was heard. [opening-thread, separator-thread]"""
        for array in (self._window, self._sum, self._power, self._cross):
            array[:] = 0

    def process(self, mix: Frames, stems: Frames) -> None:
        """Take one hop, give the one `latency` frames before it.

        mix: float32 (2, hop)
        stems: float32 (2, 2, hop), written: other, vocals; they sum to the mix
        [separator-thread]
        """
        self._window[:, :-FFT_HOP] = self._window[:, FFT_HOP:]
        self._window[:, -FFT_HOP:] = mix
        spec = scipy.fft.rfft(self._window * self._taper, axis=1, workers=1)
        vocals = scipy.fft.irfft(spec * self._mask(spec), n=N_FFT, axis=1, workers=1)
        self._sum += vocals * self._untaper
        stems[1] = self._sum[:, :FFT_HOP]
        stems[0] = self._window[:, :FFT_HOP] - stems[1]
        self._sum[:, :-FFT_HOP] = self._sum[:, FFT_HOP:]
        self._sum[:, -FFT_HOP:] = 0

    def _mask(self, spec: np.ndarray[tuple[int, ...], np.dtype[np.complex64]]) -> Frames:
        left, right = spec
        smoothing = np.float32(SMOOTHING)
        self._cross = smoothing * self._cross + (1 - smoothing) * left * right.conj()
        power = left.real**2 + left.imag**2 + right.real**2 + right.imag**2
        self._power = smoothing * self._power + (1 - smoothing) * power
        # in phase and equally loud: 1; only one side, or opposite phases: 0
        similarity = np.clip(2 * self._cross.real / (self._power + 1e-12), 0, 1)
        return (self._band * similarity**SHARPNESS).astype(np.float32)
