"""What a person has set in a song: the cue point, hot cues, and beats where they were made by hand.

Two programs may play one song. So what is written is what was changed here; the rest stays as it is found.
[any-thread]
"""

from dataclasses import dataclass, replace
from typing import Any

from dsp.beatgrid import BeatGrid
from stream.decks.marks import HotCue
from stream.decks.songhead import UNIT, SongHead, ticks
from stream.decks.transportstate import TransportState
from stream.mixer.deckstrip import HOT_CUES
from stream.tracks.songnotes import Note, kept_grid

FURTHEST = float(1 << 40)  # frames
WHITE = 0xFFFFFF  # the highest of colours


@dataclass(frozen=True)
class SongMarks:
    """cue: in ticks; 0 where nobody has set it      grid: only one that was made by hand"""

    cue: int = 0
    hot_cues: tuple[HotCue | None, ...] = (None,) * HOT_CUES
    grid: BeatGrid | None = None

    @classmethod
    def of(cls, state: TransportState) -> "SongMarks":
        """Those of a deck's song."""
        by_hand = state.grid is not None and state.grid.by_hand
        return cls(state.cue, state.hot_cues, state.grid if by_hand else None)

    @classmethod
    def from_note(cls, note: Note, samplerate: float) -> "SongMarks":
        """What `noted` gives, in ticks at a samplerate. ValueError: anything else."""
        hot = note.get("hot_cues")
        if not isinstance(hot, list) or len(hot) != HOT_CUES:
            raise ValueError(f"hot_cues must be {HOT_CUES}")
        grid, cue = note.get("grid"), _from_json(note.get("cue"), samplerate)
        return cls(cue.place if cue else 0, tuple(_from_json(each, samplerate) for each in hot),
                   None if grid is None else kept_grid(grid, samplerate))

    def noted(self, before: "SongMarks", kept: Note | None, samplerate: float) -> Note:
        """The note in which these stand, where they differ from what they were before, and else what is kept.

        kept: as it is found; where it is damaged, all is noted
        """
        try:
            SongMarks.from_note(kept or {}, samplerate)
        except ValueError:
            before, kept = SongMarks(), {"cue": None, "hot_cues": [None] * HOT_CUES, "grid": None}
        note = dict(kept or {})
        if self.cue != before.cue:
            note["cue"] = _to_json(HotCue(self.cue), samplerate)
        note["hot_cues"] = [was if now == then else _to_json(now, samplerate)
                            for now, then, was in zip(self.hot_cues, before.hot_cues, note["hot_cues"], strict=True)]
        if self.grid != before.grid:
            note["grid"] = None if self.grid is None else self.grid.to_json(samplerate)
        return note


def with_marks(state: TransportState, marks: SongMarks) -> TransportState:
    """The song is found to have these: they are taken where nobody has set anything since it was loaded.

    A song that nobody has touched yet stands at its cue then.
    """
    untouched = state.cue == 0 and state.head.now == 0 and not state.moving and not state.playing
    hot = tuple(now or kept for now, kept in zip(state.hot_cues, marks.hot_cues, strict=True))
    by_hand = state.grid is not None and state.grid.by_hand
    grid = state.grid if by_hand or marks.grid is None else marks.grid
    head = SongHead(marks.cue) if untouched else state.head
    return replace(state, hot_cues=hot, cue=state.cue or marks.cue, grid=grid, head=head)


def _to_json(cue: HotCue | None, samplerate: float) -> Note | None:
    if cue is None:
        return None
    looks = {"name": cue.name, "colour": cue.colour}
    return {"frame": cue.place / UNIT, "length": cue.length / UNIT, "samplerate": samplerate,
            **{name: value for name, value in looks.items() if value not in ("", None)}}


def _from_json(found: Any, samplerate: float) -> HotCue | None:
    """A place as `_to_json` gives it; at another samplerate it is the nearest whole frame."""
    if found is None:
        return None
    if not isinstance(found, dict):
        raise ValueError("a cue must be an object")
    frame, length, rate = (_number(found.get(name)) for name in ("frame", "length", "samplerate"))
    if rate < 1:
        raise ValueError(f"a samplerate must be 1 Hz or more, not {rate}")
    if rate != samplerate:
        frame, length = round(frame * samplerate / rate), round(length * samplerate / rate)
    name, colour = found.get("name"), found.get("colour")
    return HotCue(ticks(frame), ticks(length), name if isinstance(name, str) else "", _colour(colour))


def _colour(found: object) -> int | None:
    """What is no colour is none: no place is lost for it."""
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= WHITE else None


def _number(found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= FURTHEST:
        raise ValueError(f"a place must be a number of frames, not {found!r:.40}")
    return float(found)
