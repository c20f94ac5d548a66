"""What was measured, song by song and setting by setting: kept in a file that a later run goes on with."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.curve.judging import MEASURES, Scores
from stream.common.errors import Failure

OFFLINE = "offline"
SAME = ("model", "provider", "threads", "seconds")
"""Facts that all rows of a file share."""


@dataclass(frozen=True)
class Row:
    """One song with one setting.

    setting: its name, `OFFLINE` for the offline output
    sizes: kind and sizes by name
    fixed_s, budget_s: parts of the latency: hop, lookahead and crossfade; and what a hop's time asks for
    hop_s, median_s, p99_s: of a hop, and of the time that one takes
    stems: dB by stem and measure
    """

    song: str
    setting: str
    sizes: dict[str, str | int]
    fixed_s: float
    budget_s: float
    hop_s: float
    median_s: float
    p99_s: float
    stems: Scores


class Results:
    """Rows, and the file that they are kept in."""

    def __init__(self, path: Path | None, facts: Mapping[str, Any]) -> None:
        """Take over what the file holds, if there is one. Raises Failure for one of another run.

        facts: model, machine and whatever else holds for all rows
        """
        self._path, self._facts = path, dict(facts)
        self.rows: list[Row] = []
        if path is not None and path.exists():
            self._load(path)

    def _load(self, path: Path) -> None:
        try:
            kept = json.loads(path.read_text())
            self.rows = [Row(**row) for row in kept["rows"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure(f"{path} is no file of this benchmark: {error}") from error
        for name in SAME:
            if kept.get(name) != self._facts.get(name):
                raise Failure(f"{path} was measured with {name} {kept.get(name)}, this run has "
                              f"{self._facts.get(name)}; give another --json")

    def has(self, song: str, setting: str) -> bool:
        """Whether a row is there."""
        return any((row.song, row.setting) == (song, setting) for row in self.rows)

    def add(self, row: Row) -> None:
        """Take a row in, and write the file whole. Raises OSError."""
        self.rows.append(row)
        if self._path is not None:
            part = self._path.with_name(f".{self._path.name}.part")
            part.write_text(json.dumps(self._facts | {"rows": [asdict(row) for row in self.rows]}, indent=1) + "\n")
            part.replace(self._path)

    def offline(self, song: str) -> Row | None:
        """A song's offline row."""
        return next((row for row in self.rows if (row.song, row.setting) == (song, OFFLINE)), None)


SIZES = ("window", "context", "hop", "recompute", "lookahead", "crossfade")
TIMES = ("fixed_s", "budget_s", "hop_s", "median_s", "p99_s")


def write_csv(results: Results, path: Path) -> None:
    """A line for each stem of each row; loss is offline minus live, dB. Raises OSError."""
    measures = (*MEASURES, "to_offline", *(f"loss_{name}" for name in MEASURES))
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, ("song", "setting", "kind", *SIZES, *TIMES, "stem", *measures))
        table.writeheader()
        table.writerows(_lines(results))


def _lines(results: Results) -> Iterable[dict[str, Any]]:
    for row in results.rows:
        whole = results.offline(row.song)
        for stem, scores in row.stems.items():
            losses = {f"loss_{name}": whole.stems[stem][name] - db for name, db in scores.items()
                      if whole is not None and name in whole.stems.get(stem, {})}
            times = {name: getattr(row, name) for name in TIMES}
            yield {"song": row.song, "setting": row.setting, **row.sizes, **times, "stem": stem, **scores, **losses}
