"""The whole screen as one widget, which draws again only the lines that have changed."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from stream.screen.ink import Line
from stream.screen.keys import press
from stream.screen.layout import FIELDS, Layout, Spot
from stream.screen.mouse import slide, touch
from stream.screen.paint import key_under, paint
from stream.screen.view import CHOICES, View

RIGHT = 3  # the mouse's button


class Board(Widget, can_focus=True):
    """Shows a view, and hands it what keys and mouse do."""

    DEFAULT_CSS = "Board { width: 100%; height: 100%; }"

    def __init__(self, view: View, clock: Callable[[], float]) -> None:
        """Show a view."""
        super().__init__()
        self._view, self._clock = view, clock
        self._lines: list[Line] = []
        self._dragged: Spot | None = None
        self._dragged_x = 0

    @property
    def _layout(self) -> Layout:
        return Layout(self.size.width, self.size.height, self._view.stems)

    def take(self, news: Mapping[str, Any]) -> None:
        """Show what the engine tells."""
        self._view.take(news, self._clock())
        self.draw()

    def draw(self) -> None:
        """Draw again what has changed."""
        if not self.size:
            return
        lines = paint(self._view, self._layout)
        if len(lines) != len(self._lines):
            self._lines = lines
            self.refresh()
            return
        changed = [y for y, (line, before) in enumerate(zip(lines, self._lines, strict=True)) if line != before]
        self._lines = lines
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """A line, as textual wants it."""
        line = self._lines[y] if y < len(self._lines) else ()
        return Strip([Segment(text, style) for text, style in line], self.size.width)

    def on_resize(self) -> None:
        """Draw it all for another size."""
        self._lines = []
        self.draw()

    def on_key(self, event: events.Key) -> None:
        """Do what a key says; none goes on to textual's own."""
        event.stop()
        event.prevent_default()
        self._press(event.key, event.character)

    def _press(self, key: str, character: str | None) -> None:
        if not press(self._view, key, character):
            self.app.exit(True)
        self.draw()

    def _under(self, event: events.MouseEvent) -> Spot | None:
        x, y = int(event.x), int(event.y)
        if not self._layout.fits:
            return None
        found = key_under(self._view, self._layout, x, y)
        return found if found or self._view.helping else self._layout.under(x, y)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press what is there, and hold it."""
        spot = self._under(event)
        if spot is None:
            return
        if spot.what == "key":
            self._press(spot.stem, spot.stem)
            return
        if touch(self._view, spot, event.button == RIGHT):
            self._dragged, self._dragged_x = spot, int(event.x)
            self.capture_mouse()
        self.draw()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag what was pressed: a fader is where the mouse is, a field goes with it."""
        if self._dragged is None or int(event.x) == self._dragged_x:
            return
        if self._dragged.what in FIELDS:
            self._view.nudge(self._dragged.stem, self._dragged.what, int(event.x) - self._dragged_x,
                             event.shift or event.ctrl)
        else:
            slide(self._view, self._dragged.stem, self._layout.along(int(event.x)))
        self._dragged_x = int(event.x)
        self.draw()

    def on_mouse_up(self) -> None:
        """Let go."""
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Turn up what is there."""
        self._turn(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Turn down what is there."""
        self._turn(event, -1)

    def _turn(self, event: events.MouseEvent, steps: int) -> None:
        event.stop()
        spot = self._under(event)
        if spot is not None and spot.what in CHOICES:
            self._view.nudge(spot.stem, spot.what, steps, event.shift or event.ctrl)
            self.draw()
