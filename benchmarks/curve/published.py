"""What others have published of their latency and quality: `published.csv`, on music of their own each."""

import csv
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("published.csv")


@dataclass(frozen=True)
class Published:
    """One figure of somebody's.

    latency_s: None where we know of none
    music: what it was measured on
    label: where the name stands in the figure
    """

    name: str
    latency_s: float | None
    sdr_db: float
    music: str
    source: str
    label: str


def published() -> list[Published]:
    """All of them."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [Published(row["name"], float(row["latency_s"]) if row["latency_s"] else None, float(row["sdr_db"]),
                          row["music"], row["source"], row["label"]) for row in csv.DictReader(file)]
