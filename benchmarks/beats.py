"""How right are grids, of songs whose beats are known and of real ones, beside librosa's beats, and what do they cost?

Errors of made songs are against the beats that were played. Real songs have no such truth: shown are how far the onsets
of their drum stems are off the grid's beats, and whether the mix and the drums alone have one grid.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Report, interleave, parser
from benchmarks.rhythms import RHYTHMS, Played, play, shortened
from benchmarks.separated import separated_drums
from benchmarks.song import songs
from dsp.beatgrid import BeatGrid
from dsp.beats import BeatTracker
from dsp.onsets import find_onsets
from dsp.tapfit import fit_taps

try:
    import librosa
    WHY_NOT = ""
except ImportError as error:
    WHY_NOT = str(error)

QUESTION = (__doc__ or "").strip().split("\n", 1)[0]
EXCERPTS = {"caesium": (0, 60), "hydrogen": (0, 60), "lithium": (0, 40), "potassium": (0, 20), "rubidium": (0, 60)}
RATE = 44_100
TICK_S = 0.002
NEAR_S = 0.030  # of a beat, within which an onset is the beat's
RATIOS = (1 / 3, 0.5, 2 / 3, 0.75, 1, 4 / 3, 1.5, 2, 3)
MEASURED = ("bpm", "ratio", "ppm", "median_ms", "p90_ms", "max_ms", "pieces", "confidence", "downbeat")
HAND_S, TAPS = 0.020, (4, 8, 16)
CHUNK = RATE // 2  # frames, as a decoder gives them

Frames = NDArray[np.float32]
Floats = NDArray[np.float64]
Rows = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Found:
    """Beats that somebody found in a song. beats: float64, frames; grid: ours."""

    bpm: float
    beats: Floats
    grid: BeatGrid | None = None


def ours(samples: Frames, drums: Frames | None = None) -> Found:
    tracker = BeatTracker(RATE, drums is not None)
    for begin in range(0, len(samples), CHUNK):
        part = slice(begin, begin + CHUNK)
        tracker.feed(samples[part], None if drums is None else drums[part])
        tracker.answer()
    tracker.finish()
    grid = tracker.answer()
    if grid is None:
        return Found(0.0, np.empty(0))
    numbers = np.arange(np.floor(grid.at(0)), np.ceil(grid.at(len(samples))))
    return Found(grid.bpm(RATE), np.array([grid.frame(float(number)) for number in numbers]), grid)


def librosas(samples: Frames) -> Found:
    bpm, frames = librosa.beat.beat_track(y=samples.mean(axis=1), sr=RATE, units="samples")
    return Found(float(np.atleast_1d(bpm)[0]), np.asarray(frames, np.float64))


def off_ms(beats: Floats, truth: Floats) -> Floats:
    """How far from each true beat the nearest one found is, all of them, milliseconds."""
    if not len(beats):
        return np.full(len(truth), np.inf)
    return np.asarray(np.abs(truth[:, None] - beats[None]).min(axis=1) / RATE * 1000)


def interval_deviation_ms(beats: Floats) -> float:
    """Standard deviation of the steps from beat to beat."""
    return float(np.diff(beats).std() / RATE * 1000) if len(beats) > 2 else float("nan")


def whole_ratio(found: float, played: float) -> float:
    """The tempo found as a multiple of the one played, 1/3 to 3, as near as it comes."""
    return min(RATIOS, key=lambda ratio: abs(np.log(max(found, 1) / played / ratio)))


def made_songs(peer: bool, count: int | None, seconds: float | None, folder: Path | None) -> Rows:
    print("\nsongs of our own making. Ours: tempo by the one played, errors of the period (parts per million) and of"
          "\nbeats (ms), pieces, confidence, the downbeat. Librosa: tempo by the one played, errors of beats (ms)")
    print(f"{'':24}{'bpm':>9}{'ratio':>7}{'ppm':>8}{'median':>8}{'p90':>7}{'max':>7}{'pieces':>8}{'sure':>6}"
          f"{'downbeat':>10}{'ratio':>9}{'median':>8}{'p90':>8}")
    rows: Rows = {}
    for rhythm in RHYTHMS[:count]:
        song = play(shortened(rhythm, seconds) if seconds else rhythm)
        rows[rhythm.name] = row = _made(song, ours(song.samples))
        shown = _shown(rhythm.name, row)
        if peer:
            found = librosas(song.samples)
            off = off_ms(found.beats, song.beats)
            row |= {"librosa_ratio": whole_ratio(found.bpm, rhythm.tempo), "librosa_median_ms": float(np.median(off)),
                    "librosa_p90_ms": float(np.quantile(off, 0.9))}
            shown += f"{row['librosa_ratio']:9.2f}{row['librosa_median_ms']:8.1f}{row['librosa_p90_ms']:8.1f}"
        print(shown, flush=True)
        drums = None if folder is None else separated_drums(folder, f"{rhythm.name}, {len(song.samples)}", song.samples)
        if drums is not None:
            rows[f"{rhythm.name}, drums"] = row = _made(song, ours(song.samples, drums))
            print(_shown("  with its drums", row), flush=True)
    return rows


def _shown(name: str, row: dict[str, float]) -> str:
    return (f"{name:24}{row['bpm']:9.3f}{row['ratio']:7.2f}{row['ppm']:8.1f}{row['median_ms']:8.2f}"
            f"{row['p90_ms']:7.2f}{row['max_ms']:7.1f}{row['pieces']:8.0f}{row['confidence']:6.2f}"
            f"{'right' if row['downbeat'] else 'wrong':>10}")


def _made(song: Played, found: Found) -> dict[str, float]:
    rhythm = song.rhythm
    grid = found.grid
    if grid is None:
        return dict.fromkeys(MEASURED, 0.0)
    ratio = whole_ratio(found.bpm, rhythm.tempo)
    played = 60 * RATE / float(np.diff(song.beats).mean()) * ratio
    # where it is half as fast, beats between its own are as right as they are
    finer = grid if ratio >= 1 or not grid.constant else replace(grid, period=grid.period * ratio)
    off = np.array([abs(finer.nearest(beat) - beat) for beat in song.beats]) / RATE * 1000
    bars = grid.at(song.beats[0]) / grid.beats_per_bar
    right = grid.beats_per_bar == rhythm.beats_per_bar and abs(bars - round(bars)) * grid.beats_per_bar < 0.1
    values = (found.bpm, ratio, (found.bpm / played - 1) * 1e6, np.median(off), np.quantile(off, 0.9), off.max(),
              max(1, len(grid.markers) - 1), grid.confidence, right)
    return dict(zip(MEASURED, map(float, values), strict=True))


def real_songs(peer: bool, folder: Path | None) -> Rows:
    print("\nreal songs: onsets of the drums within 30 ms of a beat, how far off it (ms), their share of all onsets;"
          "\nstandard deviation of the steps from beat to beat (ms); pieces, confidence, first downbeat (s)")
    print(f"{'':34}{'bpm':>9}{'median':>8}{'p90':>7}{'share':>7}{'steps':>7}{'pieces':>8}{'sure':>6}{'downbeat':>10}")
    rows: Rows = {}
    for song in songs(RATE, **EXCERPTS):
        mix, drums = (np.ascontiguousarray(part.T) for part in (song.mix, song.stems["drums"]))
        onsets = find_onsets(drums, RATE).frames.astype(np.float64)
        found = {"mix": ours(mix), "mix and drums": ours(mix, drums)}
        separated = None if folder is None else separated_drums(folder, song.name, mix)
        if separated is not None:
            found["mix, separated drums"] = ours(mix, separated)
        if peer:
            found |= {"librosa, mix": librosas(mix), "librosa, drums": librosas(drums)}
        for name, beats in found.items():
            rows[f"{song.name}, {name}"] = _real(f"{song.name}, {name}", beats, onsets)
    return rows


def _real(name: str, found: Found, onsets: Floats) -> dict[str, float]:
    off = off_ms(onsets, found.beats)
    near = off[off < NEAR_S * 1000]
    row = {"bpm": found.bpm, "median_ms": float(np.median(near)), "p90_ms": float(np.quantile(near, 0.9)),
           "share": len(near) / len(off), "steps_ms": interval_deviation_ms(found.beats)}
    shown = (f"{name:34}{row['bpm']:9.3f}{row['median_ms']:8.2f}{row['p90_ms']:7.2f}{row['share']:7.2f}"
             f"{row['steps_ms']:7.2f}")
    if found.grid is not None:
        row |= {"pieces": max(1, len(found.grid.markers) - 1), "confidence": found.grid.confidence,
                "first_s": found.grid.first / RATE}
        shown += f"{row['pieces']:8.0f}{row['confidence']:6.2f}{row['first_s']:10.3f}"
    print(shown, flush=True)
    return row


def tapped(rounds: int) -> Rows:
    """How often taps of a hand become the beats of all of a song, of which only the mix was heard."""
    print(f"\ntaps that are {HAND_S * 1000:.0f} ms off, {rounds} times: beats of all of the song, off those found with "
          "the true drums by (ms)\nas tapped, and put on the song's onsets; how often by less than 10 ms")
    rows: Rows = {}
    hand = np.random.default_rng(0)
    for song in songs(RATE, **EXCERPTS):
        mix, drums = (np.ascontiguousarray(part.T) for part in (song.mix, song.stems["drums"]))
        tracker, grid = BeatTracker(RATE), ours(mix, drums).grid
        tracker.feed(mix)
        tracker.finish()
        heard = tracker.heard()
        if grid is None or heard is None:
            continue
        beats = np.array([grid.frame(float(beat)) for beat in range(1, int(grid.at(len(mix))))])
        for count in TAPS:
            off: list[tuple[float, float]] = []
            for _ in range(rounds):
                first = int(hand.integers(0, len(beats) - count))
                taps = (beats[first : first + count] + hand.normal(0, HAND_S * RATE, count)).tolist()
                off.append((_off_ms(BeatGrid.from_taps(taps), beats), _off_ms(fit_taps(heard, taps), beats)))
            row = {"tapped_ms": float(np.median([each for each, _ in off])), "fitted_ms": float(np.median(
                [each for _, each in off])), "right": float(np.mean([each < 10 for _, each in off]))}
            name = f"{song.name}, {count} taps"
            rows[name] = row
            print(f"{name:34}{row['tapped_ms']:9.1f}{row['fitted_ms']:9.1f}{row['right']:7.2f}")
    return rows


def _off_ms(grid: BeatGrid, beats: Floats) -> float:
    return float(np.median([abs(grid.nearest(beat) - beat) for beat in beats])) / RATE * 1000


def lateness(work: Callable[[], object]) -> dict[str, float]:
    """How late another thread of Python is while something goes on, p99 and most, seconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)  # as a run sets it
    late: list[float] = []
    over = threading.Event()

    def ticks() -> None:
        while not over.is_set():
            begin = time.perf_counter()
            time.sleep(TICK_S)
            late.append(time.perf_counter() - begin - TICK_S)

    thread = threading.Thread(target=ticks)
    thread.start()
    try:
        work()
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(before)
    return {"p99_s": float(np.quantile(late, 0.99)), "max_s": max(late)}


def main() -> None:
    made = parser(QUESTION)
    made.add_argument("--separated", type=Path, metavar="FOLDER",
                      help="find beats with drums that this program separates, too; they are kept in FOLDER")
    made.add_argument("--seconds", type=float, help="of each song of our own making, instead of a minute")
    options = made.parse_args()
    report = Report(QUESTION, 1, ("numpy", "scipy", "numba", "librosa"), samplerate=RATE)
    peer = not WHY_NOT
    if not peer:
        print(f"librosa is left out: {WHY_NOT}")
    ours(play(shortened(RHYTHMS[0], 5)).samples)  # compiles
    results: dict[str, Rows] = report.results
    results["made"] = made_songs(peer, 3 if options.quick else None, 30.0 if options.quick else options.seconds,
                                 options.separated)
    results["real"] = real_songs(peer, options.separated)
    results["tapped"] = tapped(3 if options.quick else 40)
    song = np.tile(play(RHYTHMS[0]).samples, (1 if options.quick else 4, 1))
    contenders: dict[str, Callable[[], object]] = {"ours, fed by half seconds": lambda: ours(song)}
    if peer:
        contenders["librosa, whole"] = lambda: librosas(song)
    began = time.process_time()
    ours(song)
    print(f"\nCPU time of a song of {len(song) / RATE / 60:.0f} min, all threads: {time.process_time() - began:.2f} s")
    title = f"a song of {len(song) / RATE / 60:.0f} min"
    report.table(title, interleave(contenders, 1 if options.quick else 5, 1), ours="ours, fed by half seconds")
    rounds = range(1 if options.quick else 5)
    print()
    results["lateness"] = {}
    for name, work in (("nothing", lambda: time.sleep(2.0)), ("an analysis", lambda: [ours(song) for _ in rounds])):
        row = results["lateness"][name] = lateness(work)
        print(f"beside {name} another thread of Python is late by p99 {row['p99_s'] * 1000:.1f} ms, "
              f"{row['max_s'] * 1000:.1f} ms at most")
    report.save(options.json)


if __name__ == "__main__":
    main()
