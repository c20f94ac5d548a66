"""What the mouse does to what is under it."""

from stream.mixer.fader import gain_db
from stream.screen.layout import FIELDS, SWITCH_NAMES, Spot
from stream.screen.strips import TOP_DB
from stream.screen.view import CHOICES, View


def touch(view: View, spot: Spot, back: bool) -> bool:
    """Press something; whether it can be dragged from there.

    back: with the button that puts things where they rest
    """
    if spot.what == "clip":
        view.unclip()
    elif spot.what in SWITCH_NAMES:
        view.flip(spot.stem, spot.what)
    elif spot.what == "stem":
        view.choose(spot.stem)
    elif spot.what in CHOICES:
        view.choose(spot.stem, spot.what)
        if back:
            view.rest(spot.stem, spot.what)
        elif spot.what not in FIELDS:
            slide(view, spot.stem, spot.at)
        return not back
    return False


def slide(view: View, stem: str, at: float) -> None:
    """Put a fader somewhere along its way, 0 to 1."""
    view.set(stem, "gain", round(gain_db(at, TOP_DB), 1))
