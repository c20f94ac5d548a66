"""What of the screen of decks fits into so many cells: which players have a column, and what is left out first."""

from collections.abc import Collection
from dataclasses import dataclass

from stream.screen.deckhead import ROWS
from stream.screen.deckview import DeckView

LEAST_WIDTH, COLUMN, FIELD = 40, 38, 9  # cells: of the screen, of a player, of a parameter
MOST_WAVE = 24  # lines of a song's waveform
# what there is room for, the first to go first
DROPS = ("stem fields", "stem waves", "detail", "own fields", "pads", "other buses", "overview", "wave", "marks",
         "flags")
OVER = 3  # lines at least of each waveform where they are over each other
OVER_FROM = 100, 30  # cells from which on they are that unless the user wants it otherwise


@dataclass(frozen=True)
class DeckLayout:
    """What of a view fits into so many cells.

    players: those that have a column      width: of a column      dropped: what there is no room for
    over: whether waveforms are over each other, above the columns, and as wide as the screen
    wave, overview: lines of a song's waveforms, which have those that nothing else needs
    """

    size: tuple[int, int]
    players: tuple[str, ...]
    width: int
    dropped: frozenset[str]
    over: bool
    least: int
    wave: int
    overview: int

    @property
    def fits(self) -> bool:
        """Whether it is large enough at all."""
        return self.size[0] >= LEAST_WIDTH and self.size[1] >= self.least

    @property
    def head(self) -> list[str]:
        """The parts of a head that are in its column."""
        return [name for name in ROWS if name not in self.dropped and not (self.over and name == "wave")]

    def lines(self, name: str) -> int:
        """Of a part of a head."""
        return {"wave": self.wave, "overview": self.overview}.get(name, ROWS[name])


def laid_out(view: DeckView, size: tuple[int, int]) -> DeckLayout:
    """All players if there is room; else those around the chosen one."""
    names = tuple(view.players)
    count = max(1, min(len(names), (size[0] + 1) // (COLUMN + 1)))
    at = names.index(view.player(view.stem) or view.state["chosen"])
    first = min(max(0, at - count + 1), len(names) - count)
    players, width = names[first : first + count], (size[0] - count + 1) // count
    over = (size[0] >= OVER_FROM[0] and size[1] >= OVER_FROM[1]) if view.over is None else view.over
    dropped: set[str] = {"stem fields"} if width < 2 + 5 * FIELD else set()
    for each in DROPS:
        if _height(view, players, width, dropped, over) <= size[1]:
            break
        dropped.add(each)
    least = _height(view, players, width, set(DROPS), over)
    left = max(0, size[1] - _height(view, players, width, dropped, over))
    waves = len(view.state["decks"]) if over else 1
    wave = min(MOST_WAVE, (OVER if over else ROWS["wave"]) + left // waves)
    return DeckLayout(size, players, width, frozenset(dropped), over, least, wave, ROWS["overview"] + left % waves)


def _height(view: DeckView, players: tuple[str, ...], width: int, dropped: set[str], over: bool) -> int:
    head = sum(lines for name, lines in ROWS.items() if name not in dropped)
    if over and "wave" not in dropped:
        head += OVER * len(view.state["decks"]) + 1 - ROWS["wave"]  # and between them the phase
    stems = max(len(view.players[name]) - 1 for name in players)
    body = stems * stem_lines(dropped) + 1
    own = 0 if "own fields" in dropped else max(_own_rows(view, name, width) for name in players)
    of_buses = 1 if "other buses" in dropped else len(buses(view))
    return 1 + head + body + own + 1 + of_buses + ("detail" not in dropped) + 2


def stem_lines(dropped: Collection[str]) -> int:
    """Lines of a stem."""
    return 1 + ("stem fields" not in dropped) + ("stem waves" not in dropped)


def _own_rows(view: DeckView, player: str, width: int) -> int:
    return -(-len(view.fields(player)) // max(1, (width - 2) // FIELD))


def buses(view: DeckView) -> list[str]:
    """Those of no player."""
    return [bus for bus in view.meters if "/" not in bus and bus not in view.players]
