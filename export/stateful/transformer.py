"""demucs.transformer.CrossTransformerEncoder over a hop: keys and values of earlier columns are remembered."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from export.stateful.layers import turned
from export.stateful.state import Hop, counted


def transform(net: Any, x: Tensor, wave: Tensor, hop: Hop) -> tuple[Tensor, Tensor]:
    """Both branches at the bottom, (1, channels, T, bins) and (1, channels, 1, tokens T), through the transformer."""
    if net.bottom_channels:
        x, wave = _mixed(net.channel_upsampler, x), _mixed(net.channel_upsampler_t, wave)
    module, (_, channels, _, bins), tokens = net.crosstransformer, x.shape, hop.positions.shape[1]
    x = module.norm_in(x.permute(0, 2, 3, 1))  # (1, T, bins, channels)
    x = (x + module.weight_pos_embed * _embedding_2d(channels, bins, hop, module.max_period)).reshape(1, -1, channels)
    wave = module.norm_in_t(wave[:, :, 0].permute(0, 2, 1))
    wave = wave + module.weight_pos_embed * _embedding(channels, tokens, hop, module.max_period)
    for index, (layer, layer_t) in enumerate(zip(module.layers, module.layers_t, strict=True)):
        own, own_t = f"layers.{index}", f"layers_t.{index}"
        if index % 2 == module.classic_parity:
            x, wave = _itself(own, layer, x, bins, hop), _itself(own_t, layer_t, wave, tokens, hop)
        else:
            x, wave = (_across(own, layer, x, wave, (bins, tokens), hop),
                       _across(own_t, layer_t, wave, x, (tokens, bins), hop))
    x = x.reshape(1, -1, bins, channels).permute(0, 3, 1, 2)
    wave = wave.permute(0, 2, 1)[:, :, None]
    if net.bottom_channels:
        x, wave = _mixed(net.channel_downsampler, x), _mixed(net.channel_downsampler_t, wave)
    return x, wave


def _mixed(conv: Any, x: Tensor) -> Tensor:
    return functional.conv2d(x, turned(conv.weight), conv.bias)


def _embedding_2d(channels: int, bins: int, hop: Hop, max_period: float) -> Tensor:
    """Of time and bin, (1, T, bins, channels); see demucs.transformer.create_2d_sin_embedding."""
    half = channels // 2
    rates = torch.exp(2.0 * counted(half // 2) * -(math.log(max_period) / half))

    def waves(positions: Tensor) -> Tensor:  # (n,) to (n, half)
        phase = positions[:, None] * rates
        return torch.stack([phase.sin(), phase.cos()], -1).flatten(-2)

    times, places = waves(hop.positions[:, 0])[:, None], waves(counted(bins))[None]
    return torch.cat([times + torch.zeros(bins, half), places + torch.zeros_like(times)], -1)[None]


def _embedding(channels: int, tokens: int, hop: Hop, max_period: float) -> Tensor:
    """Of time, (1, tokens T, channels); see demucs.transformer.create_sin_embedding."""
    half = channels // 2
    phase = hop.positions.reshape(-1, 1) * float(tokens) / max_period ** (counted(half) / (half - 1))
    return torch.cat([phase.cos(), phase.sin()], -1)[None]


def _itself(name: str, layer: Any, x: Tensor, tokens: int, hop: Hop) -> Tensor:
    """MyTransformerEncoderLayer with its norms first; tokens: a column."""
    y = layer.norm1(x)
    x = x + layer.gamma_1(_attention(name, layer.self_attn, y, y, tokens, hop))
    return _finished(name, layer, x, layer.norm2, tokens, hop)


def _across(name: str, layer: Any, x: Tensor, other: Tensor, tokens: tuple[int, int], hop: Hop) -> Tensor:
    """CrossTransformerEncoderLayer with its norms first; tokens: a column, of x and of the other branch."""
    heard = _attention(name, layer.cross_attn, layer.norm1(x), layer.norm2(other), tokens[1], hop)
    return _finished(name, layer, x + layer.gamma_1(heard), layer.norm3, tokens[0], hop)


def _finished(name: str, layer: Any, x: Tensor, norm: Any, tokens: int, hop: Hop) -> Tensor:
    x = x + layer.gamma_2(layer.linear2(layer.activation(layer.linear1(norm(x)))))
    if layer.norm_out is None:
        return x
    both = torch.cat([x, x * x]).mean(-1, keepdim=True)
    mean, variance = hop.moments(f"{name}.norm_out", both, tokens, 1)
    gain = layer.norm_out.weight / (variance + layer.norm_out.eps).sqrt()
    y: Tensor = x * gain + (layer.norm_out.bias - mean * gain)
    return y


def _attention(name: str, module: Any, x: Tensor, other: Tensor, tokens: int, hop: Hop) -> Tensor:
    """nn.MultiheadAttention of x over all columns of `other` that are remembered, these among them."""
    size, heads = module.head_dim, module.num_heads
    weights, biases = module.in_proj_weight.view(3, -1, module.embed_dim), module.in_proj_bias.view(3, -1)
    q, k, v = (functional.linear(source[0], weights[i], biases[i]).view(-1, heads, size).permute(1, 0, 2)
               for i, source in enumerate((x, other, other)))
    keys, values, mask = hop.remember(name, k, v, tokens)
    scores = (q * (1.0 / math.sqrt(size))) @ keys.transpose(1, 2) + mask
    heard = (scores.softmax(-1) @ values).permute(1, 0, 2).reshape(1, -1, module.embed_dim)
    y: Tensor = module.out_proj(heard)
    return y
