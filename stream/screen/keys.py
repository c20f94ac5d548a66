"""What keys do on the screen, and the page that says so. What they mean: stream.control.keytable."""

from collections.abc import Callable, Mapping

from stream.screen.ink import BRIGHT, DIM, Line, ink
from stream.screen.view import CHOICES, View

MOUSE = [("mouse", "click M, S and C; drag faders and values; the wheel turns them;"),
         ("", "the right button resets them")]


def press(view: View, key: str, character: str | None) -> bool:
    """Do what a key says; one that means nothing is passed over. False closes the screen.

    key, character: as textual names them
    """
    sign = character if character and character.isprintable() else ""
    modifier, _, base = key.rpartition("+")
    keys = view.keys
    command, what = keys.meaning(key, sign) or (keys.meaning(base, "") if base in MODIFIED else None) or ("", "")
    if command == "close":
        return False
    if command in ("mute", "solo"):
        view.flip(str(what), command)
    elif command == "word":
        view.act(str(what))
    elif command == "scene":
        view.scene(int(what) + 1)
    elif command:
        DOES[command](view, int(what), bool(modifier))
    return True


MODIFIED = ("up", "down", "left", "right", "tab")  # with shift, or another key held, they mean something too


def _clear(view: View) -> None:
    view.unclip()
    view.helping = view.storing = False
    view.tell("")


def _help(view: View) -> None:
    view.helping = not view.helping


def _parameter(view: View, steps: int) -> None:
    view.what = CHOICES[(CHOICES.index(view.what) + steps) % len(CHOICES)]


DOES: Mapping[str, Callable[[View, int, bool], None]] = {  # a view, steps, and whether a modifier is held
    "choose": lambda view, steps, _: view.choose(view.stems[(view.index + steps) % len(view.stems)]),
    "nudge": lambda view, steps, fine: view.nudge(view.stem, view.what, steps, fine=fine),
    "parameter": lambda view, steps, back: _parameter(view, -steps if back else steps),
    "mute chosen": lambda view, *_: view.flip(view.stem, "mute"),
    "pan": lambda view, steps, _: view.nudge(view.stem, "pan", steps),
    "filter": lambda view, steps, _: view.nudge(view.stem, "filter", steps),
    "reset": lambda view, *_: view.rest(view.stem, view.what),
    "reset strip": lambda view, *_: view.rest(view.stem),
    "help": lambda view, *_: _help(view),
    "clear": lambda view, *_: _clear(view),
}


def page(view: View) -> list[Line]:
    """All keys and what the mouse does, a line each."""
    table = view.keys.page(", ".join("the fader" if name == "gain" else name for name in CHOICES))
    return [((f"  {left:<13}", ink(BRIGHT, bold=True)), (right, ink(DIM))) for left, right in (*table, *MOUSE)]
