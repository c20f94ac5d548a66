"""Does the bound model say what demucs says? Both branches against the network, the whole path against its forward.

`python -m export.parity [WEIGHTS] [--song FILE...]`; files given together are summed (stems make the mix).
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import soundfile
import torch
from demucs.hf import load_safetensors_model
from numpy.typing import NDArray

from dsp.stft import FFT_HOP, istft, stft
from export.bind import bind
from export.graph import Core
from export.store import cache, model_file
from export.weights import read

COLUMNS = (336, 172, 88, 44)
BRANCH_LIMIT = 1e-4  # of full scale: the largest value that the network itself gives in that branch
SDR_LIMIT_DB = 60.0

Array = NDArray[Any]


@dataclass(frozen=True)
class Parity:
    """How far the bound model is from demucs at one length."""

    columns: int
    spec_error: float  # largest, of full scale
    wave_error: float  # largest, of full scale
    sdr_db: tuple[float, ...]  # per stem, whole path

    @property
    def holds(self) -> bool:
        """Whether all of it is within the limits."""
        return max(self.spec_error, self.wave_error) <= BRANCH_LIMIT and min(self.sdr_db) >= SDR_LIMIT_DB


def parity(weights: Path, model: Path, mix: Array, columns: int) -> Parity:
    """Compare the model file with demucs over a window of so many columns.

    mix: float32 (channels, frames), as long as the window or longer
    """
    window = mix[:, : columns * FFT_HOP]
    spec = stft(window)
    spec_out, wave_out = _session(model, columns).run(None, {"mix": window[None], "spec": spec[None]})
    network: Any = load_safetensors_model(weights).eval()
    core = Core(**read(weights).kwargs).eval()
    core.load_state_dict(network.state_dict())
    network.use_train_segment = False  # at this length, not filled up to the trained one
    with torch.no_grad():
        own_spec, own_wave = core(torch.from_numpy(window)[None], torch.from_numpy(spec)[None])
        own_stems = network(torch.from_numpy(window)[None])[0].numpy()
    stems = wave_out[0] + istft(spec_out[0], window.shape[1])
    return Parity(columns, _error(spec_out, own_spec), _error(wave_out, own_wave), _sdr_db(stems, own_stems))


def _session(model: Path, columns: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", columns * FFT_HOP)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _error(found: Array, wanted: torch.Tensor) -> float:
    reference = wanted.numpy()
    return float(np.abs(found - reference).max() / np.abs(reference).max())


def _sdr_db(found: Array, wanted: Array) -> tuple[float, ...]:
    signal = np.sum(wanted.astype(float) ** 2, axis=(1, 2))
    noise = np.sum((found.astype(float) - wanted) ** 2, axis=(1, 2))
    return tuple((10 * np.log10(signal / np.maximum(noise, 1e-30))).tolist())


def _mix(songs: Sequence[Path], frames: int) -> Array:
    if not songs:
        return np.random.default_rng(0).normal(0, 0.1, (2, frames)).astype(np.float32)
    parts = [soundfile.read(song, dtype="float32", always_2d=True)[0] for song in songs]
    mix: Array = np.stack(parts).sum(axis=0, dtype=np.float32).T
    if mix.shape[1] < frames:
        raise ValueError(f"the song must have {frames} frames or more, not {mix.shape[1]}")
    middle = (mix.shape[1] - frames) // 2
    return np.ascontiguousarray(mix[:, middle : middle + frames])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each length; 1 if one of them is beyond the limits."""
    parser = argparse.ArgumentParser(prog="python -m export.parity", description=__doc__)
    parser.add_argument("weights", nargs="?", type=Path, help="a .safetensors file; without it, the cached htdemucs")
    parser.add_argument("--song", nargs="+", type=Path, default=[], help="without it, noise")
    given = parser.parse_args(arguments)
    weights = given.weights
    if weights is None:
        model_file("htdemucs", lambda line: print(line, file=sys.stderr))
        weights = cache() / "htdemucs.safetensors"
    mix = _mix(given.song, max(COLUMNS) * FFT_HOP)
    with tempfile.TemporaryDirectory() as folder:
        model = bind(weights, Path(folder, "model.onnx"))
        print(f"limits: branches {BRANCH_LIMIT:.0e} of the network's largest value, stems {SDR_LIMIT_DB:.0f} dB SDR")
        holds = True
        for columns in COLUMNS:
            found = parity(weights, model, mix, columns)
            stems = "  ".join(f"{sdr:6.1f}" for sdr in found.sdr_db)
            print(f"T {columns:3}  spec {found.spec_error:.1e}  wave {found.wave_error:.1e}  stems {stems} dB")
            holds = holds and found.holds
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
