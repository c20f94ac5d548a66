"""Songs on the screen of decks: what is typed is looked for, and what was found is chosen and loaded."""

from collections.abc import Mapping
from typing import Any

import pytest
from rich.cells import cell_len

from stream.screen.deckface import SONGS, TWICE_S, DeckFace
from tests.stream.screen.test_deckpaint import LARGE, SMALL, USUAL, Said, shows, text, told  # noqa: F401 - a fixture

WIDE = (200, 50)
SIZES = [(40, 13), SMALL, USUAL, LARGE, WIDE]
LIBRARY: Mapping[str, Any] = {"songs": 50_000, "version": 1, "text": "", "selected": None, "turned": 0, "loaded": 0}


def song(number: int) -> dict[str, Any]:
    return {"path": f"/music/{number}.wav", "title": f"Song {number}", "artist": f"Somebody {number}",
            "bpm": 120.0 + number, "key": "Am", "camelot": "8A", "key_fits": number % 2 == 0,
            "length_s": 200.0 + number, "tempo_percent": -0.5 * number, "prepared": number == 1}


def found(text: str, numbers: range) -> dict[str, Any]:
    return {"search": {"text": text, "songs": [song(number) for number in numbers], "count": len(numbers)}}


def browsing(told: dict[str, Any]) -> tuple[DeckFace, Said]:  # noqa: F811
    face, said = shows({**told, "library": LIBRARY})
    face.paint(*USUAL)
    assert face.press("enter", "\r")
    face.take(found("", range(40)), 0)
    return face, said


def searched(said: Said) -> list[object]:
    return [message[1] for message in said if message[0] == "search"]


def spot(face: DeckFace, what: str, stem: str) -> tuple[int, int]:
    return next((each.first, y) for y, row in enumerate(face._rows) for each in row.regions
                if (each.spot.what, each.spot.stem) == (what, stem))


def test_where_there_are_no_songs_enter_says_so(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = shows(told)
    assert face.press("enter", "\r")
    assert not face.view.browser.open
    assert "no songs to choose from" in text(face)[-2]
    assert said == []
    assert "songs" not in text(face)[-1]


def test_what_is_typed_is_looked_for_at_once_and_is_no_key_of_the_decks(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    for key, character in (("a", "a"), ("space", " "), ("q", "q"), ("question_mark", "?")):
        assert face.press(key, character)
    assert searched(said) == ["", "a", "a ", "a q", "a q?"]
    assert "find: a q?▏" in "\n".join(text(face))
    face.press("backspace", None)
    face.press("backspace", None)
    assert face.view.browser.text == "a "
    face.press("ctrl+w", None)
    assert face.view.browser.text == ""
    face.press("x", "x")
    face.press("ctrl+u", None)
    assert searched(said)[-2:] == ["x", ""]
    assert {message[0] for message in said} == {"search"}


def test_an_answer_to_what_is_not_looked_for_any_more_is_passed_over(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    face.press("a", "a")
    face.press("b", "b")
    face.take(found("a", range(3)), 0)
    assert face.view.browser.count == 40
    face.take(found("ab", range(2)), 0)
    assert face.view.browser.count == 2
    assert "2 of 50000 songs" in "\n".join(text(face, USUAL))


def test_what_is_typed_chooses_the_best_of_what_it_finds(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    for _ in range(7):
        face.press("down", None)
    face.press("a", "a")
    face.take(found("a", range(5, 20)), 0)
    assert face.view.browser.path == "/music/5.wav"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_arrows_choose_a_song_which_is_always_seen(told: dict[str, Any], size: tuple[int, int]) -> None:  # noqa: F811
    face, said = browsing(told)
    text(face, size)
    room = face.view.browser.room
    assert room >= 5
    for key, chosen in (("down", 1), ("down", 2), ("up", 1), ("end", 39), ("down", 39), ("home", 0), ("up", 0),
                        ("pagedown", min(39, room)), ("pageup", 0)):
        face.press(key, None)
        lines = text(face, size)
        assert face.view.browser.at == chosen
        assert any("▌◆ Song 1 " in line if chosen == 1 else f"▌  Song {chosen} " in line for line in lines[1:])
        assert {sum(cell_len(part) for part, _ in row.parts) for row in face._rows} == {size[0]}
        assert len(lines) == size[1]
    assert said[-1] == ("select", "/music/0.wav")


@pytest.mark.parametrize(("songs", "chosen", "goal"), [
    ({"a": "plays", "b": ""}, "a", "b"), ({"a": "plays", "b": "stands"}, "a", "b"),
    ({"a": "stands", "b": ""}, "a", "b"), ({"a": "stands", "b": "stands"}, "a", "a"),
    ({"a": "stands", "b": "stands"}, "b", "b"), ({"a": "", "b": ""}, "b", "a"),
    ({"a": "plays", "b": "plays"}, "b", "b"), ({"a": "stops", "b": "stands"}, "a", "b")], ids=str)
def test_enter_loads_to_a_deck_that_does_not_play(
        told: dict[str, Any], songs: dict[str, str], chosen: str, goal: str) -> None:  # noqa: F811
    face, said = browsing(told)
    state = face.view.state
    state["chosen"] = chosen
    for deck, how in songs.items():
        state["songs"][deck] = {**told["songs"]["a"], "loaded": bool(how), "playing": how == "plays"}
        state["heads"][deck] = {**told["heads"]["a"], "rate": 1.0 if how in ("plays", "stops") else 0.0}
    assert f"enter loads to {goal.upper()}" in "\n".join(text(face, USUAL))
    face.press("down", None)
    face.press("enter", "\r")
    assert said[-1] == ("load", goal, "/music/1.wav")


@pytest.mark.parametrize(("key", "deck"), [("shift+left", "a"), ("shift+right", "b"), ("ctrl+left", "a"),
                                           ("ctrl+right", "b")])
def test_arrows_with_shift_load_to_a_deck_that_is_meant(told: dict[str, Any], key: str, deck: str) -> None:  # noqa: F811
    face, said = browsing(told)
    face.press(key, None)
    assert said[-1] == ("load", deck, "/music/0.wav")
    before = len(said)
    for other in ("left", "right", "tab"):
        assert face.press(other, None)
    assert len(said) == before


@pytest.mark.parametrize("size", [USUAL, WIDE], ids=str)
def test_the_mouse_chooses_loads_and_turns(told: dict[str, Any], size: tuple[int, int]) -> None:  # noqa: F811
    face, said = browsing(told)
    text(face, size)
    x, y = spot(face, "found 3", "")
    face.touch(x, y, back=False)
    assert face.view.browser.at == 3
    face.turn(x, y, -2, fine=False)
    assert face.view.browser.at == 5
    text(face, size)
    face.touch(*spot(face, "load 4", "b"), back=False)
    assert said[-1] == ("load", "b", "/music/4.wav")
    text(face, size)
    face.touch(*spot(face, "key", "escape"), back=False)
    assert not face.view.browser.open
    text(face, size)
    face.touch(*spot(face, "key", "enter"), back=False)
    assert face.view.browser.open


def test_a_song_is_loaded_by_a_double_click_and_not_by_two_slow_ones(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    text(face, USUAL)
    x, y = spot(face, "found 3", "")
    other = spot(face, "found 4", "")

    def click(at: tuple[int, int], seconds: float) -> bool:
        face.take({}, seconds)
        before = len(said)
        face.touch(*at, back=False)
        return any(message[0] == "load" for message in said[before:])

    assert not click((x, y), 10)
    assert not click((x, y), 10 + 3 * TWICE_S)
    assert not click(other, 10 + 3.5 * TWICE_S)
    assert not click((x, y), 10 + 3.9 * TWICE_S)
    assert click((x, y), 10 + 4.5 * TWICE_S)
    assert not click((x, y), 10 + 4.6 * TWICE_S)  # the third is no other one
    assert said[-1] == ("load", face.view.free_deck, "/music/3.wav")


def test_what_is_prepared_and_what_fits_is_marked(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    lines = {number: line for line in text(face, USUAL) for number in range(3) if f"Song {number} " in line}
    assert "◆" in lines[1]
    assert "◆" not in lines[0] + lines[2]
    for wanted in ("121.0", "8A Am", "-0.5%", "3:21", "Somebody 1"):
        assert wanted in lines[1]
    face.take(found("", range(1)), 0)
    assert any("8A" in line and "Song 0" in line for line in text(face, (40, 13)))


def test_a_song_with_nothing_known_of_it_and_strange_characters_has_a_row(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    odd = {"path": "/x", "title": "長い\x1b[31m名前\udcf6" * 20, "artist": "", "bpm": None, "key": "", "camelot": "",
           "key_fits": False, "length_s": None, "tempo_percent": None, "prepared": False}
    face.take({"search": {"text": "", "songs": [odd], "count": 1}}, 0)
    for size in SIZES:
        lines = text(face, size)
        assert any("長い" in line for line in lines)
        assert "\x1b" not in "".join(lines)
        assert {sum(cell_len(part) for part, _ in row.parts) for row in face._rows} == {size[0]}


def test_a_wide_screen_has_the_songs_beside_the_decks(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    lines = text(face, WIDE)
    assert any("drums" in line and "Song" in line for line in lines)
    assert all(line[WIDE[0] - SONGS] == "│" for line in lines)
    assert not any("drums" in line for line in text(face, USUAL))
    assert any("one.made" in line for line in text(face, USUAL))  # which song is where is seen all the same


def test_a_library_that_changes_is_looked_through_again_and_the_chosen_song_stays(
        told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    for _ in range(7):
        face.press("down", None)
    face.take({"library": {**LIBRARY, "version": 2}}, 0)
    assert said[-1] == ("search", "")
    face.take(found("", range(5, 45)), 0)
    assert face.view.browser.path == "/music/7.wav"


def test_nothing_is_looked_for_while_it_is_closed(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    face.press("escape", "\x1b")
    before = len(said)
    face.take({"library": {**LIBRARY, "version": 2}}, 0)
    assert len(said) == before


def test_a_knob_that_browses_opens_it_and_a_button_that_loads_closes_it_again(
        told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    face.press("escape", "\x1b")
    face.press("?", "?")
    turned = {**LIBRARY, "turned": 1, "selected": "/music/4.wav"}
    face.take({"library": turned}, 0)
    assert face.view.browser.open
    assert not face.view.helping
    assert face.view.browser.path == "/music/4.wav"
    assert any("▌  Song 4 " in line for line in text(face))
    assert ("select", "/music/4.wav") not in said
    other = {**turned, "turned": 2, "text": "amy", "selected": "/music/60.wav"}
    face.take({"library": other}, 0)
    assert said[-1] == ("search", "amy")
    face.take(found("amy", range(58, 65)), 0)
    assert face.view.browser.path == "/music/60.wav"
    face.take({"library": {**other, "loaded": 1}}, 0)
    assert not face.view.browser.open


def test_what_its_user_has_opened_a_button_elsewhere_does_not_close(told: dict[str, Any]) -> None:  # noqa: F811
    face, _ = browsing(told)
    face.take({"library": {**LIBRARY, "turned": 1, "selected": "/music/4.wav"}}, 0)
    face.take({"library": {**LIBRARY, "turned": 1, "selected": "/music/4.wav", "loaded": 1}}, 0)
    assert face.view.browser.open


def test_escape_closes_it_and_keys_are_the_decks_again(told: dict[str, Any]) -> None:  # noqa: F811
    face, said = browsing(told)
    face.press("escape", "\x1b")
    face.press("v", "v")
    assert said[-1] == ("key", "v")
    assert any("drums" in line for line in text(face))


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
def test_the_screen_can_be_closed_from_it(told: dict[str, Any], key: str) -> None:  # noqa: F811
    face, _ = browsing(told)
    assert not face.press(key, None)
