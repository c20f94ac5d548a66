"""Encoders and decoders over a hop: demucs.hdemucs.HEncLayer, HDecLayer and demucs.demucs.DConv with state.

The spec branch is (1, channels, frames, bins), so that a frame lies in one piece, the wave branch (1, channels, 1,
frames): a convolution over time is one over a column or over a row. `time` is the axis of frames, 2 or 3.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from export.stateful.state import Hop

SPEC, WAVE = 2, 3  # axis of frames


def encode(name: str, layer: Any, x: Tensor, rate: int, hop: Hop) -> Tensor:
    """HEncLayer; rate: of its output, a column."""
    if layer.freq:
        time, y = SPEC, functional.conv2d(x, turned(layer.conv.weight), layer.conv.bias, (1, layer.stride),
                                          (0, layer.pad))
    else:
        x = _reaching(f"{name}.past", x, layer.pad, rate * layer.stride, WAVE, hop)
        time, y = WAVE, functional.conv2d(x, layer.conv.weight[:, :, None], layer.conv.bias, (1, layer.stride))
    y = dconv(f"{name}.dconv", layer.dconv, functional.gelu(y), rate, time, hop)
    return functional.glu(functional.conv2d(y, turned(layer.rewrite.weight), layer.rewrite.bias), 1)


def decode(name: str, layer: Any, x: Tensor, rate: int, hop: Hop) -> Tensor:
    """HDecLayer on its input with the skip added; rate: of its input, a column."""
    time, weight = SPEC if layer.freq else WAVE, turned(layer.rewrite.weight)
    reach, around = weight.shape[time] // 2, weight.shape[3] // 2 if layer.freq else 0
    x = _reaching(f"{name}.past", x, reach, rate, time, hop)
    y = functional.glu(functional.conv2d(x, weight, layer.rewrite.bias, padding=(0, around)), 1)
    y = dconv(f"{name}.dconv", layer.dconv, y, rate, time, hop)
    if layer.freq:
        z = functional.conv_transpose2d(y, turned(layer.conv_tr.weight), layer.conv_tr.bias, (1, layer.stride),
                                        (0, layer.pad))
    else:
        y = hop.before(f"{name}.overlap", y, 1, rate, WAVE)
        z = functional.conv_transpose2d(y, layer.conv_tr.weight[:, :, None], layer.conv_tr.bias, (1, layer.stride))
        early = layer.stride + layer.pad
        z = z[..., early : -(layer.kernel_size - early)]
    return z if layer.last else functional.gelu(z)


def dconv(name: str, module: Any, x: Tensor, rate: int, time: int, hop: Hop) -> Tensor:
    """DConv's residual branches, if there are any; each norm is over channels and time, bin by bin."""
    if module is None:
        return x
    for index, (squeeze, norm1, activation, widen, norm2, _, scale) in enumerate(module.layers):
        own, reach = f"{name}.{index}", squeeze.dilation[0]
        weight = squeeze.weight[:, :, :, None] if time == SPEC else squeeze.weight[:, :, None]
        y = _reaching(f"{own}.past", x, reach, rate, time, hop)
        hidden = functional.conv2d(y, weight, squeeze.bias, dilation=reach)
        both = torch.cat([hidden, hidden * hidden]).mean(1, keepdim=True)
        hidden = activation(_normed(norm1, hidden, *hop.moments(f"{own}.norm1", both, rate, time)))
        x = x + _widened(f"{own}.norm2", (widen, norm2, scale), hidden, (rate, time), hop)
    return x


def _normed(norm: Any, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    gain = norm.weight[:, None, None] / (variance + norm.eps).sqrt()
    y: Tensor = x * gain + (norm.bias[:, None, None] - mean * gain)
    return y


def _widened(name: str, modules: tuple[Any, Any, Any], hidden: Tensor, along: tuple[int, int], hop: Hop) -> Tensor:
    """LayerScale(GLU(GroupNorm(W h + b))), its norm folded into the convolution; along: rate and axis of frames.

    The mean square of y = W h + b over its channels is h' (W'W) h + 2 (W'b) h + b'b, frame by frame. With its mean m
    and deviation 1/s the norm is g W (s h) + g b s - g (m s) + c: a convolution, its weights constant, of s h, s and
    m s.
    """
    widen, norm, scale = modules
    weight, bias, count = widen.weight[:, :, 0], widen.bias, widen.out_channels
    square = functional.conv2d(hidden, turned(weight.t() @ weight / count), weight.t() @ bias * (2.0 / count))
    rest = torch.stack([bias.mean(0), (bias * bias).mean(0)])[:, None, None, None]
    both = torch.cat([hidden * weight.mean(0)[:, None, None], hidden * square]).sum(1, keepdim=True) + rest
    mean, variance = hop.moments(name, both, *along)
    ones = torch.ones_like(hidden[:, :1])
    parts = torch.cat([hidden, ones, ones * mean], 1) * (1.0 / (variance + norm.eps).sqrt())
    gain, half = norm.weight[:, None], count // 2
    folded = torch.cat([gain * weight, gain * bias[:, None], -gain], 1)
    value = functional.conv2d(parts, turned(folded[:half] * scale.scale[:, None]), norm.bias[:half] * scale.scale)
    return value * torch.sigmoid(functional.conv2d(parts, turned(folded[half:]), norm.bias[half:]))


def _reaching(name: str, x: Tensor, reach: int, rate: int, time: int, hop: Hop) -> Tensor:
    """x with as many frames before it as a kernel reaches back to, and zeros for those that it reaches on to."""
    return functional.pad(hop.before(name, x, reach, rate, time), (0, 0, 0, reach) if time == SPEC else (0, reach))


def turned(weight: Tensor) -> Tensor:
    """Of a convolution over (bins, frames), frames, or neither (a matrix): one over (frames, bins), or over a row."""
    if weight.dim() == 2:
        return weight[:, :, None, None]
    return weight.transpose(2, 3) if weight.dim() == 4 else weight[:, :, None]
