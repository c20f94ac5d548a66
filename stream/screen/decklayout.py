"""What of the screen of decks fits into so many cells: which players have a column, and what is left out first."""

from collections.abc import Collection
from dataclasses import dataclass

from stream.screen.deckhead import ROWS
from stream.screen.deckview import DeckView

LEAST_WIDTH, COLUMN, FIELD = 40, 38, 9  # cells: of the screen, of a player, of a parameter
MOST_WAVE = 16  # lines of a song's waveform
# what there is room for, the first to go first
DROPS = ("stem fields", "stem waves", "detail", "own fields", "pads", "other buses", "wave", "marks", "flags")


@dataclass(frozen=True)
class DeckLayout:
    """What of a view fits into so many cells.

    players: those that have a column      width: of a column      dropped: what there is no room for
    wave: lines of a song's waveform, which has those that nothing else needs
    """

    size: tuple[int, int]
    players: tuple[str, ...]
    width: int
    dropped: frozenset[str]
    least: int
    wave: int

    @property
    def fits(self) -> bool:
        """Whether it is large enough at all."""
        return self.size[0] >= LEAST_WIDTH and self.size[1] >= self.least

    def lines(self, name: str) -> int:
        """Of a part of a head."""
        return 0 if name in self.dropped else self.wave if name == "wave" else ROWS[name]


def laid_out(view: DeckView, size: tuple[int, int]) -> DeckLayout:
    """All players if there is room; else those around the chosen one."""
    names = tuple(view.players)
    count = max(1, min(len(names), (size[0] + 1) // (COLUMN + 1)))
    at = names.index(view.player(view.stem) or view.state["chosen"])
    first = min(max(0, at - count + 1), len(names) - count)
    players, width = names[first : first + count], (size[0] - count + 1) // count
    dropped: set[str] = {"stem fields"} if width < 2 + 5 * FIELD else set()
    for each in DROPS:
        if _height(view, players, width, dropped) <= size[1]:
            break
        dropped.add(each)
    least = _height(view, players, width, set(DROPS))
    left = max(0, size[1] - _height(view, players, width, dropped))
    return DeckLayout(size, players, width, frozenset(dropped), least, min(MOST_WAVE, ROWS["wave"] + left))


def _height(view: DeckView, players: tuple[str, ...], width: int, dropped: set[str]) -> int:
    head = sum(lines for name, lines in ROWS.items() if name not in dropped)
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
