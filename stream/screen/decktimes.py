"""The second line of a deck's head: where its song is heard, what is left of it, tempo, beats, and where in its bar."""

from collections.abc import Collection, Mapping
from typing import Any

from stream.screen.ink import BRIGHT, DIM, GOOD, TEXT, WARN, ink
from stream.screen.row import ScreenRow

Seen = Mapping[str, Any]  # a song, or a head, as it is told
WIDE = 50  # cells from which on there may be room for all of it
EXTRAS = ("unit", "tenths", "pitch", "gaps", "dots")  # what there is room for, the first to go first
_PARTS = " ▎▌▊"  # of a beat


def times(deck: str, song: Seen, head: Seen, width: int) -> ScreenRow:
    """Elapsed and left, tempo, where there is room pitch, beats per minute, and always the beat of the bar."""
    extras = EXTRAS if width >= WIDE else EXTRAS[EXTRAS.index("gaps"):]
    row = _times(deck, song, head, extras)
    while row.width > width and extras:
        extras = extras[1:]
        row = _times(deck, song, head, extras)
    return row


def _times(deck: str, song: Seen, head: Seen, extras: Collection[str]) -> ScreenRow:
    left, tempo, bend, tenths = head["left_s"], song["tempo_percent"], song["bend_percent"], "tenths" in extras
    gap = "  " if "gaps" in extras else " "
    row = ScreenRow().add(f" {clock(head['position_s'], tenths)}", ink(BRIGHT, bold=True))
    row.add(f" -{clock(left, tenths)}" if left is not None and song["loaded"] else "  -:--", ink(TEXT))
    row.add(gap).add(percent(tempo), ink(WARN if tempo or bend else DIM), "tempo", deck)
    if "pitch" in extras:
        pitch = 0 if song["key_lock"] else 100 * ((1 + tempo / 100) * (1 + bend / 100) - 1)
        row.add("  pitch ", ink(DIM)).add(percent(pitch), ink(WARN if pitch else DIM))
    row.add(gap).add(f"{song['bpm']:.1f}" if song["bpm"] is not None else "---.-", ink(BRIGHT))
    row.add("*" if song["grid_by_hand"] else "", ink(DIM)).add(" bpm" if "unit" in extras else "", ink(DIM))
    if head["beat"] is not None:
        found = (phase if "dots" in extras else _counted)(head["beat"], song["beats_per_bar"])
        row.add(gap).add(found, ink(GOOD if head["beat"] < 1 else BRIGHT))
    return row


def percent(value: float) -> str:
    """With its sign, whatever it is."""
    return f"{value:+.1f}%" if round(value, 1) else "±0.0%"


def phase(beat: float, bar: int) -> str:
    """Where in its bar something is: a dot for each beat, and beside the one that it is in how much of it has gone."""
    return "".join(f"●{_PARTS[int(beat % 1 * len(_PARTS))]}" if at == int(beat) else "○ " for at in range(bar))


def _counted(beat: float, bar: int) -> str:
    """The same as `3/4`, where there is no room for dots."""
    return f"{int(beat) + 1}/{bar}{_PARTS[int(beat % 1 * len(_PARTS))]}"


def clock(seconds: float, tenths: bool = False) -> str:
    """Minutes and seconds."""
    whole = f"{int(seconds // 60)}:{int(seconds % 60):02}"
    return f"{whole}.{int(seconds * 10 % 10)}" if tenths else whole
