"""One table of keys: the keyboard and the screen take the same meanings from it, and so does the help of both."""

import pytest

from stream.control.keytable import ACTS, DIGITS, ROWS, KeyTable, stem_keys, word_keys
from stream.screen.keys import DOES

SOURCES = ("drums", "bass", "other", "vocals")
STEMS = stem_keys(SOURCES)
KEYBOARD = KeyTable(STEMS, ACTS)
SCREEN = KeyTable(STEMS, word_keys(STEMS, ["record", "keep", "learn", "cue", "store"]), DIGITS[:9], ROWS)


@pytest.mark.parametrize(("sources", "keys"), [
    (SOURCES, "dbov"), (("drums", "double bass", "dulcimer"), "dou"), (("quena", "Quijada"), "ui"),
    (("a", "a2"), "a"), (("1", "vocals"), "v"),
    (("rhythm", "keys", "quartet"), "heu")])
def test_a_stem_has_the_first_letter_of_its_name_that_is_free(sources: tuple[str, ...], keys: str) -> None:
    assert "".join(stem_keys(sources)) == keys


def test_words_take_letters_that_no_stem_has() -> None:
    assert word_keys({"r": "rhythm", "k": "keys"}, ["record", "keep", "cue", "store"]) == {
        "e": "record", "p": "keep", "c": "cue", "s": "store"}


@pytest.mark.parametrize("key", "dbovDBOVrkl123456789")
def test_a_key_means_the_same_on_the_keyboard_and_on_the_screen(key: str) -> None:
    assert KEYBOARD.meaning(key, key) is not None
    assert KEYBOARD.meaning(key, key) == SCREEN.meaning(key, key)


@pytest.mark.parametrize("key", ["x", "\xb2", "\u0661", "", "+", "Q"])
def test_other_keys_mean_nothing(key: str) -> None:
    assert KEYBOARD.meaning(key, key) is SCREEN.meaning(key, key) is None


def test_zero_is_the_tenth_scene_where_no_strip_is_chosen_and_resets_one_that_is() -> None:
    assert KEYBOARD.meaning("0", "0") == ("scene", 9)
    assert SCREEN.meaning("0", "0") == ("reset", 0)


def test_every_row_is_done_and_its_first_key_is_in_the_help() -> None:
    page = dict(SCREEN.page("the fader"))
    assert {row.name for row in ROWS} == {*DOES, "scene", "close"}
    assert [row.name for row in ROWS if row.shown and [*row.keys, "1"][0] not in row.shown] == []
    assert {row.shown for row in ROWS if row.shown} <= set(page)
    assert page["space"] == "mute the chosen strip; c: cue it"
    assert {*"rkl"} <= set(page)
