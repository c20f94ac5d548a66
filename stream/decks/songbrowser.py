"""Songs to be found and put on decks: what is searched, which one is selected, and who may take a deck.

One list for all hands: a screen types, a browse knob turns, a button loads.
[any-thread]
"""

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dsp.musicalkey import NEIGHBOUR, MusicalKey, distance
from stream.decks.booth import Booth
from stream.decks.deck import Deck
from stream.library.librarysong import LibrarySong
from stream.library.songcollection import SongCollection
from stream.library.songindex import FoundSongs, Playing
from stream.tracks.track import Track

SHOWN = 200  # songs of those that were found, at the most
AGAIN_S = 3.0  # within which a song has to be asked for once more to take the place of one that plays
OTHER_BPM = 1.0  # by so much the tempo has to change for the songs to be put in order anew
WAIT_S = 0.005  # between two looks whether a song can be heard
LOOK_S = 0.5  # between two looks at what plays


class SearchResult(NamedTuple):
    """text: what was looked for      found: the songs      playing: what they are to fit"""

    text: str
    found: FoundSongs
    playing: Playing


class BrowserState(NamedTuple):
    """What a screen has to know of it.

    songs: all there are      version: another one where a search would give others, or in another order
    text: what was searched last      selected: the song that a button loads      turned: how often a knob has browsed
    loaded: how often a button has loaded the selected song
    """

    songs: int
    version: int
    text: str
    selected: Path | None
    turned: int
    loaded: int


class SongBrowser:
    """Of a booth that is open."""

    def __init__(self, booth: Booth, collection: SongCollection, samplerate: int, say: Callable[[str], None]) -> None:
        """Nothing is searched yet. samplerate: of the songs, Hz      say: takes a line for the user"""
        self._booth, self._collection, self._rate, self._say = booth, collection, samplerate, say
        self._lock = threading.RLock()
        self._result = SearchResult("", FoundSongs((), (), 0), Playing())
        self._result_version = -1
        self._at = self._turned = self._loaded = 0
        self._followed: tuple[Track | None, Playing] = None, Playing()
        self._reordered = 0
        self._learned: dict[str, tuple[object, ...]] = {}  # by deck: what was learned of its song
        self._looked_s = float("-inf")
        self._refused: tuple[str, Path, float] | None = None
        self._orders: dict[str, object] = {}  # by deck: the last

    def search(self, text: str = "", limit: int = SHOWN) -> SearchResult:
        """The songs that have every word of a text, those that fit what plays first. The selected one stays that."""
        self._collection.asked()
        with self._lock:
            self._looked_s = float("-inf")
            version, playing = self.state().version, self._followed[1]
            result = SearchResult(text, self._collection.index.search(text, playing, limit), playing)
            selected = self._selected
            self._result, self._result_version = result, version
            self._at = 0
            if selected is not None:
                self.select(selected.path)
            return result

    def select(self, path: Path) -> None:
        """Have a song of those that were found last selected; what is not among them is passed over."""
        with self._lock:
            at = next((at for at, song in enumerate(self._result.found.songs) if song.path == path), None)
            self._at = self._at if at is None else at

    def browse(self, steps: float = 1) -> None:
        """Select the song so many further down, or up. Raises ValueError: that is no number of songs."""
        if not math.isfinite(steps):
            raise ValueError(f"{steps} is no number of songs")
        with self._lock:
            if self._result_version != self.state().version:
                self.search(self._result.text)
            self._at = max(0, min(self._at + round(steps), len(self._result.found.songs) - 1))
            self._turned += round(steps) != 0

    @property
    def _selected(self) -> LibrarySong | None:
        songs = self._result.found.songs
        return songs[self._at] if self._at < len(songs) else None

    def state(self) -> BrowserState:
        """How it is. What decks have found of songs is learned now and then."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked_s >= LOOK_S:
                self._looked_s = now
                for deck in self._booth.decks.values():
                    self._learn(deck)
                self._follow()
            selected, collection = self._selected, self._collection
            return BrowserState(len(collection.index.songs), collection.version + self._reordered, self._result.text,
                                None if selected is None else selected.path, self._turned, self._loaded)

    def _learn(self, deck: Deck) -> None:
        track = deck.track
        if track is None or not track.ended or not track.frames or track.failure:
            return
        grid, key = deck.state.grid, track.key
        if self._learned.get(deck.name) != (track, grid, key):
            self._learned[deck.name] = track, grid, key
            bpm = None if grid is None else grid.bpm(self._rate)
            self._collection.learn(LibrarySong(track.path.absolute(), track.title, track.artist,
                                               duration_s=track.frames / self._rate, bpm=bpm, key=key))

    def _follow(self) -> None:
        """See what plays, and whether it is another song, or has become another tempo or key."""
        deck = self._booth.latest
        track = None if deck is None else deck.track
        playing = Playing() if deck is None or track is None else self._playing(deck, track)
        before, then = self._followed
        far = abs((playing.bpm or 0.0) - (then.bpm or 0.0)) >= OTHER_BPM
        if track is not before or playing.key != then.key or far:
            self._followed = track, playing
            self._reordered += 1

    def _playing(self, deck: Deck, track: Track) -> Playing:
        """Tempo and key as they are heard: without key lock the key goes with the tempo."""
        state, song = deck.state, self._collection.index.find(track.path.absolute())
        settings, key = state.settings, track.key or (None if song is None else song.key)
        tempo = 1 + settings.tempo * settings.tempo_range / 100
        if key is not None and not settings.key_lock and tempo > 0:
            key = MusicalKey((key.tonic + round(12 * math.log2(tempo))) % 12, key.minor)
        bpm = state.bpm(self._rate)
        if bpm is None and song is not None and song.bpm:
            bpm = song.bpm * tempo
        return Playing(bpm, key)

    def load_selected(self, deck: str) -> None:
        """As `load`, the selected song. Raises ValueError: there is none."""
        with self._lock:
            if self._result_version < 0:
                self.search()
            selected = self._selected
        if selected is None:
            raise ValueError("no song is selected to be loaded")
        self.load(deck, selected.path)
        with self._lock:
            self._loaded += 1

    def load(self, deck: str, path: Path) -> None:
        """Put a song on a deck, as soon as it can be heard: it is opened on a thread of its own.

        A song that plays stays on its deck, unless it is asked for the other one twice.
        Raises ValueError: there is no such deck or file, or the deck plays. What is no song is told later.
        """
        wanted, song = self._booth.deck(deck), full(path)
        try:
            song.stat()
        except FileNotFoundError:
            raise ValueError(f"{song} is not there") from None
        except (OSError, ValueError) as error:  # ValueError: a zero in its name
            raise ValueError(f"{song} cannot be read: {getattr(error, 'strerror', None) or error}") from None
        with self._lock:
            replaces = self._may_replace(wanted, song)
            order = self._orders[deck] = object()
        threading.Thread(target=self._open, args=(wanted, song, replaces, order), name="loading", daemon=True).start()

    def _may_replace(self, deck: Deck, song: Path) -> bool:
        """Whether it may take the place of a song that plays. Raises ValueError where one plays and it may not yet."""
        if not deck.state.moving:
            return False
        now, refused = time.monotonic(), self._refused
        if refused is not None and refused[:2] == (deck.name, song) and now - refused[2] <= AGAIN_S:
            self._refused = None
            return True
        self._refused = deck.name, song, now
        raise ValueError(f"deck {deck.name} plays: load {song.name} once more within {AGAIN_S:g} s to put it there "
                         "all the same")

    def _open(self, deck: Deck, song: Path, replaces: bool, order: object) -> None:
        """Put it on the deck when it can be heard, unless another one is wanted there by then."""
        try:
            track = self._booth.opened(song)
            while not (track.decoded or track.ended or track.closing.is_set()) and self._orders[deck.name] is order:
                time.sleep(WAIT_S)
            with self._lock:
                overtaken = self._orders[deck.name] is not order or track.closing.is_set()
                why = None if overtaken else self._against(deck, track, replaces)
                if why == "":
                    self._booth.put(deck.name, track)
            if why != "":
                track.close()
            if why and not track.failure:
                self._say(why)
        except Exception as error:  # whatever it is, decks play on
            self._say(f"{song} cannot be loaded: {error}")

    def _against(self, deck: Deck, track: Track, replaces: bool) -> str:
        """Why a song that was opened is not put on its deck; empty: it is. One that failed has told so itself."""
        if not track.decoded:
            return track.failure or f"{track.path} has no sound"
        if deck.state.moving and not replaces:
            return f"deck {deck.name} plays by now: {track.path.name} is not put there"
        return ""


def full(path: Path) -> Path:
    """A path as the collection has it; `~` is the user's folder. Raises ValueError: there is no such user."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{path} is not there: {error}") from None


def tempo_percent(song: LibrarySong, playing: Playing) -> float | None:
    """By how much a song's tempo has to be changed to be that of what plays, or half or twice of it; None: unknown."""
    if not song.bpm or not playing.bpm or song.bpm <= 0:
        return None
    octaves = math.log2(playing.bpm / song.bpm)
    return 100 * (math.exp2(octaves - round(octaves)) - 1)


def key_fits(song: LibrarySong, playing: Playing) -> bool:
    """Whether its key and that of what plays are one, or next to each other on the wheel."""
    return song.key is not None and playing.key is not None and distance(playing.key, song.key) <= NEIGHBOUR
