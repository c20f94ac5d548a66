"""Songs to be searched while somebody types, in the order of what fits the song that plays.

    index = SongIndex(songs, prepared_songs(store))
    found = index.search("daft 8a", Playing(bpm=124.0, key=MusicalKey.parse("Am")))
    found.songs[0].title, found.total
[any-thread]
"""

import copy
import math
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dsp.musicalkey import MusicalKey, distance
from stream.library.librarysong import LibrarySong
from stream.library.textrows import TextRows

STRETCH = 0.03  # of the tempo: as bad as one step of dsp.musicalkey.distance
OTHER_BEAT = 1.0  # half or twice the tempo, in such steps
UNKNOWN_TEMPO, UNKNOWN_KEY = 3.0, 3.0  # likewise
MOST_MISFIT = 10.0  # of the tempo
_KEYS = tuple(MusicalKey(tonic, minor) for minor in (False, True) for tonic in range(12))
_NO_KEY = len(_KEYS)


class Playing(NamedTuple):
    """What is heard now; None for what is not known."""

    bpm: float | None = None
    key: MusicalKey | None = None


@dataclass(frozen=True)
class FoundSongs:
    """songs: the first of them, in order      prepared: for each, whether its stems are kept      total: that match"""

    songs: tuple[LibrarySong, ...]
    prepared: tuple[bool, ...]
    total: int


class SongIndex:
    """Songs by the words in their title, artist, album, genre, file's name, key and Camelot code."""

    def __init__(self, songs: Iterable[LibrarySong], prepared: Collection[Path] = ()) -> None:
        """Take the songs, one for each path: the first. prepared: whose stems are kept"""
        found = {song.path: song for song in reversed(list(songs))}.values()
        self.songs: tuple[LibrarySong, ...] = tuple(sorted(found, key=_alphabetic))
        self._texts = [searched(song) for song in self.songs]
        self._rows = TextRows(self._texts)
        self._log_bpm = np.array([_log_bpm(song) for song in self.songs])
        self._keys = np.array([_key_number(song.key) for song in self.songs], np.int64)
        self._prepared = frozenset(prepared)
        self._fits: tuple[Playing, NDArray[np.float64]] | None = None
        self._matched: dict[str, NDArray[np.bool_]] = {}  # by word of the last search, the songs that have it
        self._places = {song.path: at for at, song in enumerate(self.songs)}

    def changed(self, known: Mapping[Path, LibrarySong], prepared: Collection[Path]) -> Self:
        """Another one of the same songs, of some of which more is known by now; each stays in its place.

        known: by path; of songs that are not in it nothing comes      prepared: whose stems are kept now
        """
        made, songs = copy.copy(self), list(self.songs)
        made._texts, made._log_bpm, made._keys = self._texts.copy(), self._log_bpm.copy(), self._keys.copy()
        for path, song in known.items():
            at = self._places.get(path)
            if at is not None:
                songs[at], made._texts[at] = song, searched(song)
                made._log_bpm[at], made._keys[at] = _log_bpm(song), _key_number(song.key)
        made.songs, made._prepared = tuple(songs), frozenset(prepared)
        made._fits, made._matched, made._rows = None, {}, TextRows(made._texts)
        return made

    def find(self, path: Path) -> LibrarySong | None:
        """The song of a path; None: it is not in it."""
        at = self._places.get(path)
        return None if at is None else self.songs[at]

    def search(self, text: str = "", playing: Playing | None = None, limit: int = 200) -> FoundSongs:
        """The songs that have every word of a text somewhere.

        playing: whatever fits it best comes first; without it they come by artist and title
        limit: songs that are given, at the most
        """
        places = self._matching(plain(text).split())
        total = len(places)
        if playing is not None and playing != Playing():
            places = places[first_of(self._kept_misfit(playing)[places], limit)]
        songs = tuple(self.songs[at] for at in places[:limit])
        return FoundSongs(songs, tuple(song.path in self._prepared for song in songs), total)

    def _kept_misfit(self, playing: Playing) -> NDArray[np.float64]:
        """As `misfit`; of the song that played before, at once."""
        kept = self._fits
        if kept is None or kept[0] != playing:
            kept = self._fits = playing, self._misfit(playing)
        return kept[1]

    def misfit(self, playing: Playing) -> NDArray[np.float64]:
        """How badly each of `songs` fits, 0 for perfectly: float64 (songs,)."""
        return self._misfit(playing)

    def _matching(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Where all words are, ascending. Words that were looked for the last time are not looked for again."""
        before, found = self._matched, np.ones(len(self.songs), np.bool_)
        self._matched = {word: self._rows.having(word) if word not in before else before[word] for word in words}
        for has_word in self._matched.values():
            found &= has_word
        return np.flatnonzero(found)

    def _misfit(self, playing: Playing) -> NDArray[np.float64]:
        total = np.zeros(len(self.songs))
        if playing.bpm is not None and playing.bpm > 0:
            octaves = self._log_bpm - np.log2(playing.bpm)
            beats = np.where(np.isnan(octaves), 0.0, np.rint(octaves))
            stretch = np.exp2(np.abs(octaves - beats)) - 1
            tempo = np.minimum(stretch / STRETCH + OTHER_BEAT * np.abs(beats), MOST_MISFIT)
            total += np.where(np.isnan(tempo), UNKNOWN_TEMPO, tempo)
        if playing.key is not None:
            steps = np.array([*(distance(playing.key, key) for key in _KEYS), UNKNOWN_KEY])
            total += steps[self._keys]
        return total


def first_of(misfit: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Where the smallest of some numbers are, so many, in order; of equals the first ones. misfit: float64 (songs,)"""
    if not 0 < count < len(misfit):
        return np.argsort(misfit, kind="stable")
    most = np.partition(misfit, count - 1)[count - 1]
    better, equal = np.flatnonzero(misfit < most), np.flatnonzero(misfit == most)
    return np.concatenate([better[np.argsort(misfit[better], kind="stable")], equal[: count - len(better)]])


def plain(text: str) -> str:
    """In small letters without accents, as it is searched."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def searched(song: LibrarySong) -> str:
    """The text in which words of a search are looked for."""
    key = (song.key.name, song.key.camelot) if song.key else ()
    return plain("\n".join((song.artist, song.title, song.album, song.genre, song.path.name, *key)))


def _alphabetic(song: LibrarySong) -> tuple[str, str, str]:
    return plain(song.artist), plain(song.title or song.path.stem), str(song.path)


def _log_bpm(song: LibrarySong) -> float:
    return math.log2(song.bpm) if song.bpm and song.bpm > 0 else math.nan


def _key_number(key: MusicalKey | None) -> int:
    return _NO_KEY if key is None else key.tonic + 12 * key.minor
