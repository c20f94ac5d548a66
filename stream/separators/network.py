"""A model file in ONNX Runtime, the only file that imports it: arrays made once, bound once, run many times."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from dsp.stft import BINS, FFT_HOP, N_FFT
from stream.separators.denormals import flushed, unchanged
from stream.separators.fusion import fused
from stream.separators.protocol import Frames

ort.set_default_logger_severity(3)  # warnings about graphs are for developers; errors are raised
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "coreml": "CoreMLExecutionProvider",
             "dml": "DmlExecutionProvider"}


def provider_name(wish: str) -> str:
    """The provider for a wish; `auto` is the CPU until something else has been timed. Raises ValueError."""
    name = "cpu" if wish == "auto" else wish
    if PROVIDERS.get(name) not in ort.get_available_providers():
        here = ", ".join(key for key, value in PROVIDERS.items() if value in ort.get_available_providers())
        raise ValueError(f"provider {wish} is not in this onnxruntime; here are: {here}")
    return name


class Network:
    """One model file, opened for windows of one length.

    mix: float32 (2, 1024 · columns), in      spec: float32 (4, 2048, columns), in
    wave_out: float32 (stems, 2, 1024 · columns), out      spec_out: float32 (stems, 4, 2048, columns), out
    """

    def __init__(self, path: Path, columns: int, threads: int = 0, spinning: bool = False,
                 provider: str = "auto") -> None:
        """Open the file and bind the arrays; takes seconds. [main-thread, one at a time (onnxruntime#27063)]

        threads: of ONNX Runtime; 0 is one per core
        spinning: waiting threads burn their core; faster for files, wrong beside audio
        Raises ValueError for a file that is no model, or not one of ours.
        """
        self.provider = provider_name(provider)
        self._session = _open(path, columns, threads, spinning, PROVIDERS[self.provider])
        meta = self._session.get_modelmeta().custom_metadata_map
        self.columns = columns
        stems = _check(path, self._session, columns)
        self.sources = _sources(path, meta, stems)
        self.samplerate = int(meta.get("samplerate", 44_100))
        frames = columns * FFT_HOP
        self.mix: Frames = np.zeros((2, frames), np.float32)
        self.spec: Frames = np.zeros((4, BINS, columns), np.float32)
        self.wave_out: Frames = np.zeros((stems, 2, frames), np.float32)
        self.spec_out: Frames = np.zeros((stems, 4, BINS, columns), np.float32)
        self._binding = self._bind()

    def _bind(self) -> Any:
        binding = self._session.io_binding()
        for value, array in zip(self._session.get_inputs(), (self.mix, self.spec), strict=True):
            binding.bind_input(value.name, "cpu", 0, np.float32, (1, *array.shape), array.ctypes.data)
        by_rank = {4: self.wave_out, 5: self.spec_out}
        for value in self._session.get_outputs():
            array = by_rank[len(value.shape)]
            binding.bind_output(value.name, "cpu", 0, np.float32, (1, *array.shape), array.ctypes.data)
        return binding

    def run(self) -> None:
        """`mix` and `spec` through the network into `wave_out` and `spec_out`, without the GIL. [separator-thread]"""
        with flushed():
            self._session.run_with_iobinding(self._binding)

    def infer(self, mix: Frames, spec: Frames) -> tuple[Frames, Frames]:
        """`spec_out` and `wave_out`, new, of arrays as `mix` and `spec` are; several threads may. [any-thread]"""
        feeds = dict(zip((v.name for v in self._session.get_inputs()), (mix[None], spec[None]), strict=True))
        with flushed():
            found = {array.ndim: array[0] for array in self._session.run(None, feeds)}
        return found[5], found[4]


def _open(path: Path, columns: int, threads: int, spinning: bool, provider: str) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning else "0")
    options.enable_mem_pattern = False  # planning it costs the second run 1.7 s at 336 columns and gains nothing
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", columns * FFT_HOP)
    fusible = provider == PROVIDERS["cpu"] and path.suffix == ".onnx"
    try:
        with unchanged():
            return ort.InferenceSession(fused(path) if fusible else str(path), options, providers=[provider])
    except Exception as error:  # onnx and onnxruntime raise a class of their own for each kind of damage
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{path} is no model that ONNX Runtime can open: {reason}") from error


def _check(path: Path, session: Any, columns: int) -> int:
    """The number of stems. Raises ValueError that says what was found and what was wanted."""
    found = (*session.get_inputs(), *session.get_outputs())
    frames = columns * FFT_HOP
    shapes = [tuple(value.shape) for value in found]
    stems = next((shape[1] for shape in shapes[2:] if len(shape) == 5), 0)
    wanted = [(1, 2, frames), (1, 4, BINS, columns)], {(1, stems, 4, BINS, columns), (1, stems, 2, frames)}
    fits = len(shapes) == 4 and all(map(_fits, shapes[:2], wanted[0])) and isinstance(stems, int) and all(
        any(_fits(shape, want) for shape in shapes[2:]) for want in wanted[1])
    fits &= all(value.type == "tensor(float)" for value in found)
    if not fits:
        listing = ", ".join(f"{value.name} {value.shape} {value.type}" for value in found)
        raise ValueError(f"{path} is a model of another shape: found {listing}; wanted float32 mix [1, 2, {frames}], "
                         f"spec [1, 4, {BINS}, {columns}], spec_out [1, stems, 4, {BINS}, {columns}], "
                         f"wave_out [1, stems, 2, {frames}]")
    return int(stems)


def _fits(shape: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        have == want or not isinstance(have, int) for have, want in zip(shape, wanted, strict=True))


def _sources(path: Path, meta: dict[str, str], stems: int) -> tuple[str, ...]:
    text = meta.get("sources", '["drums", "bass", "other", "vocals"]')
    names = tuple(json.loads(text)) if text.startswith("[") else tuple(text.split(","))
    if len(names) != stems:
        raise ValueError(f"{path} has {stems} stems but names {len(names)}: {', '.join(names)}")
    if int(meta.get("n_fft", N_FFT)) != N_FFT or int(meta.get("fft_hop", FFT_HOP)) != FFT_HOP:
        raise ValueError(f"{path} wants n_fft {meta.get('n_fft')}, fft_hop {meta.get('fft_hop')}; "
                         f"only {N_FFT}, {FFT_HOP} are known")
    return names
