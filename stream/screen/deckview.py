"""What the screen of decks knows and what hands do on it. Nothing here draws, and nothing knows a terminal.

Keys that type a character are the decks' own (stream.control.deckkeys), and are told to the engine; the others choose
strips and move what is chosen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from stream.mixer.strip import Parameter
from stream.screen.browserview import BrowserView
from stream.screen.ink import Line
from stream.screen.songwave import SongWave
from stream.screen.stripview import Say, StripView

MASTER, CROSSFADER = "master", "crossfader"
SWITCHES = ("mute", "solo", "cue")  # that have a place of their own
NOTE_S = 6.0  # that a line for the user stays
ZOOMS = (1, 2, 4, 8, 16)  # columns of a waveform in half a cell


class DeckView(StripView):
    """state: as stream.link.decksnapshot has it

    players: by name, their strips: stems, and last their own      waves: of the decks, by name
    browser: of the songs that can be loaded
    zoom: columns of a waveform in half a cell
    over: whether the waveforms are over each other; None: where there is room for that
    overviews: as they were drawn last, by deck, and what of
    page: of what keys do, while that is shown
    """

    def __init__(self, state: Mapping[str, Any], say: Say) -> None:
        """Show this."""
        self.players: dict[str, tuple[str, ...]] = {
            name: (*(f"{name}/{stem}" for stem in stems), name) for name, stems in state["players"].items()}
        master = (MASTER,) if MASTER in state["strips"] else ()
        super().__init__(state, say, (*(strip for strips in self.players.values() for strip in strips), *master))
        self._parameters = {strip: {name: Parameter(**one) for name, one in table.items()}
                            for strip, table in state["parameters"].items()}
        self.waves = {deck: SongWave(len(state["players"][deck])) for deck in state["decks"]}
        self.browser = BrowserView(state.get("library"), self._say)
        self.zoom = 4
        self.over: bool | None = None
        self.overviews: dict[str, tuple[object, tuple[Line, ...]]] = {}
        self._chosen, self.page = "", 0
        self._told_s: float | None = None  # when the note was first seen; None: not yet
        self._turn_to(state["chosen"])

    def parameter(self, stem: str, name: str) -> Parameter:
        """What a strip's parameter can be."""
        return self._parameters[stem][name]

    def player(self, strip: str) -> str:
        """Whose strip it is; empty for the master's."""
        name = strip.partition("/")[0]
        return name if name in self.players else ""

    def fields(self, strip: str) -> list[str]:
        """Parameters of a strip beside its switches and fader."""
        return [name for name in self.strip(strip)
                if name not in (*SWITCHES, "gain", "insert", CROSSFADER) and name in self._parameters[strip]]

    def choices(self, strip: str) -> list[str]:
        """What arrows can change of a strip."""
        return [*(["gain"] if "gain" in self.strip(strip) else []), *self.fields(strip)]

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells, at a time of any clock."""
        super().take(news, now_s)
        self._forget_note(now_s)
        self._take_slices(news.get("slices", ()))
        if "search" in news:
            self.browser.take(news["search"])
        if "library" in news:
            opened = self.browser.open
            self.browser.follow(news["library"])
            self.helping = self.helping and self.browser.open == opened
        if self.state["chosen"] != self._chosen:
            self._turn_to(self.state["chosen"])

    def tell(self, text: str, wrong: bool = False) -> None:
        """Show a line, for a while."""
        super().tell(text, wrong)
        self._told_s = None

    def _forget_note(self, now_s: float) -> None:
        if self._told_s is None:
            self._told_s = now_s
        elif now_s - self._told_s >= NOTE_S:
            self.tell("")

    @property
    def pending(self) -> str:
        """That a key was pressed which waits for another one; empty: none does."""
        found: str = self.state.get("pending", "")
        return found

    def _take_slices(self, rows: Iterable[Sequence[Any]]) -> None:
        """Know chunks, each of the deck whose number comes first; a number alone: the deck has another song."""
        decks, column_s = self.state["decks"], self.state["column_s"]
        for number, *chunk in rows:
            wave = self.waves[decks[number]]
            if chunk:
                wave.take(*chunk)
            else:
                wave.forget()
        for deck, wave in self.waves.items():
            wave.now = self.state["heads"][deck]["position_s"] / column_s

    def browse(self) -> None:
        """See the songs that can be loaded, or see them no longer."""
        if self.browser.open:
            self.browser.close()
        elif self.browser.told is None:
            self.tell("this run has no songs to choose from", wrong=True)
        else:
            self.helping = False
            self.browser.show()

    @property
    def free_deck(self) -> str:
        """The deck on which a song is loaded unless one is named: one that does not play, and best has no song."""
        decks, songs, heads = (self.state[name] for name in ("decks", "songs", "heads"))
        free = [deck for deck in decks if not songs[deck]["playing"] and not heads[deck]["rate"]] or decks
        empty, chosen = [deck for deck in free if not songs[deck]["loaded"]], self.state["chosen"]
        return str((empty or ([chosen] if chosen in free else free))[0])

    def magnify(self, steps: int) -> None:
        """See less of the songs and that larger, or below 0 more."""
        at = ZOOMS.index(self.zoom) - steps
        self.zoom = ZOOMS[min(len(ZOOMS) - 1, max(0, at))]

    def heard(self, strip: str) -> bool:
        """Whether a stem's switches let it be heard."""
        stems = [self.strip(each) for each in self.players[self.player(strip)][:-1]]
        alone = any(each["solo"] for each in stems)
        return not self.strip(strip)["mute"] and (not alone or bool(self.strip(strip)["solo"]))

    def waits(self, strip: str) -> bool:
        """Whether it is a stem of a song that has no stems yet where it is heard: its switches change nothing there."""
        deck, _, stem = strip.partition("/")
        song = self.state["songs"].get(deck)
        if not stem or song is None or not song["loaded"]:
            return False
        at = self.state["heads"][deck]["position_s"]
        return not any(first <= at <= end for first, end in (*song["stems"], *song["drafts"]))

    def _turn_to(self, deck: str) -> None:
        """Keys act on another deck: the same strip is chosen there."""
        self._chosen = deck
        before, strips = self.player(self.stem), self.players[deck]
        row = self.players[before].index(self.stem) if before else len(strips) - 1
        self.choose(strips[min(row, len(strips) - 1)])

    def choose(self, stem: str, what: str = "") -> None:
        """Have arrows work on a strip; and keys on the deck whose it is."""
        super().choose(stem, what)
        choices = self.choices(stem)
        if self.what not in choices:
            self.what = choices[0]
        player = self.player(stem)
        if player and player != self._chosen:
            self._chosen = player
            self.state["chosen"] = player
            self._say("choose", player)

    def move(self, steps: int) -> None:
        """Choose the strip below or above, of the same player or the master's."""
        around = (*self.players.get(self.player(self.stem) or self._chosen, ()),
                  *((MASTER,) if MASTER in self.stems else ()))
        self.choose(around[(around.index(self.stem) + steps) % len(around)])

    def tab(self, steps: int) -> None:
        """Choose the next parameter."""
        choices = self.choices(self.stem)
        self.what = choices[(choices.index(self.what) + steps) % len(choices)]

    def crossfade(self, place: float) -> None:
        """Move the crossfader, 0 to 1."""
        self.state["crossfader"] = min(1.0, max(0.0, round(place, 3)))
        self._say("crossfade", self.state["crossfader"])

    def do(self, deck: str, name: str, *values: object) -> None:
        """Press something on a deck."""
        self._say("press", deck, name, *values)

    def hot_cue(self, deck: str, number: int) -> None:
        """Jump to a hot cue, or set it; from 0 on."""
        self.do(deck, "hot_cue_press", number)

    def delete_hot_cue(self, deck: str, number: int) -> None:
        """Take a hot cue away; from 0 on."""
        self.do(deck, "hot_cue_delete", number)

    def cue(self, deck: str) -> None:
        """Press the deck's cue button, or let it go."""
        self.do(deck, "cue_release" if self.state["songs"][deck]["held"] == "cue" else "cue_press")

    def tempo(self, deck: str, percent: float) -> None:
        """Set a deck's tempo, as near as its range lets."""
        most = self.state["songs"][deck]["tempo_range"]
        percent = min(most, max(-most, percent))
        self.state["songs"][deck]["tempo_percent"] = percent
        self.do(deck, "tempo", round(percent / most, 6))

    def act(self, deck: str, name: str) -> None:
        """Have an act of a deck done, such as `next_song`."""
        self._say("act", f"{deck}/{name}")

    def record(self) -> None:
        """Begin a recording, or end it."""
        self._say("act", "record")

    def seek(self, deck: str, share: float) -> None:
        """Go somewhere in a song, 0 to 1 of it."""
        length_s = self.state["songs"][deck]["length_s"]
        if length_s:
            self.go(deck, share * length_s)

    def go(self, deck: str, seconds: float) -> None:
        """Go to a place of a song, or its nearest end."""
        if self.state["songs"][deck]["loaded"]:
            self.do(deck, "seek", max(0, round(seconds * self.state["samplerate"])))

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key says; one that means nothing is passed over. False closes the screen."""
        modifier, _, base = key.rpartition("+")
        if key in ("ctrl+c", "ctrl+q") or (key == "q" and not self.pending):
            return False
        if key == "escape" and self.pending:
            self._say("key", key)
        elif base in _MOVES and (len(base) > 1 or not modifier):
            _MOVES[base](self, bool(modifier))
        elif character and character.isprintable():
            self._say("key", character)
        return True

    def help(self, pages: int) -> None:
        """Show the first page of what keys do, then the next, of so many; after the last one the decks again."""
        self.page = self.page + 1 if self.helping else 0
        self.helping = self.page < pages

    def clear(self) -> None:
        """No marks, no page, no line."""
        self.unclip()
        self.helping = False
        self.tell("")


_MOVES: Mapping[str, Callable[[DeckView, bool], None]] = {  # a view, and whether a modifier is held
    "up": lambda view, _: view.move(-1), "down": lambda view, _: view.move(1),
    "left": lambda view, fine: view.nudge(view.stem, view.what, -1, fine),
    "right": lambda view, fine: view.nudge(view.stem, view.what, 1, fine),
    "pageup": lambda view, _: view.magnify(1), "pagedown": lambda view, _: view.magnify(-1),
    "tab": lambda view, back: view.tab(-1 if back else 1),
    "backspace": lambda view, _: view.rest(view.stem, *view.choices(view.stem), *(
        name for name in SWITCHES if name in view.strip(view.stem))),
    "escape": lambda view, _: view.clear()}
