"""Keys of a terminal, a real one: letters mute, capitals solo, digits recall scenes, q quits."""

import os
import sys

import pytest

from stream.control.keys import Keys
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer

SOURCES = ("drums", "bass", "other", "vocals")


def test_letters_mute_capitals_solo_and_others_mean_nothing() -> None:
    desk = Desk(Mixer(SOURCES))
    keys = Keys(desk)
    for key in "dV?x1 \x1béqrk":
        keys.press(key)
    assert [desk.mixer.on(stem, "mute") for stem in SOURCES] == [True, False, False, False]
    assert [desk.mixer.on(stem, "solo") for stem in SOURCES] == [False, False, False, True]


def test_what_is_offered_has_its_key() -> None:
    desk, done = Desk(Mixer(SOURCES)), []
    for act in ("quit", "record", "keep"):
        desk.offer(act, lambda act=act: done.append(act))
    keys = Keys(desk)
    for key in "rkq":
        keys.press(key)
    assert done == ["record", "keep", "quit"]
    assert keys.help == "d=drums b=bass o=other v=vocals, shift solos, q quits, r records, k keeps"


def test_digits_recall_scenes_in_their_order() -> None:
    desk = Desk(Mixer(SOURCES))
    for name, muted in (("first", 1), ("second", 0)):
        desk.add(name, {"bass": {"mute": muted}})
    keys = Keys(desk)
    for key, muted in (("1", True), ("2", False), ("3", False), ("1", True)):
        keys.press(key)
        assert desk.mixer.on("bass", "mute") == muted


def test_without_a_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nowhere:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nowhere)
        with Keys(Desk(Mixer(SOURCES))) as keys:
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
        with Keys(Desk(mixer)) as keys:
            assert keys.here
            assert not keys.step()
            os.write(typist, b"bB")
            assert keys.step()
            assert (mixer.on("bass", "mute"), mixer.on("bass", "solo")) == (True, True)
        assert termios.tcgetattr(stdin) == before
    os.close(typist)
