"""A controller: its ports, what its messages do, and what it is shown. It may be unplugged and come back."""

import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from stream.control.midi.binding import TURN, Target
from stream.control.midi.cable import Cable, let_go
from stream.control.midi.learn import Learner
from stream.control.midi.maps.mapfile import Map, chosen, fit
from stream.control.midi.maps.own import own_map, save_own_map
from stream.control.midi.ports import AUTO, INPUT, OUTPUT, VIRTUAL, find, inputs, outputs
from stream.control.midi.surface import MidiSurface, Say
from stream.mixer.desk import Desk

IDLE_S = 0.005  # between two looks for messages: whoever wakes more often takes time from the separator
TURNING_S = 0.001  # the same while a wheel turns
ALIVE_S = 0.2  # between two messages that keep a controller going
TELL_S, LOOK_S = 0.02, 0.15  # between two looks at the mixer, and at one side's ports
PATIENCE_S = 15.0  # for a control that is to be learnt


@dataclass(frozen=True)
class ControllerRequest:
    """port, out: a number, part of a name, `auto` or `virtual`; without `out` the output of the same device

    map: a name or a file; without it the one for the port
    """

    port: str = AUTO
    out: str | None = None
    map: str | None = None


class Controller:
    """Polled: RtMidi's own thread would wait for the GIL and hold JACK's graph up."""

    def __init__(self, request: ControllerRequest, desk: Desk, say: Say) -> None:
        """Plug in. Raises ValueError for a port or a map that is not here, or does not fit.

        say: takes lines for the user
        [main-thread]
        """
        self._say, self._apart = say, request.out is not None
        self._in, self._out, map_ = _plugged(request)
        self._sides = deque((self._in, self._out))  # who is looked at next
        self._desk, self._until_s = desk, 0.0
        self._learner: Learner | None = None
        try:
            self.surface = MidiSurface(map_, desk, say)
        except ValueError:
            let_go(self._in, self._out)
            raise
        self.port = self._in.name or ""
        self._sent_s = self._looked_s = self._alive_s = time.monotonic()
        self._greet()
        shown = f"lights at {self._out.name}" if self._out.name else "no output of its own for lights"
        say(f"listening to MIDI port {self.port} with map {map_.name}, {shown}")

    def step(self) -> bool:
        """Do what has come, show what has changed, see who is here; True while a wheel turns. [midi-thread]"""
        now_s = time.monotonic()
        for message in self._in.heard():
            if self._learner is not None:
                self._learner.hear(message, now_s)
            else:
                self.surface.receive(message, now_s)
        turning = self.surface.rest(now_s)
        self._learn(now_s)
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._look()
        self._tell(now_s)
        if turning:  # when its clicks come says how fast it turns
            time.sleep(TURNING_S)
        return turning

    def _tell(self, now_s: float) -> None:
        """Show what has changed, and keep it going."""
        if now_s - self._sent_s >= TELL_S and self._out.name is not None:
            self._sent_s = now_s
            for message in self.surface.tell(now_s):
                self._out.send(message)
        if now_s - self._alive_s >= ALIVE_S:
            self._alive_s = now_s
            for kept in self.surface.map.alive:
                self._out.send([*kept])

    def learn(self) -> None:
        """Learn which control is to move what was moved last. Raises ValueError where nothing was. [any-thread]"""
        moved, mixer = self._desk.moved, self._desk.mixer
        if moved is None:
            raise ValueError("move the fader or switch that a control is to do first, then learn")
        self._until_s = time.monotonic() + PATIENCE_S
        if isinstance(moved, str):
            self._learn_act(moved)
            return
        stem, name = moved
        short = stem in mixer.sources and "/" not in stem  # by its number: then the map fits every model
        self._learner = Learner(Target(stem=mixer.sources.index(stem) + 1 if short else stem, parameter=name))
        self._say(f"{'press' if mixer.parameters[stem][name].switch else 'move'} what should be {name} of {stem}")

    def _learn_act(self, act: str) -> None:
        """One with its values; a wheel is turned by what it is turned."""
        name = act.split()[0]
        wheel = name.endswith(TURN)
        self._learner = Learner(Target(act=name if wheel else act))
        self._say(f"turn what should be {name} once round, and back again" if wheel else
                  f"press what should be {act}")

    def _learn(self, now_s: float) -> None:
        """See whether enough was heard."""
        learner = self._learner
        binding = learner.binding(now_s) if learner is not None else None
        if learner is None or (binding is None and now_s < self._until_s):
            return
        self._learner = None
        if binding is None:
            self._say("MIDI: nothing was learnt")
            return
        self.surface.bind(binding)
        try:
            self._say(f"learnt: {binding}; kept in {save_own_map(self.surface.map, self.port)}")
        except OSError as error:
            self._say(f"learnt, for this run only: {binding} ({error.strerror or error})")

    def _look(self) -> None:
        """One side at a time: what `let_go` says of JACK is true here too. Of a device that is gone both sides are."""
        cable = self._sides[0]
        self._sides.rotate()
        was = cable.name
        if not cable.look():
            return
        if cable.name is None:
            for side in (cable,) if self._apart else self._sides:
                side.name = None
            if self._in.name is None:
                self.surface.let_go()
            self._say(f"MIDI port {self.port if not self._apart else was} is gone; it works again when it is back")
        elif cable is self._in or self._apart:
            self._say(f"MIDI port {cable.name} is back")
        if cable is self._out and cable.name is not None:
            self._greet()

    def _greet(self) -> None:
        """What its map begins with; then all of what there is to show."""
        for message in (*self.surface.map.start, *self.surface.map.alive):
            self._out.send([*message])
        self.surface.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for message in (*self.surface.out(), *self.surface.map.end):
            self._out.send([*message])
        let_go(self._in, self._out)


def _plugged(request: ControllerRequest) -> tuple[Cable, Cable, Map]:
    """Both sides, and the map for them; the output may come later. Raises ValueError."""
    if request.port == VIRTUAL:
        map_ = chosen(request.map or own_map(VIRTUAL), VIRTUAL)
        return Cable.virtual(INPUT, "in"), Cable.virtual(OUTPUT, "out"), map_
    port = find(request.port, inputs(), fit)
    map_ = chosen(request.map or own_map(port.name), port.name)
    out = port if request.out is None else find(request.out, outputs(), fit)
    plugs = Cable(INPUT, port), Cable(OUTPUT, out, map_.ports)
    for plug in plugs:
        plug.look()
    if plugs[0].name is None:
        let_go(*plugs)
        raise ValueError(f"MIDI port {port.name} cannot be opened; does another program have it?")
    return *plugs, map_
