"""What a message means: where it comes from, what it moves, how, and what is shown for it. [any-thread]"""

from dataclasses import dataclass

from stream.control.midi.message import MOST_7BIT, MOST_14BIT

SWITCHES = ("toggle", "hold", "solo")
MODES = (*SWITCHES, "fader", "encoder", "wheel", "steps", "press")
ENCODINGS = ("twos", "offset", "sign")
TURN = "/turn"  # acts that wheels do: `a/turn`
LSB = 32  # the fine half of control N is control N + 32 (MIDI 1.0)


@dataclass(frozen=True)
class Source:
    """Messages of one control of the controller.

    channel: 1 to 16, or None for any
    fine: 14 bits: the control and the one that is 32 above
    """

    kind: str
    number: int = 0
    channel: int | None = None
    fine: bool = False

    @property
    def most(self) -> int:
        """What it sends at its upper end."""
        return MOST_14BIT if self.fine or self.kind == "bend" else MOST_7BIT

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the messages that are its own."""
        return (self.number, self.number + LSB) if self.fine else (self.number,)

    def meets(self, other: "Source") -> bool:
        """Whether a message could be of both."""
        channels = None in (self.channel, other.channel) or self.channel == other.channel
        return self.kind == other.kind and channels and bool({*self.numbers} & {*other.numbers})

    def __str__(self) -> str:
        number = "" if self.kind == "bend" else f" {self.number}"
        pair = f" and {self.number + LSB}" if self.fine else ""
        return f"{self.kind}{number}{pair}" + ("" if self.channel is None else f" on channel {self.channel}")


@dataclass(frozen=True)
class Target:
    """A parameter of a stem, or a scene, or an act of the desk's, or a layer of the controller's own.

    stem, scene: by name, or by number from 1 on
    back: of an encoder that does acts: the one of a click to the left; of a press: where what `act` does shows already
    """

    stem: str | int = ""
    parameter: str = ""
    scene: str | int = ""
    act: str = ""
    layer: str = ""
    back: str = ""

    def __str__(self) -> str:
        if self.parameter:
            return f"{self.stem}.{self.parameter}"
        return self.act or (f"layer {self.layer}" if self.layer else f"scene {self.scene}")


@dataclass(frozen=True)
class Light:
    """What is sent to the controller.

    source: as if it came from there, on channel 1 (or wherever the control was last heard) where it has none
    on, off: velocity or value of a switch, often a colour
    """

    source: Source
    on: int = MOST_7BIT
    off: int = 0


@dataclass(frozen=True)
class Binding:
    """top: of a gain, dB      encoding: of an encoder
    clicks: of an encoder, from one end of the parameter to the other; of a wheel, in a turn

    pickup: whether a fader has to pass what is set before it takes over
    light: None shows nothing
    within: layers that have to be active; where several bindings could be meant it is the one with the most of them
    """

    source: Source
    target: Target
    mode: str
    light: Light | None = None
    top: float = 0.0
    encoding: str = ENCODINGS[0]
    clicks: int = 100
    pickup: bool = True
    within: tuple[str, ...] = ()

    def __str__(self) -> str:
        within = f" in {' and '.join(self.within)}" if self.within else ""
        return f"{self.source}{within}: {self.target}"

    def meets(self, other: "Binding") -> bool:
        """Whether a message could be of both, and nothing says of which."""
        return {*self.within} == {*other.within} and self.source.meets(other.source)
