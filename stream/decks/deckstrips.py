"""The transports of decks as strips of a mixer: what is held, switched and moved on a deck, under names that keyboard,
OSC, MIDI, scenes and pages share (stream.mixer.deckstrip).

[any-thread]
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from stream.decks.booth import Booth
from stream.decks.deck import Deck
from stream.decks.decksettings import SET_BY
from stream.decks.marks import Hold
from stream.decks.transportstate import TransportState
from stream.mixer.deckstrip import DECK_PARAMETERS, HOT_CUES
from stream.mixer.strip import Parameter, Scene, Strips, known

_STATES: Mapping[str, Callable[[TransportState], bool]] = {
    "play": lambda state: state.playing, "reverse": lambda state: state.reversed and state.hold is not Hold.CENSOR,
    "cue": lambda state: state.hold is Hold.CUE, "censor": lambda state: state.hold is Hold.CENSOR,
    "touch": lambda state: state.touched}


class DeckStrips:
    """sources: the decks      parameters: of each      touched: deck and parameter that were moved last, and when"""

    def __init__(self, booth: Booth) -> None:
        """Of a booth that is open. [main-thread]"""
        self._booth = booth
        self.sources = tuple(booth.decks)
        self.parameters: Mapping[str, Mapping[str, Parameter]] = dict.fromkeys(self.sources, DECK_PARAMETERS)
        self.touched: tuple[str, str] | None = None
        self.touched_s = 0.0

    def values(self) -> Strips:
        """How every deck is."""
        return {name: _values(self._booth.deck(name)) for name in self.sources}

    def get(self, strip: str, name: str) -> float:
        """One of these: a setting as it is wanted, anything else as it is heard."""
        return _values(self._booth.deck(strip))[name]

    def on(self, strip: str, name: str) -> bool:
        """Whether a switch is on, a button held, a hot cue set."""
        return self.get(strip, name) == 1

    def set(self, strip: str, name: str, value: float) -> None:
        """Set a parameter, press a button (1) or let it go (0). Raises ValueError for what is not here."""
        self.recall({strip: {name: value}})
        self.touched, self.touched_s = (strip, name), time.monotonic()

    def flip(self, strip: str, name: str) -> None:
        """Turn a switch over; press a button, or let it go if it is held. Raises ValueError for what is neither."""
        state = self._booth.deck(strip).state
        if name not in DECK_PARAMETERS or not DECK_PARAMETERS[name].switch:
            raise ValueError(f"{name} is not a switch")
        kind, _, number = name.partition("/")
        if name == "play":
            self._booth.press(strip, "play_pause")
            self.touched, self.touched_s = (strip, name), time.monotonic()
        elif kind == "hotcue":
            held = state.hold is Hold.HOT_CUE and state.held == int(number) - 1
            self.set(strip, name, not held)
        else:
            self.set(strip, name, not self.on(strip, name))

    def scene(self) -> Strips:
        """Nothing: a scene that is stored has no transports."""
        return {}

    def check(self, scene: Scene) -> list[tuple[str, str, float]]:
        """Deck, parameter and value of everything. Raises ValueError for what is not here."""
        return [(deck, name, known(DECK_PARAMETERS, name, f"deck {deck}").check(f"{name} of deck {deck}", value))
                for deck, strip in scene.items() if self._booth.deck(deck) for name, value in strip.items()]

    def recall(self, scene: Scene) -> None:
        """Set all of it or nothing. Raises ValueError for what is not here."""
        for deck, name, value in self.check(scene):
            self._press(deck, name, value)

    def _press(self, deck: str, name: str, value: float) -> None:
        press, on = self._booth.press, value == 1
        kind, _, number = name.partition("/")
        if kind == "hotcue":
            press(deck, "hot_cue_press" if on else "hot_cue_release", int(number) - 1)
        elif DECK_PARAMETERS[name].held:
            press(deck, f"{name}_press" if on else f"{name}_release")
        elif name == "play":
            press(deck, "play" if on else "pause")
        elif name != "reverse":
            press(deck, name, on if DECK_PARAMETERS[name].switch else value)
        elif on != self.on(deck, name):
            press(deck, "reverse")


def _values(deck: Deck) -> dict[str, float]:
    state, settings = deck.state, deck.settings
    found: dict[str, Any] = {name: shown(state) for name, shown in _STATES.items()}
    found |= {name: getattr(settings, own) for name, own in SET_BY.items()}
    found |= {f"hotcue/{number}": state.hot_cues[number - 1] is not None for number in range(1, HOT_CUES + 1)}
    return {name: float(found[name]) for name in DECK_PARAMETERS}
