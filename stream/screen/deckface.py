"""Two decks and the mixer between them, as a board shows them."""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from stream.mixer.fader import gain_db
from stream.screen.browserpaint import browser_rows
from stream.screen.deckhead import FLAGS
from stream.screen.deckhelp import help_pages
from stream.screen.decklayout import laid_out
from stream.screen.deckpaint import rows
from stream.screen.deckview import CROSSFADER, SWITCHES, DeckView
from stream.screen.deckwave import around
from stream.screen.ink import OFF, Line, ink
from stream.screen.row import Region, ScreenRow
from stream.screen.strips import TOP_DB

HEAD: Mapping[str, Callable[[DeckView, str, float, bool], None]] = {
    "song": lambda view, deck, along, _: view.seek(deck, along),
    "play": lambda view, deck, *_: view.do(deck, "play_pause"),
    **{name: lambda view, deck, *_, name=name: view.do(deck, name) for name in (
        "leave_loop", "jump_back", "jump_on", "reverse", "eject", "grid_tap", "brake")},
    "next_song": lambda view, deck, *_: view.act(deck, "next_song"),
    "cue press": lambda view, deck, *_: view.cue(deck),
    "range": lambda view, deck, *_: view.act(deck, "next_tempo_range"),
    "tempo": lambda view, deck, _, back: view.tempo(deck, 0) if back else None}

OVER_KEY, BROWSE_KEY = "f2", "enter"
LOAD_KEYS = {f"{held}+{side}": at for held in ("shift", "ctrl") for side, at in (("left", 0), ("right", -1))}
TWICE_S = 0.5  # between two presses of the mouse that are one double click
BESIDE, SONGS = 160, 79  # cells of a screen that has the songs beside the decks; of the songs there, with a line


class DeckFace:
    """view: what it shows"""

    def __init__(self, view: DeckView) -> None:
        """Show a view."""
        self.view = view
        self._rows: list[ScreenRow] = []
        self._held: Region | None = None
        self._size = 0, 0
        self._now_s = 0.0
        self._pressed = "", 0.0  # the song that the mouse pressed last, and when

    @property
    def held(self) -> bool:
        """Whether something is dragged."""
        return self._held is not None

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells."""
        self._now_s = now_s
        self.view.take(news, now_s)

    def paint(self, width: int, height: int) -> list[Line]:
        """All lines."""
        if self._size != (width, height):
            self._size, self.view.page = (width, height), 0  # pages have other lengths now
        browser = self.view.browser
        browser.beside = browser.open and width >= BESIDE
        self._rows = rows(self.view, laid_out(self.view, self._decks))
        if browser.beside:
            songs = browser_rows(browser, self.view.state["decks"], self.view.free_deck, (SONGS - 1, height))
            for row, beside in zip_longest(self._rows, songs, fillvalue=ScreenRow()):
                row.add("│", ink(OFF)).beside(beside).fit(width)
        return [tuple(row.parts) for row in self._rows]

    @property
    def _decks(self) -> tuple[int, int]:
        """The cells that the decks have."""
        return self._size[0] - self.view.browser.beside * SONGS, self._size[1]

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key says."""
        if self.view.browser.open and self._browse(key, character):
            return True
        if key == BROWSE_KEY:
            self.view.browse()
            return True
        if character == "?":
            self.view.help(len(help_pages(self.view, self._decks)))
            return True
        if key == OVER_KEY:
            self.view.over = not laid_out(self.view, self._decks).over
            return True
        return self.view.press(key, character)

    def _browse(self, key: str, character: str | None) -> bool:
        """What a key does while songs are shown; False: what it does always."""
        view = self.view
        if key == BROWSE_KEY:
            view.browser.load(view.free_deck)
        elif key in LOAD_KEYS:
            view.browser.load(view.state["decks"][LOAD_KEYS[key]])
        else:
            return view.browser.press(key, character)
        return True

    def region(self, x: int, y: int) -> Region | None:
        """What is there, as it was painted last."""
        return self._rows[y].under(x) if 0 <= y < len(self._rows) else None

    def touch(self, x: int, y: int, back: bool) -> bool:
        """Press what is there."""
        region, view = self.region(x, y), self.view
        if region is None:
            return True
        what, stem = region.spot.what, region.spot.stem
        if what == "key":
            return self.press(stem, stem)  # a character stands for its key
        if what == CROSSFADER:
            self._held = None if back else region
            view.crossfade(0.5 if back else region.along(x))
        elif what == "wave":
            self._wave(region, x, back)
        elif what == "browse":
            view.browse()
        elif what.startswith(("found ", "load ")):
            self._song(int(what.split()[1]), stem)
        elif what in SWITCHES:
            view.flip(stem, what)
        elif what == "clip":
            view.unclip()
        elif what in ("scene", "store", "record"):
            self._at_desk(what, stem, back)
        elif what == "strip" or (what == "deck" and stem in view.players):
            view.choose(stem if what == "strip" else self._of(stem))
        elif not self._deck(region, region.along(x), back):
            self._value(region, x, back)
        return True

    def _wave(self, region: Region, x: int, back: bool) -> None:
        """Go to a place of the waveform, or see the waveforms over each other or beside each other."""
        deck, cells = region.spot.stem, region.end - region.first
        if back:
            self.press(OVER_KEY, None)
        else:
            self.view.go(deck, around(self.view, deck, cells).seconds(x - region.first))

    def _song(self, at: int, deck: str) -> None:
        """Choose a song; pressed twice it is loaded, and so it is where a deck is pressed beside it."""
        browser = self.view.browser
        browser.move(at - browser.at)
        song, (before, pressed_s) = browser.path, self._pressed
        twice = song == before and self._now_s - pressed_s <= TWICE_S
        self._pressed = ("" if twice or deck else song), self._now_s
        if twice or deck:
            browser.load(deck or self.view.free_deck)

    def _of(self, player: str) -> str:
        """The strip of a player that is chosen when its head is pressed: as before, if it was its."""
        view = self.view
        return view.stem if view.player(view.stem) == player else view.players[player][0]

    def _at_desk(self, what: str, number: str, back: bool) -> None:
        """Scenes, and recording."""
        view = self.view
        if what == "record":
            view.record()
        elif what == "store":
            view.store(len(view.state["scenes"]) + 1)
        else:
            (view.store if back else view.recall)(int(number))

    def _deck(self, region: Region, along: float, back: bool) -> bool:
        """Something of a head; False: it is none."""
        view, deck = self.view, region.spot.stem
        what, _, number = region.spot.what.rpartition(" ")
        if what == "hot cue":
            (view.delete_hot_cue if back else view.hot_cue)(deck, int(number) - 1)
        elif what == "loop":
            view.do(deck, "auto_loop", int(number))
        elif region.spot.what == "sync" and back:
            view.act(deck, "lead")
        elif region.spot.what in FLAGS:
            view.do(deck, region.spot.what, not view.state["songs"][deck][region.spot.what])
        elif region.spot.what in HEAD:
            HEAD[region.spot.what](view, deck, along, back)
        else:
            return False
        return True

    def _value(self, region: Region, x: int, back: bool) -> None:
        """A fader or a parameter, which can be dragged."""
        what, strip, view = region.spot.what, region.spot.stem, self.view
        view.choose(strip, what)
        if back:
            view.rest(strip, what)
            return
        self._held = region
        if what == "gain":
            self._slide(region, x)
        elif view.parameter(strip, what).switch:
            self._held = None
            view.flip(strip, what)

    def _slide(self, region: Region, x: int) -> None:
        self.view.set(region.spot.stem, "gain", round(gain_db(region.along(x), TOP_DB), 1))

    def drag(self, x: int, by: int, fine: bool) -> None:
        """A fader is where the mouse is, a parameter goes with it."""
        region = self._held
        if region is None:
            return
        if region.spot.what == CROSSFADER:
            self.view.crossfade(region.along(x))
        elif region.spot.what == "gain":
            self._slide(region, x)
        else:
            self.view.nudge(region.spot.stem, region.spot.what, by, fine)

    def let_go(self) -> None:
        """Hold nothing."""
        self._held = None

    def turn(self, x: int, y: int, steps: int, fine: bool) -> None:
        """Turn what is there."""
        region = self.region(x, y)
        if region is None:
            return
        what, strip = region.spot.what, region.spot.stem
        if what == CROSSFADER:
            self.view.crossfade(self.view.state["crossfader"] + steps * (0.01 if fine else 0.05))
        elif what == "wave":
            self.view.magnify(steps)
        elif what.startswith(("found ", "load ")):
            self.view.browser.move(-steps)
        elif what == "tempo":
            self.view.tempo(strip, self.view.state["songs"][strip]["tempo_percent"] + steps * (0.02 if fine else 0.1))
        elif strip in self.view.stems and what in self.view.choices(strip):
            self.view.nudge(strip, what, steps, fine)
