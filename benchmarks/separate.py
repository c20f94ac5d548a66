"""Is `demucs-stream separate` as fast as demucs 4.1's own command, on the same file with the same threads?

Whole runs of both commands, started and ended as a user does, and demucs' `apply_model` alone, without its start.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demucs.apply import apply_model
from demucs.hf import load_safetensors_model

from benchmarks.report import Report, interleave
from export.store import cache, model_file
from stream.command import song as demo
from stream.devices.audiofile import AudioReader, AudioWriter

QUESTION = (__doc__ or "").splitlines()[0]
SIGNATURE = "955717e8"  # of htdemucs among demucs' models
LEAST_SDR_DB = 40


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=QUESTION)
    parser.add_argument("--quick", action="store_true", help="one round on 10 s: does it run, do the answers agree")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--song", type=Path, help="default: one of our own making")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def excerpt(song: Path | None, seconds: float | None, folder: Path) -> Path:
    """The song that both get, as a float32 WAV."""
    if song is None:
        demo.write(folder / "made")
        song = folder / "made" / "mix.wav"
    path = folder / "song.wav"
    with AudioReader(song) as reader:
        writer = AudioWriter(path, reader.samplerate)
        writer.write(reader.read(int(seconds * reader.samplerate) if seconds else reader.frames))
        writer.close()
    return path


def checkpoint(folder: Path) -> Any:
    """demucs' network, and a local repository for its command, from the weights that are in the cache."""
    network: Any = load_safetensors_model(cache() / "htdemucs.safetensors")
    args, kwargs = network._init_args_kwargs
    package = {"klass": type(network), "args": args, "kwargs": kwargs, "state": network.state_dict()}
    folder.mkdir()
    torch.save(package, folder / f"{SIGNATURE}.th")
    return network.eval()


def stems_in(folder: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    found = {}
    for path in sorted(folder.rglob("*.wav")):
        with AudioReader(path) as reader:
            found[path.stem] = reader.read(reader.frames)
    return found


def agree(ours: Path, theirs: Path) -> dict[str, float]:
    """SDR of our stems against demucs' own, dB. Ends the program if one is below 40."""
    a, b = stems_in(theirs), stems_in(ours)
    found = {}
    for name in a:
        error = float(np.sum((a[name] - b[name]) ** 2, dtype=np.float64))
        found[name] = 10 * float(np.log10(np.sum(a[name] ** 2, dtype=np.float64) / error))
        if not found[name] >= LEAST_SDR_DB:
            raise SystemExit(f"{name} does not agree with demucs: {found[name]:.1f} dB")
    return found


def command(words: list[str], threads: int) -> Callable[[], None]:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}

    def run() -> None:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}\n{done.stderr}")

    return run


def main() -> None:
    chosen = options()
    torch.set_num_threads(chosen.threads)
    model_file("htdemucs", print)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        song = excerpt(chosen.song, 10 if chosen.quick else None, folder)
        network = checkpoint(folder / "repo")
        ours, theirs = folder / "ours", folder / "theirs"
        contenders: dict[str, Callable[[], object]] = {
            "demucs-stream separate": command(
                [sys.executable, "-m", "stream.cli", "separate", str(song), "-o", str(ours), "--threads",
                 str(chosen.threads)], chosen.threads),
            "demucs' command": command(
                [sys.executable, "-m", "demucs.separate", "--repo", str(folder / "repo"), "-n", SIGNATURE, "-d", "cpu",
                 "--shifts", "0", "--overlap", "0.25", "--float32", "-o", str(theirs), str(song)], chosen.threads),
            "demucs' apply_model alone": lambda: _apply(network, song),
        }
        with AudioReader(song) as reader:
            length_s = reader.frames / reader.samplerate
        report = Report(QUESTION, chosen.threads, ("demucs", "torch", "onnxruntime"), song_s=round(length_s, 1))
        contenders["demucs-stream separate"]()
        contenders["demucs' command"]()
        report.facts["sdr_db_against_demucs"] = found = agree(ours, theirs)
        print("agreement with demucs:", ", ".join(f"{stem} {db:.1f} dB" for stem, db in found.items()))
        times = interleave(contenders, 1 if chosen.quick else chosen.rounds, warmup=0)
        report.table("whole runs", times, ours="demucs-stream separate")
        report.save(chosen.json)


def _apply(network: Any, song: Path) -> None:
    with AudioReader(song) as reader:
        mix = torch.from_numpy(np.ascontiguousarray(reader.read(reader.frames).T))
    apply_model(network, mix[None], shifts=0, overlap=0.25)


if __name__ == "__main__":
    main()
