"""The parts of demucs that ORT cannot run, or not well, in a form that it can, at any length; equal in value.

embedding   ranges in floats: torch's own become nodes of mixed types, which ORT refuses
norm        sums taken row by row, where InstanceNormalization adds millions of floats into one
projection  query, key and value by three products, where one product is transposed and cut in three
length      zeros after a wave whatever its length, where demucs asks how many it lacks of a whole stride
branch      DConv's last norm folded into the 1x1 convolution before it (see `_branch`): the widest tensors are
            written once, where they were written, read for the sums, scaled, shifted, cut and scaled again
"""

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from unittest import mock

import demucs.transformer
import torch
from demucs.demucs import DConv
from demucs.hdemucs import HEncLayer
from demucs.transformer import MyGroupNorm
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
    return _normed(self, x.flatten(2), rows=True).view(x.shape)


def _normed(norm: torch.nn.GroupNorm, x: Tensor, rows: bool) -> Tensor:
    """A norm of one group over x, whose channels are its rows, (batch, channels, length), or its columns."""
    mean = x.mean(-1, keepdim=True).mean(1, keepdim=True)
    power = (x * x).mean(-1, keepdim=True).mean(1, keepdim=True)
    weight = norm.weight[:, None] if rows else norm.weight
    scale = weight / ((power - mean * mean).clamp(min=0.0) + norm.eps).sqrt()
    return x * scale + ((norm.bias[:, None] if rows else norm.bias) - mean * scale)


def _norm_out(self: MyGroupNorm, x: Tensor) -> Tensor:
    """MyGroupNorm of one group, (batch, length, channels), without turning x around."""
    if self.num_groups != 1:
        return _turned_norm(self, x)
    return _normed(self, x, rows=False)


def _turned_norm(self: MyGroupNorm, x: Tensor) -> Tensor:
    return torch.nn.GroupNorm.forward(self, x.transpose(1, 2)).transpose(1, 2)


def _projected(q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor | None = None) -> list[Tensor]:
    """What attention is over, as torch.nn.functional._in_projection_packed makes it."""
    weights, biases = w.view(3, -1, w.shape[1]), None if b is None else b.view(3, -1)
    return [
        functional.linear(x, weights[at], None if biases is None else biases[at]) for at, x in enumerate((q, k, v))
    ]


def any_length(layer: Any) -> bool:
    """Whether an HEncLayer of the wave branch can be traced for waves of any length, not of whole columns only."""
    return not layer.freq and not layer.empty and (2 * layer.pad - layer.kernel_size) % layer.stride == 0


def _encoded(self: HEncLayer, x: Tensor, inject: Tensor | None = None) -> Tensor:
    """HEncLayer of the wave branch, (1, channels, length), or any other as demucs has it.

    demucs fills x up to whole strides with zeros, if it must. A stride of them less one, whatever the length, gives the
    same values: where they are too many no kernel starts. ONNX Runtime makes them part of the convolution.
    """
    if not any_length(self) or x.dim() != 3 or inject is not None:
        other: Tensor = _published(self, x, inject)  # type: ignore[no-untyped-call]
        return other
    y = functional.gelu(self.norm1(self.conv(functional.pad(x, (0, self.stride - 1)))))
    y = self.dconv(y) if self.dconv else y
    return functional.glu(self.norm2(self.rewrite(y)), dim=1) if self.rewrite else y


_published = HEncLayer.forward


def _dconv(self: DConv, x: Tensor) -> Tensor:
    """DConv's residual layers, (batch, channels, length), those of the plain kind with their last norm folded."""
    for layer in self.layers:
        x = x + (_branch(layer, x) if _plain(layer) else layer(x))
    return x


def _plain(layer: Any) -> bool:
    kinds = (torch.nn.Conv1d, torch.nn.GroupNorm, torch.nn.Module, torch.nn.Conv1d, torch.nn.GroupNorm, torch.nn.GLU)
    return len(layer) == 7 and all(map(isinstance, layer, kinds)) and layer[4].num_groups == 1


def _branch(layer: Any, x: Tensor) -> Tensor:
    """LayerScale(GLU(GroupNorm(W h + b))), h of few channels, its norm folded into W.

    Over channels and length the mean of y = W h + b is that of W mean(h) + b, and its variance follows from the
    covariance of h: mean over the rows w of W of w cov(h) w' + (w mean(h) + b - mean(y))^2. So y itself is never made:
    its normalised halves are products of h with weights scaled by 1/std(y), their shifts the weights of a row of ones.
    """
    squeeze, norm1, activation, widen, norm2, _, layer_scale = layer
    hidden = activation(norm1(squeeze(x)))  # (batch, hidden, length)
    weight, half = widen.weight[:, :, 0], widen.out_channels // 2
    mean = hidden.mean(-1, keepdim=True)
    centred = hidden - mean
    covariance = centred @ centred.transpose(1, 2) / centred.shape[-1]
    offset = weight @ mean + widen.bias[:, None]  # (batch, 2 channels, 1): y's mean, channel by channel
    offset = offset - offset.mean(1, keepdim=True)
    rows = (covariance * (weight.t() @ weight)).sum(-1, keepdim=True).sum(1, keepdim=True) / widen.out_channels
    scale = norm2.weight[:, None] / (rows + (offset * offset).mean(1, keepdim=True) + norm2.eps).sqrt()
    folded = torch.cat([weight * scale, offset * scale + norm2.bias[:, None]], 2)  # (batch, 2 channels, hidden + 1)
    padded = torch.cat([centred, torch.ones_like(centred[:, :1])], 1)
    value: Tensor = folded[:, :half] * layer_scale.scale[:, None] @ padded
    return value * torch.sigmoid(folded[:, half:] @ padded)


FORMS: Mapping[str, tuple[tuple[Any, str, Any], ...]] = {
    "embedding": (
        (demucs.transformer, "create_sin_embedding", _sin_embedding),
        (demucs.transformer, "create_2d_sin_embedding", _sin_embedding_2d),
    ),
    "norm": ((torch.nn.GroupNorm, "forward", _group_norm), (MyGroupNorm, "forward", _norm_out)),
    "length": ((HEncLayer, "forward", _encoded),),
    "projection": ((functional, "_in_projection_packed", _projected),),
    "branch": ((DConv, "forward", _dconv),),
}


@contextlib.contextmanager
def traceable(forms: Iterable[str] = FORMS) -> Iterator[None]:
    """Put the named parts of demucs into the forms above, for as long as it lasts."""
    with contextlib.ExitStack() as stack:
        for form in forms:
            for owner, name, replacement in FORMS[form]:
                stack.enter_context(mock.patch.object(owner, name, replacement))
        yield
