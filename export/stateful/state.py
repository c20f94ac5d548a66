"""What a hop finds of the hops before it, and what it leaves for the next.

A hop sees T columns; the last `recompute` of them are computed once more by the next hop, when more of what follows
them is known. The others are frozen by this hop: only they go into the state.

    frozen before | frozen by this hop | computed again |
                  |<------------- T columns ----------->|
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


@torch.library.custom_op("demucs_stream::write", mutates_args=())
def write(cache: Tensor, at: Tensor, new: Tensor) -> Tensor:
    """The cache with rows written over; in the graph ScatterND, which ONNX Runtime does in place.

    cache: float32 (heads, length, size); at: int64 (heads, n, 2), head and row; new: float32 (heads, n, size)
    """
    written = cache.clone()
    written[at[..., 0], at[..., 1]] = new
    return written


@write.register_fake
def _(cache: Tensor, at: Tensor, new: Tensor) -> Tensor:  # noqa: ARG001
    return torch.empty_like(cache)


class TracedState:
    """The named tensors that a hop takes and gives; those that are not given are zeros, as in the first hop."""

    def __init__(self, given: Mapping[str, Tensor] | None = None) -> None:
        """given: by name, as `left` of the hop before; None notes names and shapes on the way."""
        self._given = given or {}
        self.left: dict[str, Tensor] = {}

    def take(self, name: str, shape: Sequence[int]) -> Tensor:
        """What the hop before has left."""
        return self._given[name] if name in self._given else torch.zeros(tuple(shape))

    def leave(self, name: str, value: Tensor) -> None:
        """Something for the next hop, of the shape that was taken."""
        self.left[name] = value


class Hop:
    """The T columns at hand, and how they go together with those before.

    positions: float32 (T, tokens a column of the wave branch), in columns, for the time embedding
    slots: int64 (T,), the columns' places in the caches
    mask: float32 (L,), 0 for places of the caches that may be attended to, large and negative for others
    blend: float32 (2,), how much of the statistics are the state's: in those that are used, in those that are left
    """

    def __init__(self, state: TracedState, recompute: int, positions: Tensor, slots: Tensor, mask: Tensor,
                 blend: Tensor) -> None:
        """Everything that does not depend on a layer."""
        self._state, self._recompute = state, recompute
        self.positions, self._slots, self._mask, self._blend = positions, slots, mask, blend
        self._averages: dict[int, Tensor] = {}
        self._places: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def before(self, name: str, x: Tensor, frames: int, rate: int, time: int) -> Tensor:
        """x with so many frames before it along axis `time`, which has rate * T of them.

        rate: of x, a column
        """
        every, shape = (slice(None),) * time, (*x.shape[:time], frames, *x.shape[time + 1 :])
        joined = torch.cat([self._state.take(name, shape), x], time)
        end = self._recompute * rate
        self._state.leave(name, joined[(*every, slice(-(end + frames), -end or None))])
        return joined

    def moments(self, name: str, both: Tensor, rate: int, time: int) -> tuple[Tensor, Tensor]:
        """Mean and variance of something over all of its columns so far: (1, ...) each, with one frame.

        both: (2, ...), its mean and mean square, frame by frame along axis `time`
        """
        last = time == both.dim() - 1
        both = both.transpose(-1, -2) if last else both  # (2, ..., frames, n)
        now = self._average(both.shape[-2], rate) @ both
        past = self._state.take(name, (*now.shape[:-2], 1, now.shape[-1]))
        used, left = torch.split(now + self._blend[:, None] * (past - now), [1, 1], -2)
        self._state.leave(name, left)
        mean, square = torch.split(used, [1, 1])
        return mean, (square - mean * mean).clamp(min=0.0)

    def _average(self, frames: int, rate: int) -> Tensor:
        """(2, frames): this times a column is its mean over the whole hop and over what it freezes."""
        if rate not in self._averages:
            every = torch.ones(frames)
            end = self._recompute * rate
            frozen = torch.cat([every[: every.shape[0] - end], torch.zeros(end)]) if end else every
            self._averages[rate] = torch.stack([every / every.sum(0), frozen / frozen.sum(0)])
        return self._averages[rate]

    def remember(self, name: str, k: Tensor, v: Tensor, tokens: int) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and values of all columns that are remembered, these among them, and the mask of scores.

        k, v: (heads, tokens * T, size)
        tokens: a column
        """
        heads, _, size = k.shape
        at, mask = self._place(heads, tokens)
        kept = []
        for kind, new in (("k", k), ("v", v)):
            cache = self._state.take(f"{name}.{kind}", (heads, mask.shape[-1], size))
            kept.append(torch.ops.demucs_stream.write(cache, at, new))
            self._state.leave(f"{name}.{kind}", kept[-1])
        return kept[0], kept[1], mask

    def _place(self, heads: int, tokens: int) -> tuple[Tensor, Tensor]:
        """Where a column's tokens are written, int64 (heads, tokens * T, 2), and (tokens * L,), the mask."""
        if (heads, tokens) not in self._places:
            rows = (self._slots[:, None] * tokens + counted(tokens).to(torch.int64)).reshape(1, -1)
            head = counted(heads).to(torch.int64)[:, None]
            at = torch.stack([head + 0 * rows, rows + 0 * head], -1)
            self._places[heads, tokens] = at, (self._mask[:, None] + torch.zeros(tokens)).reshape(-1)
        return self._places[heads, tokens]


def counted(length: int) -> Tensor:
    """0, 1, 2, ... in floats: ONNX Runtime refuses what torch.arange becomes (see export.traceable)."""
    return torch.ones(length).cumsum(0) - 1.0
