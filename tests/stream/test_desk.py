"""Scenes come back as they were stored, by name and by number; what is offered is done by its name."""

import pytest

from stream.control.desk import Desk
from stream.control.mixer import Mixer

SOURCES = ("drums", "vocals")


def test_a_scene_that_was_stored_comes_back_by_name_and_by_number() -> None:
    desk = Desk(Mixer(SOURCES), {"karaoke": {"vocals": {"mute": 1}}})
    desk.mixer.set("drums", "gain", -6)
    desk.store("quiet")
    for name in ("quiet", 1):
        desk.mixer.set("drums", "gain", 0)
        desk.recall(name)
        assert desk.mixer.get("drums", "gain") == -6
    desk.recall(0)
    assert desk.mixer.on("vocals", "mute")
    assert desk.mixer.get("drums", "gain") == -6  # a scene sets what it has
    assert list(desk.scenes) == ["karaoke", "quiet"]


@pytest.mark.parametrize("name", ["loud", 2, -1])
def test_a_scene_that_is_not_here_is_refused(name: str | int) -> None:
    desk = Desk(Mixer(SOURCES), {"a": {}, "b": {}})
    with pytest.raises(ValueError, match=r"no scene .*; here are a, b"):
        desk.recall(name)


def test_a_scene_that_does_not_fit_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match="scene mine: no stem guitar"):
        Desk(Mixer(SOURCES), {"mine": {"guitar": {"mute": 1}}})


def test_what_is_offered_is_done_and_nothing_else() -> None:
    desk, done = Desk(Mixer(SOURCES)), []
    desk.offer("quit", lambda: done.append("quit"))
    desk.act("quit")
    assert done == ["quit"]
    with pytest.raises(ValueError, match="nothing is done for jump; here are quit"):
        desk.act("jump")
