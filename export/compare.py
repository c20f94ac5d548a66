"""Two sets of outputs of the same window, and how far one may be from the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.stft import istft

Array = NDArray[Any]


@dataclass(frozen=True)
class Outputs:
    """What a network gives for a window.

    spec_out: float32 (stems, 4, 2048, T); wave_out, stems: float32 (stems, 2, N), the stems whole
    """

    spec_out: Array
    wave_out: Array
    stems: Array

    @classmethod
    def of_branches(cls, spec_out: Array, wave_out: Array) -> "Outputs":
        """With the stems as stream makes them."""
        return cls(spec_out, wave_out, wave_out + istft(spec_out, wave_out.shape[-1]))


@dataclass(frozen=True)
class Limits:
    """What is let through.

    error: largest, of full scale: the largest value that the reference itself gives in that branch
    stem_db: SDR of every stem
    all_db: SDR of all stems together, in which one that is nearly silent counts for little
    """

    error: float
    stem_db: float
    all_db: float


EXACT = Limits(1e-4, 60.0, 60.0)
LIMITS: Mapping[str, Limits] = {  # of each kind of weights, against the fp32 file
    "fp32": EXACT,
    "fp16": Limits(inf, 60.0, 60.0),
    "int8": Limits(inf, -inf, 30.0),
    "int8-dynamic": Limits(inf, -inf, 20.0),
}


@dataclass(frozen=True)
class Compared:
    """How far a file's outputs are from a reference's, at one length."""

    file: str
    against: str
    columns: int
    frames: int
    spec_error: float  # largest, of full scale
    wave_error: float  # largest, of full scale
    sdr_db: Mapping[str, float]  # per stem, whole path
    all_db: float
    limits: Limits

    @property
    def fault(self) -> str | None:
        """What is beyond the limits, in words. NaN is beyond any."""
        for name, error in (("spec_out", self.spec_error), ("wave_out", self.wave_error)):
            if not error <= self.limits.error:
                return f"{name} is off by {error:.1e} of full scale, {self.limits.error:.0e} at most wanted"
        stem = min(self.sdr_db, key=lambda stem: self.sdr_db[stem])
        if not self.sdr_db[stem] >= self.limits.stem_db:
            return f"{stem} agrees to {self.sdr_db[stem]:.1f} dB, {self.limits.stem_db:g} or more wanted"
        if not self.all_db >= self.limits.all_db:
            return f"the stems agree to {self.all_db:.1f} dB, {self.limits.all_db:g} or more wanted"
        return None

    def line(self) -> str:
        """A row of the table."""
        stems = "  ".join(f"{stem} {sdr:.1f}" for stem, sdr in self.sdr_db.items())
        return (f"{self.file:28} N {self.frames:6} T {self.columns:3} against {self.against:5}  "
                f"spec_out {self.spec_error:.1e}  wave_out {self.wave_error:.1e}  SDR {stems} dB")


@dataclass(frozen=True)
class Subject:
    """A file that is compared: its name, what it is compared with, and how strictly."""

    file: str
    against: str
    sources: tuple[str, ...]
    limits: Limits

    def compare(self, found: Outputs, wanted: Outputs) -> Compared:
        """Hold its outputs against the reference's."""
        noise = np.sum((found.stems.astype(float) - wanted.stems) ** 2, axis=(1, 2))
        signal = np.sum(wanted.stems.astype(float) ** 2, axis=(1, 2))
        sdr = dict(zip(self.sources, map(_db, signal, noise), strict=True))
        errors = _error(found.spec_out, wanted.spec_out), _error(found.wave_out, wanted.wave_out)
        sizes = found.spec_out.shape[-1], found.wave_out.shape[-1]
        return Compared(self.file, self.against, *sizes, *errors, sdr, _db(signal.sum(), noise.sum()), self.limits)


def _db(signal: float, noise: float) -> float:
    # the last thing at 300 dB: a number in JSON, where nothing differs
    return float(10 * np.log10(signal / max(noise, signal * 1e-30))) if signal else -inf


def _error(found: Array, wanted: Array) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())
