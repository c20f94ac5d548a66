"""What moves when a control does: one binding at work."""

from collections.abc import Callable
from typing import Protocol

from stream.control.midi.binding import Binding, Light, Source
from stream.control.midi.continuous import Encoder, Fader
from stream.control.midi.message import MOST_7BIT
from stream.mixer.controls import Controls
from stream.mixer.desk import Desk

DOWN = MOST_7BIT // 2 + 1  # a control that sends this or more is down


class Action(Protocol):
    """One binding at work. [midi-thread]"""

    def take(self, value: int) -> None:
        """Do what a value of its control means. Raises ValueError for what is not here."""

    def shows(self) -> int:
        """The value that shows how things are, from 0 to what its control sends."""


class Key:
    """A note is down at any velocity, a control in its upper half. [midi-thread]"""

    def __init__(self, source: Source) -> None:
        self._least, self._is_note = (1 if source.kind == "note" else DOWN), source.kind == "note"
        self._before = 0

    def down(self, value: int) -> bool:
        """Whether it is down."""
        return value >= self._least

    def pressed(self, value: int) -> bool:
        """Whether it goes down; a knob that is turned on does so once, a button that is never let go does each time."""
        before, self._before = self._before, value
        return self.down(value) and (self._is_note or not self.down(before) or value == before)


class Switch:
    """Turns over, is on while it is held, or solos alone. [midi-thread]"""

    def __init__(self, binding: Binding, mixer: Controls, stem: str) -> None:
        self._mixer, self._stem, self._name = mixer, stem, binding.target.parameter
        self._mode, self._light, self._key = binding.mode, binding.light, Key(binding.source)

    def take(self, value: int) -> None:
        """Do what its mode does with a key that goes down, or up."""
        down = self._key.pressed(value)
        if self._mode == "hold":
            self._mixer.set(self._stem, self._name, self._key.down(value))
        elif down and self._mode == "solo":
            player = self._stem.rpartition("/")[0]
            stems = [stem for stem in self._mixer.sources if stem.rpartition("/")[0] == player]
            alone = not all(self._mixer.on(stem, "solo") == (stem == self._stem) for stem in stems)
            self._mixer.recall({stem: {"solo": alone and stem == self._stem} for stem in stems})
        elif down:
            self._mixer.flip(self._stem, self._name)

    def shows(self) -> int:
        """Its `on` or `off`."""
        return _lit(self._light, self._mixer.on(self._stem, self._name))


class Press:
    """Recalls a scene, or does what the desk offers. [midi-thread]"""

    def __init__(self, binding: Binding, desk: Desk) -> None:
        self._desk, self._target, self._light = desk, binding.target, binding.light
        self._key = Key(binding.source)
        self._act, *values = self._target.act.split() or [""]
        self._values = [float(value) for value in values]

    def take(self, value: int) -> None:
        """Do it when it goes down."""
        if not self._key.pressed(value):
            return
        if self._target.act:
            self._desk.act(self._act, *self._values)
        else:
            scene = self._target.scene
            self._desk.recall(scene - 1 if isinstance(scene, int) else scene)

    def shows(self) -> int:
        """`on` for an act that is offered, and for a scene while everything is as it has it."""
        if self._target.act:
            return _lit(self._light, self._act in self._desk.acts)
        scenes = list(self._desk.scenes.items())
        wanted = self._target.scene
        is_now = any(number == wanted or name == wanted for number, (name, scene) in enumerate(scenes, 1)
                     if all(self._desk.mixer.get(stem, key) == value
                            for stem, strip in scene.items() for key, value in strip.items()))
        return _lit(self._light, is_now)


def _lit(light: Light | None, on: bool) -> int:
    return 0 if light is None else light.on if on else light.off


def made(binding: Binding, desk: Desk) -> Action | None:
    """What moves for a binding; None for a stem's number that this model has not, and for a player that is not here.

    Raises ValueError for a stem's name that it has not.
    [main-thread, midi-thread]
    """
    target, mixer = binding.target, desk.mixer
    if binding.mode == "press":
        return Press(binding, desk)
    try:
        stem = desk.strip(target.stem)
    except ValueError as error:
        raise ValueError(f"{binding}: {error}") from None
    if stem is None:
        return None
    makers: dict[str, Callable[[Binding, Controls, str], Action]] = {"fader": Fader, "encoder": Encoder}
    return makers.get(binding.mode, Switch)(binding, mixer, stem)
