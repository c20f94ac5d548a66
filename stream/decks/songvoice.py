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
    """What is heard, and what it fades from.

    tail: what would have been heard if the song had not jumped: float32 (frames of the crossfade, REEL + 2 · sources),
        never written; None where no crossfade is going on
    faded: frames of the crossfade that are over
    """

    now: SongSound = SongSound()
    tail: Frames | None = None
    faded: int = 0
    fresh: bool = False  # whether a ring begins here, which the callback fades in

    @property
    def silent(self) -> bool:
        """Whether nothing is heard. [any-thread]"""
        return self.now.how is Rendering.SILENT and self.tail is None


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
            state = self._begin(piece, state, rows.shape[1])
            now = self._sound(_next(piece, state.now), piece, rows)
            state = self._fade(replace(state, now=now), rows)
        return state

    def _begin(self, piece: SongPiece, state: VoiceState, width: int) -> VoiceState:
        """Begin to fade from what was heard, where the piece does not go on with it. width: of a row"""
        if state.fresh:
            return VoiceState()
        locks = {state.now.how, piece.how} - {Rendering.SILENT}
        if not piece.jumped and not (len(locks) == 2 and Rendering.STRETCHED in locks):
            return state
        if state.silent and piece.song_start == 0:
            return VoiceState()
        tail = np.zeros((RISE if state.silent else FADE, width), np.float32)
        before = state.now
        self._sound(before, SongPiece(0, len(tail), before.place, before.rate, before.rate, before.how), tail)
        self._fade(state, tail)  # the song may have jumped a moment ago: that crossfade goes on within this one
        return VoiceState(tail=tail)

    def _fade(self, state: VoiceState, rows: Frames) -> VoiceState:
        """Blend what was heard before into rows of what is heard now."""
        tail, faded = state.tail, state.faded
        if tail is None:
            return state
        old = tail[faded : faded + len(rows)]
        done = faded + len(old)
        part = (np.arange(faded + 1, done + 1, dtype=np.float32) / np.float32(len(tail) + 1))[:, None]
        now = rows[: len(old)]
        now[:] = old + part * (now - old)
        return replace(state, tail=tail, faded=done) if done < len(tail) else VoiceState(state.now)

    def _sound(self, sound: SongSound, piece: SongPiece, rows: Frames) -> SongSound:
        """A piece by one way of hearing it, and how that goes on."""
        how, n = piece.how, len(rows)
        rates = piece.rate_start, piece.rate_end
        middle = (rates[0] + rates[1]) / 2
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
            before, middle = sound.stretched, min(max(middle, SLOWEST), FASTEST)  # a sum of floats may miss the ends
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
