"""Several mixers as one, whose strips have their player before them: `a/vocals`, `b/drums`; `a` is a deck's own strip,
and `master` what all of them come together in.

[any-thread]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stream.mixer.controls import Controls
from stream.mixer.mixer import listing
from stream.mixer.strip import Parameter, Scene, Strips, known


@dataclass(frozen=True)
class StripPlace:
    """Where a strip, or a part of one, is: in which mixer, under which name there.

    renamed: parameters that are called otherwise here
    """

    mixer: Controls
    strip: str
    renamed: Mapping[str, str] = field(default_factory=dict)


class PlayerControls:
    """sources: the stems of all players      parameters: of each strip"""

    def __init__(self, strips: Mapping[str, Sequence[StripPlace]]) -> None:
        """strips: by their names; one that has several places has the parameters of all. [main-thread]"""
        self._places: dict[str, dict[str, tuple[Controls, str, str]]] = {
            name: {place.renamed.get(own, own): (place.mixer, place.strip, own)
                   for place in places for own in place.mixer.parameters[place.strip]}
            for name, places in strips.items()}
        self.parameters: Mapping[str, Mapping[str, Parameter]] = {
            name: {key: mixer.parameters[strip][own] for key, (mixer, strip, own) in table.items()}
            for name, table in self._places.items()}
        self.sources = tuple(name for name in strips if "/" in name)
        self._named = {place: (name, key) for name, table in self._places.items() for key, place in table.items()}
        self._mixers = tuple(dict.fromkeys(mixer for mixer, _, _ in self._named))

    def _place(self, strip: str, name: str) -> tuple[Controls, str, str]:
        if strip not in self._places:
            raise ValueError(f"there is no strip {strip}; there are {listing(self._places)}")
        return known(self._places[strip], name, strip)

    def get(self, strip: str, name: str) -> float:
        """A parameter; a switch is 1 or 0. Raises ValueError for what is not here."""
        mixer, own, key = self._place(strip, name)
        return mixer.get(own, key)

    def on(self, strip: str, name: str) -> bool:
        """Whether a switch is on. Raises ValueError for what is not here."""
        return self.get(strip, name) == 1

    def set(self, strip: str, name: str, value: float) -> None:
        """Set a parameter. Raises ValueError for what is not here."""
        mixer, own, key = self._place(strip, name)
        mixer.set(own, key, value)

    def flip(self, strip: str, name: str) -> None:
        """Turn a switch over. Raises ValueError for what is not here, or no switch."""
        mixer, own, key = self._place(strip, name)
        mixer.flip(own, key)

    def values(self) -> Strips:
        """How everything is, by strip and parameter."""
        return self._renamed({mixer: mixer.values() for mixer in self._mixers})

    def scene(self) -> Strips:
        """How everything is that a scene keeps."""
        return self._renamed({mixer: mixer.scene() for mixer in self._mixers})

    def _renamed(self, found: Mapping[Controls, Strips]) -> Strips:
        """What mixers have, under the names here."""
        values = {name: {key: found[mixer][own][parameter] for key, (mixer, own, parameter) in table.items()
                         if own in found[mixer]} for name, table in self._places.items()}
        return {name: strip for name, strip in values.items() if strip}

    def check(self, scene: Scene) -> list[tuple[str, str, float]]:
        """Strip, parameter and value of everything in a scene. Raises ValueError for what is not here."""
        found: list[tuple[str, str, float]] = []
        for strip, wanted in scene.items():
            for name, value in wanted.items():
                mixer, own, key = self._place(strip, name)
                found += [(strip, name, checked) for _, _, checked in mixer.check({own: {key: value}})]
        return found

    def recall(self, scene: Scene) -> None:
        """Set what a scene has, all of it or nothing. Raises ValueError for what is not here."""
        parts: dict[Controls, Strips] = {}
        for strip, name, value in self.check(scene):
            mixer, own, key = self._place(strip, name)
            parts.setdefault(mixer, {}).setdefault(own, {})[key] = value
        for mixer, part in parts.items():
            mixer.recall(part)

    @property
    def touched(self) -> tuple[str, str] | None:
        """Strip and parameter that were moved last by themselves; None if none was."""
        last = max(self._mixers, key=lambda mixer: mixer.touched_s)
        return None if last.touched is None else self._named[last, *last.touched]

    @property
    def touched_s(self) -> float:
        """When that was."""
        return max(mixer.touched_s for mixer in self._mixers)
