"""The songs of the library as the screen of decks shows them: what is looked for, and which one is chosen.

Whatever is typed is looked for at once, in the engine's process; what comes back is shown, the songs that fit best
first. Nothing here draws.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stream.screen.stripview import Say

MOST = 200  # songs that are shown of those that were found


class SongBrowser:
    """text: what is looked for      songs: that were found, as stream.link.libraryverbs has them      count: of all

    at: the chosen one      top: the first that is seen      room: how many are seen
    """

    def __init__(self, say: Say) -> None:
        """It is closed. say: tells the engine"""
        self._say = say
        self.open, self.text = False, ""
        self.songs: Sequence[Mapping[str, Any]] = ()
        self.count = self.at = self.top = 0
        self.room = 1
        self._waits = False  # whether nothing has come yet of what is looked for

    def show(self) -> None:
        """Open it, and look for what was looked for before."""
        self.open = True
        self.search(self.text)

    def search(self, text: str) -> None:
        """Look for something."""
        self.text, self._waits = text, True
        self._say("search", text, MOST)

    def again(self) -> None:
        """Look for the same, where there are others by now."""
        if self.open and not self._waits:
            self.search(self.text)

    def take(self, found: Mapping[str, Any]) -> None:
        """Know what was found; of an older search it is passed over. The chosen song stays that while it is there."""
        if found["text"] != self.text:
            return
        chosen, self._waits = self.chosen, False
        self.songs, self.count = found["songs"], found["count"]
        paths = [song["path"] for song in self.songs]
        self.at = paths.index(chosen["path"]) if chosen is not None and chosen["path"] in paths else 0
        self.move(0)

    @property
    def chosen(self) -> Mapping[str, Any] | None:
        """The song that enter loads."""
        return self.songs[self.at] if self.at < len(self.songs) else None

    def move(self, steps: int) -> None:
        """Choose another one."""
        self.at = min(max(0, len(self.songs) - 1), max(0, self.at + steps))
        self.top = min(max(self.top, self.at - self.room + 1), self.at, max(0, len(self.songs) - self.room))

    def fit(self, room: int) -> None:
        """See so many at once."""
        self.room = max(1, room)
        self.move(0)

    def load(self, deck: str, at: int | None = None) -> None:
        """Put a song on a deck: the chosen one, or another of those that are shown."""
        self.at = self.at if at is None else at
        if self.chosen is not None:
            self._say("load", deck, self.chosen["path"])

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key says; False: it is none of the browser's."""
        if key == "escape":
            self.open = False
        elif key in _MOVES:
            _MOVES[key](self)
        elif key == "backspace":
            self._look(self.text[:-1])
        elif key in ("ctrl+w", "ctrl+u"):
            self._look("" if key == "ctrl+u" else self.text.rstrip().rpartition(" ")[0])
        elif character and character.isprintable():
            self._look(self.text + character)
        else:
            return False
        return True

    def _look(self, text: str) -> None:
        if text != self.text:
            self.at = self.top = 0
            self.search(text)


_MOVES: Mapping[str, Callable[[SongBrowser], None]] = {
    "up": lambda browser: browser.move(-1), "down": lambda browser: browser.move(1),
    "pageup": lambda browser: browser.move(-browser.room), "pagedown": lambda browser: browser.move(browser.room),
    "home": lambda browser: browser.move(-MOST), "end": lambda browser: browser.move(MOST)}
