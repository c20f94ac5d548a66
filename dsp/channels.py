"""From any common channel layout to the stereo pair that the model hears."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Layout = tuple[str, ...]  # where each channel belongs

_MINUS_3_DB = 0.7071
_MINUS_6_DB = 0.5

# ITU-R BS.775: left, right at 1; centre and surrounds at 0.7071; no LFE. A single back centre goes to both sides: it
# is 0.7071 of each surround, hence 0.5. The places have ffmpeg's names
_GAINS = {
    "FL": (1.0, 0.0), "FR": (0.0, 1.0), "FC": (_MINUS_3_DB, _MINUS_3_DB), "LFE": (0.0, 0.0),
    "BL": (_MINUS_3_DB, 0.0), "BR": (0.0, _MINUS_3_DB), "SL": (_MINUS_3_DB, 0.0), "SR": (0.0, _MINUS_3_DB),
    "BC": (_MINUS_6_DB, _MINUS_6_DB), "FLC": (_MINUS_3_DB, 0.0), "FRC": (0.0, _MINUS_3_DB),
    "DL": (1.0, 0.0), "DR": (0.0, 1.0), "WL": (_MINUS_3_DB, 0.0), "WR": (0.0, _MINUS_3_DB),
}
# ffmpeg's names of layouts (libavutil/channel_layout), in the order of WAV and SMPTE, which ffmpeg decodes to
_NAMED: dict[str, str] = {
    "2.1": "FL FR LFE", "3.0": "FL FR FC", "3.0(back)": "FL FR BC", "4.0": "FL FR FC BC", "quad": "FL FR BL BR",
    "quad(side)": "FL FR SL SR", "3.1": "FL FR FC LFE", "5.0": "FL FR FC BL BR", "5.0(side)": "FL FR FC SL SR",
    "4.1": "FL FR FC LFE BC", "5.1": "FL FR FC LFE BL BR", "5.1(side)": "FL FR FC LFE SL SR",
    "6.0": "FL FR FC BC SL SR", "6.0(front)": "FL FR FLC FRC SL SR", "hexagonal": "FL FR FC BL BR BC",
    "6.1": "FL FR FC LFE BC SL SR", "6.1(back)": "FL FR FC LFE BL BR BC", "6.1(front)": "FL FR LFE FLC FRC SL SR",
    "7.0": "FL FR FC BL BR SL SR", "7.0(front)": "FL FR FC FLC FRC SL SR", "7.1": "FL FR FC LFE BL BR SL SR",
    "7.1(wide)": "FL FR FC LFE BL BR FLC FRC", "7.1(wide-side)": "FL FR FC LFE FLC FRC SL SR",
    "octagonal": "FL FR FC BL BR BC SL SR",
}
# what a count of channels means where nothing else is said, as WAV files without a mask are read
_USUAL = {3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
MOST_CHANNELS = 8


def layout(name: str, channels: int) -> Layout | None:
    """Where channels belong; None for what is not known, which then is what is usual for so many.

    name: ffmpeg's, such as `5.1(side)`, or the places themselves, as `FL+FR+LFE`
    """
    positions = tuple(_NAMED[name].split()) if name in _NAMED else tuple(name.partition(" (")[0].split("+"))
    return positions if len(positions) == channels and all(position in _GAINS for position in positions) else None


def _normalized(positions: Sequence[str]) -> Float:
    gains = np.array([_GAINS[position] for position in positions])
    # every channel at full scale at once still fits: nothing that fits the file can clip here
    return np.asarray(gains / max(1e-9, gains.sum(axis=0).max()), np.float32)


def to_stereo(block: Float, positions: Layout | None = None) -> Float:
    """Mix a block of 1 to 8 channels down, or up, to stereo.

    block: float32 (frames, channels), in the order of WAV and SMPTE
    positions: where three or more channels belong; None is what is usual for so many
    Returns float32 (frames, 2); stereo comes back as it is, without a copy
    ValueError: no channel, or more than 8
    """
    channels = block.shape[1]
    if channels == 1:
        return np.repeat(block, 2, axis=1)
    if channels == 2:
        return block
    if channels not in _USUAL:
        raise ValueError(f"channels must be within 1 and {MOST_CHANNELS}, not {channels}")
    # NB: one channel after another, not a matrix product: BLAS sums in another order for other block sizes
    gains = _normalized(positions or _NAMED[_USUAL[channels]].split())
    stereo: Float = block[:, :1] * gains[0]
    for c in range(1, channels):
        stereo += block[:, c : c + 1] * gains[c]
    return stereo
