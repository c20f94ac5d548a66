"""How long does a search over a large library take, for each letter that is typed?

`--link`: by the link, as a screen asks, while two decks play: from saying a letter to knowing the songs.
"""

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.report import Report, parser
from benchmarks.screen_cases import DeckCase, wait
from dsp.musicalkey import MusicalKey
from stream.common.interpreter import undisturbed
from stream.library.librarysong import LibrarySong
from stream.library.songindex import Playing, SongIndex
from stream.link.client import Attached
from stream.link.server import Link

QUESTION = str(__doc__).partition("\n")[0]
SONGS = 50_000
PAUSE_S = 0.1
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
    """Milliseconds of each text, median and most, and how many songs it finds."""
    rows: dict[str, dict[str, float]] = {}
    playing = Playing(126.0, MusicalKey(9, minor=True))
    times: dict[str, list[float]] = {text: [] for text in TYPED}
    for text in rounds * TYPED:
        begun = time.perf_counter()
        found = index.search(text, playing)
        times[text].append(1e3 * (time.perf_counter() - begun))
        rows[text] = {"songs": found.total}
    return show(rows, times)


def show(rows: dict[str, dict[str, float]], times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Print and give rows with times, of which those of the first round are not taken: nothing is known there."""
    print(f"{'typed':>12}{'median ms':>12}{'most ms':>12}{'songs':>10}")
    for text, each in times.items():
        rows[text] |= {"median_ms": float(np.median(each[1:])), "most_ms": max(each[1:])}
        print(f"{text!r:>12}{rows[text]['median_ms']:12.1f}{rows[text]['most_ms']:12.1f}{rows[text]['songs']:10}")
    return rows


def measure_link(songs: list[LibrarySong], rounds: int) -> dict[str, dict[str, float]]:
    """As `measure`, of a screen's side; and how long the callback took meanwhile, at the most, microseconds."""
    rows: dict[str, dict[str, float]] = {}
    times: dict[str, list[float]] = {text: [] for text in TYPED}
    with undisturbed(), DeckCase(songs) as case, Link() as link:
        link.open(case.snapshot, case.verbs)
        with Attached(link.door) as attached:
            wait(lambda: case.library.version > 0)
            for text in rounds * TYPED:
                time.sleep(PAUSE_S)  # as a person who types fast
                begun = time.perf_counter()
                attached.say("search", text)
                while (found := (attached.wait() or {}).get("search", {})).get("text") != text:
                    pass
                times[text].append(1e3 * (time.perf_counter() - begun))
                rows[text] = {"songs": found["count"]}
        rows["callback"] = {"most_us": max(case.call_us)}
    return show(rows, times)


def main() -> None:
    words = parser(QUESTION)
    words.add_argument("--link", action="store_true", help="by the link, as a screen asks")
    chosen = words.parse_args()
    report = Report(QUESTION, os.cpu_count() or 1, ("numpy",))
    songs = library(2000 if chosen.quick else SONGS)
    if chosen.link:
        report.facts["searches_by_link"] = measure_link(songs, 3 if chosen.quick else 30)
        report.save(chosen.json)
        return
    begun = time.perf_counter()
    index = SongIndex(songs)
    report.facts["build_s"] = built = time.perf_counter() - begun
    print(f"{len(songs)} songs, the index is built in {built:.2f} s")
    report.facts["searches"] = measure(index, 3 if chosen.quick else 30)
    report.save(chosen.json)


if __name__ == "__main__":
    main()
