"""A song on a deck as sound: pieces of it copied, read like a record or stretched, and crossfaded where it jumps.

What lasts from block to block is a small state: copied and put back, the same frames come again.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dsp import stretch
from dsp.stretch import FASTEST, SLOWEST, Stretcher
from dsp.varispeed import Varispeed
from dsp.varispeed import need as varispeed_need
from dsp.varispeed import start as varispeed_start
from stream.callback.header import REEL
from stream.callback.player import FADE
from stream.decks.songpiece import Rendering, SongPiece
from stream.decks.songwindow import SongWindow
from stream.tracks.track import Track

Frames = NDArray[np.float32]
RISE = 64  # of a fade in where nothing was heard; a song's very beginning has none
NONE = stretch.anchors(np.zeros(0, np.int64), np.zeros(0))
WHOLE = np.float32(0.9999)  # as much of the stems is all of them: resampled ones are not exactly ones


@dataclass(frozen=True)
class SongSound:
    """One way of hearing the song, which can go on.

    place: the frame of the song that is next, fractional      rate: frames of the song per frame
    stretched: the stretcher's state; None where it has none yet
    """

    how: Rendering = Rendering.SILENT
    place: float = 0.0
    rate: float = 0.0
    stretched: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class VoiceState:
    """What is heard, and what it fades from: `left` of `fade` frames of that are still to come."""

    now: SongSound = SongSound()
    before: SongSound = SongSound()
    fade: int = 0
    left: int = 0
    fresh: bool = False  # whether a ring begins here, which the callback fades in

    @property
    def silent(self) -> bool:
        """Whether nothing is heard. [any-thread]"""
        return self.now.how is Rendering.SILENT and (self.left == 0 or self.before.how is Rendering.SILENT)


class SongVoice:
    """Renders one track for a deck. A state given twice gives the same frames twice, unless stems have come since.

    sources: of the deck's strips; stems of a track that has others are found by name
    anchors: onsets, which the stretcher keeps in time
    [deck-thread]
    """

    def __init__(self, track: Track, sources: tuple[str, ...]) -> None:
        """Nothing is read yet."""
        self.track, self._sources, self.anchors = track, sources, NONE
        self._stretcher, self._varispeed = Stretcher(track.samplerate), Varispeed()
        self._window = SongWindow(track)

    def render(self, pieces: list[SongPiece], state: VoiceState, out: Frames) -> VoiceState:
        """Give pieces as a deck's ring has them (stream.callback.header), and the state behind them.

        out: float32 (n, REEL + 2 · sources), written
        """
        for piece in pieces:
            rows = out[piece.out_offset : piece.out_offset + piece.n]
            state = self._begin(piece, state)
            now = self._sound(_next(piece, state.now), piece, rows)
            state = self._fade(replace(state, now=now), rows)
        return state

    def _begin(self, piece: SongPiece, state: VoiceState) -> VoiceState:
        """Begin to fade from what was heard, where the piece does not go on with it."""
        if state.fresh:
            return VoiceState()
        before = state.now
        locks = {before.how, piece.how} - {Rendering.SILENT}
        if not piece.jumped and not (len(locks) == 2 and Rendering.STRETCHED in locks):
            return state
        fade = (0 if piece.song_start == 0 else RISE) if before.how is Rendering.SILENT else FADE
        return replace(state, now=SongSound(), before=before, fade=fade, left=fade)

    def _fade(self, state: VoiceState, rows: Frames) -> VoiceState:
        """Blend what was heard before into rows of what is heard now."""
        count = min(state.left, len(rows))
        if count == 0:
            return state
        old = np.zeros_like(rows[:count])
        piece = SongPiece(0, count, state.before.place, state.before.rate, state.before.rate, state.before.how)
        before = self._sound(state.before, piece, old)
        done = state.fade - state.left
        part = (np.arange(done + 1, done + count + 1, dtype=np.float32) / np.float32(state.fade + 1))[:, None]
        now = rows[:count]
        now[:] = old + part * (now - old)
        return replace(state, before=before, left=state.left - count)

    def _sound(self, sound: SongSound, piece: SongPiece, rows: Frames) -> SongSound:
        """A piece by one way of hearing it, and how that goes on."""
        how, n = piece.how, len(rows)
        rates = piece.rate_start, piece.rate_end
        middle = (rates[0] + rates[1]) / 2
        if how is Rendering.STRETCHED and not SLOWEST <= middle <= FASTEST:
            how = Rendering.RESAMPLED
        if how is Rendering.SILENT:
            rows[:] = 0
            rows[:, 2] = 1
            return SongSound()
        stretched = None
        if how is Rendering.COPIED:
            song = self._copied(int(piece.song_start), rates[0] > 0, n)
        elif how is Rendering.RESAMPLED:
            song = self._resampled(piece.song_start, rates, n)
        else:
            before = sound.stretched
            stretched = stretch.start(round(piece.song_start), middle) if before is None else before.copy()
            song = self._stretched(stretched, middle, n)
        self._finish(song, rows)
        return SongSound(piece.how, piece.song(n), rates[1], stretched)

    def _copied(self, first: int, forward: bool, n: int) -> Frames:
        return self._window.read(first, first + n) if forward else self._window.read(first - n + 1, first + 1)[::-1]

    def _resampled(self, place: float, rates: tuple[float, float], n: int) -> Frames:
        state = varispeed_start(place)
        first, last = varispeed_need(state, n, rates)
        song = self._window.read(first, last)
        made = np.empty((n, song.shape[1]), np.float32)
        self._varispeed.render((song, first), state, rates, made)
        return made

    def _stretched(self, state: NDArray[np.float64], rate: float, n: int) -> Frames:
        first, last = self._stretcher.need(state, n, rate)
        song = self._window.read(first, last)
        made = np.empty((n, song.shape[1]), np.float32)
        self._stretcher.render((song, first), state, rate, self.anchors, made)
        return made

    def _finish(self, song: Frames, rows: Frames) -> None:
        """Write a deck's rows: the stems that are stored, by name, and what they leave of the song."""
        rows[:, :2] = song[:, :2]
        present = np.clip(song[:, 2], 0, 1)
        present[present > WHOLE] = 1
        rows[:, 2] = present
        names = self.track.stored[: (song.shape[1] - REEL) // 2]  # a file may bring others just now
        spread(rows[:, :2], (names, song[:, REEL:]), self._sources, rows[:, REEL:])


def spread(dry: Frames, stored: tuple[tuple[str, ...], Frames], sources: tuple[str, ...], out: Frames) -> None:
    """Put stems where a deck has them, by name, and what they leave of the song where the rest belongs.

    dry: float32 (n, 2)      stored: names, and float32 (n, 2 · names)      sources: of the deck's strips
    out: float32 (n, 2 · sources), written
    [any-thread]
    """
    names, song = stored
    stems = out.reshape(len(out), -1, 2)
    stems[:] = 0
    for at, name in enumerate(names):
        if name in sources:
            stems[:, sources.index(name)] = song[:, 2 * at : 2 * at + 2]
    rest = sources.index("other") if "other" in sources else len(sources) - 1
    stems[:, rest] = 0
    stems[:, rest] = dry - stems.sum(axis=1)


def _next(piece: SongPiece, sound: SongSound) -> SongSound:
    """What a piece goes on with: the stretcher's state, if it was one before."""
    return sound if piece.how is sound.how else SongSound()
