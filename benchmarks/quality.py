"""What does a live latency cost in quality?

Whole songs go through the live engine on a virtual clock, setting by setting, and what it records (the residual given
to `other`, as users hear it) is scored against the true stems, beside what `demucs-stream separate` makes of them.
A run with `--json FILE` can be broken off: the next one with the same FILE measures only what is not in it.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.curve import figure
from benchmarks.curve.judging import MEASURES, judge
from benchmarks.curve.multitrack import Multitrack, musdb_songs, songs_in, written
from benchmarks.curve.results import OFFLINE, Results, Row, write_csv
from benchmarks.curve.settings import GRIDS, HopSetting, Setting, grid, named, sizes
from benchmarks.curve.streaming import Run, budget_s, offline, stream
from benchmarks.curve.summary import mean, summarise, table
from benchmarks.report import Report
from export.loading import StoreError
from export.store import STATEFUL, WINDOWED, checkpoints, model_bag
from stream.command import song as demo_song
from stream.common.errors import Failure
from stream.latency.geometry import SAMPLERATE
from stream.separators.networks.providers import provider_name
from stream.separators.opening import Opening

QUESTION = (__doc__ or "").partition("\n")[0]
QUICK_S, QUICK_SONGS = 3.0, 1


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=QUESTION)
    parser.add_argument("--music", type=Path, metavar="FOLDER", help="of songs, each a folder of stems; or MUSDB18-HQ "
                        "(default: audio in the shared folder, else a song of our own making)")
    parser.add_argument("--musdb", nargs="?", const="", metavar="ROOT", help="MUSDB18 through the package musdb "
                        "(default: $MUSDB_PATH)")
    parser.add_argument("--grid", nargs="+", choices=GRIDS, default=[],
                        help="of settings (presets, if no --setting is given)")
    parser.add_argument("--setting", nargs="+", default=[], metavar="NAME", help="as the table calls it: 'windowed "
                        "88/28' (columns of window/hop), 'stateful 252/8+4, lookahead 512' (context/hop+recompute)")
    parser.add_argument("--seconds", type=float, help="only so much of each song, from its middle")
    parser.add_argument("--songs", type=int, help="only the first so many")
    parser.add_argument("--model", default="htdemucs", help="name or path of the model (%(default)s)")
    parser.add_argument("--provider", default="auto", help="what computes (%(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was measured, and go on from it")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a line for each stem, song and setting")
    parser.add_argument("--plot", type=Path, metavar="FILE", help=".svg or .png (needs matplotlib)")
    parser.add_argument("--quick", action="store_true", help="two settings on three seconds: does it run")
    chosen = parser.parse_args()
    if not (chosen.grid or chosen.setting):
        chosen.grid = ["quick" if chosen.quick else "presets"]
    if chosen.quick:
        chosen.seconds, chosen.songs = chosen.seconds or QUICK_S, chosen.songs or QUICK_SONGS
    return chosen


def music(chosen: argparse.Namespace, folder: Path) -> Iterable[Multitrack]:
    """The songs that were asked for; what has to be written of them is in `folder`. Raises Failure."""
    shared = Path(os.environ.get("DEMUCS_STREAM_SHARED") or Path(__file__).parents[2] / "shared") / "audio"
    if chosen.musdb is not None:
        return musdb_songs(Path(chosen.musdb) if chosen.musdb else None)
    if chosen.music is None and not shared.is_dir():
        print(f"no songs in {shared}: taking the demo's own, so other figures than those of docs/notes/quality.md")
        return [Multitrack("made", demo_song.write(folder))]
    return songs_in(chosen.music or shared)


class Bench:
    """One model, and what has been measured of it."""

    def __init__(self, opening: Opening, openings: Mapping[Setting, Opening], results: Results,
                 seconds: float | None) -> None:
        """Nothing is opened yet; `opening` is for the offline output."""
        self._opening, self._openings, self._results, self._seconds = opening, openings, results, seconds

    def song(self, song: Multitrack) -> None:
        """Measure what has not been yet; the offline output is made again where anything is to be compared with it."""
        missing = [setting for setting in self._openings if not self._results.has(song.name, str(setting))]
        if not missing and self._results.has(song.name, OFFLINE):
            return
        excerpt = song.excerpt(self._seconds)
        with TemporaryDirectory() as place:
            folder = Path(place)
            mix = written(song.mix(excerpt), folder / "mix.wav")
            whole = offline(self._opening, mix, folder / "offline")
            if not self._results.has(song.name, OFFLINE):
                self._keep(song, OFFLINE, {"kind": OFFLINE}, whole, judge(song.stems, excerpt, whole.stems, None))
            for setting in missing:
                run = stream(self._openings[setting], mix, folder / "live")
                scores = judge(song.stems, excerpt, run.stems, whole.stems)
                self._keep(song, str(setting), sizes(setting), run, scores)

    def _keep(self, song: Multitrack, setting: str, named: dict[str, str | int], run: Run,
              scores: dict[str, dict[str, float]]) -> None:
        budget = 0.0 if setting == OFFLINE else budget_s(run.p99_s, SAMPLERATE)
        self._results.add(Row(song.name, setting, named, run.fixed_s, budget, run.hop_s, run.median_s, run.p99_s,
                              scores))
        overall = mean({stem: each["sdr"] for stem, each in scores.items()})
        print(f"{song.name}: {setting}: {overall:.2f} dB, {run.compute:.2f} s per second", file=sys.stderr, flush=True)


def opened(chosen: argparse.Namespace, provider: str, form: str) -> Opening:
    """The model in one of its forms (export.store). Raises StoreError, ValueError, OSError."""
    bag = model_bag(chosen.model, lambda text: print(text, file=sys.stderr), form=form)
    return Opening(chosen.model, bag.files, bag.weights, bag.segment_s, provider, chosen.threads,
                   recompute=bag.recompute)


def traced(setting: HopSetting, stateful: Opening) -> Opening:
    """The model with so many columns computed again in each hop: traced, where the kept graph has others.

    It takes the extra `export` and a minute, and is kept in the cache. Raises ValueError for a bag.
    """
    if stateful.recompute is None:
        raise ValueError(f"{stateful.model} carries no state: {setting} cannot be measured")
    if setting.recompute == stateful.recompute:
        return stateful
    from export.bind import bind_weights
    from export.stateful.trace import trace_stateful

    path = stateful.files[0].with_name(f"{stateful.files[0].stem}-recompute{setting.recompute}.onnx")
    if not path.is_file():
        ((_, weights),) = checkpoints(stateful.model, print)
        bind_weights(weights, path, trace_stateful(weights.kwargs, setting.recompute))
    return replace(stateful, files=(path,), recompute=setting.recompute)


def measure(chosen: argparse.Namespace) -> None:
    """Everything, in the order that errors cost least. Raises Failure, ValueError, StoreError, OSError."""
    if chosen.plot:
        figure.check(chosen.plot)
    settings = [setting for name in chosen.grid for setting in grid(name)] + list(map(named, chosen.setting))
    provider = provider_name(chosen.provider)
    opening = opened(chosen, provider, WINDOWED)
    report = Report(QUESTION, chosen.threads, ("onnxruntime", "museval"), samplerate=SAMPLERATE, model=chosen.model,
                    provider=provider, seconds=chosen.seconds, grid=chosen.grid, measures=MEASURES)
    results = Results(chosen.json, report.facts)
    stateful = opened(chosen, provider, STATEFUL) if any(setting.kind == "stateful" for setting in settings) else None
    openings = {setting: replace(traced(setting, stateful) if isinstance(setting, HopSetting) and stateful else opening,
                                 geometry=setting.geometry) for setting in settings}
    bench = Bench(opening, openings, results, chosen.seconds)
    with TemporaryDirectory() as folder:
        for song in islice(music(chosen, Path(folder)), chosen.songs):
            bench.song(song)
    lines = summarise(results)
    print("", *table(lines), sep="\n")
    if chosen.csv:
        write_csv(results, chosen.csv)
    if chosen.plot:
        songs = len({row.song for row in results.rows})
        figure.draw(lines, chosen.plot, f"{Path(chosen.model).stem} on {songs} song{'s' if songs > 1 else ''}; "
                    f"{chosen.threads} threads, {report.facts['machine']}, provider {provider}")


def main() -> None:
    chosen = options()
    try:
        measure(chosen)
    except KeyboardInterrupt:
        kept = f"; what was measured is in {chosen.json}" if chosen.json else ""
        raise SystemExit(f"benchmarks.quality: stopped{kept}") from None
    except (Failure, StoreError, ValueError, OSError) as error:
        raise SystemExit(f"benchmarks.quality: {error}") from error


if __name__ == "__main__":
    main()
