"""Encoders and decoders over a hop: demucs.hdemucs.HEncLayer, HDecLayer and demucs.demucs.DConv with state.

Both branches are (1, channels, bins, frames); the wave branch has one bin. So a convolution over time is one of a
single row, and the norms of DConv, which are over time and channels for each bin, never turn anything around.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from export.stateful.state import Hop


def encode(name: str, layer: Any, x: Tensor, rate: int, hop: Hop) -> Tensor:
    """HEncLayer; rate: of its output, a column."""
    if layer.freq:
        y = layer.conv(x)
    else:
        x = functional.pad(hop.before(f"{name}.past", x, layer.pad, rate * layer.stride), (0, layer.pad))
        y = functional.conv2d(x, layer.conv.weight[:, :, None], layer.conv.bias, (1, layer.stride))
    y = dconv(f"{name}.dconv", layer.dconv, functional.gelu(y), rate, hop)
    return functional.glu(functional.conv2d(y, flat(layer.rewrite.weight), layer.rewrite.bias), 1)


def decode(name: str, layer: Any, x: Tensor, rate: int, hop: Hop) -> Tensor:
    """HDecLayer on its input with the skip added; rate: of its input, a column."""
    weight = flat(layer.rewrite.weight)
    reach = weight.shape[-1] // 2
    x = functional.pad(hop.before(f"{name}.past", x, reach, rate), (0, reach))
    y = functional.glu(functional.conv2d(x, weight, layer.rewrite.bias, padding=(weight.shape[-2] // 2, 0)), 1)
    y = dconv(f"{name}.dconv", layer.dconv, y, rate, hop)
    if layer.freq:
        z: Tensor = layer.conv_tr(y)[:, :, layer.pad : -layer.pad]
    else:
        y = hop.before(f"{name}.overlap", y, 1, rate)
        z = functional.conv_transpose2d(y, layer.conv_tr.weight[:, :, None], layer.conv_tr.bias, (1, layer.stride))
        early = layer.stride + layer.pad
        z = z[..., early : -(layer.kernel_size - early)]
    heard: Tensor = z if layer.last else functional.gelu(z)
    return heard


def dconv(name: str, module: Any, x: Tensor, rate: int, hop: Hop) -> Tensor:
    """DConv's residual branches, if there are any; each norm is over channels and time, bin by bin."""
    if module is None:
        return x
    for index, (squeeze, norm1, activation, widen, norm2, _, scale) in enumerate(module.layers):
        own, reach = f"{name}.{index}", squeeze.dilation[0]
        padded = functional.pad(hop.before(f"{own}.past", x, reach, rate), (0, reach))
        hidden = functional.conv2d(padded, squeeze.weight[:, :, None], squeeze.bias, dilation=(1, reach))
        mean, variance = hop.moments(f"{own}.norm1", hidden.mean(1), (hidden * hidden).mean(1), rate)
        hidden = activation(_normed(norm1, hidden, mean[:, None], variance[:, None]))
        x = x + _widened(f"{own}.norm2", (widen, norm2, scale), hidden, rate, hop)
    return x


def _normed(norm: Any, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    gain = norm.weight[:, None, None] / (variance + norm.eps).sqrt()
    y: Tensor = x * gain + (norm.bias[:, None, None] - mean * gain)
    return y


def _widened(name: str, modules: tuple[Any, Any, Any], hidden: Tensor, rate: int, hop: Hop) -> Tensor:
    """LayerScale(GLU(GroupNorm(W h + b))), its norm folded into the convolution.

    The mean square of y = W h + b over its channels is h' (W'W) h + 2 (W'b) h + b'b, frame by frame. With its mean m
    and deviation 1/s the norm is g W (s h) + g b s - g (m s) + c: a convolution, its weights constant, of s h, s, m s
    and 1.
    """
    widen, norm, scale = modules
    weight, bias, count = widen.weight[:, :, 0], widen.bias, widen.out_channels
    square = functional.conv2d(hidden, flat(weight.t() @ weight / count), weight.t() @ bias * (2.0 / count))
    power = (hidden * square).sum(1) + (bias * bias).mean(0)
    mean = (hidden * weight.mean(0)[:, None, None]).sum(1) + bias.mean(0)
    mean, variance = (moment[:, None] for moment in hop.moments(name, mean, power, rate))
    deviation = 1.0 / (variance + norm.eps).sqrt()
    ones = torch.ones_like(hidden[:, :1])
    parts = torch.cat([hidden * deviation, ones * deviation, ones * (mean * deviation), ones], 1)
    gain = norm.weight[:, None]
    folded = torch.cat([gain * weight, gain * bias[:, None], -gain, norm.bias[:, None]], 1)
    half = count // 2
    value = functional.conv2d(parts, flat(folded[:half] * scale.scale[:, None]))
    return value * torch.sigmoid(functional.conv2d(parts, flat(folded[half:])))


def flat(weight: Tensor) -> Tensor:
    """A convolution's weight, or a matrix, as that of one over (bins, frames)."""
    if weight.dim() == 2:
        return weight[:, :, None, None]
    return weight if weight.dim() == 4 else weight[:, :, None]
