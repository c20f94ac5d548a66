"""How soon is a song on a deck heard, how soon are its stems there, and what do they take when they are kept?

Every song of the shared folder is loaded and played as a deck plays it, from its beginning, while it is separated. Then
`separate` does the same in this process, whose stems must be the track's bit for bit, and the song is loaded again.
"""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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
SOON_S = 0.001


@dataclass
class Played:
    """One song's figures, seconds since it was loaded.

    first: a second of it is decoded      stems: there are some under the playhead      whole: all are final
    dry: how long the playhead had none after that      again: all are there when it is loaded once more
    """

    first: float = 0.0
    stems: float = 0.0
    dry: float = 0.0
    whole: float = 0.0
    again: float = 0.0


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
        last = now
        time.sleep(SOON_S)
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


def one(path: Path, chosen: Opening, engine: OfflineEngine, folder: Path) -> dict[str, float]:
    """A song's figures. Ends the program if the stems are not those of `separate`."""
    store = StemStore(folder=folder)
    with TrackSeparator(chosen, RATE, store, say=print) as decks:
        decks.load(path).close()  # the model is open now
        track, played = load(decks, path)
        decks.wait()
        found = stems_of(track)
        track.close()
    with TrackSeparator(chosen, RATE, store, say=print) as decks:
        decks.load(path).close()
        track, again = load(decks, path)
        played.again = again.whole
        if not np.array_equal(stems_of(track), found):
            raise SystemExit(f"{path.name}: what was kept is not what was heard")
    wanted, took = by_separate(engine, path, track.stored)
    if not np.array_equal(found, wanted):
        raise SystemExit(f"{path.name}: stems are not those of separate ({np.abs(found - wanted).max():g} off)")
    minutes = track.decoded / RATE / 60
    size = next(one.size for one in store.entries() if one.index.path == str(path))
    return {"first_s": played.first, "stems_s": played.stems, "dry_s": played.dry, "whole_s": played.whole,
            "separate_s": took, "ratio": played.whole / took, "again_s": played.again,
            "mb_a_minute": size / 1e6 / minutes}


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


def main() -> None:
    options = parser(QUESTION, "htdemucs")
    options.add_argument("--seconds", type=float, default=3600.0, help="of each song, at the most")
    chosen = options.parse_args()
    report = Report(QUESTION, os.cpu_count() or 1, ("onnxruntime", "soundfile", "soxr"))
    bag = model_bag(chosen.model, print)
    opening = Opening(chosen.model, bag.files, bag.weights, bag.segment_s, "cpu")
    engine = open_offline_engine(opening, SeparateOptions())
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for song in songs(RATE, **dict.fromkeys(NAMES, WHOLE)):
            mix = song.mix[:, : round((12 if chosen.quick else chosen.seconds) * RATE)]
            path = folder / f"{song.name}.wav"
            writer = AudioWriter(path, RATE, kind=Kind("wav", 24))
            writer.write(np.ascontiguousarray(mix.T))
            writer.close()
            rows[song.name] = figures = one(path, opening, engine, folder / "store")
            if len(rows) == 1:
                print("".join(f"{key:>14}" for key in ("", *figures)))
            print(f"{song.name:>14}" + "".join(f"{value:14.3f}" for value in figures.values()), flush=True)
            if chosen.quick:
                break
        report.facts["songs"] = rows
        report.facts["first_s"] = found = formats(path, folder, 3 if chosen.quick else 9)
        print("the first is decoded after, ms:", ", ".join(f"{kind} {1e3 * took:.0f}" for kind, took in found.items()))
    report.save(chosen.json)


if __name__ == "__main__":
    main()
