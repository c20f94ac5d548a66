"""Strips as a screen knows them, and what hands do on them. Nothing here draws, and nothing knows a terminal.

What a hand sets is shown at once, and told to the engine; what the engine tells is how it is.
"""

import math
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from stream.mixer.strip import PARAMETERS, Parameter, Scene
from stream.screen.meter import Meter

Say = Callable[..., None]
PASSING = ("notes", "error", "slices", "strips", "search")  # news that are put elsewhere than into the state
LEAST_DB, COARSE_DB = -60.0, -30.0  # below the first a fader is off; below the second its steps are three times as long


class StripView:
    """state: what the engine has told so far, by name (stream.link)      stems: the strips that can be chosen

    index: of the chosen strip      what: its parameter that arrows change      note: a line for the user
    """

    def __init__(self, state: Mapping[str, Any], say: Say, stems: tuple[str, ...]) -> None:
        """Show this.

        say: tells the engine, as `stream.link.client.Attached.say` does
        """
        self.state, self._send = dict(state), say
        self._strips: Scene = state["strips"]  # as the engine has them
        self._sent = 0
        self._follow()
        self.stems = stems
        self.index, self.what = 0, "gain"
        self.meters = {bus: Meter() for bus in state["peaks"]}
        self.note, self.wrong = "", False
        self.helping = False

    @property
    def stem(self) -> str:
        """The chosen one."""
        return self.stems[self.index]

    def strip(self, stem: str) -> dict[str, float]:
        """How a stem is set."""
        found: dict[str, float] = self.state["strips"][stem]
        return found

    def parameter(self, _stem: str, name: str) -> Parameter:
        """What a strip's parameter can be."""
        return PARAMETERS[name]

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells, at a time of any clock."""
        self.state |= {name: value for name, value in news.items() if name not in PASSING}
        self._strips = news.get("strips", self._strips)
        if self.state["done"] >= self._sent:  # before, what was set here is newer than what is told
            self._follow()
        for bus, meter in self.meters.items():
            left, right = self.state["peaks"][bus]
            meter.feed((left, right), now_s)
        if news.get("notes"):
            self.tell(news["notes"][-1])
        if news.get("error"):
            self.tell(news["error"], wrong=True)

    def _follow(self) -> None:
        self.state["strips"] = {stem: dict(strip) for stem, strip in self._strips.items()}

    def _say(self, *message: object) -> None:
        self._sent += 1
        self._send(*message)

    def set(self, stem: str, name: str, value: float) -> None:
        """Set a strip's parameter, as near as its range lets."""
        parameter = self.parameter(stem, name)
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
        wanted = {name: self.parameter(stem, name).rest for name in names or self.strip(stem)}
        self.strip(stem).update(wanted)
        self._say("set", {stem: wanted})

    def nudge(self, stem: str, name: str, steps: float, fine: bool = False) -> None:
        """Move a parameter by so many steps."""
        value, parameter = self.strip(stem)[name], self.parameter(stem, name)
        step, off = step_of(name, parameter, fine), parameter.least == -math.inf
        if off:
            if value == -math.inf:
                value, steps = LEAST_DB, max(0, steps - 1) if steps > 0 else -1
            elif not fine and value + min(0.0, steps) < COARSE_DB:
                step *= 3
        value = round(value + steps * step, 2)
        self.set(stem, name, -math.inf if off and value < LEAST_DB else value)

    def choose(self, stem: str, what: str = "") -> None:
        """Have arrows work on a strip, and on one of its parameters."""
        self.index = self.stems.index(stem)
        self.what = what or self.what

    def recall(self, number: int) -> None:
        """Set everything as a scene has it, from 1 on."""
        self._say("recall", number - 1)
        self.tell(f"recalled {self.state['scenes'][number - 1]}")

    def store(self, number: int) -> None:
        """Keep how everything is set as a scene, from 1 on; one more than there are is a new one."""
        scenes = self.state["scenes"]
        free = next(name for index in count(len(scenes) + 1) if (name := f"scene {index}") not in scenes)
        name = scenes[number - 1] if number <= len(scenes) else free
        self._say("store", name)
        self.tell(f"stored as {name}")

    def unclip(self) -> None:
        """Take the marks of what was too loud away."""
        for meter in self.meters.values():
            meter.clipped = False

    def tell(self, text: str, wrong: bool = False) -> None:
        """Show a line."""
        self.note, self.wrong = text, wrong


def step_of(name: str, parameter: Parameter, fine: bool) -> float:
    """How far a key or the wheel moves a parameter."""
    if parameter.words or parameter.switch:
        return 1.0
    if parameter.unit == "dB":
        return 0.1 if fine else 1.0
    return 0.01 if fine else 0.1 if name == "pan" else 0.05
