"""The few parts of demucs that ORT cannot run, or not well, at any length, in a form that it can; equal in value."""

import contextlib
import math
from collections.abc import Iterator
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional


def _positions(length: Any) -> Tensor:
    # NB: torch.arange with a symbolic end becomes a Range of mixed types, which ORT refuses. Floats only.
    return torch.ones(length).cumsum(0) - 1.0


def _sin_embedding(length: Any, dim: int, shift: int, device: Any, max_period: float) -> Tensor:  # noqa: ARG001
    """Positions of the wave branch, (length, 1, dim): all cosines, then all sines [Vaswani et al. 2017]."""
    periods = max_period ** (_positions(dim // 2) / (dim // 2 - 1))
    phase = (_positions(length) + float(shift))[:, None, None] / periods
    return torch.cat([phase.cos(), phase.sin()], dim=-1)


def _sin_embedding_2d(dim: int, height: int, width: Any, device: Any, max_period: float) -> Tensor:  # noqa: ARG001
    """Positions of the spectrogram branch, (1, dim, height, width): first of the column, then of the bin."""
    rates = torch.exp(2.0 * _positions(dim // 4) * -(math.log(max_period) / (dim // 2)))

    def waves(length: Any) -> Tensor:  # (dim / 2, length)
        phase = rates[:, None] * _positions(length)[None, :]
        return torch.stack([phase.sin(), phase.cos()], dim=1).reshape(dim // 2, length)

    columns = waves(width)[:, None, :].expand(dim // 2, height, width)
    bins = waves(height)[:, :, None].expand(dim // 2, height, width)
    return torch.cat([columns, bins])[None]


def _group_norm(self: torch.nn.GroupNorm, x: Tensor) -> Tensor:
    """nn.GroupNorm of one group, (batch, channels, ...), its sums taken channel by channel.

    As InstanceNormalization, ORT adds up to eight million floats into one, on one core: off by 4e-4 at 336 columns.
    """
    if self.num_groups != 1:
        return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
    rows = x.flatten(2)
    mean = rows.mean(-1, keepdim=True).mean(1, keepdim=True)
    power = (rows * rows).mean(-1, keepdim=True).mean(1, keepdim=True)
    scale = self.weight[:, None] / ((power - mean * mean).clamp(min=0.0) + self.eps).sqrt()
    return (rows * scale + (self.bias[:, None] - mean * scale)).view(x.shape)


@contextlib.contextmanager
def traceable() -> Iterator[None]:
    """Put demucs' two sine embeddings and its norms, equal in value, into a form that ORT runs right at any length."""
    with (
        mock.patch.object(torch.nn.GroupNorm, "forward", _group_norm),
        mock.patch("demucs.transformer.create_sin_embedding", _sin_embedding),
        mock.patch("demucs.transformer.create_2d_sin_embedding", _sin_embedding_2d),
    ):
        yield
