"""Whatever the layout, the model hears stereo."""

import numpy as np
import pytest

from dsp.channels import to_stereo

SOLO = {  # channels: gain into left and right of each of them, before normalising
    3: ["L", "R", "C"],
    4: ["L", "R", "Ls", "Rs"],
    5: ["L", "R", "C", "Ls", "Rs"],
    6: ["L", "R", "C", "LFE", "Ls", "Rs"],
    7: ["L", "R", "C", "LFE", "S", "Ls", "Rs"],
    8: ["L", "R", "C", "LFE", "Ls", "Rs", "Ls", "Rs"],
}
GAINS = {"L": (1, 0), "R": (0, 1), "C": (0.7071, 0.7071), "LFE": (0, 0), "Ls": (0.7071, 0), "Rs": (0, 0.7071),
         "S": (0.5, 0.5)}  # fmt: skip


def test_mono_is_doubled() -> None:
    mono = np.random.default_rng(0).uniform(-1, 1, (100, 1)).astype(np.float32)
    assert np.array_equal(to_stereo(mono), np.concatenate([mono, mono], axis=1))


def test_stereo_is_untouched() -> None:
    stereo = np.random.default_rng(1).uniform(-1, 1, (100, 2)).astype(np.float32)
    assert to_stereo(stereo) is stereo


@pytest.mark.parametrize("channels", SOLO)
def test_surround_is_mixed_with_the_coefficients_of_bs_775(channels: int) -> None:
    each = to_stereo(np.eye(channels, dtype=np.float32))
    wanted = np.array([GAINS[name] for name in SOLO[channels]])
    assert each.dtype == np.float32
    np.testing.assert_allclose(each, wanted / wanted.sum(axis=0).max(), rtol=1e-6)


@pytest.mark.parametrize("channels", SOLO)
def test_full_scale_does_not_clip(channels: int) -> None:
    assert np.abs(to_stereo(np.ones((10, channels), np.float32))).max() <= 1 + 1e-6


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_blocks_equal_the_whole(channels: int) -> None:
    whole = np.random.default_rng(2).uniform(-1, 1, (1000, channels)).astype(np.float32)
    blocks = [to_stereo(whole[i : i + 17]) for i in range(0, 1000, 17)]
    assert np.array_equal(np.concatenate(blocks), to_stereo(whole))


@pytest.mark.parametrize("channels", [0, 9, 64])
def test_other_counts_are_refused(channels: int) -> None:
    with pytest.raises(ValueError, match=f"not {channels}"):
        to_stereo(np.zeros((10, channels), np.float32))
