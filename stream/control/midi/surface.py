"""A controller without its cables: messages come in and move what its map says, and what has to be shown goes out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from stream.control.midi import action
from stream.control.midi.binding import Binding, Source
from stream.control.midi.bound import BoundControl
from stream.control.midi.continuous import Fader
from stream.control.midi.echoes import Echoes
from stream.control.midi.jog import Jog
from stream.control.midi.key import is_down
from stream.control.midi.layers import Layers
from stream.control.midi.maps.mapfile import Map
from stream.control.midi.message import Event, read, written
from stream.control.midi.meterbinding import MeterBinding
from stream.mixer.desk import Desk
from stream.mixer.players import player

TOUCHED_S = 0.5  # a fader that was moved so lately is not moved by us
MOST_LINES = 20  # of what a controller may make us say

Say = Callable[[str], None]
Place = tuple[str, int, int | None]  # of a control: kind, number, channel


class MidiSurface:
    """What a map's bindings do to a desk. One thread calls it."""

    def __init__(self, map_: Map, desk: Desk, say: Say) -> None:
        """Know what to do. Raises ValueError for a stem that this model has not, and for an act that a player has not.

        say: takes lines for the user
        [main-thread]
        """
        self.map, self._desk, self._say = map_, desk, say
        self._layers, self._acting = Layers(map_.bindings), dict[str, float]()
        self._held: dict[Place, BoundControl] = {}
        self._meters: dict[MeterBinding, Event] = {}  # as they were told last
        self._echoes = Echoes()
        self._seen: object = None
        self._late = False
        self._lines: set[str] = set()
        try:
            self._controls = self._bound(map_.bindings)
            self._by_place = self._sorted()
        except ValueError as error:
            raise ValueError(f"{map_.name}: {error}") from None

    def bind(self, binding: Binding) -> None:
        """Let a message mean this from now on, in the map too. Raises ValueError for what is not here. [midi-thread]"""
        new = self._bound([binding])
        self.map = self.map.plus([binding])
        self._controls = [control for control in self._controls if control.binding in self.map.bindings] + new
        self._seen, self._by_place = None, self._sorted()

    def _bound(self, bindings: Iterable[Binding]) -> list[BoundControl]:
        made = [(binding, action.made(binding, self._desk, self._layers, self._acting)) for binding in bindings]
        return [BoundControl(binding, moves) for binding, moves in made if moves is not None]

    def _sorted(self) -> dict[Place, list[BoundControl]]:
        """By their messages, those within most layers first."""
        found: dict[Place, list[BoundControl]] = {}
        for control in sorted(self._controls, key=lambda control: -len(control.binding.within)):
            source = control.binding.source
            for number in source.numbers:
                found.setdefault((source.kind, number, source.channel), []).append(control)
        return found

    def receive(self, message: Sequence[int], now_s: float) -> None:
        """Do what a message says; what means nothing is passed over. [midi-thread]"""
        event = read(message)
        if event is None:
            return
        place = event.kind, event.number, event.channel
        goes_up = not is_down(event.kind, event.value)
        if self._echoes.has(message, now_s) and not (goes_up and place in self._held):
            return
        found, changes = self._meant(event), self._layers.changes
        if goes_up:
            found = self._let_go_of(place, found)
        elif found is not None and found.binding.mode == "hold":
            self._held[place] = found
        if found is not None:
            self._guarded(found.binding.source, lambda: self._take(found, event, now_s))
        elif event.kind == "program":
            self._guarded("program", lambda: self._desk.recall(event.number))
        if changes != self._layers.changes:
            self._leave(control for control in self._controls if control.binding.within)

    def _meant(self, event: Event) -> BoundControl | None:
        """What a message is of, as layers are now."""
        places = (*self._by_place.get((event.kind, event.number, event.channel), ()),
                  *self._by_place.get((event.kind, event.number, None), ()))
        return next((control for control in places if self._active(control)), None)

    def _let_go_of(self, place: Place, found: BoundControl | None) -> BoundControl | None:
        """What a key that goes up has held: what was pressed in a layer is let go of in it.

        Of some controllers SHIFT changes the channel of a key, also while that is held: then it is the one key of this
        number that the same player has held elsewhere.
        """
        if place not in self._held and found is not None:
            whose = _owner(found)
            place = next((held for held, control in self._held.items()
                          if whose and held[:2] == place[:2] and _owner(control) == whose), place)
        return self._held.pop(place, found)

    def _active(self, control: BoundControl) -> bool:
        return self._layers.all_active(control.binding.within)

    def _guarded(self, what: object, does: Callable[[], None]) -> None:
        """An act may fail as it likes: neither audio nor this controller ends with it."""
        try:
            does()
        except Exception as error:
            self._once(f"{what}: {error}")

    @staticmethod
    def _leave(controls: Iterable[BoundControl]) -> None:
        """Faders may stand elsewhere by now: they have to be picked up again."""
        for control in controls:
            if isinstance(control.action, Fader):
                control.action.leave()

    def rest(self, now_s: float) -> bool:
        """Do what wheels have been turned by, all messages having been received; whether one turns. [midi-thread]"""
        turning = False
        for control in self._controls:
            jog = control.action
            if isinstance(jog, Jog):
                self._guarded(control.binding.source, lambda jog=jog: jog.rest(now_s))  # type: ignore[misc]
                turning |= jog.turning
        return turning

    def let_go(self) -> None:
        """The controller is gone: nobody holds anything any more, and it comes back as it is when it is switched on.

        [midi-thread]
        """
        held, self._held = self._held, {}
        for control in held.values():
            self._guarded(control.binding.source, lambda control=control: control.action.take(0))  # type: ignore[misc]
        self._layers.reset()
        self._leave(self._controls)

    def _take(self, control: BoundControl, event: Event, now_s: float) -> None:
        control.channel = event.channel
        value = control.value_of(event)
        if value is None:
            return
        if control.binding.mode == "fader":
            control.shown, control.moved_s, self._late = value, now_s, True
        control.action.take(value)

    def tell(self, now_s: float) -> Iterator[list[int]]:
        """Messages for what has changed since it was last told. [midi-thread]"""
        for event in (*self._metered(), *self._changed(now_s)):
            message = written(event)
            self._echoes.sent(message, now_s)
            yield message

    def _changed(self, now_s: float) -> Iterator[Event]:
        self._acting.update(self._desk.acting())
        seen = (self._desk.mixer.values(), self._desk.scenes, self._desk.acts, dict(self._acting), self._layers.changes)
        if seen == self._seen and not self._late:
            return
        self._seen, self._late = seen, False
        lamps = self._lamps()
        yield from self._darkened(lamps)
        for control in lamps.values():
            if now_s - control.moved_s < TOUCHED_S:
                self._late = True
                continue
            value = control.action.shows()
            if value != control.shown:
                control.shown = value
                yield from control.events(value)

    def out(self) -> Iterator[list[int]]:
        """Messages that put out all lights; motors stay where they are. [midi-thread]"""
        for control in self._lit():
            if control.binding.mode != "fader":
                yield from map(written, control.events(0))
        for meter in self.map.meters:
            yield written(meter.event(0.0))

    def forget(self) -> None:
        """Tell everything again: the controller has been away. [midi-thread]"""
        self._seen, self._meters = None, {}
        for control in self._controls:
            control.shown = None

    def _lit(self) -> Iterator[BoundControl]:
        return (control for control in self._controls if control.binding.light)

    def _lamps(self) -> dict[Source | None, BoundControl]:
        """What each light shows: the control that is meant now."""
        found: dict[Source | None, BoundControl] = {}
        for control in sorted(filter(self._active, self._lit()), key=lambda control: len(control.binding.within)):
            found[control.lamp] = control
        return found

    def _darkened(self, lamps: Mapping[Source | None, BoundControl]) -> Iterator[Event]:
        """Put out what a layer has left lit that is not active any more; what others show now they tell."""
        for control in self._lit():
            if control.shown is None or lamps.get(control.lamp) is control:
                continue
            if control.lamp not in lamps and control.shown != 0:
                yield from control.events(0)
            control.shown = None

    def _metered(self) -> Iterator[Event]:
        levels = self._desk.levels() if self.map.meters else {}
        for meter in self.map.meters:
            event = meter.event(levels.get(meter.bus, 0.0))
            if self._meters.get(meter) != event:
                self._meters[meter] = event
                yield event

    def _once(self, text: str) -> None:
        """Say something, unless it was said before."""
        if text not in self._lines and len(self._lines) < MOST_LINES:
            self._lines.add(text)
            self._say(f"MIDI: {text}")


def _owner(control: BoundControl) -> str:
    """The player that a control moves; empty where it is none."""
    target = control.binding.target
    return player(str(target.stem)) or (target.act or target.layer).partition("/")[0]
