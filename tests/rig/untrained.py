"""A small HTDemucs with random weights, behind the interface of a model file, and the same one as demucs has it."""

from fractions import Fraction
from typing import Any

import numpy as np
import torch
from demucs.htdemucs import HTDemucs

from dsp.stft import BINS, FFT_HOP
from export.graph import Core
from stream.separators.protocol import Frames

SEGMENT = 86 * FFT_HOP - 84  # frames; as the published networks', it ends within a column


class Untrained:
    """The network of a model file, run by torch.

    fixed: it has a length of its own, the one it is trained on, as published files have
    """

    provider = "cpu"
    samplerate = 44_100

    def __init__(self, frames: int = SEGMENT, fixed: bool = False,
                 sources: tuple[str, ...] = ("drums", "bass", "vocals")) -> None:
        settings: dict[str, Any] = {"sources": list(sources), "channels": 8, "t_layers": 1, "t_heads": 2,
                                    "bottom_channels": 32, "segment": Fraction(SEGMENT, self.samplerate)}
        torch.manual_seed(1)
        self.demucs = HTDemucs(**settings).eval()
        self._core = Core(**settings).eval()
        self._core.load_state_dict(self.demucs.state_dict())
        self.sources, self.fixed = sources, fixed
        self.segment = SEGMENT
        self.frames = SEGMENT if fixed else frames
        self.columns = -(-self.frames // FFT_HOP)
        self.mix: Frames = np.zeros((2, self.columns * FFT_HOP), np.float32)
        self.spec: Frames = np.zeros((4, BINS, self.columns), np.float32)

    def run(self) -> None:
        self.spec_out, self.wave_out = self.infer(self.mix, self.spec)

    def infer(self, mix: Frames, spec: Frames) -> tuple[Frames, Frames]:
        with torch.no_grad():
            spec_out, wave_out = self._core(torch.from_numpy(mix[None, :, : self.frames]), torch.from_numpy(spec[None]))
        return spec_out[0].numpy(), wave_out[0].numpy()


def sdr_db(reference: Frames, found: Frames) -> float:
    error = np.sum((reference - found) ** 2, dtype=np.float64)
    return float(10 * np.log10(np.sum(reference**2, dtype=np.float64) / error))
