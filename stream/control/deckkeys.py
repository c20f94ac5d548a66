"""Keys of a terminal for two decks: they act on the chosen deck, `/` chooses the other one.

A terminal does not tell when a key is let go: what a deck has to hold for is let go by the same key.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stream.control.keytable import stem_keys
from stream.control.terminalkeys import TerminalKeys
from stream.mixer.deckstrip import TEMPO_RANGES
from stream.mixer.master import MasterMixer
from stream.mixer.masterstrip import MASTER, MASTER_PARAMETERS, PLAYER_PARAMETERS
from stream.mixer.mixer import Mixer

FADE_STEP, TEMPO_STEP, LEAST_DB = 0.1, 0.01, -40.0
# key: what is pressed, its values, and what it is called in the help
PRESSES: Mapping[str, tuple[str, tuple[Any, ...], str]] = {
    " ": ("play_pause", (), "space plays"), "c": ("cue_press", (), "c cues"),
    ",": ("jump_back", (), ", . jump"), ".": ("jump_on", (), ""),
    "_": ("halve_jump", (), "_ + halve, double the size of jumps"), "+": ("double_jump", (), ""),
    "[": ("loop_in", (), "[ ] loop in, out"), "]": ("loop_out", (), ""), "l": ("auto_loop", (4,), "l loops 4 beats"),
    "-": ("halve_loop", (), "- = halve, double it"), "=": ("double_loop", (), ""),
    "x": ("leave_loop", (), "x leaves it"),
    "(": ("move_loop", (-1,), "( ) move it"), ")": ("move_loop", (1,), ""), "X": ("reloop", (), "X enters it again"),
    "h": ("beat_jump", (-1,), "h j jump a beat"), "j": ("beat_jump", (1,), ""),
    "H": ("beat_jump", (-32,), "H J 32"), "J": ("beat_jump", (32,), ""),
    "u": ("skip", (-10,), "u U seek 10 s"), "U": ("skip", (10,), ""), "0": ("tempo", (0,), "0 own tempo"),
    "!": ("grid_tap", (), "! taps the beat"), "E": ("eject", (), "E ejects"),
    "r": ("reverse", (), "r reverses"), "z": ("brake", (), "z brakes")}
GRID: Mapping[str, tuple[str, tuple[Any, ...]]] = {  # after G
    "=": ("grid_double", ()), "-": ("grid_halve", ()), "3": ("grid_three_quarters", ()), "4": ("grid_four_thirds", ()),
    ",": ("grid_move", (-10,)), ".": ("grid_move", (10,)), "<": ("grid_move", (-1,)), ">": ("grid_move", (1,)),
    "h": ("grid_here", ()), "d": ("grid_downbeat", ()), "0": ("grid_reset", ())}
SWITCHES = {"k": "key_lock", "s": "slip", "g": "quantize"}
TEMPO = {"{": -TEMPO_STEP, "}": TEMPO_STEP}
HOT_CUES = "12345678"
BENDS = {";": -0.02, "'": 0.02}  # until the same key, or the other one
LEVELS = {"f": ("gain", -1.0), "F": ("gain", 1.0), "t": ("trim", -1.0), "T": ("trim", 1.0)}  # dB
KILLS = {"i": "low", "m": "mid", "a": "high"}
PREFIXES = ("C", "w", "G")  # the next key says what
OTHERS = ("q", "n", "/", "<", ">", "e", "R", *PREFIXES, "#", "y", "Y")
TAKEN = {*PRESSES, *SWITCHES, *TEMPO, *HOT_CUES, *BENDS, *LEVELS, *KILLS, *OTHERS}
MORE = ("e censors", "; ' bend", "C and a digit deletes a hot cue",
        "G and a key sets the grid: = - 3 4 take 2, 1/2, 3/4, 4/3 of its tempo, , . < > move it 10 or 1 ms, h puts a "
        "beat here, d a downbeat, 0 is what was found", "R tempo range", "w and a stem swaps it with the "
        "other deck", "f F fader", "t T trim", "i m a kill low, mid, high", "# cue bus", "y curve", "Y side",
        "{ } tempo", "k key lock", "s slip", "g quantize", "1 to 8 hot cues", "< > crossfade", "n next song",
        "/ other deck", "q quits")


class Hands(Protocol):
    """What the keys work on, as stream.decks.booth.Booth is."""

    @property
    def mixers(self) -> Mapping[str, Mixer]:
        """Of each deck's stems. [keys-thread]"""

    @property
    def master(self) -> MasterMixer:
        """With the crossfader. [keys-thread]"""

    def press(self, deck: str, name: str, *values: Any) -> None:
        """Press something on a deck. [keys-thread]"""

    def next_song(self, deck: str) -> None:
        """Put the next song on a deck. [keys-thread]"""


class DeckKeys(TerminalKeys):
    """The keys, and the deck that they act on.

    chosen: the deck that they act on      stems: by the key that mutes them
    """

    def __init__(self, hands: Hands, state: Callable[[str], Any], stop: Callable[[], None],
                 say: Callable[[str], None]) -> None:
        """Remember what they work on.

        state: of a deck (stream.decks.transportstate)      stop: ends the run      say: takes a line for the user
        [main-thread]
        """
        super().__init__()
        self._hands, self._state, self._stop, self._say = hands, state, stop, say
        self._decks = tuple(hands.mixers)
        self.chosen = self._decks[0]
        self._before = ""  # one of PREFIXES, or none
        mixer = hands.mixers[self.chosen]
        self.stems = {key: stem for key, stem in stem_keys(mixer.sources).items() if key not in TAKEN}

    @property
    def help(self) -> str:
        """The keys in a line. [any-thread]"""
        stems = " ".join(f"{key}={stem}" for key, stem in self.stems.items())
        return ", ".join([stems, *self.words])

    @property
    def words(self) -> list[str]:
        """What the other keys do. [any-thread]"""
        return [*(text for _, _, text in PRESSES.values() if text), *MORE]

    def typed(self, key: str) -> None:
        """Do what a key says; what cannot be done is told. [keys-thread]"""
        try:
            self.press(key)
        except ValueError as error:
            self._say(str(error))

    def press(self, key: str) -> None:
        """Do what a key says; one that means nothing is passed over. Raises ValueError. [keys-thread]"""
        deck, hands = self.chosen, self._hands
        before, self._before = self._before, key if key in PREFIXES and not self._before else ""
        if before == "C" and key in HOT_CUES:
            hands.press(deck, "hot_cue_delete", HOT_CUES.index(key))
        elif before == "w" and key in self.stems:
            self._swap(deck, self.stems[key])
        elif before == "G" and key in GRID:
            name, values = GRID[key]
            hands.press(deck, name, *values)
        elif key in "eR" or key in BENDS:
            self._press_more(deck, key)
        elif key in LEVELS or key in KILLS or key in "#yY":
            self._mix(deck, key)
        elif key == "q":
            self._stop()
        elif key == "/":
            self.chosen = self._decks[(self._decks.index(deck) + 1) % len(self._decks)]
        elif key == "n":
            hands.next_song(deck)
        elif key == "c" and self._state(deck).hold.value == "cue":
            hands.press(deck, "cue_release")
        elif key in PRESSES:
            name, values, _ = PRESSES[key]
            hands.press(deck, name, *values)
        elif key in SWITCHES:
            hands.press(deck, SWITCHES[key], *self._turned(deck, SWITCHES[key]))
        elif key in HOT_CUES:
            hands.press(deck, "hot_cue_press", HOT_CUES.index(key))
        elif key in TEMPO:
            hands.press(deck, "tempo", max(-1.0, min(1.0, round(self._state(deck).settings.tempo + TEMPO[key], 4))))
        elif key in "<>":
            place = hands.master.crossfader + (FADE_STEP if key == ">" else -FADE_STEP)
            hands.master.crossfade(max(0.0, min(1.0, round(place, 3))))
        elif key.lower() in self.stems:
            hands.mixers[deck].flip(self.stems[key.lower()], "mute" if key.islower() else "solo")

    def _press_more(self, deck: str, key: str) -> None:
        """What depends on how the deck is."""
        state = self._state(deck)
        if key == "e":
            self._hands.press(deck, "censor_release" if state.hold.value == "censor" else "censor_press")
        elif key == "R":
            at = TEMPO_RANGES.index(state.settings.tempo_range)
            self._hands.press(deck, "tempo_range", TEMPO_RANGES[(at + 1) % len(TEMPO_RANGES)])
        else:
            self._hands.press(deck, "bend", 0 if state.settings.bend == BENDS[key] else BENDS[key])

    def _mix(self, deck: str, key: str) -> None:
        """What the deck has in the master's mixer."""
        master = self._hands.master
        if key in LEVELS:
            name, step = LEVELS[key]
            known = PLAYER_PARAMETERS[name]
            master.set(deck, name, max(max(known.least, LEAST_DB), min(known.most, master.get(deck, name) + step)))
        elif key in KILLS:
            least = PLAYER_PARAMETERS[KILLS[key]].least
            master.set(deck, KILLS[key], 0 if master.get(deck, KILLS[key]) == least else least)
        elif key == "#":
            master.flip(deck, "cue")
        else:
            strip, name = (MASTER, "curve") if key == "y" else (deck, "side")
            table = MASTER_PARAMETERS if key == "y" else PLAYER_PARAMETERS
            master.set(strip, name, (master.get(strip, name) + 1) % len(table[name].words))

    def _swap(self, deck: str, stem: str) -> None:
        """Hear this stem here and all others there; again: hear all of both."""
        other = next(name for name in self._decks if name != deck)
        here, there = self._hands.mixers[deck], self._hands.mixers[other]
        swapped = 0.0 if here.on(stem, "solo") and there.on(stem, "mute") else 1.0
        if stem not in there.sources:
            raise ValueError(f"{other} has no stem {stem}")
        here.set(stem, "solo", swapped)
        there.set(stem, "mute", swapped)

    def _turned(self, deck: str, switch: str) -> tuple[bool, ...]:
        return (not getattr(self._state(deck).settings, switch),)
