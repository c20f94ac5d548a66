"""A controller without its cables: messages come in and move what its map says, and what has to be shown goes out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from stream.control.midi import action
from stream.control.midi.binding import Binding, Source
from stream.control.midi.bound import BoundControl
from stream.control.midi.continuous import Fader
from stream.control.midi.jog import Jog
from stream.control.midi.layers import Layers
from stream.control.midi.maps.mapfile import Map
from stream.control.midi.message import Event, read, written
from stream.control.midi.meter import Meter
from stream.mixer.desk import Desk

TOUCHED_S = 0.5  # a fader that was moved so lately is not moved by us
ECHO_S = 0.05  # what comes back so soon is our own, through a port that sends back what it is sent
MOST_LINES = 20  # of what a controller may make us say

Say = Callable[[str], None]
Key = tuple[str, int, int | None]  # kind, number, channel


class MidiSurface:
    """What a map's bindings do to a desk. One thread calls it."""

    def __init__(self, map_: Map, desk: Desk, say: Say) -> None:
        """Know what to do. Raises ValueError for a stem that this model has not.

        say: takes lines for the user
        [main-thread]
        """
        self.map, self._desk, self._say = map_, desk, say
        self._layers, self._acting = Layers(map_.bindings), dict[str, float]()
        self._down: dict[Key, BoundControl] = {}  # what is held
        self._meters: dict[Meter, Event] = {}  # as they were told last
        self._sent: dict[tuple[int, ...], float] = {}
        self._seen: object = None
        self._late = False
        self._lines: set[str] = set()
        try:
            self._controls = self._bound(map_.bindings)
            self._by_message = self._sorted()
        except ValueError as error:
            raise ValueError(f"{map_.name}: {error}") from None

    def bind(self, binding: Binding) -> None:
        """Let a message mean this from now on, in the map too. Raises ValueError for what is not here. [midi-thread]"""
        new = self._bound([binding])
        self.map = self.map.plus([binding])
        self._controls = [control for control in self._controls if control.binding in self.map.bindings] + new
        self._seen, self._by_message = None, self._sorted()

    def _bound(self, bindings: Iterable[Binding]) -> list[BoundControl]:
        made = [(binding, action.made(binding, self._desk, self._layers, self._acting)) for binding in bindings]
        return [BoundControl(binding, moves) for binding, moves in made if moves is not None]

    def _sorted(self) -> dict[Key, list[BoundControl]]:
        """By their messages, those within most layers first."""
        found: dict[Key, list[BoundControl]] = {}
        for control in sorted(self._controls, key=lambda control: -len(control.binding.within)):
            source = control.binding.source
            for number in source.numbers:
                found.setdefault((source.kind, number, source.channel), []).append(control)
        return found

    def _meant(self, event: Event) -> BoundControl | None:
        """What a message is of: what was pressed in a layer is let go of in it."""
        key = event.kind, event.number, event.channel
        if event.value == 0 and key in self._down:
            return self._down.pop(key)
        places = (*self._by_message.get(key, ()), *self._by_message.get((*key[:2], None), ()))
        found = next((control for control in places if self._active(control)), None)
        if found is not None and event.value > 0 and found.binding.mode == "hold":
            self._down[key] = found
        return found

    def _active(self, control: BoundControl) -> bool:
        return self._layers.all_active(control.binding.within)

    def receive(self, message: Sequence[int], now_s: float) -> None:
        """Do what a message says; what means nothing is passed over. [midi-thread]"""
        if now_s - self._sent.pop(tuple(message), float("-inf")) < ECHO_S:
            return
        event = read(message)
        if event is None:
            return
        found, changes = self._meant(event), self._layers.changes
        try:
            if found is not None:
                self._take(found, event, now_s)
            elif event.kind == "program":
                self._desk.recall(event.number)
        except Exception as error:  # an act may fail as it likes: neither audio nor this controller ends with it
            self._once(f"{found.binding.source if found else 'program'}: {error}")
        if changes != self._layers.changes:
            self._leave()

    def _leave(self) -> None:
        """Faders of layers stand where others have left them: they have to be picked up again."""
        for control in self._controls:
            if control.binding.within and isinstance(control.action, Fader):
                control.action.leave()

    def rest(self, now_s: float) -> bool:
        """Do what wheels have been turned by, all messages having been received; whether one turns. [midi-thread]"""
        turning = False
        for jog in self._jogs():
            try:
                jog.rest(now_s)
            except Exception as error:  # as above
                self._once(str(error))
            turning |= jog.turning
        return turning

    def _jogs(self) -> Iterator[Jog]:
        return (control.action for control in self._controls if isinstance(control.action, Jog))

    def let_go(self) -> None:
        """Nobody holds anything any more: the controller is gone. [midi-thread]"""
        held, self._down = self._down, {}
        for control in held.values():
            with suppress(ValueError):
                control.action.take(0)

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
        yield from self._metered(now_s)
        self._acting.update(self._desk.acting())
        seen = (self._desk.mixer.values(), self._desk.scenes, self._desk.acts, dict(self._acting), self._layers.changes)
        if seen == self._seen and not self._late:
            return
        self._seen, self._late = seen, False
        self._sent = {message: at_s for message, at_s in self._sent.items() if now_s - at_s < ECHO_S}
        lamps = self._lamps()
        yield from self._darkened(lamps, now_s)
        for control in lamps.values():
            if now_s - control.moved_s < TOUCHED_S:
                self._late = True
                continue
            value = control.action.shows()
            if value != control.shown:
                control.shown = value
                yield from self._messages(control, value, now_s)

    def out(self) -> Iterator[list[int]]:
        """Messages that put out all lights; motors stay where they are. [midi-thread]"""
        for control in self._lit():
            if control.binding.mode != "fader":
                yield from self._messages(control, 0, float("-inf"))
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

    def _darkened(self, lamps: Mapping[Source | None, BoundControl], now_s: float) -> Iterator[list[int]]:
        """Put out what a layer has left lit that is not active any more; what others show now they tell."""
        for control in self._lit():
            if control.shown is None or lamps.get(control.lamp) is control:
                continue
            if control.lamp not in lamps and control.shown != 0:
                yield from self._messages(control, 0, now_s)
            control.shown = None

    def _metered(self, now_s: float) -> Iterator[list[int]]:
        if not self.map.meters:
            return
        levels = self._desk.levels()
        for meter in self.map.meters:
            event = meter.event(levels.get(meter.bus, 0.0))
            if self._meters.get(meter) != event:
                self._meters[meter] = event
                message = written(event)
                self._sent[tuple(message)] = now_s
                yield message

    def _messages(self, control: BoundControl, value: int, now_s: float) -> Iterator[list[int]]:
        for event in control.events(value):
            message = written(event)
            self._sent[tuple(message)] = now_s
            yield message

    def _once(self, text: str) -> None:
        """Say something, unless it was said before."""
        if text not in self._lines and len(self._lines) < MOST_LINES:
            self._lines.add(text)
            self._say(f"MIDI: {text}")
