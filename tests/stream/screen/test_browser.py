"""The songs of the library on the screen of decks: what is typed is looked for, what was found is chosen and loaded."""

from typing import Any

import pytest

from stream.screen.deckface import DeckFace
from tests.stream.screen.test_deckpaint import LARGE, SMALL, USUAL, Said, shows, text, told  # noqa: F401 - a fixture


def song(number: int) -> dict[str, Any]:
    return {"path": f"/music/{number}.wav", "title": f"Song {number}", "artist": f"Somebody {number}",
            "bpm": 120.0 + number, "key": "8A", "key_fits": number % 2 == 0, "length_s": 200.0 + number,
            "tempo_percent": -0.5 * number, "prepared": number == 1}


def found(text: str, numbers: range) -> dict[str, Any]:
    return {"search": {"text": text, "songs": [song(number) for number in numbers], "count": len(numbers)}}


def browsing(told: dict[str, Any]) -> tuple[DeckFace, Said]:  # noqa: F811
    face, said = shows({**told, "library": {"songs": 50_000}})
    face.paint(*USUAL)
    assert face.press("enter", "\r")
    face.take(found("", range(40)), 0)
    return face, said


def test_without_a_library_enter_says_so(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = shows(told)
    assert face.press("enter", "\r")
    assert not face.view.browser.open
    assert "there is no library" in text(face)[-2]
    assert said == []
    assert "songs" not in text(face)[-1]


def test_what_is_typed_is_looked_for_at_once(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    for key, character in (("a", "a"), ("space", " "), ("q", "q"), ("question_mark", "?")):
        assert face.press(key, character)
    assert [message[1] for message in said if message[0] == "search"] == ["", "a", "a ", "a q", "a q?"]
    assert "find: a q?" in "\n".join(text(face))
    face.press("backspace", None)
    face.press("backspace", None)
    assert face.view.browser.text == "a "
    face.press("ctrl+u", None)
    assert face.view.browser.text == ""
    assert not [message for message in said if message[0] == "key"]


def test_an_answer_to_what_is_not_looked_for_any_more_is_passed_over(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    face.press("a", "a")
    face.press("b", "b")
    face.take(found("a", range(3)), 0)
    assert face.view.browser.count == 40
    face.take(found("ab", range(2)), 0)
    assert face.view.browser.count == 2
    assert "2 songs" in "\n".join(text(face))


@pytest.mark.parametrize("size", [(40, 13), SMALL, USUAL, LARGE], ids=str)
def test_arrows_choose_a_song_which_is_always_seen(told: dict[str, Any], size: tuple[int, int]) -> None:  # noqa: F811
    face, _ = browsing(told)
    text(face, size)
    for key, chosen in (("down", 1), ("down", 2), ("up", 1), ("end", 39), ("down", 39), ("home", 0), ("up", 0),
                        ("pagedown", face.view.browser.room), ("pageup", 0)):
        face.press(key, None)
        lines = text(face, size)
        assert face.view.browser.at == min(39, chosen)
        assert any(f"Song {min(39, chosen)} " in line and "▌" in line for line in lines[1:])
        assert {sum(map(len, (part for part, _ in row.parts))) for row in face._rows} == {size[0]}
        assert len(lines) == size[1]


@pytest.mark.parametrize("deck", ["a", "b"])
def test_enter_loads_to_the_deck_that_is_chosen_and_tab_takes_the_other(told: dict[str, Any], deck: str) -> None:  # noqa: F811
    face, said = browsing(told)
    if deck == "b":
        face.press("tab", None)
        assert ("choose", "b") in said
    assert f"enter loads to {deck.upper()}" in "\n".join(text(face))
    face.press("down", None)
    face.press("enter", "\r")
    assert said[-1] == ("load", deck, "/music/1.wav")


def test_the_mouse_chooses_loads_and_turns(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    text(face, USUAL)
    x, y = spot(face, "found 3", "")
    face.touch(x, y, back=False)
    assert face.view.browser.at == 3
    face.turn(x, y, -2, fine=False)
    assert face.view.browser.at == 5
    text(face, USUAL)
    face.touch(*spot(face, "load 4", "b"), back=False)
    assert said[-1] == ("load", "b", "/music/4.wav")
    face.touch(*spot(face, "key", "escape"), back=False)
    assert not face.view.browser.open
    text(face, USUAL)
    face.touch(*spot(face, "key", "enter"), back=False)
    assert face.view.browser.open


def spot(face: DeckFace, what: str, stem: str) -> tuple[int, int]:
    return next((each.first, y) for y, row in enumerate(face._rows) for each in row.regions
                if (each.spot.what, each.spot.stem) == (what, stem))


def test_what_is_prepared_and_what_fits_is_marked(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    lines = {number: line for line in text(face, USUAL) for number in range(3) if f"Song {number} " in line}
    assert "◆" in lines[1]
    assert "◆" not in lines[0] + lines[2]
    assert "121.0" in lines[1]
    assert "8A" in lines[1]
    assert "-0.5%" in lines[1]
    assert "3:21" in lines[1]


def test_a_song_with_nothing_known_of_it_and_strange_characters_has_a_row(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    odd = {"path": "/x", "title": "長い\x1b[31m名前" * 20, "artist": "", "bpm": None, "key": "", "key_fits": False,
           "length_s": None, "tempo_percent": None, "prepared": False}
    face.take({"search": {"text": "", "songs": [odd], "count": 1}}, 0)
    lines = text(face, USUAL)
    assert any("長い" in line for line in lines)
    assert "\x1b" not in "".join(lines)
    assert "1 song," in "\n".join(lines)


def test_a_library_that_changes_is_looked_through_again_and_the_chosen_song_stays(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    for _ in range(7):
        face.press("down", None)
    face.take({"library": {"songs": 50_001}}, 0)
    assert said[-1][:2] == ("search", "")
    face.take(found("", range(5, 45)), 0)
    assert face.view.browser.chosen is not None
    assert face.view.browser.chosen["title"] == "Song 7"


def test_escape_closes_it_and_keys_are_the_decks_again(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    face.press("escape", "\x1b")
    face.press("v", "v")
    assert said[-1] == ("key", "v")
    assert any("drums" in line for line in text(face))
