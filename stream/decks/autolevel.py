"""Songs at one loudness: a deck's trim is set when a song is put on it, and is its DJ's from then on. [main-thread]"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stream.decks.deck import Deck
from stream.mixer.master import MasterMixer
from stream.mixer.masterstrip import PLAYER_PARAMETERS
from stream.tracks.songloudness import SongLoudness
from stream.tracks.track import Track

TARGET_LUFS = -14.0
PACE_DB = 6.0  # a second, of a trim that changes while its song is heard
TRIM = "trim"


def level_db(song: SongLoudness) -> float:
    """The trim with which a song is as loud as all others; with its peaks within full scale, where that lifts it."""
    if song.lufs is None or song.peak <= 0:
        return 0.0
    wanted = TARGET_LUFS - song.lufs
    if wanted > 0:
        wanted = max(0.0, min(wanted, -20 * math.log10(song.peak)))
    trim = PLAYER_PARAMETERS[TRIM]
    return round(max(trim.least, min(trim.most, wanted)), 1)


@dataclass
class _Levelled:
    """A song that was put on a deck. trim: that was set for it last, or found      done: nothing more is set"""

    track: Track
    trim: float
    done: bool = False


class AutoLevel:
    """Sets the trims of decks, once for each song that is put on one."""

    def __init__(self, master: MasterMixer, now_s: Callable[[], float] = time.monotonic) -> None:
        """Nothing is on a deck yet."""
        self._master, self._now_s = master, now_s
        self._songs: dict[str, _Levelled] = {}
        self._looked_s = now_s()

    def look(self, decks: Mapping[str, Deck]) -> None:
        """See what was put on decks, and what is known of it by now. Now and then."""
        now_s = self._now_s()
        elapsed_s, self._looked_s = now_s - self._looked_s, now_s
        for name, deck in decks.items():
            track = deck.track
            if track is None:
                continue
            song, trim = self._songs.get(name), self._master.get(name, TRIM)
            if song is None or song.track is not track:
                song = self._songs[name] = _Levelled(track, trim)
            song.done = song.done or trim != song.trim  # somebody has set another one
            known = track.loudness
            if not song.done and (known is not None or track.ended):
                self._set(name, song, 0.0 if known is None else level_db(known), deck.state.moving, elapsed_s)

    def _set(self, deck: str, song: _Levelled, wanted: float, heard: bool, elapsed_s: float) -> None:
        """Go to a trim, at once or, where the song is heard, slowly."""
        step = PACE_DB * elapsed_s if heard else math.inf
        self._master.set(deck, TRIM, song.trim + max(-step, min(step, wanted - song.trim)))
        song.trim = self._master.get(deck, TRIM)
        song.done = abs(song.trim - wanted) < 1e-6
