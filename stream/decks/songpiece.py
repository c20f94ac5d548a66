"""What a deck's thread renders: stretches of a song in the order in which they are heard. [any-thread]"""

from dataclasses import dataclass
from enum import Enum


class Rendering(Enum):
    """How a piece becomes sound.

    SILENT: nothing is heard      COPIED: the song's frames as they are, forwards or backwards
    RESAMPLED: like a record, pitch follows the rate      STRETCHED: key lock, pitch stays
    """

    SILENT = "silent"
    COPIED = "copied"
    RESAMPLED = "resampled"
    STRETCHED = "stretched"


@dataclass(frozen=True)
class SongPiece:
    """Frames of a deck over which its song runs without a cut.

    Frame i is the song at song_start + rate_start · i + (rate_end - rate_start) · i² / (2 n); outside the song is
    silence.

    out_offset: frames, from the first that was asked for      n: frames, 1 or more
    song_start: frame of the song, fractional; a whole one where it is COPIED
    rate_start, rate_end: frames of the song per frame, below 0 backwards; ±1 exactly where it is COPIED
    how: rendered
    jumped: whether it does not go on where the one before ended: the two are to be crossfaded
    came_from: frame of the song, where the one before would have gone on; None: it was silent
    """

    out_offset: int
    n: int
    song_start: float
    rate_start: float
    rate_end: float
    how: Rendering
    jumped: bool = False
    came_from: float | None = None

    def song(self, i: float) -> float:
        """The frame of the song that is heard at frame i, 0 to n."""
        return self.song_start + self.rate_start * i + (self.rate_end - self.rate_start) * i * i / (2 * self.n)
