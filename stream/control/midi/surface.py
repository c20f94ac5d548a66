"""A controller without its cables: messages come in and move what its map says, and what has to be shown goes out."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from stream.control.midi import action
from stream.control.midi.binding import Binding
from stream.control.midi.bound import BoundControl
from stream.control.midi.maps.mapfile import Map
from stream.control.midi.message import Event, read, written
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
        self._sent: dict[tuple[int, ...], float] = {}
        self._seen: object = None
        self._late = False
        self._lines: set[str] = set()
        try:
            self._controls = self._bound(map_.bindings)
        except ValueError as error:
            raise ValueError(f"{map_.name}: {error}") from None

    def bind(self, binding: Binding) -> None:
        """Let a message mean this from now on, in the map too. Raises ValueError for what is not here. [midi-thread]"""
        new = self._bound([binding])
        self.map = self.map.plus([binding])
        unchanged = {key: control for key, control in self._controls.items() if control.binding in self.map.bindings}
        self._controls, self._seen = unchanged | new, None

    def _bound(self, bindings: Iterable[Binding]) -> dict[Key, BoundControl]:
        made = [(binding, action.made(binding, self._desk)) for binding in bindings]
        controls = [BoundControl(binding, moves) for binding, moves in made if moves is not None]
        return {(source.kind, number, source.channel): control
                for control in controls for source in (control.binding.source,) for number in source.numbers}

    def receive(self, message: Sequence[int], now_s: float) -> None:
        """Do what a message says; what means nothing is passed over. [midi-thread]"""
        if now_s - self._sent.pop(tuple(message), float("-inf")) < ECHO_S:
            return
        event = read(message)
        if event is None:
            return
        found = (self._controls.get((event.kind, event.number, event.channel))
                 or self._controls.get((event.kind, event.number, None)))
        try:
            if found is not None:
                self._take(found, event, now_s)
            elif event.kind == "program":
                self._desk.recall(event.number)
        except Exception as error:  # an act may fail as it likes: neither audio nor this controller ends with it
            self._once(f"{found.binding.source if found else 'program'}: {error}")

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
        seen = (self._desk.mixer.values(), self._desk.scenes, self._desk.acts)
        if seen == self._seen and not self._late:
            return
        self._seen, self._late = seen, False
        self._sent = {message: at_s for message, at_s in self._sent.items() if now_s - at_s < ECHO_S}
        for control in self._lit():
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

    def forget(self) -> None:
        """Tell everything again: the controller has been away. [midi-thread]"""
        self._seen = None
        for control in self._controls.values():
            control.shown = None

    def _lit(self) -> Iterator[BoundControl]:
        return (control for control in {id(c): c for c in self._controls.values()}.values() if control.binding.light)

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
