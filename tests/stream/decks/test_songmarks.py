"""What a person has set in a song is kept as it was, and of two who play it neither takes anything from the other."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dsp.beatgrid import BeatGrid
from stream.decks.marks import HotCue
from stream.decks.songhead import UNIT
from stream.decks.songmarks import SongMarks, with_marks
from stream.decks.transport import loaded
from stream.mixer.deckstrip import HOT_CUES

RATE = 44_100
GRID = BeatGrid(123.456, 20_671.875)


def hot(**cues: HotCue | None) -> tuple[HotCue | None, ...]:
    return tuple(cues.get(f"cue{at}") for at in range(HOT_CUES))


FULL = SongMarks(1000 * UNIT + 77, hot(cue0=HotCue(5 * UNIT, 0, "Drøp", 0xFF8000),
                                       cue7=HotCue(44_100 * UNIT, 9 * UNIT + 3)), GRID)


def noted(marks: SongMarks, before: SongMarks | None = None, kept: dict[str, Any] | None = None,
          rate: float = RATE) -> dict[str, Any]:
    """As it comes back from a file."""
    found: dict[str, Any] = json.loads(json.dumps(marks.noted(before or SongMarks(), kept, rate)))
    return found


def test_what_is_noted_comes_back() -> None:
    assert SongMarks.from_note(noted(FULL), RATE) == FULL
    assert SongMarks.from_note(noted(SongMarks()), RATE) == SongMarks()


def test_at_another_samplerate_cues_are_on_the_nearest_frame_and_keep_their_own_when_others_change() -> None:
    note = noted(FULL)
    other = SongMarks.from_note(note, 48_000)
    assert other.cue == 1088 * UNIT
    assert other.hot_cues[7] == HotCue(48_000 * UNIT, 10 * UNIT)
    assert other.grid is not None
    assert other.grid.bpm(48_000) == pytest.approx(GRID.bpm(RATE))
    changed = replace(other, hot_cues=(None, HotCue(7 * UNIT), *other.hot_cues[2:]))
    back = SongMarks.from_note(noted(changed, other, note, 48_000), RATE)
    assert other.hot_cues[0] == HotCue(5 * UNIT, 0, "Drøp", 0xFF8000)
    assert back == replace(FULL, hot_cues=(None, HotCue(6 * UNIT), *FULL.hot_cues[2:]))


def test_what_another_has_changed_meanwhile_stays() -> None:
    before = SongMarks(5 * UNIT, hot(cue1=HotCue(UNIT), cue2=HotCue(2 * UNIT)))
    theirs = SongMarks(5 * UNIT, hot(cue1=HotCue(UNIT), cue3=HotCue(3 * UNIT)), GRID)
    mine = SongMarks(9 * UNIT, hot(cue1=HotCue(8 * UNIT), cue2=HotCue(2 * UNIT)))
    found = SongMarks.from_note(noted(mine, before, noted(theirs, before, noted(before))), RATE)
    assert found == SongMarks(9 * UNIT, hot(cue1=HotCue(8 * UNIT), cue3=HotCue(3 * UNIT)), GRID)


@pytest.mark.parametrize("colour", [-1, 1 << 24, 1.5, True, "red", None], ids=str)
def test_no_place_is_lost_for_what_it_looks_like(colour: object) -> None:
    note = noted(FULL)
    note["hot_cues"][0] |= {"name": 5, "colour": colour}
    assert SongMarks.from_note(note, RATE).hot_cues[0] == HotCue(5 * UNIT)


def test_a_grid_that_was_reset_is_kept_no_more() -> None:
    assert SongMarks.from_note(noted(replace(FULL, grid=None), FULL, noted(FULL)), RATE).grid is None


@pytest.mark.parametrize("damage", [
    {"hot_cues": None}, {"hot_cues": [None]}, {"hot_cues": [3] * 8}, {"cue": 5}, {"cue": {"frame": 1}},
    {"cue": {"frame": -1, "length": 0, "samplerate": RATE}}, {"cue": {"frame": "1", "length": 0, "samplerate": RATE}},
    {"cue": {"frame": 1, "length": 0, "samplerate": 0}}, {"cue": {"frame": float("nan"), "length": 0, "samplerate": 1}},
    {"cue": {"frame": 1e300, "length": 0, "samplerate": RATE}}, {"cue": {"frame": True, "length": 0, "samplerate": 1}},
    {"grid": 7}, {"grid": {}}, {"grid": {**GRID.to_json(RATE), "period": 1e-12}},
    {"grid": {**GRID.to_json(RATE), "first": 1e400}}], ids=str)
def test_what_is_damaged_is_told_and_all_that_is_known_is_noted_instead(damage: dict[str, Any]) -> None:
    kept = {**noted(FULL), **damage}
    with pytest.raises(ValueError, match="must"):
        SongMarks.from_note(kept, RATE)
    mine = SongMarks(9 * UNIT, FULL.hot_cues)
    assert SongMarks.from_note(noted(mine, mine, kept), RATE) == mine


def test_they_are_taken_where_nobody_has_set_anything_yet() -> None:
    fresh = with_marks(loaded(RATE, RATE), FULL)
    assert (fresh.cue, fresh.head.now, fresh.hot_cues, fresh.grid) == (FULL.cue, FULL.cue, FULL.hot_cues, GRID)
    mine = replace(loaded(RATE, RATE), cue=7 * UNIT, hot_cues=hot(cue0=HotCue(6 * UNIT)), grid=GRID.doubled(),
                   playing=True)
    found = with_marks(mine, FULL)
    assert (found.cue, found.head.now, found.grid) == (7 * UNIT, 0, GRID.doubled())
    assert found.hot_cues == hot(cue0=HotCue(6 * UNIT), cue7=FULL.hot_cues[7])
    guessed = replace(loaded(RATE, RATE), grid=BeatGrid(0, 20_000, confidence=0.9))
    assert with_marks(guessed, SongMarks()).grid == guessed.grid
    assert SongMarks.of(guessed).grid is None
    assert SongMarks.of(fresh) == FULL
