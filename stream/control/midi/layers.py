"""Which of their meanings a controller's controls have now: layers, that its buttons choose or are held for.

`a/pads/loop` is one of the group `a/pads`, of which one is chosen, at first the one that a map chooses first. What has
no group (`shift`) is active while its button is held.
"""

from collections.abc import Iterable

from stream.control.midi.binding import Binding, Light, Source
from stream.control.midi.key import Key, lit


class Layers:
    """Those of a map. changes: how often others have become active. [midi-thread]"""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        """Of each group the first is chosen."""
        self._first: dict[str, str] = {}
        self._held: set[str] = set()
        self.changes = 0
        for layer in (binding.target.layer for binding in bindings):
            if "/" in layer:
                self._first.setdefault(_group(layer), layer)
        self._chosen = dict(self._first)

    def reset(self) -> None:
        """As at first: nobody holds a button any more."""
        self.changes += bool(self._held) or self._chosen != self._first
        self._held.clear()
        self._chosen = dict(self._first)

    def active(self, layer: str) -> bool:
        """Whether a layer is."""
        return layer in self._held or self._chosen.get(_group(layer)) == layer

    def all_active(self, layers: Iterable[str]) -> bool:
        """Whether all of these are."""
        return all(map(self.active, layers))

    def choose(self, layer: str) -> None:
        """In the place of the others of its group."""
        self.changes += not self.active(layer)
        self._chosen[_group(layer)] = layer

    def hold(self, layer: str, on: bool) -> None:
        """While its button is held."""
        self.changes += on != self.active(layer)
        (self._held.add if on else self._held.discard)(layer)


def _group(layer: str) -> str:
    return layer.rpartition("/")[0]


class LayerButton:
    """Chooses a layer, or is held for one. [midi-thread]"""

    def __init__(self, source: Source, layer: str, light: Light | None, layers: Layers) -> None:
        self._layers, self._layer, self._light, self._key = layers, layer, light, Key(source)

    def take(self, value: int) -> None:
        """Do so when it goes down, or up."""
        down = self._key.pressed(value)
        if "/" not in self._layer:
            self._layers.hold(self._layer, self._key.down(value))
        elif down:
            self._layers.choose(self._layer)

    def shows(self) -> int:
        """Whether the layer is active."""
        return lit(self._light, self._layers.active(self._layer))
