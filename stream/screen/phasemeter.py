"""How far the beats of two decks are from each other, how much faster one is, and who leads.

    ──────────┼██────────   +0.12 beats  B +0.4%  B follows A
"""

from stream.screen.deckview import DeckView
from stream.screen.ink import BRIGHT, DIM, GOOD, TEXT, WARN, ink
from stream.screen.row import ScreenRow

IN_PHASE = 0.03  # of a beat: so near nobody hears two
WIDEST, NARROWEST = 41, 9  # cells of a meter


def between_waves(view: DeckView, width: int) -> ScreenRow:
    """In a line of its own, with the middle where the waveforms have what is heard."""
    cells = min(WIDEST, (width - 40) // 2 | 1)
    row = ScreenRow().add(" " * ((width - 2) // 2 + 1 - cells // 2)).beside(meter(view, cells))
    words = _words(view).fit(max(0, width - row.width - 2))
    return row.add("  ").beside(words)


def beside_crossfader(view: DeckView, width: int) -> ScreenRow:
    """As large as there is room for."""
    cells = min(WIDEST, (width - 4) | 1)
    return ScreenRow().add("  ").beside(meter(view, cells)) if cells >= NARROWEST else ScreenRow()


def meter(view: DeckView, cells: int) -> ScreenRow:
    """A bar from the middle: to the right where the second deck's beats come later, half a beat at its end."""
    apart, middle = phase(view), cells // 2
    if apart is None:
        return ScreenRow().add("─" * middle + "┼" + "─" * middle, ink(DIM))
    long = round(abs(apart) * 2 * middle)
    colour = GOOD if abs(apart) <= IN_PHASE else WARN
    left, right = (long, 0) if apart < 0 else (0, long)
    return (ScreenRow().add("─" * (middle - left), ink(DIM)).add("█" * left, ink(colour))
            .add("┼", ink(BRIGHT if long else colour, bold=True))
            .add("█" * right, ink(colour)).add("─" * (middle - right), ink(DIM)))


def phase(view: DeckView) -> float | None:
    """By how much of a beat the second deck's beats come later than the first's, -1/2 to 1/2; None: nobody knows.

    Where one leads, as the engine has it, which knows of songs at half of another's tempo; else by their beats.
    """
    first, second = (view.state["heads"][deck] for deck in view.state["decks"])
    leads, (a, b) = view.state.get("leads", ""), view.state["decks"]
    if leads == a and second.get("phase") is not None:
        return -float(second["phase"])
    if leads == b and first.get("phase") is not None:
        return float(first["phase"])
    if first["beat"] is None or second["beat"] is None:
        return None
    return float((first["beat"] - second["beat"] + 0.5) % 1 - 0.5)


def _words(view: DeckView) -> ScreenRow:
    apart, (a, b), leads = phase(view), view.state["decks"], view.state.get("leads", "")
    row, leader = ScreenRow(), leads.upper() if leads in (a, b) else leads
    if apart is None:
        row.add("no beats to compare", ink(DIM))
    else:
        row.add(f"{round(apart, 2) + 0.0:+.2f} beats", ink(BRIGHT))  # never -0.00
        other = a if leads == b else b
        faster = _faster(view, a, b) if view.state["heads"][other].get("tempo_off_percent") is None else view.state[
            "heads"][other]["tempo_off_percent"]
        row.add(f"  {other.upper()} {faster:+.1f}%", ink(TEXT if abs(faster) >= 0.05 else DIM))
    follow = [deck for deck in (a, b) if view.state["heads"][deck].get("follows")]
    if leads and not follow:
        row.add(f"  {leader} leads", ink(TEXT))
    who = "both follow" if len(follow) > 1 else "".join(f"{deck.upper()} follows" for deck in follow)
    return row.add(f"  {who} {leader}" if follow else "", ink(GOOD))


def _faster(view: DeckView, first: str, second: str) -> float:
    """By how many percent the second is faster than the first, by their beats per minute."""
    slow, fast = (view.state["songs"][deck]["bpm"] for deck in (first, second))
    return float(100 * (fast / slow - 1))
