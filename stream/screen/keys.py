"""What keys mean on the screen, and the page that says so."""

from stream.screen.ink import BRIGHT, DIM, Line, ink
from stream.screen.view import CHOICES, View

CLOSING = ("q", "ctrl+c", "ctrl+q")
PANS, FILTERS = {"[": -1, "]": 1}, {"<": -1, ">": 1}


def press(view: View, key: str, character: str | None) -> bool:
    """Do what a key says; one that means nothing is passed over. False closes the screen.

    key, character: as textual names them
    """
    sign = character if character and character.isprintable() else ""
    if key in CLOSING:
        return False
    if key == "escape":
        view.unclip()
        view.helping = view.storing = False
        view.tell("")
    elif sign == "?":
        view.helping = not view.helping
    elif sign.isascii() and sign.isdigit() and sign != "0":
        view.scene(int(sign))
    elif not _letter(view, sign):
        _move(view, key, sign)
    return True


def _letter(view: View, sign: str) -> bool:
    stems = view.state["keys"]
    if sign in stems:
        view.flip(stems[sign], "mute")
    elif sign.lower() in stems:
        view.flip(stems[sign.lower()], "solo")
    elif sign in view.words:
        view.act(view.words[sign])
    else:
        return False
    return True


def _move(view: View, key: str, sign: str) -> None:
    shift, _, base = key.rpartition("+")
    if base in ("up", "down"):
        view.choose(view.stems[(view.index + (1 if base == "down" else -1)) % len(view.stems)])
    elif base in ("left", "right"):
        view.nudge(view.stem, view.what, 1 if base == "right" else -1, fine=bool(shift))
    elif base == "tab":
        at = CHOICES.index(view.what) + (-1 if shift else 1)
        view.what = CHOICES[at % len(CHOICES)]
    elif sign in PANS:
        view.nudge(view.stem, "pan", PANS[sign])
    elif sign in FILTERS:
        view.nudge(view.stem, "filter", FILTERS[sign])
    elif sign == "0":
        view.rest(view.stem, view.what)
    elif key == "backspace":
        view.rest(view.stem)
    elif key == "space":
        view.flip(view.stem, "mute")


def page(view: View) -> list[Line]:
    """All keys and what the mouse does, a line each."""
    stems = " ".join(view.state["keys"])
    table = [
        (stems, "mute a stem; with shift: solo it"), ("up, down", "choose a strip"),
        ("left, right", "change the chosen value; with shift: in fine steps"),
        ("tab", f"choose {', '.join('the fader' if name == 'gain' else name for name in CHOICES)}"),
        ("space", f"mute the chosen strip; {view.key('cue')}: cue it"), ("[  ]", "pan"), ("<  >", "filter"),
        ("0", "reset the chosen value; backspace: the whole strip"),
        ("1 to 9", f"recall a scene; {view.key('store')} before it: store one"),
        *((key, word) for key, word in view.words.items() if word not in ("cue", "store")),
        ("escape", "clear the clip marks, close this page"), ("q", "close the screen"),
        ("mouse", "click M, S and C; drag faders and values; the wheel turns them;"),
        ("", "the right button resets them"),
    ]
    return [((f"  {left:<13}", ink(BRIGHT, bold=True)), (right, ink(DIM))) for left, right in table]
