"""The mixer of a run, as a board shows it."""

from collections.abc import Mapping
from typing import Any

from stream.screen.ink import Line
from stream.screen.keys import press
from stream.screen.layout import FIELDS, Layout, Spot
from stream.screen.mouse import slide, touch
from stream.screen.paint import key_under, paint
from stream.screen.view import CHOICES, View


class RunFace:
    """view: what it shows"""

    def __init__(self, view: View) -> None:
        """Show a view."""
        self.view = view
        self._layout = Layout(0, 0, view.stems)
        self._held: Spot | None = None

    @property
    def held(self) -> bool:
        """Whether something is dragged."""
        return self._held is not None

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells."""
        self.view.take(news, now_s)

    def paint(self, width: int, height: int) -> list[Line]:
        """All lines."""
        self._layout = Layout(width, height, self.view.stems)
        return paint(self.view, self._layout)

    def press(self, key: str, character: str | None) -> bool:
        """Do what a key says."""
        return press(self.view, key, character)

    def _under(self, x: int, y: int) -> Spot | None:
        if not self._layout.fits:
            return None
        found = key_under(self.view, self._layout, x, y)
        return found if found or self.view.helping else self._layout.under(x, y)

    def touch(self, x: int, y: int, back: bool) -> bool:
        """Press what is there."""
        spot = self._under(x, y)
        if spot is None:
            return True
        if spot.what == "key":
            return self.press(spot.stem, spot.stem)
        if touch(self.view, spot, back):
            self._held = spot
        return True

    def drag(self, x: int, by: int, fine: bool) -> None:
        """A fader is where the mouse is, a field goes with it."""
        if self._held is None:
            return
        if self._held.what in FIELDS:
            self.view.nudge(self._held.stem, self._held.what, by, fine)
        else:
            slide(self.view, self._held.stem, self._layout.along(x))

    def let_go(self) -> None:
        """Hold nothing."""
        self._held = None

    def turn(self, x: int, y: int, steps: int, fine: bool) -> None:
        """Turn what is there."""
        spot = self._under(x, y)
        if spot is not None and spot.what in CHOICES:
            self.view.nudge(spot.stem, spot.what, steps, fine)
