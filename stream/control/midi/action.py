"""What moves when a control does: one binding at work."""

from collections.abc import Callable, Mapping
from typing import Protocol

from stream.control.midi.binding import Binding
from stream.control.midi.continuous import Encoder, Fader, clicks
from stream.control.midi.jog import Jog
from stream.control.midi.key import Key, lit
from stream.control.midi.layers import LayerButton, Layers
from stream.mixer.controls import Controls
from stream.mixer.desk import Desk

MOST_STEPS = 8  # that a message makes


class Action(Protocol):
    """One binding at work. [midi-thread]"""

    def take(self, value: int) -> None:
        """Do what a value of its control means. Raises ValueError for what is not here."""

    def shows(self) -> int:
        """The value that shows how things are, from 0 to what its control sends."""


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
        return lit(self._light, self._mixer.on(self._stem, self._name))


class Steps:
    """Does something for each click of an encoder, something else for one to the left. [midi-thread]"""

    def __init__(self, binding: Binding, desk: Desk) -> None:
        self._desk, self._encoding = desk, binding.encoding
        self._on, self._back = (call(act) for act in (binding.target.act, binding.target.back))

    def take(self, value: int) -> None:
        """Do it once, or as many times as there are clicks."""
        turned = clicks(value, self._encoding)
        act, values = self._on if turned > 0 else self._back
        for _ in range(min(abs(turned), MOST_STEPS)):
            self._desk.act(act, *values)

    def shows(self) -> int:
        """Nothing: it has no light."""
        return 0


class Press:
    """Recalls a scene, or does what the desk offers; where a loop shows already, what takes it back. [midi-thread]"""

    def __init__(self, binding: Binding, desk: Desk, acting: Mapping[str, float]) -> None:
        self._desk, self._target, self._light, self._acting = desk, binding.target, binding.light, acting
        self._key = Key(binding.source)
        self._act, self._values = call(self._target.act)

    def take(self, value: int) -> None:
        """Do it when it goes down."""
        if not self._key.pressed(value):
            return
        if self._target.act:
            name, values = self._act, self._values
            if self._target.back and self._is_on(self._desk.acting()):
                name, values = call(self._target.back)
            self._desk.act(name, *values)
        else:
            scene = self._target.scene
            self._desk.recall(scene - 1 if isinstance(scene, int) else scene)

    def shows(self) -> int:
        """`on` for a scene while everything is as it has it, for an act as the desk says, or while it can be done."""
        if self._target.act:
            acting, owner = self._acting, self._act.rpartition("/")[0]
            known = self._act in acting or self._target.act in acting
            return lit(self._light, self._is_on(acting) if known else
                       self._act in self._desk.acts and acting.get(owner, 1) != 0)
        scenes = list(self._desk.scenes.items())
        wanted = self._target.scene
        is_now = any(number == wanted or name == wanted for number, (name, scene) in enumerate(scenes, 1)
                     if all(self._desk.mixer.get(stem, key) == value
                            for stem, strip in scene.items() for key, value in strip.items()))
        return lit(self._light, is_now)

    def _is_on(self, acting: Mapping[str, float]) -> bool:
        """Whether there is to see what it does: by its name with its values, or by a value of its name."""
        if self._target.act in acting:
            return acting[self._target.act] != 0
        now = acting.get(self._act, 0.0)
        return now == self._values[0] if self._values else now != 0


def call(act: str) -> tuple[str, list[float]]:
    """An act's name, and its values. [any-thread]"""
    name, *values = act.split() or [""]
    return name, [float(value) for value in values]


def made(binding: Binding, desk: Desk, layers: Layers, acting: Mapping[str, float]) -> Action | None:
    """What moves for a binding; None for a stem's number that this model has not, and for a player that is not here.

    acting: what `desk.acting` gave last
    Raises ValueError for a stem's name that it has not, and for an act that a player which is here has not.
    [main-thread, midi-thread]
    """
    target, mixer = binding.target, desk.mixer
    if target.layer:
        return LayerButton(binding.source, target.layer, binding.light, layers)
    try:
        if target.act:
            return _acts(binding, desk, acting)
        if binding.mode == "press":
            return Press(binding, desk, acting)
        stem = desk.strip(target.stem)
    except ValueError as error:
        raise ValueError(f"{binding}: {error}") from None
    if stem is None:
        return None
    makers: dict[str, Callable[[Binding, Controls, str], Action]] = {"fader": Fader, "encoder": Encoder}
    return makers.get(binding.mode, Switch)(binding, mixer, stem)


def _acts(binding: Binding, desk: Desk, acting: Mapping[str, float]) -> Action | None:
    """What does acts; those without a player may come later. Raises ValueError."""
    for act in filter(None, (binding.target.act, binding.target.back)):
        name, values = call(act)
        if "/" in name:
            if name.rpartition("/")[0] not in desk.mixer.parameters:
                return None
            desk.find(name, *values)
    if binding.mode == "wheel":
        return Jog(binding, desk)
    return Steps(binding, desk) if binding.mode == "steps" else Press(binding, desk, acting)
