"""From any common channel layout to the stereo pair that the model hears."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

_MINUS_3_DB = 0.7071
_MINUS_6_DB = 0.5

# ITU-R BS.775: left, right at 1; centre and surrounds at 0.7071; no LFE. A single back centre goes to both sides: it
# is 0.7071 of each surround, hence 0.5. Columns are in the order of WAV (SMPTE), which soundfile gives for FLAC too.
_FRONT_LEFT, _FRONT_RIGHT = (1.0, 0.0), (0.0, 1.0)
_CENTRE = (_MINUS_3_DB, _MINUS_3_DB)
_LFE = (0.0, 0.0)
_LEFT, _RIGHT = (_MINUS_3_DB, 0.0), (0.0, _MINUS_3_DB)
_BACK_CENTRE = (_MINUS_6_DB, _MINUS_6_DB)
_LAYOUTS = {
    3: (_FRONT_LEFT, _FRONT_RIGHT, _CENTRE),
    4: (_FRONT_LEFT, _FRONT_RIGHT, _LEFT, _RIGHT),
    5: (_FRONT_LEFT, _FRONT_RIGHT, _CENTRE, _LEFT, _RIGHT),
    6: (_FRONT_LEFT, _FRONT_RIGHT, _CENTRE, _LFE, _LEFT, _RIGHT),
    7: (_FRONT_LEFT, _FRONT_RIGHT, _CENTRE, _LFE, _BACK_CENTRE, _LEFT, _RIGHT),
    8: (_FRONT_LEFT, _FRONT_RIGHT, _CENTRE, _LFE, _LEFT, _RIGHT, _LEFT, _RIGHT),
}


def _normalized(layout: tuple[tuple[float, float], ...]) -> Float:
    gains = np.array(layout)
    # every channel at full scale at once still fits: nothing that fits the file can clip here
    return np.asarray(gains / gains.sum(axis=0).max(), np.float32)


_GAINS = {channels: _normalized(layout) for channels, layout in _LAYOUTS.items()}


def to_stereo(block: Float) -> Float:
    """Mix a block of 1 to 8 channels down, or up, to stereo.

    block: float32 (frames, channels), in the order of WAV and SMPTE
    Returns float32 (frames, 2); stereo comes back as it is, without a copy
    ValueError: no channel, or more than 8
    [any-thread]
    """
    channels = block.shape[1]
    if channels == 1:
        return np.repeat(block, 2, axis=1)
    if channels == 2:
        return block
    if channels not in _GAINS:
        raise ValueError(f"channels must be within 1 and 8, not {channels}")
    # NB: one channel after another, not a matrix product: BLAS sums in another order for other block sizes
    gains = _GAINS[channels]
    stereo: Float = block[:, :1] * gains[0]
    for c in range(1, channels):
        stereo += block[:, c : c + 1] * gains[c]
    return stereo
