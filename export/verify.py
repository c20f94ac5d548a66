"""Does a model file say what demucs says in torch? The reference, and the file in ONNX Runtime."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from demucs.htdemucs import HTDemucs
from numpy.typing import NDArray

from dsp.stft import FFT_HOP, stft
from export.bind import segment_frames
from export.compare import Outputs
from export.graph import Core, settings
from export.weights import Weights

Array = NDArray[Any]


class Reference:
    """demucs' own network with these weights: its two branches, and its forward as published."""

    def __init__(self, weights: Weights) -> None:
        """Make it. Raises ValueError where the weights are not the network's."""
        state = {name: torch.from_numpy(np.array(value, np.float32)) for name, value in weights.tensors.items()}
        self._core = Core(**weights.kwargs).eval()
        self._whole = HTDemucs(**weights.kwargs).eval()
        try:
            self._core.load_state_dict(state, assign=True)
        except RuntimeError as error:
            raise ValueError(f"the weights are not the network's: {str(error).splitlines()[-1].strip()}") from error
        self._whole.load_state_dict(state, assign=True)
        self._segment = segment_frames(settings(weights.kwargs))

    def outputs(self, window: Array) -> Outputs:
        """What it gives for a window: float32 (2, N)."""
        mix, spec = torch.from_numpy(window)[None], torch.from_numpy(stft(window))[None]
        # a shorter one is not filled up to the trained one
        self._whole.use_train_segment = window.shape[-1] == self._segment
        with torch.no_grad():
            spec_out, wave_out = self._core(mix, spec)
            stems: torch.Tensor = self._whole(mix)
        return Outputs(spec_out[0].numpy(), wave_out[0].numpy(), stems[0].numpy())


def outputs_of(model: Path, window: Array) -> Outputs:
    """What a model file gives for a window, float32 (2, N), on the CPU provider.

    For a file that carries a state the window is the first hop, and all of it.
    """
    columns = -(-window.shape[-1] // FFT_HOP)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # of errors; warnings are about graphs
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", window.shape[-1])
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    feeds = {"mix": window[None], "spec": stft(window)[None]}
    feeds |= {value.name: _first(value, columns) for value in session.get_inputs() if value.name not in feeds}
    spec_out, wave_out = session.run(["spec_out", "wave_out"], feeds)
    return Outputs.of_branches(spec_out[0], wave_out[0])


def _first(value: Any, columns: int) -> Array:
    """What a first hop of so many columns is told, and finds of its state: see export.stateful.state."""
    length = {"L": columns, "T": columns}
    shape = [size if isinstance(size, int) else length.get(size) or int(size.removesuffix("*L")) * columns
             for size in value.shape]
    if value.name == "slots":
        return np.arange(columns)
    if value.name == "positions":
        return (np.arange(columns)[:, None] + np.arange(shape[1]) / shape[1]).astype(np.float32)
    return np.zeros(shape, np.float32)


def excerpt(mix: Array, frames: int) -> Array:
    """The middle of a piece of music, float32 (2, n), repeated if it is too short: float32 (2, frames).

    Raises ValueError for silence, against which nothing can be measured.
    """
    if mix.size == 0 or not np.abs(mix).max() > 0:
        raise ValueError("the song that the model is verified with is silent")
    whole = np.tile(mix, -(-frames // mix.shape[-1]))
    start = (whole.shape[-1] - frames) // 2
    return np.ascontiguousarray(whole[:, start : start + frames], np.float32)


def random_weights(kwargs: Mapping[str, Any], seed: int = 0) -> Weights:
    """Weights of a network as it is before training, its layer scales raised so that every layer is heard."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = HTDemucs(**kwargs).state_dict()
    louder = {name: torch.full_like(value, 0.3) for name, value in state.items() if name.endswith(".scale")}
    return Weights({name: value.numpy() for name, value in (state | louder).items()}, kwargs)
