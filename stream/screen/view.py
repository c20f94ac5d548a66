"""What the screen knows and what hands do on it. Nothing here draws, and nothing knows a terminal.

What a hand sets is shown at once, and told to the engine; what the engine tells is how it is.
"""

import math
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from stream.control.keytable import DIGITS, ROWS, KeyTable, word_keys
from stream.mixer.strip import PARAMETERS, REST, Scene
from stream.screen.layout import FIELDS
from stream.screen.meter import Meter
from stream.screen.waveform import WaveformView

Say = Callable[..., None]
CHOICES = ("gain", *FIELDS)
STEPS = {"gain": 1.0, "pan": 0.1, "low": 1.0, "mid": 1.0, "high": 1.0, "filter": 0.05}
FINE = {"gain": 0.1, "pan": 0.01, "low": 0.1, "mid": 0.1, "high": 0.1, "filter": 0.01}
PASSING = ("notes", "error", "slices", "strips")  # news that are put elsewhere than into the state
LEAST_DB, COARSE_DB = -60.0, -30.0  # below the first a fader is off; below the second its steps are three times as long


class View:
    """state: what the engine has told so far, by name (stream.link.snapshot)

    index: of the chosen stem      what: of `CHOICES`, what arrows change      note: a line for the user
    """

    def __init__(self, state: Mapping[str, Any], say: Say) -> None:
        """Show this.

        say: tells the engine, as `stream.link.client.Attached.say` does
        """
        self.state, self._send = dict(state), say
        self._strips: Scene = state["strips"]  # as the engine has them
        self._sent = 0
        self._follow()
        self.stems: tuple[str, ...] = tuple(state["sources"])
        self.index, self.what = 0, CHOICES[0]
        self.meters = {bus: Meter() for bus in state["peaks"]}
        self.waveform = WaveformView(state["slices_ahead"])
        self.note, self.wrong = "", False
        self.storing = self.helping = False
        words = word_keys(state["keys"], [*(act for act in state["acts"] if act != "quit"), "cue", "store"])
        self.keys = KeyTable(state["keys"], words, DIGITS[:9], ROWS)

    @property
    def stem(self) -> str:
        """The chosen one."""
        return self.stems[self.index]

    def strip(self, stem: str) -> dict[str, float]:
        """How a stem is set."""
        found: dict[str, float] = self.state["strips"][stem]
        return found

    def heard(self, stem: str) -> bool:
        """Whether a stem's switches let it be heard."""
        strips = self.state["strips"]
        alone = any(strip["solo"] for strip in strips.values())
        return not strips[stem]["mute"] and (not alone or bool(strips[stem]["solo"]))

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells, at a time of any clock."""
        self.state |= {name: value for name, value in news.items() if name not in PASSING}
        self._strips = news.get("strips", self._strips)
        if self.state["done"] >= self._sent:  # before, what was set here is newer than what is told
            self._follow()
        for bus, meter in self.meters.items():
            left, right = self.state["peaks"][bus]
            meter.feed((left, right), now_s)
        self.waveform.take(self.state["slice"], news.get("slices", ()))
        if news.get("notes"):
            self.note, self.wrong = news["notes"][-1], False
        if news.get("error"):
            self.note, self.wrong = news["error"], True

    def _follow(self) -> None:
        self.state["strips"] = {stem: dict(strip) for stem, strip in self._strips.items()}

    def _say(self, *message: object) -> None:
        self._sent += 1
        self._send(*message)

    def set(self, stem: str, name: str, value: float) -> None:
        """Set a stem's parameter, as near as its range lets."""
        parameter = PARAMETERS[name]
        value = min(parameter.most, max(parameter.least, value))
        self.strip(stem)[name] = value
        self._say("set", {stem: {name: value}})

    def flip(self, stem: str, name: str) -> None:
        """Turn a switch over."""
        strip = self.strip(stem)
        strip[name] = 1 - strip[name]
        self._say("flip", stem, name)

    def rest(self, stem: str, *names: str) -> None:
        """Put parameters, or without names all of them, where they change nothing."""
        wanted = {name: REST[name] for name in names or REST}
        self.strip(stem).update(wanted)
        self._say("set", {stem: wanted})

    def nudge(self, stem: str, name: str, steps: float, fine: bool = False) -> None:
        """Move a parameter by so many steps."""
        value, step = self.strip(stem)[name], (FINE if fine else STEPS)[name]
        if name == "gain":
            if value == -math.inf:
                value, steps = LEAST_DB, max(0, steps - 1) if steps > 0 else -1
            elif not fine and value + min(0.0, steps) < COARSE_DB:
                step *= 3
        value = round(value + steps * step, 2)
        self.set(stem, name, -math.inf if name == "gain" and value < LEAST_DB else value)

    def choose(self, stem: str, what: str = "") -> None:
        """Have arrows work on a stem, and on one of its parameters."""
        self.index = self.stems.index(stem)
        self.what = what or self.what

    def scene(self, number: int) -> None:
        """Recall a scene, from 1 on; or store it, where that was asked for before."""
        scenes = self.state["scenes"]
        if self.storing:
            free = next(name for index in count(len(scenes) + 1) if (name := f"scene {index}") not in scenes)
            name = scenes[number - 1] if number <= len(scenes) else free
            self._say("store", name)
            self.tell(f"stored as {name}")
        elif number <= len(scenes):
            self._say("recall", number - 1)
            self.tell(f"recalled {scenes[number - 1]}")
        else:
            self.tell(f"there is no scene {number}; {self.key('store')} and {number} stores one", wrong=True)
        self.storing = False

    def key(self, word: str) -> str:
        """The letter of a word."""
        return next((key for key, found in self.keys.words.items() if found == word), "")

    def act(self, word: str) -> None:
        """Do what a word says: cue, store, or an act of the engine's."""
        if word == "cue":
            self.flip(self.stem, "cue")
        elif word == "store":
            self.storing = True
            self.tell("store as which scene, 1 to 9?")
        else:
            self._say("act", word)

    def unclip(self) -> None:
        """Take the marks of what was too loud away."""
        for meter in self.meters.values():
            meter.clipped = False

    def tell(self, text: str, wrong: bool = False) -> None:
        """Show a line."""
        self.note, self.wrong = text, wrong
