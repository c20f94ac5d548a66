"""A model file in ONNX Runtime: arrays made once, bound once, run many times."""

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from dsp.stft import BINS, FFT_HOP
from stream.separators.networks.denormals import flushed
from stream.separators.networks.modelio import SAMPLERATE, SEGMENT, any_frames, integer, shape, sources, stateful
from stream.separators.networks.providers import provider_name
from stream.separators.networks.session import metadata_of, run_options, session
from stream.separators.protocol import Frames


class Network:
    """One model file, opened for windows of one length: the one asked for, or the file's own where that is fixed.

    mix: float32 (2, 1024 · columns), in      spec: float32 (4, 2048, columns), in
    wave_out: float32 (stems, 2, frames), out      spec_out: float32 (stems, 4, 2048, columns), out
    fixed: whether the file has a length of its own, not the one that was asked for
    frames: 1024 · columns; less where less was asked for, and in published files of fixed length: what the wave branch
    sees of `mix`
    segment: frames, the longest piece that it was trained on
    """

    def __init__(self, path: Path, columns: int, threads: int = 0, provider: str = "auto",
                 frames: int | None = None) -> None:
        """Open the file and bind the arrays; takes seconds. One at a time (onnxruntime#27063).

        threads: of ONNX Runtime; 0 is one per core
        frames: of the wave branch, which end in the last column; None is whole columns, which is all that older files
        take (contract.any_frames)
        Raises ValueError for a file that is no model, or not one of ours.
        [opening-thread]
        """
        self.provider = provider_name(provider)
        full = columns * FFT_HOP
        wanted = full if frames is None else frames
        # NB: only the CPU's sessions run all sizes; where they are part of what is compiled the file is asked first
        if wanted != full and self.provider != "cpu" and not any_frames(metadata_of(path)):
            wanted = full
        self._session = session(path, {"T": columns, "N": wanted}, threads, self.provider)
        self._options, self._stopped = run_options(), False
        meta = self._session.get_modelmeta().custom_metadata_map
        if stateful(meta):
            raise ValueError(f"{path} is a stateful model: it only separates live, hop by hop, and not in windows")
        asked = columns, wanted if any_frames(meta) else full
        stems, own = shape(path, self._session, asked)
        self.fixed = own is not None
        self.sources = sources(path, meta, stems)
        self.samplerate = integer(path, meta, "samplerate", SAMPLERATE)
        self.segment = integer(path, meta, "segment", min(integer(path, meta, "max_window", SEGMENT), SEGMENT))
        self._make(*own or asked)

    def _make(self, columns: int, frames: int) -> None:
        """Arrays of a length, bound."""
        self.columns, self.frames, stems = columns, frames, len(self.sources)
        self.wave_out: Frames = np.zeros((stems, 2, self.frames), np.float32)
        self.spec_out: Frames = np.zeros((stems, 4, BINS, self.columns), np.float32)
        self.take(np.zeros((2, self.columns * FFT_HOP), np.float32), np.zeros((4, BINS, self.columns), np.float32))

    def shorter(self, columns: int) -> "Network | None":
        """The same network and session for a shorter window; None where it has a length of its own. [opening-thread]"""
        if self.fixed or self.provider != "cpu":
            return None
        other = copy(self)
        other._options = run_options()
        other._make(columns, columns * FFT_HOP)
        return other

    def take(self, mix: Frames, spec: Frames) -> None:
        """Let these arrays be `mix` and `spec`, so that networks can share them. [opening-thread]"""
        self.mix, self.spec = mix, spec
        self._heard = mix if self.frames == mix.shape[1] else np.zeros((2, self.frames), np.float32)
        self._binding = self._session.io_binding()
        self._give()
        _bind(self._binding.bind_output, self._session.get_outputs(), (self.wave_out, self.spec_out))

    def _give(self) -> None:
        _bind(self._binding.bind_input, self._session.get_inputs(), (self._heard, self.spec))

    def run(self) -> None:
        """`mix` and `spec` through the network into `wave_out` and `spec_out`, without the GIL. [separator-thread]"""
        if self._heard is not self.mix:
            self._heard[:] = self.mix[:, : self.frames]
        if self.provider != "cpu":  # the others are given a copy of what is in an array when it is bound
            self._give()
        self._options.terminate = False  # NB: before the look at _stopped, which `stop` sets first
        if self._stopped:
            self._options.terminate = True
        with flushed():
            self._session.run_with_iobinding(self._binding, self._options)

    def interrupt(self) -> None:
        """End the `run` that is under way with an exception; later ones run. [any-thread]"""
        self._options.terminate = True

    def stop(self) -> None:
        """End the `run` that is under way, and all later ones, with an exception. [any-thread]"""
        self._stopped = True
        self._options.terminate = True

    def reset(self) -> None:
        """Forget what was heard: the past is silence again. [opening-thread, separator-thread]"""
        self.mix[:] = 0

    def infer(self, mix: Frames, spec: Frames) -> tuple[Frames, Frames]:
        """`spec_out` and `wave_out`, new, of arrays as `mix` and `spec` are; several threads may. [any-thread]"""
        given = {3: np.ascontiguousarray(mix[None, :, : self.frames]), 4: spec[None]}
        feeds = {value.name: given[len(value.shape)] for value in self._session.get_inputs()}
        with flushed():
            found = {array.ndim: array[0] for array in self._session.run(None, feeds)}
        return found[5], found[4]


def _bind(bind: Callable[..., None], values: list[Any], arrays: tuple[Frames, Frames]) -> None:
    by_rank = {array.ndim + 1: array for array in arrays}  # names differ from file to file, ranks do not
    for value in values:
        array = by_rank[len(value.shape)]
        bind(value.name, "cpu", 0, np.float32, (1, *array.shape), array.ctypes.data)
