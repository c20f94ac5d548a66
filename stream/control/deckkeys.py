"""Keys of a terminal for two decks: they act on the chosen deck, `/` chooses the other one.

A terminal does not tell when a key is let go: what a deck has to hold for is let go by the same key.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stream.control.keytable import stem_keys
from stream.control.terminalkeys import TerminalKeys
from stream.mixer.master import MasterMixer
from stream.mixer.mixer import Mixer

FADE_STEP, TEMPO_STEP = 0.1, 0.01
# key: what is pressed, its values, and what it is called in the help
PRESSES: Mapping[str, tuple[str, tuple[Any, ...], str]] = {
    " ": ("play_pause", (), "space plays"), "c": ("cue_press", (), "c cues"),
    ",": ("beat_jump", (-4,), ", . jump 4 beats"), ".": ("beat_jump", (4,), ""),
    "[": ("loop_in", (), "[ ] loop in, out"), "]": ("loop_out", (), ""), "l": ("auto_loop", (4,), "l loops 4 beats"),
    "-": ("halve_loop", (), "- = halve, double it"), "=": ("double_loop", (), ""),
    "x": ("leave_loop", (), "x leaves it"),
    "r": ("reverse", (), "r reverses"), "z": ("brake", (), "z brakes")}
SWITCHES = {"k": "key_lock", "s": "slip", "g": "quantize"}
TEMPO = {"{": -TEMPO_STEP, "}": TEMPO_STEP}
HOT_CUES = "12345678"
TAKEN = {*PRESSES, *SWITCHES, *TEMPO, *HOT_CUES, "q", "n", "/", "<", ">"}
MORE = ("{ } tempo", "k key lock", "s slip", "g quantize", "1 to 8 hot cues", "< > crossfade", "n next song",
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
        if key == "q":
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

    def _turned(self, deck: str, switch: str) -> tuple[bool, ...]:
        return (not getattr(self._state(deck).settings, switch),)
