"""The songs that can be loaded, as the screen of decks shows them: what is looked for, and which one is chosen.

Whatever is typed is looked for at once, in the engine's process; what comes back is shown, the songs that fit best
first. Hands elsewhere may choose and load as well, and the screen follows them. Nothing here draws.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stream.screen.stripview import Say

LONGEST = 100  # characters of what is looked for


class BrowserView:
    """told: as stream.link.decksnapshot has it; None: there are no songs to choose from

    text: what is looked for      songs: that were found, as stream.link.deckverbs has them      count: of all
    at: the chosen one      top: the first that is seen      room: how many are seen
    beside: whether all of the decks is seen beside it
    """

    def __init__(self, told: Mapping[str, Any] | None, say: Say) -> None:
        """It is closed. say: tells the engine"""
        self.told, self._say = told, say
        self.open, self.text = False, ""
        self.songs: Sequence[Mapping[str, Any]] = ()
        self.count = self.at = self.top = 0
        self.room, self.beside = 1, False
        self._by_knob = False  # whether somebody elsewhere has opened it
        self._waits = False  # whether nothing has come yet of what is looked for
        self._stays = ""  # the path of the song that is to be chosen when it comes; empty: the first

    def show(self) -> None:
        """Open it, and look for what was looked for before."""
        self.open, self._by_knob = True, False
        self._search(self.path)

    def close(self) -> None:
        """See the decks again."""
        self.open = False

    def _search(self, stays: str = "") -> None:
        self._waits, self._stays = True, stays
        self._say("search", self.text)

    def follow(self, told: Mapping[str, Any]) -> None:
        """Know how it is in the engine: a knob that browses opens it, and a button that loads then closes it."""
        before, self.told = self.told or told, told
        if told["turned"] != before["turned"]:
            self._by_knob = self._by_knob or not self.open
            self.open, known = True, [song["path"] for song in self.songs]
            if told["text"] == self.text and told["selected"] in known and not self._waits:
                self._choose(known.index(told["selected"]))
            else:
                self.text = told["text"]
                self._search(told["selected"] or "")
        elif self.open and told["version"] != before["version"] and not self._waits:
            self._search(self.path)
        if told["loaded"] != before["loaded"] and self._by_knob:
            self.open = self._by_knob = False

    def take(self, found: Mapping[str, Any]) -> None:
        """Know what was found; of an older search it is passed over."""
        if found["text"] != self.text:
            return
        self._waits = False
        self.songs, self.count = found["songs"], found["count"]
        paths = [song["path"] for song in self.songs]
        self._choose(paths.index(self._stays) if self._stays in paths else 0)

    @property
    def chosen(self) -> Mapping[str, Any] | None:
        """The song that enter loads."""
        return self.songs[self.at] if self.at < len(self.songs) else None

    @property
    def path(self) -> str:
        """Of the chosen song; empty: there is none."""
        return "" if self.chosen is None else str(self.chosen["path"])

    def _choose(self, at: int) -> None:
        self.at = min(max(0, len(self.songs) - 1), max(0, at))
        self.top = min(max(self.top, self.at - self.room + 1), self.at, max(0, len(self.songs) - self.room))

    def move(self, steps: int) -> None:
        """Choose another one, which buttons elsewhere load then, too."""
        before = self.at
        self._choose(self.at + steps)
        if self.chosen is not None and self.at != before:
            self._stays = self.path
            self._say("select", self._stays)

    def fit(self, room: int) -> None:
        """See so many at once."""
        self.room = max(1, room)
        self._choose(self.at)

    def load(self, deck: str, at: int | None = None) -> None:
        """Put a song on a deck: the chosen one, or another of those that are shown."""
        if at is not None:
            self.move(at - self.at)
        if self.chosen is not None:
            self._say("load", deck, self.chosen["path"])

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key says; False: it is none of the browser's."""
        base = key.rpartition("+")[2]
        if key == "escape":
            self.close()
        elif base in _MOVES:
            _MOVES[base](self)
        elif key == "backspace":
            self._look(self.text[:-1])
        elif key in ("ctrl+w", "ctrl+u"):
            self._look("" if key == "ctrl+u" else self.text.rstrip().rpartition(" ")[0])
        elif character and character.isprintable():
            self._look(self.text + character)
        else:
            return base in ("left", "right", "tab")  # these would change strips that nobody sees
        return True

    def _look(self, text: str) -> None:
        if text != self.text:
            self.text = text[:LONGEST]
            self._search()


_MOVES: Mapping[str, Callable[[BrowserView], None]] = {
    "up": lambda browser: browser.move(-1), "down": lambda browser: browser.move(1),
    "pageup": lambda browser: browser.move(-browser.room), "pagedown": lambda browser: browser.move(browser.room),
    "home": lambda browser: browser.move(-len(browser.songs)), "end": lambda browser: browser.move(len(browser.songs))}
