"""One separator beside another that should give the same stems: how well they agree, and how long each takes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stream.separators.protocol import Frames, Separator

WARM_UP_HOPS, LEAST_HOPS, MOST_HOPS = 1, 5, 48  # hops: not counted; at the least; in all
HEARD_S = 3.0  # of music, on top of the latency
QUIET_DB = -40.0  # of the mix; an error is never told from a stem that is quieter: nobody could hear it
Music = Callable[[], Frames]


@dataclass(frozen=True)
class Comparison:
    """What was measured, hop by hop, in seconds.

    times_s, beside_s: of the one on trial, and of the other in the same rounds
    agrees_db: of the stem that agrees least; minus infinity for one that is no number
    """

    times_s: tuple[float, ...]
    beside_s: tuple[float, ...]
    agrees_db: float

    @property
    def ratio(self) -> float:
        """Time as a share of the other's: the median of the rounds."""
        return float(np.median(np.divide(self.times_s, self.beside_s)))

    @property
    def median_s(self) -> float:
        """Seconds of a hop."""
        return float(np.median(self.times_s))

    @property
    def p99_s(self) -> float:
        """Seconds of nearly every hop."""
        return float(np.percentile(self.times_s, 99))


def compare(found: Separator, wanted: Separator, music: Frames, least: int = LEAST_HOPS) -> Comparison:
    """Give both the same music, hop by hop in turn; both are reset before.

    music: float32 (2, frames), as long as it likes: it is repeated
    least: hops, if `HEARD_S` is less
    """
    found.reset()
    wanted.reset()
    heard = math.ceil((wanted.latency + HEARD_S * wanted.samplerate) / wanted.hop)
    stems: list[Frames] = [np.zeros((len(wanted.sources), 2, wanted.hop), np.float32) for _ in range(2)]
    times: list[list[float]] = [[], []]
    power, error = np.zeros(len(wanted.sources)), np.zeros(len(wanted.sources))
    loud = 0.0
    for number in range(min(MOST_HOPS, max(least + WARM_UP_HOPS, heard))):
        mix = hop_of(music, number, wanted.hop)
        for turn in (0, 1) if number % 2 else (1, 0):  # who goes first changes, as caches are warm or not
            times[turn].append(_timed((found, wanted)[turn], mix, stems[turn]))
        power += np.sum(np.square(stems[1], dtype=np.float64), axis=(1, 2))
        error += np.sum(np.square(stems[1] - stems[0], dtype=np.float64), axis=(1, 2))
        loud += float(np.sum(np.square(mix, dtype=np.float64)))
    worst = float(np.min(_agreement(power, error, loud)))
    return Comparison(tuple(times[0][WARM_UP_HOPS:]), tuple(times[1][WARM_UP_HOPS:]), worst)


def alone(separator: Separator, music: Frames, hops: int = LEAST_HOPS) -> Comparison:
    """As `compare`, for the one that all others are compared with."""
    separator.reset()
    stems = np.zeros((len(separator.sources), 2, separator.hop), np.float32)
    times = [_timed(separator, hop_of(music, number, separator.hop), stems) for number in range(WARM_UP_HOPS + hops)]
    return Comparison(tuple(times[WARM_UP_HOPS:]), tuple(times[WARM_UP_HOPS:]), math.inf)


def hop_of(music: Frames, number: int, hop: int) -> Frames:
    """A hop of music that goes round: float32 (2, hop)."""
    at = np.arange(number * hop, (number + 1) * hop) % music.shape[1]
    return np.ascontiguousarray(music[:, at])


def _timed(separator: Separator, mix: Frames, stems: Frames) -> float:
    start = time.perf_counter()
    separator.process(mix, stems)
    return time.perf_counter() - start


def _agreement(power: np.ndarray, error: np.ndarray, loud: float) -> np.ndarray:
    """By stem, dB: 10·log10(power / error), where no stem counts as quieter than `QUIET_DB` of the mix."""
    power = np.maximum(power, loud * 10 ** (QUIET_DB / 10)) + 1e-12
    found: np.ndarray = np.where(np.isfinite(error), 10 * np.log10(power / (np.nan_to_num(error) + 1e-12)), -np.inf)
    return found
