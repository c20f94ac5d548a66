"""Everything that hands can reach: the strips, scenes of them, and whatever else a run offers under a name."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stream.mixer.controls import Controls
from stream.mixer.mixer import listing
from stream.mixer.players import LIVE, player, short
from stream.mixer.strip import Scene


@dataclass(frozen=True)
class Act:
    """does: it, with as many values as it is given      most: how many numbers it takes      text: or else one text"""

    does: Callable[..., None]
    most: int
    text: bool = False


class Desk:
    """What keyboard, screen, MIDI and OSC work on.

    mixer: the strips
    levels: gives the peak of buses that a meter may show, 1 is full scale
    acting: gives what there is to see of acts: `a/auto_loop` is the beats of the loop that repeats, 0 of none;
        `a/hot_cue_delete 1` whether there is one; `a` whether there is anything to do for those that nothing is said of
    """

    def __init__(self, mixer: Controls, keep: Callable[[str, Scene], None] = lambda _name, _scene: None) -> None:
        """Without a scene, and with nothing offered.

        keep: is told of each scene that is stored; may raise OSError
        [main-thread]
        """
        self.mixer, self._keep = mixer, keep
        self._scenes: dict[str, Scene] = {}
        self._acts: dict[str, Act] = {}
        self.levels: Callable[[], Mapping[str, float]] = dict
        self.acting: Callable[[], Mapping[str, float]] = dict
        self._acted: tuple[str, float] = "", 0.0  # the last act of a player, with its values, and when it was
        self._lock = threading.Lock()

    def strip(self, name: str | int) -> str | None:
        """What a strip of a name, or of a stem's number from 1 on, is called here; None where its player is not here.

        Short names are the input's: `live/vocals` is `vocals`. `a/2` is the second stem of deck a.
        Raises ValueError for what nobody has.
        [any-thread]
        """
        sources, here = self.mixer.sources, self.mixer.parameters
        if isinstance(name, int):
            return sources[name - 1] if 1 <= name <= len(sources) else None
        for found in (name, short(name), f"{LIVE}/{name}"):
            if found in here:
                return found
        owner = player(name)
        number = name.removeprefix(f"{owner}/")
        if owner and number.isdecimal():
            stems = [stem for stem in sources if (player(stem) or LIVE) == owner]
            return stems[int(number) - 1] if 1 <= int(number) <= len(stems) else None
        if owner == name or (owner or LIVE) not in {player(each) or LIVE for each in here}:
            return None
        raise ValueError(f"there is no strip {name}; there are {listing(here)}" if owner else
                         f"there is no stem {name}; this model has {listing(sources)}")

    def add(self, name: str, scene: Scene) -> None:
        """Know a scene, unless all of it is of players that are not here. Raises ValueError for one that does not fit.

        [any-thread]
        """
        strips = [(self.strip(strip), wanted) for strip, wanted in scene.items()]
        here = {strip: wanted for strip, wanted in strips if strip is not None}
        self.mixer.check(here)
        if here or not scene:
            with self._lock:
                self._scenes[name] = here

    @property
    def scenes(self) -> dict[str, Scene]:
        """All of them, in the order in which they were first stored. [any-thread]"""
        with self._lock:
            return dict(self._scenes)

    def store(self, name: str) -> None:
        """Keep how everything is set under a name. Raises ValueError for an empty one, or if only this run has it.

        [any-thread]
        """
        if not name.strip():
            raise ValueError("a scene needs a name")
        scene = self.mixer.scene()
        with self._lock:
            self._scenes[name] = scene
        try:
            self._keep(name, scene)
        except OSError as error:
            raise ValueError(f"scene {name} is stored for this run only: {error.strerror or error}") from error

    def recall(self, name: str | int) -> None:
        """Set everything as a scene has it, with a ramp. Raises ValueError for one that is not here.

        name: or its number, from 0 on
        [any-thread]
        """
        scenes = self.scenes
        if isinstance(name, int) and 0 <= name < len(scenes):
            name = list(scenes)[name]
        if name not in scenes:
            raise ValueError(f"there is no scene {name}; the scenes are {listing(scenes) or 'none'}")
        self.mixer.recall(scenes[str(name)])

    def offer(self, name: str, does: Callable[..., None], most: int = 0, text: bool = False) -> None:
        """Let hands do something by its name: `quit`, `a/beat_jump` ... Before anybody asks.

        most: how many values it takes, each a number; it raises ValueError for too few, and for wrong ones
        text: whether it takes one text, too
        [main-thread]
        """
        self._acts[name] = Act(does, most, text)

    @property
    def acts(self) -> tuple[str, ...]:
        """What is offered. [any-thread]"""
        return tuple(self._acts)

    def takes(self, name: str) -> int:
        """How many values an act takes at most. [any-thread]"""
        return self._acts[name].most

    def takes_text(self, name: str) -> bool:
        """Whether an act takes a text. [any-thread]"""
        return self._acts[name].text

    def find(self, name: str, *values: float | str) -> Act:
        """What is offered under a name. Raises ValueError for what is not, or does not take these. [any-thread]"""
        if name not in self._acts:
            owner = name.rpartition("/")[0]
            like = listing(act for act in self._acts if act.rpartition("/")[0] == owner) or listing(self._acts)
            raise ValueError(f"there is no action {name}; the actions are {like or 'none'}")
        act = self._acts[name]
        numbers = [value for value in values if not isinstance(value, str)]
        if len(numbers) < len(values) and not (act.text and len(values) == 1):
            raise ValueError(f"{name} takes {'one text' if act.text else 'no text'}, not {values!r:.60}")
        if len(numbers) > act.most:
            raise ValueError(f"{name} takes {act.most or 'no'} values, not {len(values)}")
        return act

    def act(self, name: str, *values: float | str) -> None:
        """Do what is offered under a name. Raises ValueError for what is not. [any-thread]"""
        self.find(name, *values).does(*values)
        numbers = [value for value in values if not isinstance(value, str)]
        if "/" in name and len(numbers) == len(values):
            self._acted = " ".join([name, *(f"{value:g}" for value in numbers)]), time.monotonic()

    @property
    def moved(self) -> tuple[str, str] | str | None:
        """What hands moved last by itself: strip and parameter, or an act of a player with its values; None: nothing.

        [any-thread]
        """
        act, acted_s = self._acted
        return act if acted_s > self.mixer.touched_s else self.mixer.touched
