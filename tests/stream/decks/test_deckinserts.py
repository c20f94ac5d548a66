"""Stems of decks through effects: in their place to the frame, all decks as late, and presses and moves as before."""

from argparse import Namespace
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from dsp.quantize import quantize
from stream.command.inserting import wanted_inserts
from stream.inserts.naming import Effect, Value
from stream.inserts.process import Process
from stream.live.insert import Insert
from stream.tracks.track import Track
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig, noise, track

SONGS = {"a": noise(4), "b": noise(4, seed=1)}
VOCALS = quantize(noise(4, seed=2))
Make = Callable[..., Insert]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Track]]:
    folder = tmp_path_factory.mktemp("songs")
    made = {name: track(folder / f"{name}.wav", song) for name, song in SONGS.items()}
    for each in made.values():
        stems = np.zeros((len(VOCALS), 6), np.float32)
        stems[:, 4:] = VOCALS
        each.put(0, stems)
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes the insert of a strip, an effect of ours."""
    opened: list[Process] = []

    def made(strip: str, name: str = "Later", **settings: Value) -> Insert:
        opened.append(Process([Effect(f"tests.rig.effects.{name}", settings)], RATE))
        return Insert(strip, opened[-1].loaded())

    yield made
    for each in opened:
        each.__exit__()


class Played(Rig):
    """Both songs play; `expected` are the frames of a song that belong to the last ones that were heard."""

    def __init__(self, loaded: dict[str, Track], inserts: list[Insert], block: int = BLOCK) -> None:
        super().__init__(block, inserts=inserts, routes=("mix=1-2", "a=3-4", "b=5-6"))
        self.behind = self.engine.latency.insert
        for name, each in loaded.items():
            self.booth.deck(name).load(each)
        self.hear(max(3, 4096 // block))
        self.start = self.engine.position
        for name in loaded:
            self.booth.press(name, "play")
        self.hear(-(-(self.behind + 1024) // block))

    def expected(self, song: Frames, heard: Frames) -> Frames:
        end = self.engine.position - self.start - self.behind
        return song[end - len(heard) : end]


@pytest.mark.parametrize("block", [64, 441, 512, 2048])
def test_effects_that_change_nothing_are_both_songs_bit_for_bit_and_in_step(
        loaded: dict[str, Track], make: Make, block: int) -> None:
    rig = Played(loaded, [make("a/vocals", frames=700), make("b/drums", frames=33, keeps=True)], block)
    heard = rig.hear(16_384 // block)
    a, b = (rig.expected(song, heard) for song in SONGS.values())
    assert np.array_equal(heard[:, 2:4], a)
    assert np.array_equal(heard[:, 4:], b)
    assert np.array_equal(heard[:, :2], a + b)
    assert rig.behind >= 700 + BLOCK
    counts = rig.engine.counts()
    assert counts["insert_misses"] == counts["underruns"] == 0


@pytest.mark.parametrize("block", [64, 441, 512, 2048])
def test_a_stem_turned_over_is_in_its_place(loaded: dict[str, Track], make: Make, block: int) -> None:
    rig = Played(loaded, [make("a/vocals", frames=700, gain=-1)], block)
    heard = rig.hear(8192 // block)[:, 2:4]
    song, vocals = rig.expected(SONGS["a"], heard), rig.expected(VOCALS, heard)
    assert heard == pytest.approx(song - 2 * vocals, abs=1e-6)
    rig.mixers["a"].set("vocals", "insert", 0)
    rig.hear(-(-1024 // block))
    heard = rig.hear(4096 // block)[:, 2:4]
    assert np.array_equal(heard, rig.expected(SONGS["a"], heard))


def test_a_jump_goes_through_the_effects_too_and_a_mute_does_not_wait_for_them(
        loaded: dict[str, Track], make: Make) -> None:
    rig = Played(loaded, [make("a/vocals", frames=100, gain=-1)])
    rig.booth.press("a", "seek", 2 * RATE)
    heard = rig.hear(20)[rig.behind :, 2:4]
    song, vocals = (each[2 * RATE : 2 * RATE + len(heard)] for each in (SONGS["a"], VOCALS))
    assert heard[512:] == pytest.approx((song - 2 * vocals)[512:], abs=1e-6)  # behind the crossfade
    rig.booth.master.set("a", "mute", 1)
    rig.hear(2)
    assert not rig.hear(1)[:, 2:4].any()


def test_effects_that_are_late_are_the_stem_itself_until_they_are_back(loaded: dict[str, Track], make: Make) -> None:
    rig = Played(loaded, [make("a/vocals", gain=-1)])
    inserts, rig.inserts = rig.inserts, ()
    rig.hear(rig.behind // BLOCK + 3)
    heard = rig.hear(8)[:, 2:4]
    assert np.array_equal(heard, rig.expected(SONGS["a"], heard))
    assert rig.engine.counts()["insert_misses"] > 0
    rig.inserts = inserts
    rig.hear(4)
    heard = rig.hear(8)[:, 2:4]
    assert heard == pytest.approx(rig.expected(SONGS["a"] - 2 * VOCALS, heard), abs=1e-6)


def test_without_effects_nothing_is_later(loaded: dict[str, Track]) -> None:
    rig = Played(loaded, [])
    assert rig.behind == 0
    heard = rig.hear(4)
    assert np.array_equal(heard[:, 2:4], rig.expected(SONGS["a"], heard))


@pytest.mark.parametrize(("texts", "players", "configured", "found"), [
    (["a/vocals=Gain", "a/vocals=Delay", "b/drums=Gain"], "ab", False, {"a": ["vocals", "vocals"], "b": ["drums"]}),
    (["vocals=Gain", "live/vocals=Gain"], ["live"], False, {"live": ["vocals", "vocals"]}),
    (["vocals=Gain", "a/bass=Gain"], ["a", "b", "live"], False, {"a": ["bass"], "b": [], "live": ["vocals"]}),
    (["vocals=Gain", "a/bass=Gain"], ["live"], True, {"live": ["vocals"]}),
    (["vocals=Gain", "a/bass=Gain"], "ab", True, {"a": ["bass"], "b": []})])
def test_an_insert_is_of_a_player(texts: list[str], players: list[str], configured: bool,
                                  found: dict[str, list[str]]) -> None:
    arguments = Namespace(insert=texts, configured={"insert"} if configured else set())
    made = wanted_inserts(arguments, players)
    assert {name: [stem for stem, chain in each.items() for _ in chain] for name, each in made.items()} == {
        name: found.get(name, []) for name in players}


@pytest.mark.parametrize(("text", "says"), [
    ("vocals=Gain", "insert vocals: on which deck? a/vocals or b/vocals"),
    ("c/vocals=Gain", "insert c/vocals: there is no player c; the players are a, b"),
    ("live/vocals=Gain", "insert live/vocals: there is no player live; the players are a, b"),
    ("a=Gain", "insert a: an effect is for one stem, such as a/vocals"),
    ("master=Gain", "insert master: an effect is")])
def test_an_insert_of_nobody_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        wanted_inserts(Namespace(insert=[text]), "ab")
    assert says in str(refused.value)
