"""What a controller's messages are, learnt from hearing a few of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from stream.control.midi.binding import ENCODINGS, LSB, TURN, Binding, Light, Source, Target
from stream.control.midi.continuous import clicks
from stream.control.midi.key import DOWN
from stream.control.midi.message import Event, read
from stream.mixer.players import parameter

SETTLED_S = 0.4  # a control that has been still for so long has said all it had to
ENOUGH = 4  # messages of what is turned or pushed
FAR = 16  # clicks that an encoder makes at once at most


class Learner:
    """Hears messages while somebody moves a control that is meant for a target, and makes a binding of them."""

    def __init__(self, target: Target, taken: Iterable[Source] = ()) -> None:
        """Nothing is heard yet.

        taken: whose messages mean something else already, and are passed over
        [any-thread]
        """
        self.target, self._taken = target, [*taken]
        moved = parameter(target.stem, target.parameter) if target.parameter else None
        self._wheel = target.act.endswith(TURN)
        self._turns = self._wheel or (moved is not None and not moved.switch)
        self._held = moved is not None and moved.held
        self._events: list[Event] = []
        self._last_s = float("-inf")

    def hear(self, message: Sequence[int], now_s: float) -> None:
        """Take a message; what cannot move the target is passed over. [midi-thread]"""
        event = read(message)
        if event is None or any(_source(event).meets(source) for source in self._taken):
            return
        if self._turning(event) if self._turns else self._pressing(event):
            self._events.append(event)
            self._last_s = now_s

    def _turning(self, event: Event) -> bool:
        return event.kind == "control" or (event.kind == "bend" and not self._wheel)

    def _pressing(self, event: Event) -> bool:
        if event.kind == "program":
            return self.target.parameter == ""
        return event.value >= {"note": 1, "control": DOWN}.get(event.kind, event.value + 1)

    def binding(self, now_s: float) -> Binding | None:
        """What was learnt; None while there is more to hear. [midi-thread]"""
        if not self._turns:
            return self._made(_source(self._events[0])) if self._events else None
        if now_s - self._last_s < SETTLED_S or len(self._events) < ENOUGH:
            return None
        count = Counter((event.kind, event.channel, event.number) for event in self._events)
        (kind, channel, number), _ = count.most_common(1)[0]
        if self._wheel and kind == "control":
            return self._round(Source("control", number, channel))
        if kind == "bend":
            return self._made(Source("bend", 0, channel))
        low = number % LSB
        if number < 2 * LSB and min(count[kind, channel, low], count[kind, channel, low + LSB]) > 1:
            return self._made(Source("control", low, channel, fine=True))
        values = [event.value for event in self._events if (event.channel, event.number) == (channel, number)]
        return self._made(Source("control", number, channel), encoding(values))

    def _round(self, source: Source) -> Binding:
        """A wheel that was turned once round, and back again."""
        values = [event.value for event in self._events if _source(event) == source]
        kind = min(ENCODINGS, key=lambda name: sum(abs(clicks(value, name)) for value in values))
        turn = sum(abs(clicks(value, kind)) for value in values) / 2
        return Binding(source, self.target, "wheel", None, encoding=kind, clicks=max(1, round(turn)))

    def _made(self, source: Source, encoding: str = "") -> Binding:
        mode = ("encoder" if encoding else "fader") if self._turns else "press"
        if self.target.parameter and not self._turns:
            mode = "hold" if self._held else "toggle"
        light = Light(source) if mode != "fader" else None  # most faders have no motor
        return Binding(source, self.target, mode, light, encoding=encoding or "twos")


def _source(event: Event) -> Source:
    return Source(event.kind, event.number, event.channel)


def encoding(values: list[int]) -> str:
    """The encoding of an encoder that has sent these; empty for what stands somewhere.

    A fader does not say the same twice running, nor leaps over more than half its way. What was only turned one way may
    be two things: 1, 1, 2 is taken for `twos`, 65, 65, 66 for `offset`.
    [any-thread]
    """
    if not any(one == other or abs(one - other) > 64 for one, other in pairwise(values)):
        return ""
    near = {name: sum(low <= value <= high for value in values for low, high in spans)
            for name, spans in _SPANS.items()}
    name = max(near, key=lambda name: near[name])  # the first of equals
    return name if near[name] == len(values) else ""


_SPANS = {"twos": ((1, FAR), (128 - FAR, 127)), "offset": ((64 - FAR, 63), (65, 64 + FAR)),
          "sign": ((1, FAR), (65, 64 + FAR))}
