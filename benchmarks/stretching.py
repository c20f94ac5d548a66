"""Do attacks come in time, and whole, when a song's tempo changes and its key does not?

Drums of all songs of the shared folder, a click track and a dense pattern whose times are known; ours is steered by the
onsets of drums that this program separated. The gate: 90 of 100 attacks within 3 ms of the ideal map at 0.92 to 1.08 on
each song; echoes before them and their rise no worse than Rubber Band R2's, which gets the drums alone.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import patterns, stretchers, transients
from benchmarks.report import Report, Times, parser
from benchmarks.separated import separated_drums
from benchmarks.song import songs
from benchmarks.stretchers import BLOCK, SAMPLERATE
from dsp import stretch
from dsp.onsets import find_onsets
from dsp.splices import Anchors

QUESTION = (__doc__ or "").partition("\n")[0]
SONGS = ("caesium", "hydrogen", "lithium", "potassium", "rubidium")
JUDGED, FURTHER = (0.92, 0.96, 1.04, 1.08), (0.5, 0.84, 0.9, 1.1, 1.16, 1.5)
MOST_JITTER_MS, LEAST_SNR_DB = 3.0, 100.0
TOLERANCE = 0.05  # dB and ms: figures that are nearer are alike
WAYS = ("ours", "WSOLA", "R2")
Float = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """A song, and what is known of its attacks.

    frames: float32 (frames, 2 + 2 per stem), the song and its stems, of which the drums are the first
    onsets: int64 (n,), of the true drums
    """

    name: str
    frames: Float
    onsets: NDArray[np.int64]
    anchors: Anchors


def materials(folder: Path, quick: bool) -> Iterator[Material]:
    """All of them. folder: of separated stems, and for those that have to be made"""
    for name, (frames, onsets) in patterns.both(10 if quick else 30).items():
        yield Material(name, np.concatenate([frames, frames], axis=1), onsets, _anchors(frames))
    for song in songs(SAMPLERATE, **dict.fromkeys(SONGS, (0, 60))):
        drums = song.stems["drums"].T
        stems = [drums, *(stem.T for name, stem in song.stems.items() if name != "drums")]
        mix = song.mix.T
        frames = np.ascontiguousarray(np.concatenate([mix, *stems], axis=1))
        separated = separated_drums(folder, song.name, mix)
        if separated is None:
            print("ours is steered by the onsets of the true drums")
            separated = drums
        cut = 20 * SAMPLERATE if quick else len(frames)
        yield Material(song.name, frames[:cut], transients.reference(drums[:cut]), _anchors(separated[:cut]))


def _anchors(drums: Float) -> Anchors:
    found = find_onsets(np.ascontiguousarray(drums), SAMPLERATE)
    return stretch.anchors(found.frames, found.strengths)


class Bench:
    """What each way made of each song at one rate."""

    def __init__(self, rate: float, folder: Path) -> None:
        """Nothing yet."""
        self.rate, self._folder = rate, folder
        self.judged: dict[tuple[str, str], NDArray[np.float64]] = {}
        self.snr: dict[str, float] = {}
        self.blocks: list[float] = []
        self.absent = ""
        self.whole: list[tuple[float, float]] = []  # CPU seconds of ours and of R2

    def run(self, material: Material) -> None:
        """Stretch it each way, and judge its drums."""
        out, times = stretchers.ours(material.frames, self.rate, material.anchors)
        again = stretchers.ours(material.frames, self.rate, material.anchors)[1]
        times = np.minimum(times, again)  # what else the machine does falls on one of both
        self.blocks += list(times)
        sums = [out[:, c] - out[:, c + 2 :: 2].sum(axis=1, dtype=np.float64) for c in range(2)]
        self.snr[material.name] = float(10 * np.log10(np.mean(out[:, :2] ** 2) / (np.mean(np.square(sums)) + 1e-20)))
        self._judge("ours", material, out[:, 2:4])
        self._judge("WSOLA", material, stretchers.wsola(material.frames[:, :4], self.rate)[:, 2:4])
        try:
            theirs, seconds = stretchers.rubberband(material.frames[:, 2:4], self.rate, self._folder)
        except FileNotFoundError as error:
            self.absent = str(error)
            return
        self._judge("R2", material, theirs)
        self.whole.append((float(times.sum()), seconds))

    def _judge(self, way: str, material: Material, drums: Float) -> None:
        self.judged[way, material.name] = transients.judge(material.frames[:, 2:4], drums, material.onsets, self.rate)

    def rows(self, way: str) -> NDArray[np.float64]:
        """All attacks of all songs."""
        return np.concatenate([rows for (whose, _), rows in self.judged.items() if whose == way])

    def met(self) -> dict[str, bool]:
        """The parts of the gate; those that need R2 are missing where it is."""
        ours = {name: rows for (way, name), rows in self.judged.items() if way == "ours" and len(rows)}
        worst = max(float(np.quantile(np.abs(rows[:, transients.JITTER]), 0.9)) for rows in ours.values())
        answers = {"jitter": worst <= MOST_JITTER_MS, "sum": min(self.snr.values()) >= LEAST_SNR_DB}
        if not self.absent:
            for what, column in (("echo", transients.ECHO), ("rise", transients.RISE)):
                both = [np.quantile(self.rows(way)[:, column], (0.5, 0.9)) for way in ("ours", "R2")]
                answers[what] = bool((both[0] <= both[1] + TOLERANCE).all())
        return answers


def shown(title: str, rows: NDArray[np.float64]) -> dict[str, float]:
    """Print a row of the table."""
    late, echo, rise = np.abs(rows[:, 0]), rows[:, 1], rows[:, 2]
    figures = {"n": float(len(rows))}
    for name, values in (("jitter_ms", late), ("echo_db", echo), ("rise_ms", rise)):
        figures |= {f"{name}_median": float(np.median(values)), f"{name}_p90": float(np.quantile(values, 0.9))}
    print(f"{title:24}{len(rows):6}" + "".join(f"{value:9.2f}" for value in list(figures.values())[1:]), flush=True)
    return figures


def table(bench: Bench, names: list[str]) -> dict[str, dict[str, float]]:
    """Print all of one rate."""
    heads = ("jitter", "p90 ms", "echo", "p90 dB", "rise", "p90 ms")
    print(f"\n{f'rate {bench.rate}':24}{'n':>6}" + "".join(f"{head:>9}" for head in heads))
    made = {}
    for way in WAYS:
        if way == "R2" and bench.absent:
            print(f"R2: {bench.absent}")
            continue
        for name in names:
            if len(bench.judged[way, name]):
                made[f"{way} {name}"] = shown(f"{way}, {name}", bench.judged[way, name])
        made[way] = shown(f"{way}, all", bench.rows(way))
    print("stems sum to the song: " + ", ".join(f"{name} {db:.0f}" for name, db in bench.snr.items()) + " dB")
    return made


def cost(report: Report, benches: list[Bench]) -> None:
    """Print what a block costs, and whole songs beside R2."""
    blocks = np.array([seconds for bench in benches for seconds in bench.blocks])
    share = blocks.mean() / (BLOCK / SAMPLERATE)
    report.facts["block"] = {"mean_us": blocks.mean() * 1e6, "p99_us": float(np.quantile(blocks, 0.99)) * 1e6,
                             "max_us": blocks.max() * 1e6, "of_a_core": share}
    print(f"\na block of {BLOCK} frames, song and stems: mean {blocks.mean() * 1e6:.0f} us ({share:.2%} of a core), "
          f"p99 {np.quantile(blocks, 0.99) * 1e6:.0f} us, max {blocks.max() * 1e6:.0f} us")
    whole = [pair for bench in benches for pair in bench.whole]
    if whole:
        report.table("CPU time of whole songs: ours with all stems, R2's command with the drums alone",
                     {name: Times(tuple(pair[k] for pair in whole)) for k, name in enumerate(("ours", "R2"))}, "ours")


def options() -> argparse.Namespace:
    made = parser(QUESTION)
    made.add_argument("--separated", type=Path, metavar="DIR", default=Path(tempfile.gettempdir()) / "stretching",
                      help="where separated drums are, or are kept (%(default)s)")
    made.add_argument("--rates", type=float, nargs="+", default=[*JUDGED, *FURTHER])
    return made.parse_args()


def main() -> None:
    chosen = options()
    report = Report(QUESTION, 1, ("numba", "numpy", "librosa"), block=BLOCK)
    stretchers.ours(np.zeros((SAMPLERATE, 6), np.float32), 1.05, stretch.anchors(np.arange(3), np.ones(3)))  # compiles
    with tempfile.TemporaryDirectory() as scratch:
        benches = [Bench(rate, Path(scratch)) for rate in chosen.rates]
        names = []
        for material in materials(chosen.separated, chosen.quick):
            names.append(material.name)
            for bench in benches:
                bench.run(material)
    for bench in benches:
        report.results[str(bench.rate)] = table(bench, names)
        answers = bench.met()
        said = ", ".join(f"{part} {'met' if met else 'NOT met'}" for part, met in answers.items())
        print(f"gate at {bench.rate}{'' if bench.rate in JUDGED else ' (for information)'}: {said}")
    cost(report, benches)
    report.save(chosen.json)
    if any(not met for bench in benches if bench.rate in JUDGED for met in bench.met().values()):
        raise SystemExit("the gate is not met")


if __name__ == "__main__":
    main()
