"""All decks of a run: their mixers, the master, the songs that wait, and what hands can do with them by name."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dsp.crossfader import CrossfaderSide
from stream.callback.deckplayers import DeckPlayers
from stream.decks.autolevel import AutoLevel
from stream.decks.deck import Deck
from stream.decks.lead import Lead
from stream.decks.leader import Leader
from stream.decks.tappedbeat import TappedBeat
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
    levels: what sets trims so that songs are equally loud; None: nothing does
    mixers: of the stems of each player: the decks, and last the input if that is heard too
    master: the players' faders and the crossfader, which leaves the input alone      decks: by name
    leader: who leads in tempo, once it is open      tapped: the beat of the input; None: there is none
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
        self.tapped = None if live is None else TappedBeat(LIVE, samplerate)
        self._load, self._songs, self._rate, self._sources = load, deque(songs), samplerate, sources
        self.automix = False
        self.levels: AutoLevel | None = None
        self.loaded: tuple[Track, ...] = ()
        self._passed: dict[str, Track] = {}
        self._putting = threading.Lock()
        self._lead = Lead()
        self._begun = False
        self._fading: str | None = None

    def open(self, device: Callable[[], int], block: int, say: Say, late: int = 0) -> None:
        """Make the decks, for a device that asks for so many frames at once.

        late: frames from the callback to who listens
        [main-thread]
        """
        self.decks = {name: Deck(name, self.players.rings[name], self.players.records[at, ...], device,
                                 (self._rate, block, late), self._sources, say) for at, name in enumerate(NAMES)}
        self.leader, self._say = Leader(self.decks, device, self._rate), say
        if self.tapped is not None:
            self.leader.add(LIVE, self.tapped)
        self._heard: Callable[[], float] = lambda: device() - late - block / 2
        for deck in self.decks.values():
            deck.follower.leading = self.leader

    @property
    def waiting(self) -> int:
        """How many songs have not been on a deck yet. [any-thread]"""
        return len(self._songs)

    def next_song(self, deck: str) -> None:
        """Put the next song on a deck. Raises ValueError: there is none. [any-thread]"""
        if not self._songs:
            raise ValueError("there are no more songs")
        self._put(self.deck(deck), self._load(self._songs.popleft()))

    def opened(self, path: Path) -> Track:
        """A song as a track, which is on no deck yet. [any-thread]"""
        return self._load(path)

    def put(self, deck: str, track: Track) -> None:
        """Put an opened song on a deck; it waits no longer, if it did. Raises ValueError. [any-thread]"""
        wanted, path = self.deck(deck), track.path.absolute()
        same = next((waits for waits in self._songs.copy() if waits.absolute() == path), None)
        if same is not None:
            with suppress(ValueError):  # somebody has just taken it
                self._songs.remove(same)
        self._put(wanted, track)

    def _put(self, deck: Deck, track: Track) -> None:
        with self._putting:
            self.loaded = (*self.loaded, track)
        deck.load(track, BeatFinder(track))

    @property
    def latest(self) -> Deck | None:
        """The deck whose song began last of those that play, or played last; None: there is none. [any-thread]"""
        return self._lead.deck(self.decks)

    def press(self, deck: str, name: str, *values: Any) -> None:
        """Press something on a deck. Raises ValueError for what is not there. [any-thread]"""
        self.deck(deck).press(name, *values)
        if name == "sync" and any(values) and (why := self.leader.lacks(deck)):
            self._say(why)
        if name in ("play", "play_pause"):
            self._begun = True
            self._lead.begin(self.decks[deck])

    def tap(self) -> None:
        """The beat of the input is heard now; from the fourth time on decks can follow it, and it leads.

        Raises ValueError: there is no input, or nobody taps like that.
        [any-thread]
        """
        if self.tapped is None:
            raise ValueError("there is no input whose beat could be tapped")
        if self.tapped.tap(self._heard()):
            self.leader.ask(LIVE)

    def deck(self, name: str) -> Deck:
        """Raises ValueError for what is none. [any-thread]"""
        if name not in self.decks:
            raise ValueError(f"there is no deck {name}; the decks are {listing(self.decks)}")
        return self.decks[name]

    def step(self) -> bool:
        """Have each deck render a little; False if none had anything to do. [deck-thread]"""
        self.leader.look()
        went = [deck.step() for deck in self.decks.values()]
        return any(went)

    @property
    def over(self) -> bool:
        """Whether all songs that were begun have ended; with `automix`, all there are.

        One that is paused has not, and one that another takes the place of has not either.
        [any-thread]
        """
        decks = self.decks.values()
        if not self._begun or not all(deck.settled for deck in decks):
            return False
        if self.automix:
            return not self._songs and all(deck.over for deck in decks)
        lead = self._lead
        return lead.ended and all(deck.over or not (deck.state.moving or deck.wanted in lead.played) for deck in decks)

    def look(self) -> None:
        """See what plays. With `automix`: begin the next song where one is about to end by itself, and fade to it.

        What a person has paused, or sent back to its cue, never goes on by itself, and nothing follows it.
        Now and then. [main-thread]
        """
        self._lead.look(self.decks)
        if self.levels is not None:
            self.levels.look(self.decks)
        if not self.automix or not self._begun:
            return
        self._pass_over()
        follows = self._follows()
        if follows is not None:
            self.press(follows, "play")
            self._fading = follows
        if self._fading is not None:
            self._fade(self._fading)
        elif self._lead.ended and self._songs and all(deck.settled and deck.over for deck in self.decks.values()):
            self.next_song(NAMES[0])

    def _pass_over(self) -> None:
        """Have the next song in the place of one of which nothing can be heard."""
        for name, track in self._unheard():
            if self._songs:
                self._passed[name] = track  # once: the next one is not on the deck at once
                self._lead.passed_over(name)
                self.next_song(name)

    def _unheard(self) -> list[tuple[str, Track]]:
        """Decks whose song could not be decoded at all, and that have no other one yet."""
        return [(name, deck.track) for name, deck in self.decks.items() if deck.track is not None
                and deck.track.ended and not deck.track.decoded and self._passed.get(name) is not deck.track]

    def _follows(self) -> str | None:
        """The deck whose song is to begin now: one that was not played yet."""
        if not self._lead.ends(self.decks, AUTOMIX_S):
            return None
        ready = [name for name, deck in self.decks.items() if deck.settled and deck.track is not None
                 and deck.track not in self._lead.played and not deck.state.moving and not deck.over]
        return ready[0] if ready else None

    def _fade(self, deck: str) -> None:
        """Bring the crossfader nearer to a deck; when it is there the other one has its next song."""
        name = next(name for name in self.decks if name != deck)
        other = self.decks[name]
        if not other.settled:
            return
        left = other.state.seconds_left if other.state.moving and not other.over else 0.0
        goal = 1.0 if deck == NAMES[1] else 0.0
        place = goal + (self.master.crossfader - goal) * min(1.0, left / AUTOMIX_S)
        self.master.crossfade(goal if left < DONE_S else max(0.0, min(1.0, place)))
        if other.over or not other.state.moving:
            self._fading = None
            if self._songs and other.over:  # what a person has paused stays
                self._lead.passed_over(name)
                self.next_song(name)

    def close(self) -> None:
        """Take all songs off. [main-thread]"""
        for deck in self.decks.values():
            deck.close()
