"""How long from the command to sound, the first time and later?

`demucs-stream run` plays a second of a song at its own pace into a file; what the command takes beyond the song and the
announced latency is start and end together. First: an empty cache, so that weights are bound and the graph is made
ready; later: everything is there. The weights are on disk, and what numba compiles is kept, in both.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.report import Report, Times, parse
from stream.audiofiles.audiofile import AudioWriter
from stream.latency.geometry import SAMPLERATE

QUESTION = (__doc__ or "").partition("\n")[0]
SONG_S = 1
ROUNDS, LATER = 5, 3  # rounds, each a first start and so many later ones


def took_s(song: Path, model: str, cache: Path) -> float:
    """Start and end of one run, seconds."""
    words = ["run", "--device", str(song), "--output-device", str(song.with_name("out.wav")), "--clock", "wall",
             "--provider", "cpu", "--model", model, "--json"]
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "stream.cli", *words], check=True, capture_output=True, text=True,
                          env=os.environ | {"DEMUCS_STREAM_CACHE": str(cache)})
    return time.perf_counter() - start - SONG_S - float(json.loads(done.stdout)["latency_s"])


def main() -> None:
    chosen = parse(QUESTION, model="htdemucs")
    report = Report(QUESTION, os.cpu_count() or 1, ("onnxruntime", "numba"), model=chosen.model)
    first: list[float] = []
    later: list[float] = []
    for _ in range(1 if chosen.quick else ROUNDS):
        with TemporaryDirectory() as folder:
            song = Path(folder) / "song.wav"
            writer = AudioWriter(song, SAMPLERATE)
            writer.write(np.random.default_rng(0).uniform(-0.1, 0.1, (SONG_S * SAMPLERATE, 2)).astype(np.float32))
            writer.close()
            cache = Path(folder) / "cache"
            first.append(took_s(song, chosen.model, cache))
            later += [took_s(song, chosen.model, cache) for _ in range(1 if chosen.quick else LATER)]
    per_round = np.median(np.reshape(later, (len(first), -1)), axis=1)
    report.table("beyond the song and its latency (later: the median of each round)",
                 {"first start": Times(tuple(first)), "later": Times(tuple(float(x) for x in per_round))}, "later")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
