"""A model file that carries a state, in ONNX Runtime: a hop's columns in, a hop's columns out, nothing moved between.

The state's tensors are there twice, and two bindings swap them: what one run leaves, the next one finds. The caches
of attention are rings that the graph writes a few rows of; they are there once, as input and output in one place, and
ONNX Runtime's ScatterND then writes those rows and moves nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dsp.stft import BINS, FFT_HOP
from stream.separators.contract import SAMPLERATE, SEGMENT, recompute, sources, stateful_shape, whole
from stream.separators.denormals import flushed
from stream.separators.memory import Memory
from stream.separators.protocol import Frames, Level
from stream.separators.providers import provider_name
from stream.separators.session import session

Array = npt.NDArray[Any]
EASED = 60  # columns of context that remain when the machine is short of time
EASED_COST = 0.8  # of a hop's time with 252 of them (docs/speed.md)
TOKENS = tuple(2**power for power in range(7))  # of a column, what they may be: caches are so many times as long


class StatefulNetwork:
    """One stateful model file, opened for hops of one length; the surface of a `Network`.

    mix: float32 (2, 1024 · columns), in      spec: float32 (4, 2048, columns), in
    wave_out: float32 (stems, 2, frames), out      spec_out: float32 (stems, 4, 2048, columns), out
    recompute: columns, of the `columns` of a hop, that the next one is given again
    """

    fixed = False

    def __init__(self, path: Path, columns: int, context: int, threads: int = 0,
                 provider: str = "auto") -> None:
        """Open the file and bind all arrays; takes a second. [main-thread, one at a time (onnxruntime#27063)]

        columns: of a hop, those computed again included; context: columns that are remembered
        threads: as for `Network`
        Raises ValueError for a file that is no model, or not one of ours.
        """
        self.provider = provider_name(provider)
        length = context + columns
        sizes = {"T": columns, "N": columns * FFT_HOP, "L": length, **{f"{n}*L": n * length for n in TOKENS}}
        self._session = session(path, sizes, threads, self.provider)
        meta = self._session.get_modelmeta().custom_metadata_map
        stems, shapes = stateful_shape(path, self._session, sizes)
        self.columns, self.frames = columns, columns * FFT_HOP
        self.recompute = recompute(path, meta)
        if columns <= self.recompute:
            raise ValueError(f"a hop must have more than the {self.recompute} columns that {path} computes again, "
                             f"not {columns}")
        self.sources = sources(path, meta, stems)
        self.samplerate = whole(path, meta, "samplerate", SAMPLERATE)
        self.segment = whole(path, meta, "segment", SEGMENT)
        self.wave_out: Frames = np.zeros((stems, 2, self.frames), np.float32)
        self.spec_out: Frames = np.zeros((stems, 4, BINS, columns), np.float32)
        self.memory = Memory(columns, self.recompute, length, shapes.pop("positions")[1])
        self._contexts = (context, *(EASED,) * (self.provider == "cpu" and context > EASED))
        self._caches = [_caches(shapes, (own + columns, length)) for own in self._contexts]
        self._state = [{name: np.zeros(shape, np.float32) for name, shape in shapes.items()
                        if name not in self._caches[0]} | self._caches[0] for _ in range(2)]
        self._turn = 0
        self.take(np.zeros((2, self.frames), np.float32), np.zeros((4, BINS, columns), np.float32))

    def take(self, mix: Frames, spec: Frames) -> None:
        """Let these arrays be `mix` and `spec`, so that networks can share them. [main-thread]"""
        self.mix, self.spec = mix, spec
        self._bind()

    def _bind(self) -> None:
        self._bindings = [self._session.io_binding() for _ in range(2)]
        for turn in range(2):
            self._give(turn)
            left = {f"{name}.next": value for name, value in self._state[1 - turn].items()}
            for name, array in ({"spec_out": self.spec_out[None], "wave_out": self.wave_out[None]} | left).items():
                _bind(self._bindings[turn].bind_output, name, array)

    def _give(self, turn: int) -> None:
        given: dict[str, Array] = {"mix": self.mix[None], "spec": self.spec[None], **self.memory.given}
        for name, array in (given | self._state[turn]).items():
            _bind(self._bindings[turn].bind_input, name, array)

    def run(self) -> None:
        """`mix` and `spec` through the network into `wave_out` and `spec_out`, without the GIL. [separator-thread]

        What is no number is forgotten with everything before it: it would stay in the state for ever.
        """
        self.memory.begin(self.mix[:, : self.frames - self.recompute * FFT_HOP])
        if self.provider != "cpu":  # the others are given a copy of what is in an array when it is bound
            self._give(self._turn)
        with flushed():
            self._session.run_with_iobinding(self._bindings[self._turn])
        self._turn = 1 - self._turn
        self.memory.end()
        if not np.isfinite(self.wave_out[:, :, -1].sum() + self.spec_out[..., -1].sum()):
            self.reset()

    @property
    def levels(self) -> tuple[Level, ...]:
        """As `Easing` has them: the context asked for, and a shorter one. [any-thread]"""
        seconds = (context * FFT_HOP / self.samplerate for context in self._contexts)
        return tuple(Level(cost, f"{past:.1f} s of the past") for cost, past in zip((1.0, EASED_COST), seconds,
                                                                                  strict=False))

    def ease(self, level: int) -> None:
        """Remember more or less from the next hop on; what is in both is kept. [separator-thread]"""
        before, now = self.memory.resize(self._contexts[level] + self.columns)
        for name, cache in self._caches[level].items():
            old = self._state[0][name]
            tokens = cache.shape[1] // len(self.memory.given["mask"])
            _by_column(cache, tokens)[:, now] = _by_column(old, tokens)[:, before]
            for state in self._state:
                state[name] = cache
        self._bind()

    def skip(self) -> None:
        """Let a hop pass that is not computed; what is remembered stays where it is. [separator-thread]"""
        self.memory.end()

    def reset(self) -> None:
        """Forget what was heard. [main-thread, separator-thread]"""
        self.memory.reset()
        for state in self._state:
            for value in state.values():
                value[:] = 0


def _caches(shapes: Mapping[str, tuple[int, ...]], lengths: tuple[int, int]) -> dict[str, Array]:
    """Attention's rings for a length in columns, of a graph whose shapes are for another."""
    own, given = lengths
    return {name: np.zeros((heads, rows // given * own, size), np.float32)
            for name, (heads, rows, size) in ((name, shape) for name, shape in shapes.items()
                                              if name.endswith((".k", ".v")))}


def _by_column(cache: Array, tokens: int) -> Array:
    return cache.reshape(cache.shape[0], -1, tokens, cache.shape[2])


def _bind(bind: Any, name: str, array: Array) -> None:
    bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
