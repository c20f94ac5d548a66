"""Scenes come back as they were stored, by name and by number; what is offered is done by its name."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from stream.command import scenebook
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.mixer.strip import Scene

SOURCES = ("drums", "vocals")


def with_scenes(scenes: dict[str, Scene]) -> Desk:
    desk = Desk(Mixer(SOURCES))
    for name, scene in scenes.items():
        desk.add(name, scene)
    return desk


def test_a_scene_that_was_stored_comes_back_by_name_and_by_number() -> None:
    desk = with_scenes({"karaoke": {"vocals": {"mute": 1}}})
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
    desk = with_scenes({"a": {}, "b": {}})
    with pytest.raises(ValueError, match=r"no scene .*; the scenes are a, b"):
        desk.recall(name)


def test_a_scene_that_does_not_fit_is_refused() -> None:
    desk = with_scenes({})
    with pytest.raises(ValueError, match="no stem guitar"):
        desk.add("mine", {"guitar": {"mute": 1}})
    assert not desk.scenes


def test_what_is_offered_is_done_and_nothing_else() -> None:
    desk, done = Desk(Mixer(SOURCES)), []
    desk.offer("quit", lambda: done.append("quit"))
    desk.act("quit")
    assert done == ["quit"]
    with pytest.raises(ValueError, match="there is no action jump; the actions are quit"):
        desk.act("jump")


def test_a_scene_that_was_stored_is_there_the_next_time() -> None:
    desk = Desk(Mixer(SOURCES), scenebook.save)
    desk.mixer.recall({"vocals": {"gain": -math.inf, "pan": 0.5}})
    desk.store("b side")
    desk.mixer.set("vocals", "mute", 1)
    desk.store("a")
    assert list(scenebook.load()) == ["b side", "a"]
    assert scenebook.load()["a"] == desk.mixer.scene()
    scenebook.scenes_path().unlink()


def test_what_holds_no_scenes_is_refused_with_its_name_and_begun_anew() -> None:
    scenebook.scenes_path().parent.mkdir(parents=True, exist_ok=True)
    scenebook.scenes_path().write_text("[1]")
    with pytest.raises(ValueError, match=r"scenes\.json holds no scenes"):
        scenebook.load()
    scenebook.save("a", {})
    assert scenebook.load() == {"a": {}}
    scenebook.scenes_path().unlink()


def test_a_scene_that_cannot_be_written_is_there_for_this_run() -> None:
    def full(_name: str, _scene: Scene) -> None:
        raise OSError(28, "No space left on device")

    desk = Desk(Mixer(SOURCES), full)
    with pytest.raises(ValueError, match="scene a is stored for this run only: No space left on device"):
        desk.store("a")
    assert "a" in desk.scenes


def test_scenes_that_several_runs_store_at_once_are_all_there() -> None:
    with ThreadPoolExecutor(8) as pool:  # each opens the file itself, as a process of its own does
        for done in [pool.submit(scenebook.save, f"scene {at}", {"vocals": {"gain": float(-at)}}) for at in range(24)]:
            done.result()
    assert scenebook.load() == {f"scene {at}": {"vocals": {"gain": -at}} for at in range(24)}
    assert [path.name for path in scenebook.scenes_path().parent.glob(".*")] == []
    scenebook.scenes_path().unlink()


def test_scenes_of_the_configuration_keep_their_numbers_whatever_is_stored() -> None:
    configured = {"karaoke": {"vocals": {"mute": 1.0}}, "quiet": {"drums": {"gain": -20.0}}}
    stored = {"2": {"bass": {"mute": 1.0}}, "quiet": {"drums": {"gain": 0.0}}}
    found = scenebook.in_order(configured, stored)
    assert list(found) == ["karaoke", "quiet", "2"]
    assert found["quiet"] == configured["quiet"]
