"""What do smaller weights cost, and what do they gain?

Files of `demucs-stream export htdemucs --weights ...` against the first one given: size, time, and for windows of 7.8 s
of real music SDR against its stems and against the true ones. `--model` takes the files, separated by commas.
"""

import os
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.curve.scores import sdr
from benchmarks.report import Report, interleave, parse
from benchmarks.song import Song, songs
from dsp.stft import FFT_HOP, istft, stft
from stream.latency.geometry import SAMPLERATE
from stream.separators.networks.network import Network
from stream.separators.protocol import Frames

QUESTION = (__doc__ or "").partition("\n")[0]
EXCERPTS = {"lithium": (12.0, 19.9), "potassium": (6.0, 13.9)}  # seconds: a window of 336 columns each
COLUMNS = (44, 88, 336)


def stems_of(network: Network, mix: Frames) -> Frames:
    """A window's stems, scaled around the network as demucs does: float32 (stems, 2, frames)."""
    mean, deviation = mix.mean(), mix.mean(axis=0).std() + 1e-8
    window = np.ascontiguousarray((mix - mean) / deviation, np.float32)
    spec_out, wave_out = network.infer(window, stft(window))
    stems: Frames = (wave_out + istft(spec_out, window.shape[-1])) * deviation + mean
    return stems


def window_of(song: Song, columns: int) -> Frames:
    """The first columns of a song's excerpt: float32 (2, 1024 columns)."""
    return np.ascontiguousarray(song.mix[:, song.excerpt][:, : columns * FFT_HOP])


def quality(networks: dict[str, Network], song: Song) -> None:
    """Print SDR of each stem against the first file's, and against the true one where there is one."""
    first, mix = next(iter(networks)), window_of(song, COLUMNS[-1])
    wanted = stems_of(networks[first], mix)
    for name, network in networks.items():
        found = stems_of(network, mix)
        cells = []
        for at, stem in enumerate(network.sources):
            true = song.stems.get(stem)
            against = "" if true is None else f" ({sdr(true[:, song.excerpt][:, : mix.shape[1]], found[at]):.2f})"
            cells.append(f"{stem} {sdr(wanted[at], found[at]):.1f}{against}")
        print(f"{song.name}, {name}: {', '.join(cells)} dB", flush=True)


def main() -> None:
    options = parse(QUESTION, model="fp32.onnx,fp16.onnx,int8.onnx,int8-dynamic.onnx")
    paths = [Path(name) for name in options.model.split(",")]
    threads = os.cpu_count() or 1
    report = Report(QUESTION, threads, ("numpy", "onnxruntime"), samplerate=SAMPLERATE)
    print(*(f"{path}: {path.stat().st_size / 1e6:.1f} MB" for path in paths), sep="\n")
    judged = songs(SAMPLERATE, **EXCERPTS)
    for columns in COLUMNS:
        networks = {str(path): Network(path, columns, threads) for path in paths}
        window = window_of(judged[0], columns)
        contenders = {name: partial(stems_of, network, window) for name, network in networks.items()}
        times = interleave(contenders, 2 if options.quick else 7, warmup=1)
        report.table(f"{columns} columns", times, str(paths[0]))
    for song in judged:
        quality(networks, song)
    report.save(options.json)


if __name__ == "__main__":
    main()
