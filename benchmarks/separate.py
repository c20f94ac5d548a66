"""How fast and how good is `demucs-stream separate` beside its peers' commands, on the same songs and threads?

Whole runs, a process each, started and ended as a user does; and demucs' `apply_model` alone, without its start.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demucs.apply import apply_model

from benchmarks.curve.scores import sdr
from benchmarks.peers import Peer, Run, checkpoint, peers
from benchmarks.report import Report, Times
from benchmarks.song import Song, songs
from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.separators.protocol import Frames

QUESTION = (__doc__ or "").splitlines()[0]
SAMPLERATE = 44_100
SEGMENT, STRIDE = 343_980, 257_985  # frames: of demucs and of everyone who does as it does
LEAST_SDR_DB = 20  # to demucs' stems; what npm's does at the ends of a song is the furthest
SILENT = 1e-6  # mean square: -60 dBFS
OURS = "ours"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=QUESTION)
    parser.add_argument("--quick", action="store_true", help="one round on 10 s: does it run, do the answers agree")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--song", type=Path, nargs="+", metavar="FILE",
                        help="sound files, or folders of stems that sum to a song (default: lithium of the shared "
                        "folder, else one of our own making)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def wanted(paths: list[Path] | None) -> list[Song]:
    """The songs, with their true stems where these are known."""
    if not paths:
        return songs(SAMPLERATE, lithium=(0, 40))
    found = []
    for path in paths:
        files = sorted(file for file in path.iterdir() if file.suffix in (".flac", ".wav")) if path.is_dir() else [path]
        found.append(Song(path.stem, {file.stem: heard(file) for file in files}, slice(None)))
    return found


def heard(path: Path) -> Frames:
    """A file: float32 (2, n)."""
    with AudioReader(path) as reader:
        if reader.samplerate != SAMPLERATE:  # npm's command knows no other
            raise SystemExit(f"{path} has {reader.samplerate} Hz; {SAMPLERATE} are wanted")
        return np.ascontiguousarray(reader.read(reader.frames).T)


def written(mix: Frames, path: Path) -> Path:
    """The song that all get, as a float32 WAV."""
    writer = AudioWriter(path, SAMPLERATE)
    writer.write(np.ascontiguousarray(mix.T))
    writer.close()
    return path


def stems_in(folder: Path) -> dict[str, Frames]:
    """What a command wrote, wherever below the folder."""
    return {path.stem: heard(path) for path in sorted(folder.rglob("*.wav"))}


def quality(song: Song, found: dict[str, dict[str, Frames]]) -> dict[str, dict[str, float]]:
    """Each peer's SDR per stem that is not silent, against the truth and to demucs' stems. Ends the program if low."""
    theirs = next((stems for name, stems in found.items() if name.startswith("demucs")), None)
    silent = {stem for stem, frames in (theirs or {}).items() if np.mean(frames.astype(np.float64) ** 2) < SILENT}
    rows: dict[str, dict[str, float]] = {}
    for name, stems in found.items():
        row = rows[name] = {}
        for stem, estimate in stems.items():
            if stem in silent:
                continue
            if stem in song.stems:
                row[stem] = sdr(song.stems[stem], estimate)
            if theirs is not None and stems is not theirs:
                row[f"{stem} to demucs"] = near = sdr(theirs[stem], estimate)
                if not near >= LEAST_SDR_DB:
                    raise SystemExit(f"{stem} of {name} does not agree with demucs: {near:.1f} dB")
        print(f"{name:28}" + "  ".join(f"{key} {db:.2f}" for key, db in row.items()) + "  dB")
    return rows


class Bench:
    """One song, and what all make of it."""

    def __init__(self, report: Report, contenders: list[Peer], network: Any, folder: Path) -> None:
        """Nothing is run yet."""
        self._report, self._peers, self._network, self._folder = report, contenders, network, folder

    def song(self, song: Song, rounds: int) -> None:
        """Check the answers, then time whole runs, then runs of one segment, from which the start is known."""
        path = written(song.mix, self._folder / "song.wav")
        short = written(song.mix[:, :STRIDE], self._folder / "segment.wav")
        print(f"\n{song.name}: {song.mix.shape[1] / SAMPLERATE:.1f} s")
        self._rounds(path, 1)  # also warms the caches of files, graphs and compiled networks
        found = {peer.name: stems_in(self._place(peer)) for peer in self._peers}
        figures: dict[str, Any] = {"quality_db": quality(song, found)}
        whole, alone = self._rounds(path, rounds)
        one, _ = self._rounds(short, min(rounds, 3))
        for title, times in (("wall", _times(whole, "wall_s") | {"demucs' apply_model alone": alone}),
                             ("all cores' time", _times(whole, "cpu_s"))):
            self._report.table(f"{song.name}: {title}", times, ours=OURS)
        figures |= self._start(song, whole, one)
        self._report.facts[song.name] = figures

    def _place(self, peer: Peer) -> Path:
        return self._folder / peer.name.replace(" ", "_") / "out"

    def _rounds(self, path: Path, rounds: int) -> tuple[dict[str, list[Run]], Times]:
        """The runs of each, in turn, so that what else the machine does falls on all alike."""
        for peer in self._peers:
            peer.runs.clear()
            self._place(peer).mkdir(parents=True, exist_ok=True)
        alone = []
        for _ in range(rounds):
            for peer in self._peers:
                peer.separate(path, self._place(peer))
            begin = time.perf_counter()
            self._apply(path)
            alone.append(time.perf_counter() - begin)
        return {peer.name: list(peer.runs) for peer in self._peers}, Times(tuple(alone))

    def _apply(self, path: Path) -> None:
        apply_model(self._network, torch.from_numpy(heard(path))[None], shifts=0, overlap=0.25)

    def _start(self, song: Song, whole: dict[str, list[Run]], one: dict[str, list[Run]]) -> dict[str, Any]:
        """What is not spent on segments, by comparing runs of many with runs of one; and the memory at the most."""
        segments = -(-song.mix.shape[1] // STRIDE)
        rows = {}
        print(f"\n{'':28}{'start':>10}{'a segment':>12}{'memory':>12}   ({segments} segments)")
        for name, runs in whole.items():
            all_s, one_s = (float(np.median([run.wall_s for run in some])) for some in (runs, one[name]))
            segment_s = (all_s - one_s) / max(1, segments - 1)
            memory = max(run.memory for run in runs)
            rows[name] = {"start_s": one_s - segment_s, "segment_s": segment_s, "memory_bytes": float(memory)}
            print(f"{name:28}{one_s - segment_s:8.2f} s{segment_s:10.2f} s{memory / 1e6:9.0f} MB")
        return {"parts": rows}


def _times(runs: dict[str, list[Run]], key: str) -> dict[str, Times]:
    return {name: Times(tuple(getattr(run, key) for run in some)) for name, some in runs.items()}


def main() -> None:
    chosen = options()
    torch.set_num_threads(chosen.threads)
    report = Report(QUESTION, chosen.threads, ("demucs", "torch", "onnxruntime", "onnxruntime-ep-openvino"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        network = checkpoint(folder / "repo")
        bench = Bench(report, peers(chosen.threads, folder / "repo"), network, folder)
        for song in wanted(chosen.song):
            length = 10 * SAMPLERATE if chosen.quick else song.mix.shape[1]
            cut = Song(song.name, {stem: frames[:, :length] for stem, frames in song.stems.items()}, slice(None))
            bench.song(cut, 1 if chosen.quick else chosen.rounds)
            report.save(chosen.json)


if __name__ == "__main__":
    main()
