"""The whole screen as one widget, which draws again only the lines that have changed."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from stream.screen.face import Face
from stream.screen.ink import Line

RIGHT = 3  # the mouse's button


class Board(Widget, can_focus=True):
    """Shows a face, and hands it what keys and mouse do."""

    DEFAULT_CSS = "Board { width: 100%; height: 100%; }"

    def __init__(self, face: Face, clock: Callable[[], float]) -> None:
        """Show a face."""
        super().__init__()
        self.face, self._clock = face, clock
        self._lines: list[Line] = []
        self._dragged_x: int | None = None

    def take(self, news: Mapping[str, Any]) -> None:
        """Show what the engine tells."""
        self.face.take(news, self._clock())
        self.draw()

    def draw(self) -> None:
        """Draw again what has changed."""
        if not self.size:
            return
        lines = self.face.paint(self.size.width, self.size.height)
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
        self._done(self.face.press(key, character))

    def _done(self, stays: bool) -> None:
        if not stays:
            self.app.exit(True)
        self.draw()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press what is there, and hold it."""
        x = int(event.x)
        stays = self.face.touch(x, int(event.y), event.button == RIGHT)
        if self.face.held:
            self._dragged_x = x
            self.capture_mouse()
        self._done(stays)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag what was pressed."""
        x = int(event.x)
        if self._dragged_x is None or x == self._dragged_x:
            return
        self.face.drag(x, x - self._dragged_x, event.shift or event.ctrl)
        self._dragged_x = x
        self.draw()

    def on_mouse_up(self) -> None:
        """Let go."""
        if self._dragged_x is not None:
            self._dragged_x = None
            self.face.let_go()
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Turn up what is there."""
        self._turn(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Turn down what is there."""
        self._turn(event, -1)

    def _turn(self, event: events.MouseEvent, steps: int) -> None:
        event.stop()
        self.face.turn(int(event.x), int(event.y), steps, event.shift or event.ctrl)
        self.draw()
