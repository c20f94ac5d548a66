"""Joins neighbouring deliveries of a sliding window, which share a few frames."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]


def fade_in(frames: int) -> Float:
    """Return the rising half of a crossfade: a raised cosine.

    It and its reverse sum to exactly one, because neighbouring deliveries are estimates of the same signal and add in
    amplitude, not in power. A raised cosine rather than a line: its slope has no corners, which a tone would carry
    as clicks at the hop rate where the two estimates differ.

    Returns float32 (frames,)
    """
    phase = (np.arange(frames) + 0.5) / frames if frames else np.empty(0)
    fade = (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)
    # the upper half is made from the lower: 1 - x is exact enough in float32 for x below a half to sum to one again
    half = frames // 2
    fade[frames - half :] = np.float32(1) - fade[:half][::-1]
    if frames % 2:
        fade[half] = 0.5
    return fade


class Crossfade:
    """Fades from the tail of one delivery to the head of the next; keeps that tail in between.

    part 1  |--------- hop ---------|crossfade|
    part 2                          |crossfade|-------------|crossfade|
    out     |--------- hop ---------|---------- hop --------|
    """

    def __init__(self, stems: int, channels: int, frames: int) -> None:
        """Make room for a tail of `frames` frames, the crossfade; 0 joins without one.

        ValueError: frames is negative
        """
        if frames < 0:
            raise ValueError(f"frames must be 0 or more, not {frames}")
        self._fade = fade_in(frames)
        self._tail = np.zeros((stems, channels, frames), np.float32)
        self._started = False

    def reset(self) -> None:
        """Forget the tail: the next part is taken as it is."""
        self._started = False

    def join(self, part: Float, out: Float) -> None:
        """Write the next hop of the joined signal.

        part: float32 (stems, channels, crossfade + hop); its first `crossfade` frames overlap the previous part's last
        out: float32 (stems, channels, hop)
        ValueError: shapes that do not fit each other, or a hop shorter than the crossfade
        """
        *lines, frames = self._tail.shape
        hop = out.shape[-1]
        if part.shape != (*lines, frames + hop) or out.shape[:-1] != part.shape[:-1]:
            raise ValueError(f"part must be {(*lines, frames + hop)} for an out of {out.shape}, not {part.shape}")
        if hop < frames:
            raise ValueError(f"hop ({hop}) must not be below the crossfade ({frames})")
        _join(part, self._tail, self._fade, out, self._started)
        self._started = True


@njit(cache=True, nogil=True)
def _join(part: Float, tail: Float, fade: Float, out: Float, started: bool) -> None:
    stems, channels, hop = out.shape
    for s in range(stems):
        for c in range(channels):
            for k in range(hop):
                out[s, c, k] = part[s, c, k]
            for k in range(fade.size):
                if started:
                    # as a step from the old towards the new: where the two agree, the result is that value exactly
                    old = tail[s, c, k]
                    out[s, c, k] = old + fade[k] * (part[s, c, k] - old)
                tail[s, c, k] = part[s, c, hop + k]
