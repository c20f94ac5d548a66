"""How clean is a song that is read as a record is, and what does a block cost?

A sine swept from 20 Hz to the end of the band, read at several rates: what is left beside what should come out,
where it can come out (distortion), and what comes out where nothing should (aliases). Beside linear interpolation.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Report, interleave, parse
from dsp import varispeed
from dsp.varispeed import BAND, Varispeed

QUESTION = (__doc__ or "").partition("\n")[0]
SAMPLERATE, BLOCK, CHANNELS = 44_100, 512, 8
RATES = (0.5, 0.92, 0.99, 1.06, 1.5, 4.0)
LEAST_DB = 85.0
LOW_HZ = 20.0
Float = NDArray[np.float32]
Exact = NDArray[np.float64]


def sweep(at: Exact, seconds: float) -> tuple[Exact, Exact]:
    """A logarithmic one at places in frames, and its frequency there, Hz."""
    growth = np.log(0.5 * SAMPLERATE / LOW_HZ) / seconds
    hz = LOW_HZ * np.exp(growth * at / SAMPLERATE)
    return 0.5 * np.sin(2 * np.pi * (hz - LOW_HZ) / growth), hz


def left(out: Exact, rate: float, seconds: float) -> tuple[float, float]:
    """Distortion and aliases, dB by the sweep's own level."""
    clean, hz = sweep((rate * np.arange(len(out))).astype(np.float64), seconds)
    heard = hz * max(1.0, rate) < 0.85 * BAND * SAMPLERATE / 2
    gone = hz * rate > 1.07 * SAMPLERATE / 2
    distortion = np.mean((out - clean)[heard] ** 2) / 0.125
    alias = np.mean(out[gone] ** 2) / 0.125 if gone.any() else 0.0
    return float(10 * np.log10(distortion + 1e-20)), float(10 * np.log10(alias + 1e-20))


def ours(song: Float, rate: float, n: int) -> Exact:
    out = np.empty((n, song.shape[1]), np.float32)
    Varispeed().render((song, 0), varispeed.start(0), (rate, rate), out)
    return out[:, 0].astype(np.float64)


def main() -> None:
    chosen = parse(QUESTION)
    report = Report(QUESTION, 1, ("numba", "numpy"), block=BLOCK, channels=CHANNELS)
    seconds = 2.0 if chosen.quick else 10.0
    frames = int(seconds * SAMPLERATE)
    song = np.column_stack([sweep(np.arange(frames, dtype=np.float64), seconds)[0]] * 2).astype(np.float32)
    print(f"\n{'dB':10}{'distortion':>14}{'aliases':>14}{'linear':>14}{'aliases':>14}")
    for rate in RATES:
        n = int(frames / rate) - 100
        linear = np.interp(rate * np.arange(n), np.arange(frames), song[:, 0].astype(np.float64))
        found = (*left(ours(song, rate, n), rate, seconds), *left(linear, rate, seconds))
        report.facts[f"left_db_{rate:g}"] = found
        print(f"{rate:<10g}" + "".join(f"{db:14.1f}" if db > -190 else f"{'-':>14}" for db in found), flush=True)
        if max(found[:2]) > -LEAST_DB:
            raise SystemExit(f"more is left at {rate:g} than {-LEAST_DB:g} dB")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (SAMPLERATE, CHANNELS)).astype(np.float32)
    out, reader = np.empty((BLOCK, CHANNELS), np.float32), Varispeed()

    def block(rate: float) -> None:
        reader.render((noise, 0), varispeed.start(20_000), (rate, rate), out)

    contenders = {f"rate {rate:g}": lambda rate=rate: block(rate) for rate in (1.0, *RATES)}
    report.table("a block", interleave(contenders, 20 if chosen.quick else 500), "rate 1.06")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
