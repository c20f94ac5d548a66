"""What a board shows and hands keys and mouse to: the mixer of a run, or decks. Nothing here knows a terminal."""

from collections.abc import Mapping
from typing import Any, Protocol

from stream.screen.ink import Line


class Face(Protocol):
    """One of them. Keys and what is pressed give False where the screen is to close.

    held: whether something was pressed that can be dragged, and is not let go yet
    """

    @property
    def held(self) -> bool:
        """See above."""

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells, at a time of any clock."""

    def paint(self, width: int, height: int) -> list[Line]:
        """As many lines as the screen has, each as wide as it is. What is under the mouse afterwards is as painted."""

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key says. key, character: as textual names them"""

    def touch(self, x: int, y: int, back: bool) -> bool:
        """Press what is there. back: with the button that puts things where they rest"""

    def drag(self, x: int, by: int, fine: bool) -> None:
        """Move what is held: the mouse is at a cell now, so many cells from where it was."""

    def let_go(self) -> None:
        """Hold it no longer."""

    def turn(self, x: int, y: int, steps: int, fine: bool) -> None:
        """Turn what is there, as a wheel does."""
