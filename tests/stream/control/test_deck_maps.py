"""Every binding of every map of decks is pressed through JACK MIDI, and heard: what comes is what the desk gives for
it, bit for bit, and not what comes without it. Its light is seen.

What the desk's own words sound like is in tests/stream/decks/test_every_control.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from stream.control.midi.binding import Binding, Light
from stream.control.midi.continuous import NEAR, clicks
from stream.control.midi.jog import TURN_S
from stream.control.midi.maps.mapfile import Map, ready
from stream.control.midi.scale import Scale, position
from stream.control.midi.surface import MidiSurface
from stream.decks.deckdesk import deck_desk
from stream.decks.songbrowser import SongBrowser
from stream.library.librarysong import LibrarySong
from stream.library.songcollection import SongCollection
from tests.rig.jackd import Jackd
from tests.rig.played import ON, Played
from tests.stream.decks.rig import RATE, Frames, noise
from tests.stream.decks.test_every_control import Song, Stage, two_songs, written

MAPS = ("ddj-400", "ddj-flx4", "traktor-s2-mk3", "mixtrack-platinum-fx", "generic-decks")
BLOCKS = 4
Does = Callable[[Stage, str], object]  # to a deck


@dataclass(frozen=True)
class Heard:
    """What makes a thing heard: what is done before it, and after it."""

    before: tuple[Does, ...] = ()
    after: tuple[Does, ...] = ()


def press(name: str, *values: float) -> Does:
    return lambda stage, deck: stage.booth.press(deck, name, *values)


def press_other(name: str, *values: float) -> Does:
    """On the deck beside it."""
    return lambda stage, deck: stage.booth.press("b" if deck == "a" else "a", name, *values)


def put(name: str, value: float, strip: str = "") -> Does:
    return lambda stage, deck: stage.desk.mixer.set(strip or deck, name, value)


def nothing(_stage: Stage, _deck: str) -> None:
    """What is played goes on."""


LOOP = press("auto_loop", 0.25)
CUED = (put("pfl", 1), put("crossfader", 0.5, "master"))
PARAMETERS: dict[str, Heard] = {
    "key_lock": Heard((press("tempo", 0.5),)), "slip": Heard((), (LOOP, *(nothing,) * 4, press("leave_loop"), nothing)),
    "quantize": Heard((), (LOOP, *(nothing,) * 7)),
    "sync": Heard((press_other("tempo", 0.4),), (press_other("tempo", 0.6), nothing)),
    "cue": Heard((press("pause"), press("cue_press"), press("cue_release"))), "cue_mix": Heard(CUED),
    "crossfader": Heard((put("crossfader", 0.4, "master"),))}
ACTS: dict[str, Heard] = {
    "loop_in": Heard((), (nothing, press("loop_out"), nothing)),
    "loop_out": Heard((press("loop_in"), nothing), (nothing,)),
    "reloop": Heard((LOOP, press("leave_loop"), nothing, nothing)), "halve_loop": Heard((LOOP,), (nothing, nothing)),
    "double_loop": Heard((LOOP,), (nothing, nothing)), "move_loop": Heard((LOOP,)),
    "double_jump": Heard((), (press("jump_on"),)), "halve_jump": Heard((), (press("jump_on"),)),
    "next_tempo_range": Heard((press("tempo", 0.3),)), "turn": Heard((press("touch_press"), nothing)),
    "lead": Heard((press("sync", True), nothing, press_other("sync", True)), (press("tempo", 0.6), nothing)),
    "next_song": Heard((press("pause"), nothing), (nothing, press("play"))),
    "grid_tap": Heard((press("quantize", True), *3 * (press("grid_tap"), *(nothing,) * 6)), (LOOP, *(nothing,) * 7)),
    "grid_here": Heard((press("quantize", True),), (LOOP, *(nothing,) * 7))}


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(period=128, synchronous=True) as server:
        yield server


class Compared(Played):
    """heard_without: what was heard of bindings without a controller"""

    def __init__(self, jackd: Jackd, name: str = "pads") -> None:
        super().__init__(jackd, name, map_="generic")
        self.heard_without: dict[object, Frames] = {}


@pytest.fixture(scope="module")
def played(jackd: Jackd) -> Iterator[Compared]:
    with Compared(jackd) as made:
        yield made


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Song]]:
    yield from two_songs(tmp_path_factory)


class Counted(MidiSurface):
    """Counts what it is told."""

    received = 0

    def receive(self, message: Sequence[int], now_s: float) -> None:
        super().receive(message, now_s)
        self.received += 1


class Browsing(Stage):
    """With songs that can be chosen."""

    def __init__(self, songs: dict[str, Song], folder: Path) -> None:
        super().__init__(songs, [folder / "next.wav"])
        self.files = [folder / f"{number:02}.wav" for number in range(30)]
        self.collection = SongCollection([LibrarySong(path) for path in self.files])
        self.browser = SongBrowser(self.booth, self.collection, RATE, self.said.append)
        self.desk = deck_desk(self.booth, RATE, browser=self.browser)

    @property
    def chosen(self) -> Path | None:
        return self.browser.state().selected


class Trial:
    """One binding of a map, on decks of its own."""

    def __init__(self, played: Compared, songs: dict[str, Song], map_: Map, binding: Binding, folder: Path) -> None:
        self.played, self.songs, self.map, self.binding, self.folder = played, songs, map_, binding, folder
        self.deck = deck_of(binding)
        self.heard = heard_by(binding)

    def stage(self) -> "Browsing":
        """Two decks that play, all of it as it has to be before."""
        songs = self.songs
        if self.binding.target.act.endswith(("next_song", "/load")):  # it takes the one that is there off
            songs = written(self.folder)
        stage = Browsing(songs, self.folder)
        for does in self.heard.before:
            does(stage, self.deck)
            stage.hear(BLOCKS)
        return stage

    def after(self, stage: Stage, done: Sequence[Does], then: Callable[[], object] = lambda: None) -> Frames:
        """What is heard of it, and afterwards. then: is called after each"""
        found = []
        for does in done:
            does(stage, self.deck)
            found.append(stage.hear(BLOCKS))
            then()
        for does in self.heard.after:
            does(stage, self.deck)
            found.append(stage.hear(BLOCKS))
        return np.concatenate(found)

    def without(self, what: str, done: Sequence[Does]) -> Frames:
        """What is heard of it without a controller; the same for all maps, so it is heard once."""
        binding = self.binding
        key = what, str(binding.target), binding.target.back, binding.mode, binding.source.most, binding.top
        if key not in self.played.heard_without:
            self.played.heard_without[key] = self.after(self.stage(), done)
        return self.played.heard_without[key]

    def plug_in(self, stage: Stage) -> Counted:
        """Have the controller work on other decks."""
        surface = Counted(self.map, stage.desk, self.played.said.append)
        controller = self.played.controller
        controller.surface, controller._desk = surface, stage.desk
        self.played.pads.shown.clear()
        self.played.settle(0.03)
        return surface

    def send(self, surface: Counted, binding: Binding, value: int) -> None:
        before = surface.received
        self.played.move(binding, value)
        count = len(binding.source.numbers)
        self.played.until(lambda: surface.received == before + count)

    def layers(self, surface: Counted) -> None:
        """Choose, or hold, what the binding is within."""
        for layer in self.binding.within:
            button = next(each for each in self.map.bindings if each.target.layer == layer)
            self.send(surface, button, ON)
            if "/" in layer:
                self.send(surface, button, 0)


def deck_of(binding: Binding) -> str:
    owner = binding.target.act.partition("/")[0] or str(binding.target.stem).partition("/")[0]
    return owner if owner in ("a", "b") else "a"


def heard_by(binding: Binding) -> Heard:
    target = binding.target
    act, *values = target.act.partition("/")[2].split() or [""]
    number = int(float(values[0])) - 1 if values else 0
    if act == "hot_cue_delete":
        return Heard((press("hot_cue_set", number), nothing), (nothing, press("hot_cue_press", number)))
    if act == "auto_loop":  # the song has room for 32 beats of an eighth of a second; a quarter of one is heard soon
        halves = round(np.log2(float(values[0]) / 0.25))
        return Heard((press("grid_double"), press("grid_double")), (*(press("halve_loop"),) * halves, nothing, nothing))
    if act:
        return ACTS.get(act, Heard())
    name, _, pad = target.parameter.partition("/")
    if name == "hotcue":
        return Heard((press("hot_cue_set", int(pad) - 1), nothing))
    return PARAMETERS.get(name, Heard()) if "/" not in str(target.stem) else Heard()


def ways(binding: Binding, stage: Stage) -> list[tuple[int, Does]]:
    """What is sent, value by value, and what is the same done at the desk."""
    target, desk = binding.target, stage.desk
    strip = "" if not target.parameter else str(desk.strip(target.stem))
    if binding.mode == "press":
        name, *values = target.act.split()
        return [(ON, lambda stage, _: stage.desk.act(name, *map(float, values)))]
    if binding.mode == "steps":
        one, other = {"twos": (1, 127), "offset": (65, 63)}[binding.encoding]
        return [(value, lambda stage, _, act=act: stage.desk.act(act.split()[0], *map(float, act.split()[1:])))
                for value, act in ((one, target.act), (other, target.back), (one, target.act))]
    if binding.mode == "fader":
        most, scale = binding.source.most, Scale(desk.mixer.parameters[strip][target.parameter], binding.top)
        stands = scale.position(desk.mixer.get(strip, target.parameter)) <= NEAR  # or it waits to be picked up
        sets = [(value, lambda stage, _, value=value: stage.desk.mixer.set(
            strip, target.parameter, scale.value(position(value, most)))) for value in (0, most, 3 * most // 4)]
        return sets if stands else [(0, nothing), *sets[1:]]
    name = target.parameter
    if binding.mode == "hold":
        return [(value, lambda stage, _, on=on: stage.desk.mixer.set(strip, name, on))
                for value, on in ((ON, 1), (0, 0))]
    if binding.mode == "solo":
        return [(ON, lambda stage, _: stage.desk.mixer.set(strip, "solo", 1))]
    return [(ON, lambda stage, _: stage.desk.mixer.flip(strip, name))]


def cases() -> Iterator[object]:
    for name in MAPS:
        for number, binding in enumerate(ready()[name].bindings):
            yield pytest.param(name, number, id=f"{name} {binding}")


@pytest.mark.device
@pytest.mark.parametrize(("name", "number"), [*cases()])
def test_every_binding_of_a_map_is_heard_and_its_light_is_seen(
        name: str, number: int, played: Compared, songs: dict[str, Song], tmp_path: Path) -> None:
    map_ = ready()[name]
    binding = map_.bindings[number]
    trial = Trial(played, songs, map_, binding, tmp_path)
    said = len(played.said)
    if binding.target.layer:
        lit_while_active(trial)
    elif binding.mode == "wheel":
        turned(trial)
    elif binding.target.act.startswith("browse "):
        browsed(trial)
    elif binding.target.act.endswith("/load"):
        put_on(trial)
    else:
        pressed(trial)
    assert played.said[said:] == []


def pressed(trial: Trial) -> None:
    binding, played = trial.binding, trial.played
    ours = trial.stage()
    surface = trial.plug_in(ours)
    trial.layers(surface)
    steps = ways(binding, ours)
    found = trial.after(ours, [lambda *_, value=value: trial.send(surface, binding, value) for value, _ in steps],
                        lambda: light_is_right(trial, ours))
    if binding.mode not in ("hold", "fader", "steps"):
        trial.send(surface, binding, 0)
    assert np.array_equal(found, trial.without("desk", [does for _, does in steps]))
    assert not np.array_equal(found, trial.without("nothing", [nothing] * len(steps)))
    played.controller.surface.let_go()


def light_is_right(trial: Trial, stage: Stage) -> None:
    """What the controller was told for it is what its action shows; and both are seen over the tests of a map."""
    binding, played = trial.binding, trial.played
    if binding.light is None:
        return
    control = next(each for each in played.controller.surface._controls if each.binding is binding)
    played.until(lambda: played.shows(binding, control.action.shows()))
    assert control.action.shows() in (binding.light.on, binding.light.off)
    target = binding.target
    if target.parameter:
        on = stage.desk.mixer.on(str(stage.desk.strip(target.stem)), target.parameter)
        assert control.action.shows() == (binding.light.on if on else binding.light.off)


def lit_while_active(trial: Trial) -> None:
    """A layer's button: what it changes is heard by the bindings within it."""
    binding, played = trial.binding, trial.played
    surface = trial.plug_in(trial.stage())
    layer = binding.target.layer
    group = [each for each in trial.map.bindings if each.target.layer.rpartition("/")[0] == layer.rpartition("/")[0]
             and each.target.layer != layer]
    by_itself = trial.map.name.startswith("ddj")  # the controller's own pads have numbers of their own in each mode
    assert by_itself or any(layer in each.within for each in trial.map.bindings)
    if "/" in layer:
        trial.send(surface, group[0], ON)
        trial.send(surface, group[0], 0)
    for value, lit in ((ON, True), (0, "/" in layer)):
        trial.send(surface, binding, value)
        assert surface._layers.active(layer) == lit
        if binding.light is not None:
            wanted = binding.light.on if lit else binding.light.off
            played.until(lambda: played.shows(binding, wanted))  # noqa: B023 - it is called at once


def turned(trial: Trial) -> None:
    """A wheel: the song goes where its clicks go, both ways."""
    binding, stage = trial.binding, trial.stage()
    surface = trial.plug_in(stage)
    stage.hear(20)
    deck = stage.booth.deck(trial.deck)
    at = deck.state.position
    one, other = {"twos": (20, 108), "offset": (84, 44)}[binding.encoding]
    assert (clicks(one, binding.encoding), clicks(other, binding.encoding)) == (20, -20)
    for value, way in ((one, 20), (other, 0), (other, -20)):
        trial.send(surface, binding, value)
        trial.played.settle(0.2)  # it stands, and the desk was told
        found = stage.hear(40)
        assert deck.state.position == pytest.approx(at + way * TURN_S / binding.clicks * RATE, abs=5)
        assert np.abs(found[: 10 * stage.block, :2]).max() > 0
    trial.played.controller.surface.let_go()


def browsed(trial: Trial) -> None:
    """A knob: songs are chosen further down, and up."""
    binding, played, stage = trial.binding, trial.played, trial.stage()
    surface = trial.plug_in(stage)
    played.until(lambda: stage.collection.version > 0)
    found = stage.browser.search().found.songs
    far = int(float(binding.target.act.split()[1]))
    one, other = {"twos": (1, 126), "offset": (65, 62)}[binding.encoding]
    for value, at in ((one, far), (one, 2 * far), (other, 0)):
        trial.send(surface, binding, value)
        assert stage.chosen == found[at].path
    stage.collection.close()


def put_on(trial: Trial) -> None:
    """The song that is chosen is heard from its beginning, on a deck that stands."""
    played, stage = trial.played, trial.stage()
    surface = trial.plug_in(stage)
    for deck in "ab":
        stage.booth.press(deck, "pause")
    stage.hear(4)
    played.until(lambda: stage.collection.version > 0)
    stage.browser.search()
    stage.files[0].touch()
    stage.browser.select(stage.files[0])
    trial.send(surface, trial.binding, ON)
    deck = stage.booth.deck(trial.deck)

    def there() -> bool:
        stage.hear(1)
        return deck.track is not None and deck.track.path.name == "00.made.wav"

    played.until(there)
    stage.hear(4)
    stage.booth.press(trial.deck, "play")
    assert np.array_equal(stage.hear(4)[:, :2], noise(6)[: 4 * stage.block])
    light_is_right(trial, stage)
    stage.collection.close()


def test_every_map_of_decks_has_what_a_dj_needs_for_both() -> None:
    for name in MAPS:
        targets = {text for binding in ready()[name].bindings for text in (str(binding.target), binding.target.back)}
        modes = {(str(binding.target), binding.mode) for binding in ready()[name].bindings}
        for deck in "ab":
            assert {f"{deck}.{what}" for what in (
                "play", "cue", "sync", "touch", "tempo", "gain", "trim", "low", "mid", "high", "filter", "pfl",
                *(f"hotcue/{pad}" for pad in range(1, 9)))} <= targets
            assert {f"{deck}/{what}" for what in (
                "turn", "reloop", "halve_loop", "double_loop", "auto_loop 4", "next_song", "load", "lead", "seek 0",
                "beat_jump 4", "hot_cue_delete 8")} <= targets
            for stem in range(1, 5):
                assert {(f"{deck}/{stem}.mute", "toggle"), (f"{deck}/{stem}.mute", "hold"),
                        (f"{deck}/{stem}.solo", "solo")} <= modes
        assert {"master.crossfader", "browse 1"} <= targets


@pytest.mark.device
@pytest.mark.parametrize("name", MAPS)
def test_level_meters_are_seen(name: str, played: Compared, songs: dict[str, Song], tmp_path: Path) -> None:
    map_ = ready()[name]
    if not map_.meters:
        assert name == "traktor-s2-mk3"
        return
    trial = Trial(played, songs, map_, map_.bindings[0], tmp_path)
    stage = trial.stage()
    trial.plug_in(stage)
    levels = stage.desk.levels()
    for meter in map_.meters:
        event = meter.event(levels[meter.bus])
        assert 0 < event.value < meter.most
        lamp = replace(map_.bindings[0], light=Light(meter.source))
        played.until(lambda: played.shows(lamp, event.value))  # noqa: B023


def named(map_: Map, text: str) -> Binding:
    return next(binding for binding in map_.bindings if str(binding).partition(": ")[2] == text)


@pytest.mark.device
@pytest.mark.parametrize("name", MAPS)
def test_a_controller_that_is_pulled_out_lets_go_of_all_and_comes_back_with_its_lights(
        name: str, played: Compared, songs: dict[str, Song], tmp_path: Path) -> None:
    map_, said = ready()[name], len(played.said)
    trial = Trial(played, songs, map_, named(map_, "a.touch"), tmp_path)
    stage = trial.stage()
    surface, on = trial.plug_in(stage), stage.desk.mixer.on
    deck, pad = stage.booth.deck("a"), named(map_, "a.hotcue/1")
    chooses = [each for each in map_.bindings if each.target.layer in ("a/pads/jump", "shift-a")]
    for held in (trial.binding, pad, *chooses):
        trial.send(surface, held, ON)
        stage.hear(4)
    stage.hear(20)
    assert on("a", "touch")
    assert not deck.state.moving
    played.pads.__exit__()
    try:
        played.until(lambda: len(played.said) == said + 1)
        stage.hear(60)
        assert not on("a", "touch")
        assert deck.state.moving
        assert (stage.hear(4)[:, :2] != 0).any()
        stage.desk.mixer.set("a/drums", "mute", 1)  # while it is away
        played.pads.shown.clear()
    finally:
        played.pads.__enter__()
    played.until(lambda: len(played.said) == said + 2)
    lit = [control for control in surface._lamps().values() if control.binding.mode != "fader"]
    assert len(lit) > 20
    played.until(lambda: all(played.shows(control.binding, control.action.shows()) for control in lit))
    assert played.shows(pad, pad.light.on if pad.light else 0)  # it is a hot cue again, whatever the pads were before
    assert all("MIDI port" in line for line in played.said[said:])


@pytest.mark.device
def test_two_controllers_move_the_same_decks_and_both_show_it(
        jackd: Jackd, played: Compared, songs: dict[str, Song], tmp_path: Path) -> None:
    one, two = ready()["ddj-400"], ready()["generic-decks"]
    trial = Trial(played, songs, one, named(one, "a.play"), tmp_path)
    stage = trial.stage()
    first = trial.plug_in(stage)
    with Compared(jackd, "second") as other:
        second = Trial(other, songs, two, named(two, "a.play"), tmp_path).plug_in(stage)
        for ours, surface, binding, playing in (
                (played, first, trial.binding, False), (other, second, named(two, "a.play"), True)):
            before = surface.received
            ours.move(binding, ON)
            ours.until(lambda: surface.received > before)  # noqa: B023 - it is called at once
            stage.hear(4)
            assert stage.desk.mixer.on("a", "play") == playing
            for each, lamp in ((played, trial.binding), (other, named(two, "a.play"))):
                each.until(lambda: each.shows(lamp, 127 if playing else 0))  # noqa: B023
            before = surface.received
            ours.move(binding, 0)
            ours.until(lambda: surface.received > before)  # noqa: B023
        mine, its = named(one, "a.gain"), named(two, "a.gain")
        for value in (its.source.most, its.source.most // 4):
            before = second.received
            other.move(its, value)
            other.until(lambda: second.received == before + 2)  # noqa: B023
        low = stage.desk.mixer.get("a", "gain")
        assert low < -20
        before = first.received
        played.move(mine, mine.source.most)  # it stands elsewhere, and has not passed it
        played.until(lambda: first.received == before + 2)
        assert stage.desk.mixer.get("a", "gain") == low
