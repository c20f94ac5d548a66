"""HTDemucs with a state: the published forward, over the columns of a hop."""

from typing import Any

import torch
from demucs.demucs import DConv
from demucs.hdemucs import HDecLayer, HEncLayer
from demucs.htdemucs import HTDemucs
from torch import Tensor, nn

from export.stateful.layers import SPEC, WAVE, decode, encode
from export.stateful.state import Hop, TracedState
from export.stateful.transformer import transform


class StatefulHTDemucs(HTDemucs):
    """The published network with the same weights under the same names; what a hop needs of others is handed in."""

    def __init__(self, recompute: int, **kwargs: Any):
        """recompute: columns of each hop that the next one computes again.

        Raises ValueError for a network with parts whose past is not kept.
        """
        super().__init__(**kwargs)
        self.recompute = recompute
        self.tokens = self.hop_length // self.stride**self.depth
        _check(self)

    def forward(self, mix: Tensor, spec: Tensor, hop: Hop) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Both branches of T columns.

        mix: float32 (1, channels, 1024 T); spec: float32 (1, 2 channels, 2048, T)
        returns spec_out: float32 (1, stems, 2 channels, 2048, T), wave_out: float32 (1, stems, channels, 1024 T)
        """
        rate = self.hop_length
        x, (mean, std) = self._levelled("spec", spec.transpose(2, 3), 1, SPEC, hop)
        wave, (mean_t, std_t) = self._levelled("mix", mix[:, :, None], rate, WAVE, hop)
        skips = []
        for index, (encoder, encoder_t) in enumerate(zip(self.encoder, self.tencoder, strict=True)):
            rate //= self.stride
            wave = encode(f"tencoder.{index}", encoder_t, wave, rate, hop)
            x = encode(f"encoder.{index}", encoder, x, 1, hop)
            if index == 0 and self.freq_emb is not None:
                x = x + self.freq_emb_scale * self.freq_emb.weight.t()[:, None]
            skips.append((x, wave))
        x, wave = transform(self, x, wave, hop)
        for index, (decoder, decoder_t) in enumerate(zip(self.decoder, self.tdecoder, strict=True)):
            skip, skip_t = skips.pop()
            x = decode(f"decoder.{index}", decoder, x + skip, 1, hop)
            wave = decode(f"tdecoder.{index}", decoder_t, wave + skip_t, rate, hop)
            rate *= self.stride
        x, wave = x * std + mean, wave * std_t + mean_t
        return (x.transpose(2, 3).reshape(1, len(self.sources), -1, x.shape[3], x.shape[2]),
                wave.reshape(1, len(self.sources), -1, wave.shape[-1]))

    def _levelled(self, name: str, x: Tensor, rate: int, time: int,
                  hop: Hop) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        both = torch.cat([x, x * x]).mean((1, 5 - time), keepdim=True)
        mean, variance = hop.moments(f"{name}.level", both, rate, time)
        std = variance.sqrt()  # demucs divides by one value less; beyond the seventh digit
        return (x - mean) / (1e-5 + std), (mean, std)

    def first(self, columns: int, length: int) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """What a first hop of so many columns takes, and the state that it finds: zeros.

        length: columns of the caches
        """
        bins, channels = self.hop_length * 2, self.audio_channels
        given = (torch.zeros(1, channels, self.hop_length * columns), torch.zeros(1, 2 * channels, bins, columns),
                 torch.zeros(columns, self.tokens), torch.arange(columns), torch.zeros(length), torch.zeros(2))
        state = TracedState()
        self(*given[:2], Hop(state, self.recompute, *given[2:]))
        return given, {name: torch.zeros_like(value) for name, value in state.left.items()}


def _check(net: HTDemucs) -> None:
    if len(net.encoder) != len(net.tencoder) or not all(isinstance(layer, HEncLayer) for layer in net.encoder):
        raise ValueError("only networks whose branches are equally deep, without bands, can carry a state")
    for module in net.modules():
        if isinstance(module, HEncLayer | HDecLayer):
            plain = module.rewrite is not None and module.pad and not module.empty
            if not plain or any(isinstance(norm, nn.GroupNorm) for norm in (module.norm1, module.norm2)):
                raise ValueError("only networks whose layers have a rewrite and no norms of their own can carry a "
                                 "state")
        if isinstance(module, DConv) and any(len(list(layer.children())) != 7 for layer in module.layers):
            raise ValueError("only networks with plain DConv branches can carry a state")
    transformer = net.crosstransformer
    if not transformer or transformer.emb != "sin" or any(not layer.norm_first for layer in transformer.layers):
        raise ValueError("only networks with a transformer of sine embeddings, its norms first, can carry a state")
