"""All decks of a run: their mixers, the master, the songs that wait, and what hands can do with them by name."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsp.crossfader import CrossfaderSide
from stream.callback.deckplayers import DeckPlayers
from stream.decks.deck import Deck
from stream.mixer.master import MasterMixer
from stream.mixer.mixer import Mixer, listing
from stream.mixer.players import LIVE
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.track import Track

NAMES = ("a", "b")
AUTOMIX_S, DONE_S = 4.0, 0.1  # seconds of a song's end that fade into the next
Say = Callable[[str], None]


class Booth:
    """Two decks and the mixer between them.

    automix: whether the next song begins by itself      loaded: every song that was on a deck
    mixers: of the stems of each player: the decks, and last the input if that is heard too
    master: the players' faders and the crossfader, which leaves the input alone      decks: by name
    """

    def __init__(self, sources: tuple[str, ...], samplerate: int, load: Callable[[Path], Track],
                 songs: Sequence[Path], live: Mixer | None = None) -> None:
        """No song is loaded.

        sources: of the strips      load: a song as a track      songs: in the order in which they are to be loaded
        live: the input's mixer, if that is heard too
        [main-thread]
        """
        mixers = {name: Mixer(sources, samplerate) for name in NAMES}
        others = {} if live is None else {LIVE: live}
        self.mixers = {**mixers, **others}
        sides = zip(self.mixers, (CrossfaderSide.A, CrossfaderSide.B, CrossfaderSide.THRU), strict=False)
        self.master = MasterMixer(dict(sides), samplerate)
        self.players = DeckPlayers(mixers, self.master, live, samplerate)
        self.decks: Mapping[str, Deck] = {}
        self._load, self._songs, self._rate, self._sources = load, deque(songs), samplerate, sources
        self.automix = False
        self.loaded: tuple[Track, ...] = ()
        self._passed: dict[str, Track] = {}
        self._begun = False
        self._fading: str | None = None

    def open(self, device: Callable[[], int], block: int, say: Say, late: int = 0) -> None:
        """Make the decks, for a device that asks for so many frames at once.

        late: frames from the callback to who listens
        [main-thread]
        """
        self.decks = {name: Deck(name, self.players.rings[name], self.players.records[at, ...], device,
                                 (self._rate, block, late), self._sources, say) for at, name in enumerate(NAMES)}

    @property
    def waiting(self) -> int:
        """How many songs have not been on a deck yet. [any-thread]"""
        return len(self._songs)

    def next_song(self, deck: str) -> None:
        """Put the next song on a deck. Raises ValueError: there is none. [any-thread]"""
        if not self._songs:
            raise ValueError("there are no more songs")
        wanted, track = self.deck(deck), self._load(self._songs.popleft())
        self.loaded = (*self.loaded, track)
        wanted.load(track, BeatFinder(track))

    def press(self, deck: str, name: str, *values: Any) -> None:
        """Press something on a deck. Raises ValueError for what is not there. [any-thread]"""
        self.deck(deck).press(name, *values)
        self._begun = self._begun or name in ("play", "play_pause")

    def deck(self, name: str) -> Deck:
        """Raises ValueError for what is none. [any-thread]"""
        if name not in self.decks:
            raise ValueError(f"there is no deck {name}; the decks are {listing(self.decks)}")
        return self.decks[name]

    def step(self) -> bool:
        """Have each deck render a little; False if none had anything to do. [deck-thread]"""
        went = [deck.step() for deck in self.decks.values()]
        return any(went)

    @property
    def over(self) -> bool:
        """Whether something was played, and nothing plays any more, nor will by itself. [any-thread]"""
        stands = all(deck.settled and (deck.over or not deck.state.moving) for deck in self.decks.values())
        return self._begun and stands and not (self.automix and (
            self._follows() is not None or (self._songs and self._unheard())))

    def look(self) -> None:
        """With `automix`: begin the next song where the one that plays is about to end, and fade to it. Now and then.

        [main-thread]
        """
        if not self.automix or not self._begun:
            return
        self._pass_over()
        follows = self._follows()
        if follows is not None:
            self.press(follows, "play")
            self._fading = follows
        if self._fading is not None:
            self._fade(self._fading)

    def _pass_over(self) -> None:
        """Have the next song in the place of one of which nothing can be heard."""
        for name, track in self._unheard():
            if self._songs:
                self._passed[name] = track  # once: the next one is not on the deck at once
                self.next_song(name)

    def _unheard(self) -> list[tuple[str, Track]]:
        """Decks whose song could not be decoded at all, and that have no other one yet."""
        return [(name, deck.track) for name, deck in self.decks.items() if deck.track is not None
                and deck.track.ended and not deck.track.decoded and self._passed.get(name) is not deck.track]

    def _follows(self) -> str | None:
        """The deck whose song is to begin now."""
        playing = [name for name, deck in self.decks.items() if deck.state.moving and not deck.over]
        ready = [name for name, deck in self.decks.items()
                 if deck.track is not None and not deck.state.moving and not deck.over]
        if not ready or (playing and self.decks[playing[0]].state.seconds_left > AUTOMIX_S):
            return None
        return ready[0]

    def _fade(self, deck: str) -> None:
        """Bring the crossfader nearer to a deck; when it is there the other one has its next song."""
        other = next(name for name in self.decks if name != deck)
        goal = 1.0 if deck == NAMES[1] else 0.0
        left = 0.0 if self.decks[other].over else self.decks[other].state.seconds_left
        place = goal + (self.master.crossfader - goal) * min(1.0, left / AUTOMIX_S)
        self.master.crossfade(goal if left < DONE_S else max(0.0, min(1.0, place)))
        if self.decks[other].over:
            self._fading = None
            if self._songs:
                self.next_song(other)

    def close(self) -> None:
        """Take all songs off. [main-thread]"""
        for deck in self.decks.values():
            deck.close()
