"""A model file that carries a state, in ONNX Runtime: a hop's columns in, a hop's columns out."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dsp.stft import BINS, FFT_HOP
from stream.separators.networks.attentionschedule import Memory
from stream.separators.networks.denormals import flushed
from stream.separators.networks.modelio import NEXT, SAMPLERATE, SEGMENT, integer, recompute, sources, stateful_shape
from stream.separators.networks.providers import provider_name
from stream.separators.networks.session import session
from stream.separators.networks.state import State
from stream.separators.protocol import Frames, Level

Array = npt.NDArray[Any]
EASED = 60  # columns of context that remain when the machine is short of time
EASED_COST = 0.8  # of a hop's time with 252 of them (docs/notes/speed.md)
TOKENS = tuple(2**power for power in range(7))  # of a column, what they may be: caches are so many times as long


class StatefulNetwork:
    """One stateful model file, opened for hops of one length; the surface of a `Network`.

    mix: float32 (2, 1024 · columns), in      spec: float32 (4, 2048, columns), in
    wave_out: float32 (stems, 2, frames), out      spec_out: float32 (stems, 4, 2048, columns), out
    recompute: columns, of the `columns` of a hop, that the next one is given again
    """

    fixed = False

    def __init__(self, path: Path, columns: int, context: int, threads: int = 0, provider: str = "auto") -> None:
        """Open the file and bind all arrays; takes a second. One at a time (onnxruntime#27063).

        columns: of a hop, those computed again included; context: columns that are remembered
        threads: as for `Network`
        Raises ValueError for a file that is no model, or not one of ours.
        [opening-thread]
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
        self.samplerate = integer(path, meta, "samplerate", SAMPLERATE)
        self.segment = integer(path, meta, "segment", SEGMENT)
        self.wave_out: Frames = np.zeros((stems, 2, self.frames), np.float32)
        self.spec_out: Frames = np.zeros((stems, 4, BINS, columns), np.float32)
        self.memory = Memory(columns, self.recompute, length, shapes.pop("positions")[1])
        self._state = State(shapes, self.provider)
        self._contexts = [context] + [EASED] * (self.provider == "cpu" and context > EASED)
        self._level, self._turn = 0, 0
        self._spare = self._state.caches((length, EASED + columns)) if len(self._contexts) > 1 else {}
        self.take(np.zeros((2, self.frames), np.float32), np.zeros((4, BINS, columns), np.float32))

    def take(self, mix: Frames, spec: Frames) -> None:
        """Let these arrays be `mix` and `spec`, so that networks can share them. [opening-thread]"""
        self.mix, self.spec = mix, spec
        self._bind()

    def _bind(self) -> None:
        self._bindings = [self._session.io_binding() for _ in range(2)]
        for turn, binding in enumerate(self._bindings):
            self._give(turn)
            self._state.take(binding, turn)
            self._state.leave(binding, turn, NEXT)
            for name, array in {"spec_out": self.spec_out[None], "wave_out": self.wave_out[None]}.items():
                _bind(binding.bind_output, name, array)

    def _give(self, turn: int) -> None:
        given: dict[str, Array] = {"mix": self.mix[None], "spec": self.spec[None], **self.memory.given}
        for name, array in given.items():
            _bind(self._bindings[turn].bind_input, name, array)

    def run(self) -> None:
        """`mix` and `spec` through the network into `wave_out` and `spec_out`, without the GIL.

        What is no number is forgotten with everything before it: it would stay in the state for ever.
        [separator-thread]
        """
        self.memory.begin(self.mix[:, : self.frames - self.recompute * FFT_HOP])
        if self.provider != "cpu":  # the others are given a copy of what is in an array when it is bound
            self._give(self._turn)
            if self._state.device == "cpu":
                self._state.take(self._bindings[self._turn], self._turn)
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
        if level != self._level:
            length = self._contexts[level] + self.columns
            self._spare = self._state.swap(self._spare, self.memory.resize(length), length)
            self._level = level
            self._bind()

    def skip(self) -> None:
        """Let a hop pass that is not computed; what is remembered stays where it is. [separator-thread]"""
        self.memory.end()

    def reset(self) -> None:
        """Forget what was heard. [opening-thread, separator-thread]"""
        self.memory.reset()
        self._state.clear()


def _bind(bind: Any, name: str, array: Array) -> None:
    bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
