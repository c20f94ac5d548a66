"""Keys of a terminal, a real one: letters mute, capitals solo, q quits."""

import os
import sys

import pytest

from stream.control.keys import Keys, bindings
from stream.control.mixer import Mixer

SOURCES = ("drums", "bass", "other", "vocals")


@pytest.mark.parametrize(("sources", "keys"), [
    (SOURCES, "dbov"), (("drums", "double bass", "dulcimer"), "dou"), (("quena", "Quijada"), "ui"),
    (("a", "a2"), "a"), (("1", "vocals"), "v")])
def test_a_stem_has_the_first_letter_of_its_name_that_is_free(sources: tuple[str, ...], keys: str) -> None:
    assert "".join(bindings(sources)) == keys


def test_letters_mute_capitals_solo_q_quits_and_others_mean_nothing() -> None:
    mixer, quits = Mixer(SOURCES), []
    keys = Keys(mixer, lambda: quits.append("q"))
    for key in "dV?x1 \x1bé":
        keys.press(key)
    assert [mixer.on(stem, "mute") for stem in SOURCES] == [True, False, False, False]
    assert [mixer.on(stem, "solo") for stem in SOURCES] == [False, False, False, True]
    assert not quits
    keys.press("q")
    assert quits == ["q"]


def test_without_a_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nowhere:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nowhere)
        with Keys(Mixer(SOURCES), lambda: None) as keys:
            assert not keys.here


@pytest.mark.skipif(os.name != "posix", reason="keys are read on POSIX only")
def test_keys_typed_at_a_terminal_are_heard_without_return_and_it_is_left_as_it_was(
        monkeypatch: pytest.MonkeyPatch) -> None:
    import termios

    typist, terminal = os.openpty()
    mixer = Mixer(SOURCES)
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(stdin)
        with Keys(mixer, lambda: None) as keys:
            assert keys.here
            assert not keys.step()
            os.write(typist, b"bB")
            assert keys.step()
            assert (mixer.on("bass", "mute"), mixer.on("bass", "solo")) == (True, True)
        assert termios.tcgetattr(stdin) == before
    os.close(typist)
