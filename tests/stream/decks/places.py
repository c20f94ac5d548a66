"""A deck whose song counts its frames: what is heard says which frame of the song that is, at whatever speed.

Frame `i` of the song is `i / SCALE`. What is heard is a way through the song, which `follows` compares, frame by frame,
with the way that it ought to be.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dsp.beatgrid import BeatGrid
from dsp.onsets import Onsets
from stream.callback.player import FADE
from stream.decks.deck import SWITCH
from stream.decks.decksettings import MARGIN_S
from stream.tracks.track import Track
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig

SCALE, SECONDS = 2**19, 11  # below full scale, and exact
MARGIN = int(MARGIN_S * RATE)  # from the next block until what is pressed is heard, if it stays in time
SEAM = FADE + SWITCH  # frames, the most, in which two places are heard at once
BEAT = RATE // 2  # frames
START = 2 * RATE
Places = npt.NDArray[np.float64]
Piece = tuple[float, float, float]  # how many frames, from which one of the song on, at which rate


def counted() -> Frames:
    """The song: float32 (frames, 2)."""
    return np.repeat((np.arange(SECONDS * RATE) / SCALE).astype(np.float32)[:, None], 2, axis=1)


class KnownBeats:
    """A beat at every BEAT of the song: the grid of a stream.tracks.beatfinder.BeatFinder that heard it long ago."""

    def __init__(self) -> None:
        self.grid, self.done, self.by_drums = BeatGrid(0.0, BEAT, confidence=0.9), True, True
        self.onsets = Onsets(np.zeros(0, np.int64), np.zeros(0, np.float32))
        self.refined: tuple[BeatGrid, ...] = ()

    def refine(self, _tapped: BeatGrid, _taps: tuple[float, ...]) -> None:
        """There are no onsets to move it to."""


class Counting(Rig):
    """Deck a, paused at the song's beginning; `heard` is what was heard since `play` or `stand`."""

    def __init__(self, song: Track) -> None:
        super().__init__()
        self.heard = list[Frames]()
        self.a.load(song, KnownBeats())  # type: ignore[arg-type]
        self.hear(4)

    def press(self, name: str, *values: Any) -> None:
        self.booth.press("a", name, *values)

    def stand(self, at: float = START) -> None:
        """Paused at a frame."""
        self.press("pause")
        self.press("seek", at)
        self.hear(4)
        self.heard = []

    def play(self, at: float = START) -> float:
        """Playing from a frame on; the frame that comes next."""
        self.stand(at)
        self.press("play")
        self.hear(4)
        return at + 4 * BLOCK

    def wait(self, blocks: int = 4) -> None:
        self.heard.append(self.hear(blocks))

    @property
    def places(self) -> Places:
        """The frames of the song that were heard; 0 is silence."""
        return np.concatenate(self.heard)[:, 0].astype(np.float64) * SCALE

    def follows(self, *pieces: Piece | Places, within: float = 0.0) -> None:
        """Assert which way was heard; the last piece may be longer.

        within: frames, for what is interpolated
        """
        found, way = self.places, np.concatenate([_way(piece) for piece in pieces])
        way = way[: len(found)]
        assert len(way) == len(found)
        steady = np.ones(len(way), bool)
        for at in np.flatnonzero(np.abs(np.diff(way, n=2)) > 0.1) + 1:  # it jumps, turns, stops or begins
            steady[at : at + SEAM] = False
        assert steady.mean() > 0.6
        off = np.abs(found - way)[steady]
        first = int(np.flatnonzero(steady)[np.argmax(off > within)])
        assert off.max() <= within, f"frame {first}: {found[first]:.1f} and not {way[first]:.1f}"


def _way(piece: Piece | Places) -> Places:
    if isinstance(piece, np.ndarray):
        return piece
    count, first, rate = piece
    return first + rate * np.arange(round(count))


def silent(frames: float) -> Piece:
    return frames, 0, 0


def turns(frames: float, start: float, length: int, begun: float = 0) -> Places:
    """Round and round in a loop, of which so much has been heard."""
    return start + (begun + np.arange(round(frames))) % length


def winding(frames: int, start: float, before: float, after: float) -> Places:
    """From a rate to another one."""
    at = np.arange(frames)
    return start + before * at + (after - before) * at**2 / (2 * frames)
