"""What hands reach of a mixer, or of several together: strips by their names, and parameters of each. [any-thread]"""

from collections.abc import Mapping
from typing import Protocol

from stream.mixer.strip import Parameter, Scene, Strips


class Controls(Protocol):
    """A `Mixer`, a `PlayerControls` of several, or whatever else can be set by names. Each method raises ValueError."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The stems' strips, as they are numbered for controllers."""

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Parameter]]:
        """What each strip can be set to."""

    @property
    def touched(self) -> tuple[str, str] | None:
        """Strip and parameter that were moved last by themselves; None if none was."""

    @property
    def touched_s(self) -> float:
        """When that was, as time.monotonic has it."""

    def get(self, strip: str, name: str) -> float:
        """A parameter; a switch is 1 or 0."""

    def on(self, strip: str, name: str) -> bool:
        """Whether a switch is on."""

    def set(self, strip: str, name: str, value: float) -> None:
        """Set a parameter."""

    def flip(self, strip: str, name: str) -> None:
        """Turn a switch over; press a button, or let it go if it is held."""

    def values(self) -> Strips:
        """How everything is."""

    def scene(self) -> Strips:
        """How everything is that a scene keeps."""

    def check(self, scene: Scene) -> list[tuple[str, str, float]]:
        """Strip, parameter and value of everything in a scene."""

    def recall(self, scene: Scene) -> None:
        """Set what a scene has, all of it or nothing."""
