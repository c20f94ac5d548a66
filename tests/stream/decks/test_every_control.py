"""Every control of decks that has a name is used and heard; one that nobody hears here fails.

What is only another way to a verb (parameters of a transport, acts, keys) has to sound as the verb does, bit for bit,
and not as if nothing had been done; what verbs sound like is in test_every_verb.py. What a mixer does is compared with
what it ought to do to the songs and their stems.
"""

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.quantize import quantize
from stream.control.deckkeys import DeckKeys
from stream.control.deckkeytable import GRID_ROWS, MASTER_ROWS, STEM_ROWS, TAKEN, moves
from stream.decks.deckdesk import ACTS, deck_desk
from stream.mixer.deckstrip import DECK_PARAMETERS, HOT_CUES
from stream.mixer.players import has
from stream.tracks.track import Track
from tests.stream.decks.places import KnownBeats
from tests.stream.decks.rig import RATE, STEMS, Frames, Rig, noise, track

SECONDS, QUIET = 8, np.float32(0.2)  # of a song; what two of them together need not be limited for
BLOCKS = 4  # that are heard after each thing that is done
WAYS = ("verb", "act", "key")
HALF_DB = -6.0206
FULL = 1e-5


@dataclass(frozen=True)
class Song:
    """dry: float32 (frames, 2)      stems: the same of each"""

    track: Track
    dry: Frames
    stems: Mapping[str, Frames]


def song(path: Path, seed: int) -> Song:
    """Noise whose stems are all there."""
    dry = noise(SECONDS, seed) * QUIET
    made = track(path, dry)
    stored = quantize(np.concatenate([noise(SECONDS, seed + at) for at in (1, 2, 3)], axis=1) * QUIET)
    made.put(0, stored)
    parts = {name: stored[:, 2 * at : 2 * at + 2] for at, name in enumerate(made.stored)}
    return Song(made, dry, {**parts, "other": dry - np.sum(list(parts.values()), axis=0)})


def written(folder: Path) -> dict[str, Song]:
    """Of deck a and b, as files in a folder."""
    return {name: song(folder / f"{name}.wav", seed) for name, seed in (("a", 10), ("b", 20))}


def two_songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Song]]:
    """Of deck a and b, until they are needed no more."""
    made = written(tmp_path_factory.mktemp("songs"))
    yield made
    for each in made.values():
        each.track.close()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Song]]:
    yield from two_songs(tmp_path_factory)


class Stage(Rig):
    """Two decks that play, everything that works on them, and what leaves by the mix, the cue bus and the booth."""

    def __init__(self, songs: Mapping[str, Song], waiting: list[Path] | None = None) -> None:
        super().__init__(songs=waiting or [], routes=("mix=1-2", "cue=3-4", "booth=5-6"))
        self.stopped = list[bool]()
        self.desk = deck_desk(self.booth, RATE)
        self.desk.offer("quit", lambda: self.stopped.append(True))
        self.keys = DeckKeys(self.desk, self.said.append)
        self.starts = {"a": 2 * RATE, "b": RATE}
        for name, at in self.starts.items():
            self.booth.deck(name).load(songs[name].track, KnownBeats())  # type: ignore[arg-type]
            self.booth.press(name, "seek", at)
            self.booth.press(name, "play")
        self.began = self.engine.position
        self.hear(8)

    def parts(self, songs: Mapping[str, Song], count: int) -> dict[str, Frames]:
        """What the last frames that were heard are made of: `a`, `b`, `a/vocals` ..."""
        found = {}
        for name, each in songs.items():
            end = self.starts[name] + self.engine.position - self.began
            found[name] = each.dry[end - count : end]
            found |= {f"{name}/{stem}": frames[end - count : end] for stem, frames in each.stems.items()}
        return found


Does = Callable[[Stage], Any]


def nothing(_stage: Stage) -> None:
    """What is played goes on."""


def press(name: str, *values: Any) -> Does:
    return lambda stage: stage.booth.press("a", name, *values)


def put(strip: str, name: str, value: float) -> Does:
    return lambda stage: stage.desk.mixer.set(strip, name, value)


def act(name: str, *values: float) -> Does:
    return lambda stage: stage.desk.act(f"a/{name}", *values)


def typed(keys: str) -> Does:
    return lambda stage: [stage.keys.press(key) for key in keys]


def heard(songs: Mapping[str, Song], *done: Does) -> Frames:
    stage, out = Stage(songs), []
    for does in done:
        does(stage)
        out.append(stage.hear(BLOCKS))
    assert stage.engine.counts()["underruns"] == 0
    return np.concatenate(out)


@dataclass(frozen=True)
class Verb:
    """A verb, and what makes it heard: what is done before, and after it."""

    name: str
    values: tuple[Any, ...] = ()
    before: tuple[Does, ...] = ()
    after: tuple[Does, ...] = ()


def same(songs: Mapping[str, Song], does: tuple[Does, ...], wanted: tuple[Does, ...], verb: Verb) -> None:
    """Assert that the one is heard as the other, and is heard at all."""
    def with_(what: tuple[Does, ...]) -> Frames:
        return heard(songs, *verb.before, *what, *verb.after)

    assert len(does) == len(wanted)
    found = with_(does)
    assert np.array_equal(found, with_(wanted))
    assert not np.array_equal(found, with_((nothing,) * len(does)))


def press_b(name: str, *values: Any) -> Does:
    return lambda stage: stage.booth.press("b", name, *values)


FASTER = (press_b("tempo", 0.3), nothing)
LOOP = press("auto_loop", 0.25)
ON_BEATS = (LOOP, *(nothing,) * 7)
AGAIN = (nothing, press("hot_cue_press", 2))
VERBS = {verb.name: verb for verb in (
    Verb("play", before=(press("pause"),)), Verb("pause"), Verb("play_pause"), Verb("brake", (0.1,)), Verb("reverse"),
    Verb("censor_press"), Verb("hot_cue_set", (2,), after=AGAIN),
    Verb("hot_cue_delete", (2,), before=(press("hot_cue_set", 2), nothing), after=AGAIN),
    Verb("hot_cue_press", (2,), before=(press("hot_cue_set", 2), nothing)),
    Verb("cue_press", before=(press("cue_press"), nothing)),
    Verb("loop_in", after=(nothing, press("loop_out"), nothing)), Verb("loop_out", before=(press("loop_in"), nothing),
                                                                      after=(nothing,)),
    Verb("auto_loop", (0.25,), after=(nothing, nothing)), Verb("halve_loop", before=(LOOP,), after=(nothing,)),
    Verb("double_loop", before=(LOOP,), after=(nothing, nothing)), Verb("move_loop", (1,), before=(LOOP,)),
    Verb("leave_loop", before=(LOOP,), after=(nothing,)),
    Verb("reloop", before=(LOOP, press("leave_loop"), nothing, nothing)),
    Verb("jump_back"), Verb("jump_on"), *(Verb(name, values, after=(press("jump_on"),)) for name, values in (
        ("jump_size", (1,)), ("halve_jump", ()), ("double_jump", ()))),
    *(Verb(name, values, (press("quantize", True), *before), ON_BEATS) for name, values, before in (
        ("grid_double", (), ()), ("grid_halve", (), ()), ("grid_three_quarters", (), ()), ("grid_four_thirds", (), ()),
        ("grid_move", (-30,), ()), ("grid_here", (), ()), ("grid_reset", (), (press("grid_move", 40),)),
        ("grid_tap", (), 3 * (press("grid_tap"), *(nothing,) * 6)))),
    Verb("seek", (3 * RATE,)), Verb("skip", (-1,)), Verb("beat_jump", (-2,)), Verb("tempo", (0.3,)),
    Verb("tempo_range", (50,), before=(press("tempo", 0.3),)), Verb("bend", (0.1,)),
    Verb("key_lock", (True,), before=(press("tempo", 0.5),)),
    Verb("slip", (True,), after=(LOOP, nothing, nothing, press("leave_loop"))),
    Verb("quantize", (True,), after=(LOOP, nothing, nothing)), Verb("brake_time", (0.1,), after=(press("pause"),)),
    Verb("sync", (True,), before=FASTER, after=(press_b("tempo", 0.6), nothing)),
    Verb("spin_time", (0.1,), before=(press("pause"),), after=(press("play"),)), Verb("touch_press"),
    Verb("turn", (0.1, 2), before=(press("touch_press"), nothing)))}


# the transport's parameters: what they are set to, and the verbs that it is
SETTINGS: dict[str, tuple[Verb, tuple[float, ...], tuple[Does, ...]]] = {
    "cue": (Verb("cue", before=(press("pause"), press("cue_press"), press("cue_release"))), (1, 0),
            (press("cue_press"), press("cue_release"))),
    "censor": (VERBS["censor_press"], (1, 0), (press("censor_press"), press("censor_release"))),
    "touch": (VERBS["touch_press"], (1, 0), (press("touch_press"), press("touch_release"))),
    **{f"hotcue/{number}": (Verb("hot_cue", before=(press("slip", True),)), (1, 0, 1, 0), 2 * (
        press("hot_cue_press", number - 1), press("hot_cue_release", number - 1))) for number in
       range(1, HOT_CUES + 1)},
    **{name: (VERBS[name], (VERBS[name].values or (1,)), (press(name, *VERBS[name].values),)) for name in (
        "play", "reverse", "tempo", "bend", "key_lock", "slip", "quantize", "sync", "brake_time", "spin_time")}}


# how each switch is switched off
OFF = {"play": (VERBS["pause"], press("pause")),
       "reverse": (Verb("reverse", before=(press("reverse"),)), press("reverse")),
       **{name: (Verb(name, before=(*VERBS[name].before, press(name, True)), after=VERBS[name].after),
                 press(name, False)) for name in ("key_lock", "slip", "quantize", "sync")}}


@pytest.mark.parametrize("name", [name for name, each in DECK_PARAMETERS.items() if each.switch and not each.held])
def test_every_switch_of_a_transport_is_heard_when_it_is_off(songs: dict[str, Song], name: str) -> None:
    assert name in OFF, f"nobody hears {name}"
    verb, wanted = OFF[name]
    same(songs, (put("a", name, 0),), (wanted,), verb)


@pytest.mark.parametrize("name", DECK_PARAMETERS)
def test_every_parameter_of_a_transport_is_heard_as_its_verb(songs: dict[str, Song], name: str) -> None:
    assert name in SETTINGS, f"nobody hears {name}"
    verb, values, wanted = SETTINGS[name]
    same(songs, tuple(put("a", name, float(value)) for value in values), wanted, verb)


# acts: hot cues are counted from 1 on there, and places in seconds
OF_THEIR_OWN = ("eject", "grid_downbeat")  # have tests below
COUNTED = {"seek": (3,), "hot_cue_set": (3,), "hot_cue_delete": (3,)}


@pytest.mark.parametrize("name", [act for act in ACTS if act not in OF_THEIR_OWN])
def test_every_act_of_a_deck_is_heard_as_its_verb(songs: dict[str, Song], name: str) -> None:
    assert name in VERBS, f"nobody hears {name}"
    verb = VERBS[name]
    same(songs, (act(name, *COUNTED.get(name, verb.values)),), (press(name, *verb.values),), verb)


# keys: the verb, or what is set
def verb_key(name: str, *values: Any) -> tuple[Verb, tuple[Does, ...]]:
    return VERBS[name], (press(name, *values),)


def set_key(strip: str, name: str, value: float, *before: Does) -> tuple[Verb, tuple[Does, ...]]:
    return Verb(name, before=before), (put(strip, name, value),)


ASIDE = put("master", "crossfader", 0.2)
KEYS: dict[str, tuple[Verb, tuple[Does, ...]]] = {
    " ": verb_key("play_pause"), "c": verb_key("cue_press"), ",": verb_key("jump_back"),
    ".": verb_key("jump_on"), "_": verb_key("halve_jump"), "+": verb_key("double_jump"), "!": verb_key("grid_tap"),
    "[": verb_key("loop_in"), "]": verb_key("loop_out"), "h": verb_key("beat_jump", -1),
    "j": verb_key("beat_jump", 1), "H": verb_key("beat_jump", -32), "u": verb_key("skip", -10),
    "x": verb_key("leave_loop"), "X": verb_key("reloop"), "-": verb_key("halve_loop"), "=": verb_key("double_loop"),
    "(": verb_key("move_loop", -1), ")": verb_key("move_loop", 1), "r": verb_key("reverse"), "z": verb_key("brake"),
    "e": verb_key("censor_press"), ";": verb_key("bend", -0.02), "'": verb_key("bend", 0.02),
    "k": verb_key("key_lock", True), "s": verb_key("slip", True), "g": verb_key("quantize", True),
    "&": verb_key("sync", True),
    "}": verb_key("tempo", 0.01), "{": verb_key("tempo", -0.01), "R": verb_key("tempo_range", 16),
    "0": (Verb("tempo", before=(press("tempo", 0.3),)), (press("tempo", 0),)),
    "l": (Verb("auto_loop", after=(nothing,) * 46), (press("auto_loop", 4),)),
    **{str(number): (Verb("hot_cue_press", before=(press("hot_cue_set", number - 1), nothing)), (
        press("hot_cue_press", number - 1),)) for number in range(1, HOT_CUES + 1)},
    "f": set_key("a", "gain", -1), "F": set_key("a", "gain", -2, put("a", "gain", -3)), "t": set_key("a", "trim", -1),
    "T": set_key("a", "trim", 1), "i": set_key("a", "low", -26), "m": set_key("a", "mid", -26),
    "a": set_key("a", "high", -26), "#": set_key("a", "pfl", 1), "y": set_key("master", "curve", 3, ASIDE),
    "Y": set_key("a", "side", 1, put("master", "crossfader", 1)), "<": set_key("master", "crossfader", 0.4),
    ">": set_key("master", "crossfader", 0.6), ":": set_key("a", "filter", -0.05), '"': set_key("a", "filter", 0.05),
    **{key: set_key(f"a/{stem}", "mute", 1) for key, stem in zip("dbov", STEMS, strict=True)},
    **{key.upper(): set_key(f"a/{stem}", "solo", 1) for key, stem in zip("dbov", STEMS, strict=True)}}
# keys that are followed by another one, or have a test of their own
CHORDS = {"wv": (Verb("swap"), (lambda stage: (put("a/vocals", "solo", 1)(stage), put("b/vocals", "mute", 1)(stage)),)),
          "C3": (VERBS["hot_cue_delete"], (press("hot_cue_delete", 2),)),
          "/^": (Verb("lead", before=(press_b("sync", True), nothing, press("sync", True)), after=(
              press_b("tempo", 0.6), nothing)), (lambda stage: stage.booth.leader.ask("b"),)),
          "/v": set_key("b/vocals", "mute", 1), "G=": verb_key("grid_double"), "G-": verb_key("grid_halve"),
          "G3": verb_key("grid_three_quarters"), "G4": verb_key("grid_four_thirds"), "G,": verb_key("grid_move", -10),
          "G.": verb_key("grid_move", 10), "G<": verb_key("grid_move", -1), "G>": verb_key("grid_move", 1),
          "Gh": verb_key("grid_here"), "G0": verb_key("grid_reset"), "Qv": set_key("a/vocals", "cue", 1),
          "Avf": set_key("a/vocals", "gain", -1), "AvF": set_key("a/vocals", "gain", 1),
          "Av[": set_key("a/vocals", "pan", -0.1), "Av]": set_key("a/vocals", "pan", 0.1),
          "Avi": set_key("a/vocals", "low", -26), "Avm": set_key("a/vocals", "mid", -26),
          "Ava": set_key("a/vocals", "high", -26), "Av:": set_key("a/vocals", "filter", -0.05),
          'Av"': set_key("a/vocals", "filter", 0.05),
          "Mf": set_key("master", "level", -1), "MF": set_key("master", "level", -2, put("master", "level", -3)),
          "Mb": set_key("master", "booth", -1), "MB": set_key("master", "booth", -2, put("master", "booth", -3)),
          "MC": set_key("master", "cue_mix", 0.1),
          "Mc": set_key("master", "cue_mix", 0.4, put("master", "cue_mix", 0.5)),
          "Ms": set_key("master", "split", 1), "Mh": set_key("master", "hamster", 1, ASIDE)}
# have tests of their own, here or in tests/stream/control/test_deckkeys.py
OTHERS = {"^", "q", "n", "J", "U", "E", "Gd", "S", "*", "K", "L", "?", "Avx"}


@pytest.mark.parametrize("key", [*KEYS, *CHORDS])
def test_every_key_is_heard_as_what_it_stands_for(songs: dict[str, Song], key: str) -> None:
    verb, wanted = {**KEYS, **CHORDS}[key]
    same(songs, (typed(key),), wanted, verb)


# keys that let go, or switch off, what they did before
TWICE: dict[str, tuple[Verb, tuple[Does, Does]]] = {
    " ": (VERBS["play_pause"], (press("play_pause"), press("play_pause"))),
    "c": (SETTINGS["cue"][0], (press("cue_press"), press("cue_release"))),
    "e": (VERBS["censor_press"], (press("censor_press"), press("censor_release"))),
    "'": (VERBS["bend"], (press("bend", 0.02), press("bend", 0))),
    "k": (VERBS["key_lock"], (press("key_lock", True), press("key_lock", False))),
    "r": (VERBS["reverse"], (press("reverse"), press("reverse"))),
    **{key: (Verb(name), (put(strip, name, on), put(strip, name, 0))) for key, strip, name, on in (
        ("v", "a/vocals", "mute", 1), ("V", "a/vocals", "solo", 1), ("i", "a", "low", -26), ("m", "a", "mid", -26),
        ("a", "a", "high", -26), ("#", "a", "pfl", 1), ("Ms", "master", "split", 1))},
    "wv": (Verb("swap"), (CHORDS["wv"][1][0], lambda stage: (put("a/vocals", "solo", 0)(stage),
                                                             put("b/vocals", "mute", 0)(stage))))}


@pytest.mark.parametrize("key", TWICE)
def test_a_key_that_is_pressed_again_is_heard(songs: dict[str, Song], key: str) -> None:
    verb, wanted = TWICE[key]
    same(songs, (typed(key), typed(key)), wanted, verb)


def test_every_key_there_is_is_heard(songs: dict[str, Song]) -> None:
    stage = Stage(songs)
    there = TAKEN | stage.keys.stems.keys() | {key.upper() for key in stage.keys.stems}
    chords = {f"G{key}" for key in moves(GRID_ROWS)} | {f"M{key}" for key in moves(MASTER_ROWS)}
    chords |= {f"Av{key}" for key in moves(STEM_ROWS)}
    chords |= {f"C{key}" for key in "3"} | {"wv", "/v", "/^", "Qv"}
    assert there | chords == {*KEYS, *CHORDS, *(chord[0] for chord in CHORDS), *OTHERS}


def test_a_key_that_has_no_meaning_is_not_heard(songs: dict[str, Song]) -> None:
    free = {*string.printable} - {*KEYS, *(chord[0] for chord in CHORDS), *OTHERS}
    stage = Stage(songs)
    for key in sorted(free):
        stage.keys.press(key)
    found = stage.hear(8)
    parts = stage.parts(songs, len(found))
    assert np.array_equal(found[:, :2], parts["a"] + parts["b"])
    assert stage.said == []


@pytest.mark.parametrize(("key", "said"), [("J", "the song has no 32 beats left"), ("U", "")])
def test_jumps_beyond_the_songs_end(songs: dict[str, Song], key: str, said: str) -> None:
    """The song is shorter; a jump is refused, a seek goes to its end."""
    stage = Stage(songs)
    stage.keys.press(key)
    found = stage.hear(BLOCKS)
    parts = stage.parts(songs, len(found))
    assert stage.said == ([f"deck a: {said}"] if said else [])
    assert found[-BLOCKS * 64 :, :2] == pytest.approx(
        (parts["b"] + (parts["a"] if said else 0))[-BLOCKS * 64 :], abs=FULL)


def test_the_next_song_is_heard(tmp_path: Path) -> None:
    own = {name: song(tmp_path / f"{name}.wav", seed) for name, seed in (("a", 10), ("b", 20))}
    for does in (typed("n"), act("next_song")):
        stage = Stage(own, [tmp_path / "next.wav"])
        for deck in "ab":
            stage.booth.press(deck, "pause")
        stage.hear(4)
        does(stage)
        stage.hear(4)
        stage.booth.press("a", "play")
        assert np.array_equal(stage.hear(4)[:, :2], noise(6)[: 4 * stage.block])
        own["a"] = song(tmp_path / "a.wav", 10)
    stage.booth.close()
    own["a"].track.close()


@pytest.mark.parametrize("does", [press("eject"), act("eject"), typed("E")], ids=WAYS)
def test_a_song_that_is_ejected_is_not_heard_again(tmp_path: Path, does: Does) -> None:
    own = {name: song(tmp_path / f"{name}.wav", seed) for name, seed in (("a", 10), ("b", 20))}
    stage = Stage(own)
    for done in (press("pause"), does, press("play")):
        done(stage)
        found = stage.hear(BLOCKS)
    assert found[:, :2].tobytes() == stage.parts({"b": own["b"]}, len(found))["b"].tobytes()
    assert stage.a.track is None
    stage.booth.close()


@pytest.mark.parametrize("does", [press("grid_downbeat"), act("grid_downbeat"), typed("Gd")], ids=WAYS)
def test_a_downbeat_is_not_heard_and_is_seen(songs: dict[str, Song], does: Does) -> None:
    stage = Stage(songs)
    stage.booth.press("a", "seek", 5 * RATE + 1000)  # beat 10
    stage.hear(BLOCKS)
    does(stage)
    found = stage.hear(BLOCKS)
    grid = stage.a.state.grid
    assert grid is not None
    assert grid.at(5 * RATE) % 4 == 0
    assert found.any()


def test_q_ends_the_run(songs: dict[str, Song]) -> None:
    stage = Stage(songs)
    stage.keys.press("q")
    assert stage.stopped == [True]


# the mixer: what is set, and what then leaves by the mix and the cue bus
Parts = dict[str, Frames]
Bands = tuple[tuple[float, float], float]  # Hz from and to, and the gain there
LOW, MID, HIGH = (20.0, 90.0), (800.0, 1200.0), (10_000.0, 18_000.0)


@dataclass(frozen=True)
class Wanted:
    """What leaves by the buses once something is set to a value; what is not said is as it was.

    bands: what becomes of what is heard through an equalizer, as gains
    """

    value: float
    mix: Callable[[Parts], Frames] | None = None
    cue: Callable[[Parts], Frames] | None = None
    booth: Callable[[Parts], Frames] | None = None
    before: tuple[Does, ...] = ()
    bands: tuple[Bands, ...] = ()


def both(parts: Parts) -> Frames:
    return parts["a"] + parts["b"]


def sides(left: Frames, right: Frames) -> Frames:
    return np.stack([left[:, 0], right[:, 1]], axis=1)


def mean(frames: Frames) -> Frames:
    return np.repeat(frames.mean(axis=1, keepdims=True), 2, axis=1)


FILTER = ((-0.9, ((LOW, 1.05), (HIGH, 0))), (0.9, ((LOW, 0), (HIGH, 1))))
# an isolator's bands are off at their lowest, a stem's equalizer goes down to -26 dB
EQUALIZERS: dict[str, dict[str, tuple[tuple[float, tuple[Bands, ...]], ...]]] = {
    strip: {"low": ((-26, ((LOW, least), (HIGH, 1))), (6, ((LOW, 2), (HIGH, 1)))),
            "mid": ((-26, ((MID, 1.2 * least), (HIGH, 1))), (6, ((MID, 2), (HIGH, 1)))),
            "high": ((-26, ((HIGH, least), (LOW, 1))), (6, ((HIGH, 2), (LOW, 1)))), "filter": FILTER}
    for strip, least in (("a/vocals", 0.05), ("a", 0))}
STEM: dict[str, tuple[Wanted, ...]] = {
    "mute": (Wanted(1, lambda p: both(p) - p["a/vocals"]),), "solo": (Wanted(1, lambda p: p["a/vocals"] + p["b"]),),
    "cue": (Wanted(1, cue=lambda p: p["a/vocals"]),),
    "gain": (Wanted(HALF_DB, lambda p: both(p) - p["a/vocals"] / 2),),
    "pan": (Wanted(1, lambda p: sides(both(p) - p["a/vocals"], both(p))),),
    "insert": (Wanted(0),)}  # nothing is sent through effects here
OWN: dict[str, tuple[Wanted, ...]] = {
    "trim": (Wanted(-HALF_DB, lambda p: 2 * p["a"] + p["b"]),), "mute": (Wanted(1, lambda p: p["b"]),),
    "solo": (Wanted(1, lambda p: p["a"]),), "pfl": (Wanted(1, cue=lambda p: p["a"]),),
    "gain": (Wanted(HALF_DB, lambda p: p["a"] / 2 + p["b"]),),
    "pan": (Wanted(-1, lambda p: sides(both(p), p["b"])),),
    "side": (Wanted(2, lambda p: 0 * p["a"], before=(put("master", "crossfader", 0),)),
             Wanted(1, both, before=(put("master", "crossfader", 1),)))}
CUED = (put("a", "pfl", 1), put("master", "crossfader", 1))  # a is cued, b is heard
MASTER: dict[str, tuple[Wanted, ...]] = {
    "crossfader": (Wanted(0, lambda p: p["a"]), Wanted(0.75, lambda p: p["a"] / 2 + p["b"])),
    "curve": (Wanted(1, lambda p: p["a"] * 0.8 + p["b"] * 0.2, before=(ASIDE,)),
              Wanted(0, lambda p: p["a"] * np.sin(0.4 * np.pi) + p["b"] * np.sin(0.1 * np.pi), before=(ASIDE,)),
              Wanted(3, both, before=(ASIDE,))),
    "hamster": (Wanted(1, lambda p: p["b"], before=(put("master", "crossfader", 0),)),),
    "level": (Wanted(HALF_DB, lambda p: both(p) / 2, booth=both),),
    "booth": (Wanted(HALF_DB, both, booth=lambda p: both(p) / 2),),
    "cue_mix": (Wanted(1, cue=lambda p: p["b"], before=CUED),
                Wanted(0.5, cue=lambda p: both(p) / 2, before=CUED)),
    "split": (Wanted(1, cue=lambda p: sides(mean(p["a"]), mean(p["b"])), before=CUED),)}


def settings(strip: str, table: Mapping[str, tuple[Wanted, ...]]) -> Iterator[Any]:
    for name in has(strip):
        if name in DECK_PARAMETERS and strip == "a":
            continue
        bands = EQUALIZERS.get(strip, {}).get(name, ())
        for wanted in [*table.get(name, ()), *(Wanted(value, bands=gains) for value, gains in bands)] or [None]:
            yield pytest.param(strip, name, wanted, id=f"{strip}-{name}-{wanted.value if wanted else 'unheard'}")


@pytest.mark.parametrize(("strip", "name", "wanted"), [
    *settings("a/vocals", STEM), *settings("a", OWN), *settings("master", MASTER)])
def test_every_parameter_of_a_mixer_is_heard(songs: dict[str, Song], strip: str, name: str,
                                             wanted: Wanted | None) -> None:
    assert wanted is not None, f"nobody hears {name} of {strip}"
    stage = Stage(songs)
    for does in wanted.before:
        does(stage)
    before, rest = _with_parts(stage, songs), stage.desk.mixer.get(strip, name)
    stage.desk.mixer.set(strip, name, wanted.value)
    _is_heard(stage, songs, (strip, name, wanted), before)
    stage.desk.mixer.set(strip, name, rest)
    found, parts = _with_parts(stage, songs)
    if not wanted.before:  # nothing is left of it
        assert found[:, :2].tobytes() == both(parts).tobytes()


def _is_heard(stage: Stage, songs: Mapping[str, Song], what: tuple[str, str, Wanted],
              before: tuple[Frames, Parts]) -> None:
    """Assert that a strip's parameter is heard as it ought to be, and was not before."""
    strip, name, wanted = what
    found, parts = _with_parts(stage, songs)
    if wanted.bands:
        _through(found[:, :2] - parts["b"] - (parts["a"] - parts[strip]), parts[strip], wanted.bands)
        return
    changed = False
    for at, bus in enumerate(("mix", "cue", "booth")):
        ought = getattr(wanted, bus)
        here = slice(2 * at, 2 * at + 2)
        if ought is not None:
            assert found[:, here] == pytest.approx(ought(parts), abs=FULL), bus
            changed |= not np.allclose(before[0][:, here], ought(before[1]), atol=100 * FULL)
    assert changed or name == "insert"


def _with_parts(stage: Stage, songs: Mapping[str, Song]) -> tuple[Frames, Parts]:
    """What is heard when all ramps are over, and what it is made of."""
    stage.hear(4)
    found, parts = stage.hear(20), stage.parts(songs, 20 * stage.block)
    heard = slice(-stage.booth.players.lookahead)  # what is on its way has not come to the master's levels
    return found[heard], {name: frames[heard] for name, frames in parts.items()}


def _through(found: Frames, song: Frames, bands: tuple[Bands, ...]) -> None:
    """Assert the gains of an equalizer that a song has gone through."""
    window = np.hanning(len(song))[:, None]
    power = [np.abs(np.fft.rfft(frames * window, axis=0)) ** 2 for frames in (found, song)]
    hz = np.fft.rfftfreq(len(song), 1 / RATE)
    for (low, high), gain in bands:
        here = (hz >= low) & (hz <= high)
        through = np.sqrt(power[0][here].sum() / power[1][here].sum())
        assert through == pytest.approx(gain, rel=0.1, abs=0.035), (low, high)
