"""One line per setting, over all songs; and the table of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.curve.judging import MEASURES
from benchmarks.curve.results import OFFLINE, Results, Row

Stems = dict[str, float]


@dataclass(frozen=True)
class Line:
    """A setting over all songs.

    setting, kind: its name, and `windowed`, `stateful` or `OFFLINE`
    fixed_s, budget_s: parts of the latency: hop, lookahead and crossfade; and what the slowest song's hops ask for
    compute: seconds per second of audio
    held: whether 99 of 100 hops were done within a hop, in every song
    scores: dB by measure and stem; of `sdr` and `to_offline` the mean over songs, of others the median
    losses: likewise, offline minus live, of the same songs
    """

    setting: str
    kind: str
    fixed_s: float
    budget_s: float
    compute: float
    held: bool
    scores: dict[str, Stems]
    losses: dict[str, Stems]

    @property
    def latency_s(self) -> float:
        """Seconds in all, but for the device's own."""
        return self.fixed_s + self.budget_s


def summarise(results: Results) -> list[Line]:
    """A line for each setting that every song has, offline first, then by latency."""
    songs = {row.song for row in results.rows}
    by_setting: dict[str, list[Row]] = {}
    for row in results.rows:
        by_setting.setdefault(row.setting, []).append(row)
    lines = [_line(results, rows) for rows in by_setting.values() if len(rows) == len(songs)]
    return sorted(lines, key=lambda line: (line.kind != OFFLINE, line.latency_s))


def _line(results: Results, rows: list[Row]) -> Line:
    pairs = [(row, results.offline(row.song)) for row in rows]
    scores = {name: _over_songs(name, [(stem, each[name]) for row in rows for stem, each in row.stems.items()
                                       if name in each]) for name in (*MEASURES, "to_offline")}
    losses = {name: _over_songs(name, [
        (stem, whole.stems[stem][name] - each[name]) for row, whole in pairs if whole for stem, each in
        row.stems.items() if name in each and name in whole.stems.get(stem, {})]) for name in MEASURES}
    first = rows[0]
    return Line(first.setting, str(first.sizes["kind"]), first.fixed_s, max(row.budget_s for row in rows),
                float(np.mean([row.median_s / row.hop_s for row in rows])),
                all(row.p99_s <= row.hop_s for row in rows), scores, losses)


def _over_songs(measure: str, values: Sequence[tuple[str, float]]) -> Stems:
    found: dict[str, list[float]] = {}
    for stem, db in values:
        found.setdefault(stem, []).append(db)
    middle = np.mean if measure in ("sdr", "to_offline") else np.median
    return {stem: float(middle(each)) for stem, each in found.items()}


def mean(stems: Stems) -> float:
    """Over stems, dB; NaN if there are none."""
    return float(np.mean(list(stems.values()))) if stems else float("nan")


def table(lines: Sequence[Line]) -> Iterator[str]:
    """The table of all settings, line by line."""
    seconds = "museval" if any(line.scores["museval"] for line in lines) else "median"
    stems = list(dict.fromkeys(stem for line in lines for stem in line.scores["sdr"]))
    yield (f"dB: SDR over whole songs (mean of songs) and {MEASURES[seconds]} (median of songs). Loss: offline minus "
           "live, mean of stems.\nLatency: hop + lookahead + crossfade, and the budget that the p99 of a hop's time "
           "asks for, s.\nCompute: seconds per second of audio; ! where a hop's p99 is longer than the hop.")
    over = "".join(f"{name:>15}" for name in (*stems, "mean", "loss"))
    yield f"{'':54}{'latency':>24}{'':10}{over}{'to':>9}"
    under = f"{'whole':>8}{'second':>7}" * (len(stems) + 2)
    yield f"{'setting':54}{'fixed':>8}{'budget':>8}{'all':>8}{'compute':>9} {under}{'offline':>9}"
    for line in lines:
        yield _cells(line, stems, ("sdr", seconds))


def _cells(line: Line, stems: list[str], measures: tuple[str, str]) -> str:
    whole, second = (line.scores[name] for name in measures)
    pairs = [(whole.get(stem, np.nan), second.get(stem, np.nan)) for stem in stems]
    pairs += [(mean(whole), mean(second)), (mean(line.losses[measures[0]]), mean(line.losses[measures[1]]))]
    latency = f"{line.fixed_s:8.3f}{line.budget_s:8.3f}{line.latency_s:8.3f}"
    dbs = "".join(f"{a:8.2f}{b:7.2f}" for a, b in pairs)
    held = " " if line.held or line.kind == OFFLINE else "!"
    return f"{line.setting:54}{latency}{line.compute:8.3f}{held}{dbs}{mean(line.scores['to_offline']):9.2f}"
