"""How far the beats of two decks are from each other, how much faster one is, and who leads.

    A  ──────────┼██────────  B      +0.12 beats       A leads       +0.4% 
"""

from stream.screen.deckview import DeckView
from stream.screen.ink import BRIGHT, DIM, GOOD, TEXT, WARN, ink
from stream.screen.row import ScreenRow

IN_PHASE = 0.03  # of a beat: so near nobody hears two
WIDEST, NARROWEST = 41, 9  # cells of a meter


def between_waves(view: DeckView, width: int) -> ScreenRow:
    """In a line of its own, with the middle where the waveforms have what is heard."""
    cells = min(WIDEST, (width - 40) // 2 | 1)
    row = ScreenRow().add(" " * ((width - 2) // 2 + 1 - cells // 2))
    row.beside(meter(view, cells))
    words = _words(view)
    return row.add("  ").beside(words) if row.width + 2 + words.width <= width else row


def beside_crossfader(view: DeckView, width: int) -> ScreenRow:
    """As large as there is room for."""
    cells = min(WIDEST, (width - 4) | 1)
    return ScreenRow().add("  ").beside(meter(view, cells)) if cells >= NARROWEST and cells + 2 <= width else ScreenRow()


def meter(view: DeckView, cells: int) -> ScreenRow:
    """A bar from the middle: to the right where the second deck's beats come later, half a beat at its end."""
    apart, middle = phase(view), cells // 2
    if apart is None:
        return ScreenRow().add("─" * middle + "┼" + "─" * middle, ink(DIM))
    long = round(abs(apart) * 2 * middle)
    colour = GOOD if abs(apart) <= IN_PHASE else WARN
    left, right = (long, 0) if apart < 0 else (0, long)
    return (ScreenRow().add("─" * (middle - left), ink(DIM)).add("█" * left, ink(colour))
            .add("┼", ink(colour if long == 0 else BRIGHT, bold=True))
            .add("█" * right, ink(colour)).add("─" * (middle - right), ink(DIM)))


def phase(view: DeckView) -> float | None:
    """By how much of a beat the second deck's beats come later than the first's, -0.5 to 0.5; None: nobody knows."""
    beats = [view.state["heads"][deck]["beat"] for deck in view.state["decks"]]
    if len(beats) != 2 or None in beats:
        return None
    return float((beats[0] - beats[1] + 0.5) % 1 - 0.5)


def _words(view: DeckView) -> ScreenRow:
    apart, decks = phase(view), view.state["decks"]
    if apart is None:
        return ScreenRow().add("no beats to compare", ink(DIM))
    first, second = (view.state["songs"][deck]["bpm"] for deck in decks)
    faster = 100 * (second / first - 1)
    return ScreenRow().add(f"{apart:+.2f} beats", ink(BRIGHT)).add(
        f"  {decks[1].upper()} {faster:+.1f}%", ink(TEXT if abs(faster) >= 0.05 else DIM))
