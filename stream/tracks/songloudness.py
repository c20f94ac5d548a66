"""How loud a track is, and its note: measured while it is decoded.

    loudness.json   lufs, peak, meter
[any-thread]
"""

import math
from contextlib import suppress
from typing import NamedTuple, TypeGuard

from stream.tracks.songnotes import SongNotes

LOUDNESS = "loudness"
METER = 1  # of whatever measures otherwise than before


class SongLoudness(NamedTuple):
    """lufs: integrated, after ITU-R BS.1770-4; None for silence      peak: the highest sample; full scale is 1"""

    lufs: float | None
    peak: float


def keep_loudness(notes: SongNotes, found: SongLoudness) -> None:
    """Have it kept; where that cannot be, it is measured again the next time."""
    with suppress(OSError):
        notes.change(LOUDNESS, lambda _note: {"lufs": found.lufs, "peak": found.peak, "meter": METER})


def kept_loudness(notes: SongNotes) -> SongLoudness | None:
    """What was measured earlier; None where nothing was, or by another meter."""
    note = notes.read(LOUDNESS)
    if note is None or note.get("meter") != METER:
        return None
    lufs, peak = note.get("lufs"), note.get("peak")
    if not (lufs is None or _number(lufs)) or not _number(peak) or peak < 0:
        return None
    return SongLoudness(lufs, peak)


def _number(found: object) -> TypeGuard[float]:
    return isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
