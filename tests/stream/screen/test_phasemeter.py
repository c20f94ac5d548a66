"""The phase of two decks, as a bar and in words."""

from copy import deepcopy
from typing import Any

import pytest

from stream.screen.deckview import DeckView
from stream.screen.phasemeter import beside_crossfader, between_waves, meter, phase
from tests.stream.screen.test_deckpaint import told  # noqa: F401 - a fixture


def view(told: dict[str, Any], first: float | None, second: float | None) -> DeckView:  # noqa: F811
    made = DeckView(deepcopy(told), lambda *_: None)
    for deck, beat, bpm in (("a", first, 120.0), ("b", second, 126.0)):
        made.state["heads"][deck] = {**told["heads"]["a"], "beat": beat, "beat_s": 0.5}
        made.state["songs"][deck] = {**told["songs"]["a"], "bpm": None if beat is None else bpm}
    return made


@pytest.mark.parametrize(("first", "second", "apart"), [
    (0.0, 0.0, 0.0), (3.2, 1.0, 0.2), (1.0, 3.2, -0.2), (0.1, 3.9, 0.2), (3.9, 0.1, -0.2), (2.75, 2.0, -0.25)])
def test_the_second_deck_is_so_much_later(told: dict[str, Any], first: float, second: float, apart: float) -> None:  # noqa: F811
    made = view(told, first, second)
    assert phase(made) == pytest.approx(apart)
    text = "".join(part for part, _ in meter(made, 21).parts)
    left, right = text.split("┼")
    assert (left.count("█"), right.count("█")) == (round(max(0, -apart) * 20), round(max(0, apart) * 20))
    assert len(text) == 21
    words = "".join(part for part, _ in between_waves(made, 120).parts)
    assert f"{apart:+.2f} beats" in words
    assert "B +5.0%" in words


@pytest.mark.parametrize(("first", "second"), [(None, 1.0), (1.0, None), (None, None)])
def test_without_beats_there_is_nothing_to_compare(told: dict[str, Any], first: float | None,  # noqa: F811
                                                   second: float | None) -> None:
    made = view(told, first, second)
    assert "no beats to compare" in "".join(part for part, _ in between_waves(made, 120).parts)
    assert "█" not in "".join(part for part, _ in meter(made, 21).parts)


def test_it_is_as_wide_as_there_is_room_for(told: dict[str, Any]) -> None:  # noqa: F811
    made = view(told, 0.0, 0.25)
    for width in range(40, 200):
        assert between_waves(made, width).width <= width
    for width in range(60):
        assert beside_crossfader(made, width).width <= width


@pytest.mark.parametrize(("leads", "follows", "words"), [
    ("a", "", "A leads"), ("a", "b", "B follows A"), ("b", "a", "A follows B"), ("clock", "ab", "both follow clock")])
def test_it_says_who_follows_whom_in_phase(
        told: dict[str, Any], leads: str, follows: str, words: str) -> None:  # noqa: F811
    made = view(told, 1.001, 1.0)
    made.state["leads"] = leads
    for deck in follows:
        made.state["heads"][deck] |= {"follows": leads, "phase": -0.001, "tempo_off_percent": 0.0}
    text = "".join(part for part, _ in between_waves(made, 140).parts).rstrip()
    assert text.endswith(words)
    assert "-0.00" not in text
