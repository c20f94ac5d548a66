"""The tensors that a hop leaves for the next one, where the provider computes.

They are there twice, and two bindings swap them: what one run leaves, the next one finds. The caches of attention are
rings that the graph writes a few rows of; they are there once, as input and output in one place, and ONNX Runtime's
ScatterND then writes those rows and moves nothing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Array = npt.NDArray[Any]
ON_GPU = {"cuda": "cuda", "tensorrt": "cuda"}  # provider to the device that its tensors can stay on


class State:
    """Both copies of a state's tensors, by name."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], provider: str) -> None:
        """Zeros, in the provider's own memory where ONNX Runtime can leave them there. [opening-thread]"""
        self.device = ON_GPU.get(provider, "cpu")
        self._arrays: list[dict[str, Array]] = [{name: np.zeros(shape, np.float32) for name, shape in shapes.items()}]
        self._arrays.append({name: array if _is_cache(name) else np.zeros_like(array)
                             for name, array in self._arrays[0].items()})
        self._values = [{name: self._value(array) for name, array in self._arrays[0].items()}]
        self._values.append({name: value if _is_cache(name) else self._value(self._arrays[1][name])
                             for name, value in self._values[0].items()})

    def _value(self, array: Array) -> Any:
        return ort.OrtValue.ortvalue_from_numpy(array, self.device, 0)  # on the CPU the array itself

    def take(self, binding: Any, turn: int) -> None:
        """Let a binding find what the run before this turn has left. [opening-thread, separator-thread]"""
        for name, value in self._values[turn].items():
            binding.bind_ortvalue_input(name, value)

    def leave(self, binding: Any, turn: int, suffix: str) -> None:
        """Let it leave what the next turn finds, under names with this behind them.

        [opening-thread, separator-thread]
        """
        for name, value in self._values[1 - turn].items():
            binding.bind_ortvalue_output(name + suffix, value)

    def caches(self, lengths: tuple[int, int]) -> dict[str, Array]:
        """Zeros for rings of another length; lengths: of this state's and of the others, columns. [opening-thread]"""
        ours, others = lengths
        return {name: np.zeros((array.shape[0], array.shape[1] // ours * others, array.shape[2]), np.float32)
                for name, array in self._arrays[0].items() if _is_cache(name)}

    def swap(self, caches: dict[str, Array], places: tuple[Array, Array], length: int) -> dict[str, Array]:
        """Take other rings, of `length` columns, and give up those that were here; on the CPU only.

        places: of the columns that are remembered, in the old rings and in the new ones
        [separator-thread]
        """
        before, now = places
        given_up = {name: self._arrays[0][name] for name in caches}
        for name, cache in caches.items():
            tokens = cache.shape[1] // length
            _by_column(cache, tokens)[:, now] = _by_column(given_up[name], tokens)[:, before]
            value = self._value(cache)
            for arrays, values in zip(self._arrays, self._values, strict=True):
                arrays[name], values[name] = cache, value
        return given_up

    def clear(self) -> None:
        """Zeros again. [opening-thread, separator-thread]"""
        for turn, (arrays, values) in enumerate(zip(self._arrays, self._values, strict=True)):
            for name, array in arrays.items():
                if turn and _is_cache(name):
                    continue  # the one that was cleared already: 64 MB
                array[:] = 0
                if self.device != "cpu":
                    values[name].update_inplace(array)


def _is_cache(name: str) -> bool:
    return name.endswith((".k", ".v"))


def _by_column(cache: Array, tokens: int) -> Array:
    return cache.reshape(cache.shape[0], -1, tokens, cache.shape[2])
