"""Keys of a terminal for two decks: they act on the chosen deck, `/` chooses the other one.

A terminal does not tell when a key is let go: what a deck has to hold for is let go by the same key.
"""

from collections.abc import Callable, Mapping
from itertools import count

from stream.control import deckkeytable as table
from stream.control.deckmoves import decks, players
from stream.control.terminalkeys import TerminalKeys
from stream.mixer.desk import Desk


class DeckKeys(TerminalKeys):
    """The keys, and the deck that they act on.

    chosen: the player that they act on      stems: by the key that mutes them
    """

    def __init__(self, desk: Desk, say: Callable[[str], None]) -> None:
        """Remember what they work on.

        desk: of decks (stream.decks.deckdesk)      say: takes a line for the user
        [main-thread]
        """
        super().__init__()
        self._desk, self._say = desk, say
        self._players = players(desk)
        self.chosen = self._players[0]
        self._begun = ""  # the key of which the next one says what
        self.stems = table.stem_keys(dict.fromkeys(stem.partition("/")[2] for stem in desk.mixer.sources))
        self._stem = ""  # which `A` was for
        self._moves, self._of_master = table.moves(table.ROWS), table.moves(table.MASTER_ROWS)
        self._of_stem = table.moves(table.STEM_ROWS)
        self._delete, self._of_grid = table.moves(table.DELETE_ROWS), table.moves(table.GRID_ROWS)
        self._behind: Mapping[str, Callable[[str], bool]] = {
            table.MASTER_KEY: self._to_master, table.DELETE_KEY: lambda key: self._move(self._delete, key),
            table.STEM_KEY: self._to_stem, table.GRID_KEY: lambda key: self._move(self._of_grid, key),
            table.SCENE_KEY: self._recall, table.SCENE_KEY + table.STORE_KEY: self._store,
            table.CUE_KEY: self._listen, table.SWAP_KEY: self._swap}

    @property
    def help(self) -> str:
        """The keys in a line. [any-thread]"""
        stems = " ".join(f"{key}={stem}" for key, stem in self.stems.items())
        return ", ".join([stems, "shift solos", *self.words])

    @property
    def short(self) -> str:
        """The keys that everybody needs, and the one that shows all; or that another one is waited for. [any-thread]"""
        if self._begun:
            return self.pending
        stems = " ".join(f"{key}={stem}" for key, stem in self.stems.items())
        return f"{stems}, space plays, c cues, < > crossfade, / other deck, n next song, ? all keys, q quits"

    @property
    def pending(self) -> str:
        """The key that waits for another one, and what that would do; empty: none does. [any-thread]"""
        begun, stem = self._begun, self._stem
        if begun == table.STEM_KEY and stem:
            return f"{begun} {stem}: {table.OF_STEM}"
        return f"{begun} {table.WAITING[begun]}" if begun else ""

    @property
    def words(self) -> list[str]:
        """What the other keys do. [any-thread]"""
        return table.words(self._desk.acts)

    def choose(self, player: str) -> None:
        """Have the keys act on a player. Raises ValueError for what is none. [any-thread]"""
        if player not in tuple(self._players):  # whatever it is: a list has no hash
            raise ValueError(f"there is no player {player}; the players are {', '.join(self._players)}")
        self.chosen = player

    def typed(self, key: str) -> None:
        """Do what a key says; what cannot be done is told. [keys-thread]"""
        try:
            self.press(key)
        except ValueError as error:
            self._say(str(error))

    def press(self, key: str) -> None:
        """Do what a key says; one that means nothing is passed over. Raises ValueError.

        What means nothing behind a key that waits is itself again; but that ends no run.
        [keys-thread]
        """
        begun, self._begun = self._begun, ""
        if key in table.ESCAPE or (begun and (self._behind[begun](key) or key == table.QUIT_KEY)):
            return
        if key in table.BEGIN:
            self._begun, self._stem = key, ""
        elif self._move(self._moves, key):
            pass
        elif key in table.ACTS:
            self._desk.act(table.ACTS[key])
        elif key == "/":
            self.chosen = self._players[(self._players.index(self.chosen) + 1) % len(self._players)]
        elif key == "?":
            self._say(self.help)
        elif key.lower() in self.stems:
            self._flip(key.lower(), "mute" if key.islower() else "solo")

    def _move(self, moves: Mapping[str, tuple[str, Callable[[Desk, str], None]]], key: str, own: str = "") -> bool:
        """Whether a key is among some. own: the strip; empty is the chosen player's"""
        if key not in moves:
            return False
        strip, move = moves[key]
        move(self._desk, strip or own or self.chosen)
        return True

    def _to_master(self, key: str) -> bool:
        """Goes on until there is another key."""
        if key in self._of_master:
            self._begun = table.MASTER_KEY
        return self._move(self._of_master, key)

    def _to_stem(self, key: str) -> bool:
        """Which it is; then it goes on until there is another key."""
        if not self._stem:
            self._stem = self.stems.get(key, "")
            self._begun = table.STEM_KEY if self._stem else ""
            return key in self.stems
        if key in self._of_stem:
            self._begun = table.STEM_KEY
        return self._move(self._of_stem, key, f"{self.chosen}/{self._stem}")

    def _flip(self, key: str, switch: str) -> bool:
        if key not in self.stems:
            return False
        self._desk.mixer.flip(f"{self.chosen}/{self.stems[key]}", switch)
        return True

    def _listen(self, key: str) -> bool:
        return self._flip(key, "cue")

    def _recall(self, key: str) -> bool:
        """Or begin to store one."""
        if key == table.STORE_KEY:
            self._begun = table.SCENE_KEY + key
            return True
        if key not in tuple(table.DIGITS):
            return False
        at = table.DIGITS.index(key)
        if at >= len(self._desk.scenes):
            raise ValueError(f"there is no scene {at + 1}; {table.SCENE_KEY} {table.STORE_KEY} and a digit stores one")
        self._desk.recall(at)
        self._say(f"scene {at + 1}: {list(self._desk.scenes)[at]}")
        return True

    def _store(self, key: str) -> bool:
        """In the place of the scene that the digit recalls, or as a new one."""
        if key not in tuple(table.DIGITS):
            return False
        scenes, at = list(self._desk.scenes), table.DIGITS.index(key)
        free = next(name for number in count(len(scenes) + 1) if (name := f"scene {number}") not in scenes)
        name = scenes[at] if at < len(scenes) else free
        self._desk.store(name)
        self._say(f"stored as {name}")
        return True

    def _swap(self, key: str) -> bool:
        """Hear this stem here and all others on the other deck; again: hear all of both."""
        if key not in self.stems:
            return False
        stem, mixer = self.stems[key], self._desk.mixer
        here = f"{self.chosen}/{stem}"
        there = next(f"{deck}/{stem}" for deck in decks(self._desk) if deck != self.chosen)
        swapped = float(not (mixer.on(here, "solo") and mixer.on(there, "mute")))
        mixer.recall({here: {"solo": swapped}, there: {"mute": swapped}})
        return True
