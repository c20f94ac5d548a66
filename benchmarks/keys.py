"""Which profiles find the keys of generated songs, and how steady is what they find in real ones?"""

import os
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from benchmarks.report import Report, parser
from dsp import keyfinder
from dsp.keyfinder import KeyFinder, fitting
from dsp.musicalkey import NEIGHBOUR, RELATIVE, SAME, MusicalKey, distance

QUESTION = str(__doc__)
RATE, CHORD_S = 44_100, 0.8
SHARED = Path(os.environ.get("DEMUCS_STREAM_SHARED") or Path(__file__).parents[2] / "shared") / "audio"
SONGS = ("lithium", "potassium", "hydrogen", "caesium", "rubidium")
# steps above the tonic of a chord's root, and whether it is minor; as songs have them
PROGRESSIONS = {
    False: (((0, 0), (7, 0), (9, 1), (5, 0)), ((9, 1), (5, 0), (0, 0), (7, 0)), ((0, 0), (5, 0), (7, 0), (0, 0)),
            ((2, 1), (7, 0), (0, 0), (9, 1)), ((0, 0), (4, 1), (5, 0), (7, 0)), ((0, 0), (5, 0), (0, 0), (5, 0))),
    True: (((0, 1), (8, 0), (3, 0), (10, 0)), ((0, 1), (10, 0), (8, 0), (10, 0)), ((0, 1), (5, 1), (7, 1), (0, 1)),
           ((0, 1), (5, 1), (7, 0), (0, 1)), ((0, 1), (3, 0), (10, 0), (5, 1)), ((0, 1), (7, 1), (0, 1), (8, 0)))}
OTHERS = {"Krumhansl, Kessler 1982": ((6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
                                      (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17))}


def song(key: MusicalKey, chords: tuple[tuple[int, int], ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """A bass, chords and a melody of the chords' and the scale's tones, a little out of tune: float32 (n, 2)."""
    at, out, cents = np.arange(int(CHORD_S * RATE)) / RATE, [], rng.uniform(-40, 40)
    scale = (0, 2, 3, 5, 7, 8, 10) if key.minor else (0, 2, 4, 5, 7, 9, 11)

    def tone(step: float, decay: float) -> NDArray[np.float64]:
        hz = 440 * 2 ** ((key.tonic - 9 + step + cents / 100) / 12)
        loud = np.exp(-at * decay)
        return sum((np.sin(2 * np.pi * n * hz * at) * loud / n**1.2 for n in range(1, 9)), np.zeros(len(at)))

    for _ in range(3):
        for root, minor in chords:
            sound = 1.5 * tone(root - 24, 1.0) + sum(tone(root + step - 12, 2.0) for step in (0, 3 if minor else 4, 7))
            for begin in range(4):
                first = begin * len(at) // 4
                sound[first:] += tone(rng.choice(scale) + 12 * rng.integers(0, 2), 6.0)[: len(at) - first]
            out.append(sound / 20)
    return np.repeat(np.concatenate(out)[:, None], 2, axis=1).astype(np.float32)


def chroma(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    finder = KeyFinder(RATE)
    finder.feed(frames)
    return finder.chroma


def generated(quick: bool) -> list[tuple[MusicalKey, NDArray[np.float64]]]:
    """Keys, and what is heard of songs in them."""
    rng, found = np.random.default_rng(16), []
    for minor, progressions in PROGRESSIONS.items():
        for chords in progressions[: 2 if quick else None]:
            for tonic in range(12):
                key = MusicalKey(tonic, minor)
                found.append((key, chroma(song(key, chords, rng))))
    return found


def real() -> dict[str, dict[str, NDArray[np.float64]]]:
    """What is heard of the shared songs, with drums and without, and of their halves without."""
    found = {}
    for name in SONGS:
        stems = {path.stem: sf.read(path, dtype="float32", always_2d=True)[0]
                 for path in sorted((SHARED / name).glob("*.flac"))}
        if stems:
            mix = np.sum(list(stems.values()), axis=0)
            pitched = mix - stems["drums"]
            half = len(mix) // 2
            found[name] = {"mix": chroma(mix), "no drums": chroma(pitched), "first half": chroma(pitched[:half]),
                           "second half": chroma(pitched[half:])}
    return found


def main() -> None:
    chosen = parser(QUESTION).parse_args()
    report = Report(QUESTION, os.cpu_count() or 1, ("numpy",))
    profiles = {"Temperley 2007 (ours)": (keyfinder.MAJOR, keyfinder.MINOR), **OTHERS}
    made, songs = generated(chosen.quick), real()
    for name, pair in profiles.items():
        steps = [distance(key, fitting(heard, *pair).key) for key, heard in made]
        right, relative, fifth = (steps.count(far) for far in (SAME, RELATIVE, NEIGHBOUR))
        report.facts[name] = {"right": right, "relative": relative, "fifth": fifth, "of": len(steps)}
        print(f"{name:>24}: of {len(steps)} generated songs {right} right, {relative} the relative key, {fifth} a "
              "fifth away")
        for title, parts in songs.items():
            keys = {part: fitting(heard, *pair) for part, heard in parts.items()}
            report.facts[f"{name}, {title}"] = {part: found.key.name for part, found in keys.items()}
            print(f"{title:>36}: " + ", ".join(f"{part} {found.key.name} ({found.margin:.2f})"
                                               for part, found in keys.items()))
    report.save(chosen.json)


if __name__ == "__main__":
    main()
