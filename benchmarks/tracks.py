"""How soon is a song on a deck heard, how soon are its stems there, and what do they take when they are kept?

Every song of the shared folder is loaded and played as a deck plays it, from its beginning, while it is separated. Then
`separate` does the same in this process, whose stems must be the track's bit for bit, and the song is loaded again.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import resident
from benchmarks.report import Report, parser
from benchmarks.song import songs
from dsp.quantize import quantize
from export.store import model_bag
from stream.audiofiles.audiofile import AudioWriter
from stream.audiofiles.ffmpeg import installed
from stream.audiofiles.kind import Kind
from stream.audiofiles.song import open_song
from stream.offline.engine import OfflineEngine, SeparateOptions, open_offline_engine
from stream.offline.level import level
from stream.separators.opening import Opening
from stream.separators.protocol import Frames
from stream.tracks.decoding import open_track
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore
from stream.tracks.track import Playhead, Track

QUESTION = (__doc__ or "").partition("\n")[0]
RATE = 44_100
WHOLE = (0.0, 3600.0)
NAMES = ("lithium", "potassium", "hydrogen", "caesium", "rubidium")
SOON_S, LATER_S, ROUNDS = 0.001, 0.05, 3


@dataclass
class Played:
    """One song's figures, seconds since it was loaded.

    first: a second of it is decoded      stems: there are some under the playhead      whole: all are final
    dry: how long the playhead had none after that      resident: memory of the process at the most, bytes
    """

    first: float = 0.0
    stems: float = 0.0
    dry: float = 0.0
    whole: float = 0.0
    resident: int = 0


def load(decks: TrackSeparator, path: Path) -> tuple[Track, Played]:
    """Load a song, play it at once, and wait until it is separated."""
    found, begun = Played(), time.perf_counter()
    track, last = decks.load(path), 0.0
    while track.separated < 1 or not track.ended:
        now = time.perf_counter() - begun
        if not found.first and track.decoded >= RATE:
            found.first = now
        if found.first:
            frame = round((now - found.first) * RATE)
            track.playhead = Playhead(frame, 1.0)
            made = track.finished
            there = made.stems.holds(frame, frame + 1) or made.drafts.holds(frame, frame + 1)
            if there and not found.stems:
                found.stems = now
            elif found.stems and not there and frame < track.decoded:
                found.dry += now - last
        last, found.resident = now, max(found.resident, resident())
        time.sleep(LATER_S if found.stems else SOON_S)  # looking takes processor time, too
    found.whole = time.perf_counter() - begun
    found.stems = found.stems or found.whole
    return track, found


def stems_of(track: Track) -> Frames:
    """All that it stores: float32 (frames, 2 * stored)."""
    frames = track.decoded
    dry, stems = np.empty((frames, 2), np.float32), np.empty((frames, 2 * len(track.stored)), np.float32)
    track.read(1 << 40, dry[:1], stems[:1], np.empty(1, np.float32))
    time.sleep(1)  # what was read last is shown as it was read
    track.read(0, dry, stems, np.empty(frames, np.float32))
    return stems


def by_separate(engine: OfflineEngine, path: Path, stored: tuple[str, ...]) -> tuple[Frames, float]:
    """The same by `separate`, and how long it takes."""
    begun = time.perf_counter()
    with open_song(path) as reader:
        stems = np.concatenate([piece.stems for piece in engine.pieces(reader, level(reader))], axis=-1)
    took = time.perf_counter() - begun
    kept = [engine.sources.index(name) for name in stored]
    return quantize(np.ascontiguousarray(stems[kept].reshape(-1, stems.shape[-1]).T)), took


def one(path: Path, chosen: Opening, engine: OfflineEngine, folder: Path, rounds: int) -> dict[str, float]:
    """A song's figures. Ends the program if the stems are not those of `separate`, or are not kept as they were.

    rounds: in which it is separated on a deck and by `separate`, in turns
    """
    ratios: list[float] = []
    for number in range(rounds):
        store = StemStore(folder=folder / str(number))
        played, found, stored = loaded(path, chosen, store)
        again, kept, _ = loaded(path, chosen, store)
        if not np.array_equal(kept, found):
            raise SystemExit(f"{path.name}: what was kept is not what was heard")
        wanted, took = by_separate(engine, path, stored)
        if not np.array_equal(found, wanted):
            raise SystemExit(f"{path.name}: stems are not those of separate ({np.abs(found - wanted).max():g} off)")
        ratios.append(played.whole / took)
    size = next(one.size for one in store.entries() if one.index.path == str(path))
    return {"first_s": played.first, "stems_s": played.stems, "dry_s": played.dry, "whole_s": played.whole,
            "separate_s": took, "ratio": float(np.median(ratios)), "again_s": again.whole,
            "mb_a_minute": size / 1e6 / (len(found) / RATE / 60), "mb_more": more_memory(path, chosen) / 1e6}


def loaded(path: Path, chosen: Opening, store: StemStore) -> tuple[Played, Frames, tuple[str, ...]]:
    """A song that is loaded, separated if need be and kept: its figures, its stems, and their names."""
    with TrackSeparator(chosen, RATE, store, say=print) as decks:
        decks.load(path).close()  # the model is open now
        track, played = load(decks, path)
        decks.wait()
        return played, stems_of(track), track.stored


def more_memory(path: Path, chosen: Opening) -> int:
    """Bytes that a second song takes at the most, while it is separated, when a first one was."""
    with TrackSeparator(chosen, RATE, say=print) as decks:
        load(decks, path)
        before = resident()
        return load(decks, path)[1].resident - before


def formats(path: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Seconds until the first of a file is decoded, by format; the median."""
    files = {"wav": path}
    for name in ("flac", "mp3", "m4a", "ogg") if installed() else ():
        files[name] = folder / f"song.{name}"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", path, files[name]], check=True)
    found = {}
    for name, file in files.items():
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            track = open_track(file, RATE, ("other", "vocals"))
            while not track.decoded and not track.ended:
                time.sleep(SOON_S / 4)
            times.append(time.perf_counter() - begun)
            track.close()
        found[name] = float(np.median(times))
    return found


def measure(model: str, mixes: Mapping[str, Frames], rounds: int) -> dict[str, dict[str, float]]:
    """The figures of songs, float32 (2, frames) by name, printed as they come."""
    bag = model_bag(model, print)
    opening = Opening(model, bag.files, bag.weights, bag.segment_s, "cpu")
    engine, rows = open_offline_engine(opening, SeparateOptions()), dict[str, dict[str, float]]()
    with tempfile.TemporaryDirectory() as name:
        for song, mix in mixes.items():
            path = Path(name) / f"{song}.wav"
            write(path, mix)
            rows[song] = figures = one(path, opening, engine, Path(name) / song, rounds)
            if len(rows) == 1:
                print("".join(f"{key:>14}" for key in ("", *figures)))
            print(f"{song:>14}" + "".join(f"{value:14.3f}" for value in figures.values()), flush=True)
    return rows


def write(path: Path, mix: Frames) -> None:
    """A song as a file, float32 (2, frames)."""
    writer = AudioWriter(path, RATE, kind=Kind("wav", 24))
    writer.write(np.ascontiguousarray(mix.T))
    writer.close()


def main() -> None:
    options = parser(QUESTION, "htdemucs")
    options.add_argument("--seconds", type=float, default=3600.0, help="of each song, at the most")
    chosen = options.parse_args()
    quick = chosen.quick
    report = Report(QUESTION, os.cpu_count() or 1, ("onnxruntime", "soundfile", "soxr"))
    frames = round((12.0 if quick else chosen.seconds) * RATE)
    found = songs(RATE, **dict.fromkeys(NAMES, WHOLE))
    mixes = {song.name: song.mix[:, :frames] for song in found[: 1 if quick else None]}
    report.facts["songs"] = measure(chosen.model, mixes, 1 if quick else ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "song.wav"
        write(path, songs(RATE, **{NAMES[0]: WHOLE})[0].mix)
        report.facts["first_s"] = first = formats(path, Path(name), 3 if quick else 9)
    print("the first is decoded after, ms:", ", ".join(f"{kind} {1e3 * took:.0f}" for kind, took in first.items()))
    report.save(chosen.json)


if __name__ == "__main__":
    main()
