"""What a stateful network must give, slowly: the published network over all that was heard, in every hop.

What earlier hops have frozen is pasted over what each of its modules gives, so that nothing newer reaches it; norms and
attention then are over the frozen past and the present of their own accord.
"""

from typing import Any
from unittest import mock

import torch
from demucs.hdemucs import HDecLayer
from torch import Tensor, nn

from export.graph import Core

TOKENS_FIRST = "crosstransformer"  # everything in it is (1, tokens, channels)
OTHERWISE = ("channel_upsampler", "channel_downsampler", "freq_emb")  # pointwise, or not over time


class Reference:
    """The published network behind hops of any length."""

    def __init__(self, core: Core, recompute: int) -> None:
        self._core, self._recompute = core, recompute
        self._kept: dict[Any, Tensor] = {}
        self._frozen = self._columns = 0
        # the samples that its first kernel reaches back to, at the level that they were heard at
        core.tencoder[0].register_forward_pre_hook(lambda _m, given: (self._paste("mix", given[0], -1),))
        for name, module in core.named_modules():
            leaf = not list(module.children()) or isinstance(module, nn.MultiheadAttention)
            if isinstance(module, HDecLayer):
                module.register_forward_hook(lambda _m, _i, out, name=name: (self._paste(name, out[0], -1), out[1]))
            elif leaf and "conv_tr" not in name and not name.startswith(OTHERWISE):
                module.register_forward_hook(lambda _m, _i, out, name=name: self._pasted(name, out))

    def hop(self, mix: Tensor, spec: Tensor) -> tuple[Tensor, Tensor]:
        """All columns so far in, those that are not frozen out, as published: (1, ..., 1024 T) and (1, ..., T)."""
        self._columns = spec.shape[-1]
        with mock.patch.object(Tensor, "std", _std):
            spec_out, wave_out = self._core(mix, spec)
        found = spec_out[..., self._frozen :], wave_out[..., 1024 * self._frozen :]
        self._frozen = max(0, self._columns - self._recompute)
        return found

    def _pasted(self, name: str, out: Any) -> Any:
        axis = 1 if name.startswith(TOKENS_FIRST) else -1
        if isinstance(out, tuple):
            return (self._paste(name, out[0], axis), *out[1:])
        return self._paste(name, out, axis)

    def _paste(self, name: str, out: Tensor, axis: int) -> Tensor:
        rate, odd = divmod(out.shape[axis], self._columns)
        if odd or not rate:
            return out  # not over time: an embedding of bins
        if self._frozen:
            rest = out.narrow(axis, self._frozen * rate, out.shape[axis] - self._frozen * rate)
            out = torch.cat([self._kept[name], rest], axis)
        self._kept[name] = out.narrow(axis, 0, max(0, self._columns - self._recompute) * rate).clone()
        return out


def _std(x: Tensor, dim: tuple[int, ...], keepdim: bool) -> Tensor:
    """Over as many values as there are; demucs takes one less, which a stream cannot know and nobody can hear."""
    return x.var(dim, correction=0, keepdim=keepdim).sqrt()
