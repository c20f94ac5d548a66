"""How long does a search over a large library take, for each letter that is typed?"""

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.report import Report, parser
from dsp.musicalkey import MusicalKey
from stream.library.librarysong import LibrarySong
from stream.library.songindex import Playing, SongIndex

QUESTION = str(__doc__)
SONGS = 50_000
TYPED = ("", "s", "su", "sun", "sun n", "sun ni", "sun nig", "sun nigh", "sun night", "8a", "e", "zzz")
SYLLABLES = ("ba", "de", "lo", "mi", "ra", "su", "to", "na", "ke", "vi", "sun", "night", "love", "house", "deep", "é")


def library(count: int) -> list[LibrarySong]:
    """Songs with names, tempi and keys of their own; the same ones each time."""
    rng = np.random.default_rng(16)

    def words(most: int) -> str:
        return " ".join("".join(rng.choice(SYLLABLES, 3)) for _ in range(rng.integers(1, most)))

    return [LibrarySong(Path(f"/music/{at:05}.flac"), words(5), words(4), words(4), words(2), 240.0,
                        float(rng.uniform(70, 180)), MusicalKey(int(rng.integers(12)), bool(rng.integers(2))))
            for at in range(count)]


def measure(index: SongIndex, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each text, median and most, and how many songs it finds; printed as they come."""
    rows: dict[str, dict[str, float]] = {}
    playing = Playing(126.0, MusicalKey(9, minor=True))
    print(f"{'typed':>12}{'median ms':>12}{'most ms':>12}{'songs':>10}")
    for text in TYPED:
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            found = index.search(text, playing)
            times.append(1e3 * (time.perf_counter() - begun))
        rows[text] = {"median_ms": float(np.median(times)), "most_ms": max(times), "songs": found.total}
        print(f"{text!r:>12}{rows[text]['median_ms']:12.1f}{max(times):12.1f}{found.total:10}", flush=True)
    return rows


def main() -> None:
    chosen = parser(QUESTION).parse_args()
    report = Report(QUESTION, os.cpu_count() or 1, ("numpy",))
    songs = library(2000 if chosen.quick else SONGS)
    begun = time.perf_counter()
    index = SongIndex(songs)
    report.facts["build_s"] = built = time.perf_counter() - begun
    print(f"{len(songs)} songs, the index is built in {built:.2f} s")
    report.facts["searches"] = measure(index, 3 if chosen.quick else 30)
    report.save(chosen.json)


if __name__ == "__main__":
    main()
