"""Neighbouring deliveries are joined without a step and without a change of level."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.crossfade import Crossfade, fade_in

LENGTHS = [0, 1, 2, 3, 17, 512, 1023, 1024, 44_100]


@pytest.mark.parametrize("frames", LENGTHS)
def test_fade_and_its_reverse_sum_to_exactly_one(frames: int) -> None:
    fade = fade_in(frames)
    assert fade.shape == (frames,)
    assert fade.dtype == np.float32
    assert (fade + fade[::-1] == 1).all()
    assert (np.diff(fade) >= 0).all()
    assert ((fade >= 0) & (fade <= 1)).all()


def joined(mix: NDArray[np.float32], hop: int, crossfade: int) -> NDArray[np.float32]:
    """Cut a signal into overlapping parts and join them again."""
    join = Crossfade(*mix.shape[:2], crossfade)
    outs = []
    for start in range(0, mix.shape[2] - hop - crossfade + 1, hop):
        out = np.empty((*mix.shape[:2], hop), np.float32)
        join.join(mix[..., start : start + crossfade + hop].copy(), out)
        outs.append(out)
    return np.concatenate(outs, axis=2)


@pytest.mark.parametrize(("hop", "crossfade"), [(1, 0), (1, 1), (512, 0), (512, 17), (512, 512), (4096, 1024)])
def test_parts_that_agree_join_to_the_signal_they_were_cut_from(hop: int, crossfade: int) -> None:
    mix = np.random.default_rng(0).uniform(-1, 1, (4, 2, 5 * hop + crossfade)).astype(np.float32)
    assert np.array_equal(joined(mix, hop, crossfade), mix[..., : 5 * hop])


def test_constant_stays_constant() -> None:
    constant = np.full((1, 2, 5000), 0.1, np.float32)
    assert (joined(constant, 1000, 100) == np.float32(0.1)).all()


def test_parts_that_differ_are_faded_from_one_to_the_other() -> None:
    join = Crossfade(1, 1, 64)
    out = np.empty((1, 1, 256), np.float32)
    join.join(np.zeros((1, 1, 320), np.float32), out)
    join.join(np.ones((1, 1, 320), np.float32), out)
    assert np.array_equal(out[0, 0, :64], fade_in(64))
    assert (out[0, 0, 64:] == 1).all()


def test_first_part_after_reset_is_taken_as_it_is() -> None:
    join = Crossfade(1, 1, 64)
    out = np.empty((1, 1, 256), np.float32)
    join.join(np.zeros((1, 1, 320), np.float32), out)
    join.reset()
    join.join(np.ones((1, 1, 320), np.float32), out)
    assert (out == 1).all()


@pytest.mark.parametrize(("part", "hop"), [(320, 255), (319, 256), (96, 32)], ids=["out", "part", "short hop"])
def test_sizes_that_do_not_fit_are_refused(part: int, hop: int) -> None:
    with pytest.raises(ValueError, match="must"):
        Crossfade(1, 1, 64).join(np.zeros((1, 1, part), np.float32), np.zeros((1, 1, hop), np.float32))
