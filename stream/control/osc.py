"""Stems by Open Sound Control over UDP, in and out (docs/guide/osc.md). The only file that imports pythonosc.

Nobody is called when something changes: the state is looked at fifty times a second, and what differs is told.
"""

import ipaddress
import math
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from types import TracebackType
from typing import Self

from pythonosc.osc_message_builder import build_msg

from stream.control.oscpacket import MAGIC, Message, matches, messages
from stream.mixer.desk import Desk
from stream.mixer.players import LIVE

HOST = "127.0.0.1"
LOOK_S = 0.02
AT_ONCE, FLOODED = 32, 25  # packets between two looks; so many times in a row that all of them came
PACKET, LONGEST = 65_536, 100  # bytes of a packet; characters of an address that anybody has use for
SHOWN = 6  # addresses like one that there is not
LINE = 240  # characters of a line about what a stranger has sent
MOST_LISTENERS, MOST_LINES = 16, 20  # what strangers may make us remember and say

Address = tuple[str, int]
Value = int | float | str
Facts = Callable[[], Mapping[str, Value]]


@dataclass(frozen=True)
class OscAddresses:
    """Where to listen, and who is told of changes without having asked."""

    listen: Address
    tell: Sequence[Address] = ()


def osc_address(text: str) -> Address:
    """`9000` or `HOST:9000`; port 0 is one that is free. Raises ValueError. [any-thread]"""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65_536):
        raise ValueError(f"{text!r} is not a port such as 9000 or 0.0.0.0:9000")
    return host.strip("[]") or HOST, int(port)


class Osc:
    """Listens on a port, does what messages say, and tells whoever asked what the mixer is like."""

    def __init__(self, addresses: OscAddresses, desk: Desk, facts: Facts, say: Callable[[str], None]) -> None:
        """Open the port.

        facts: by address, what else is sent: latency, misses ...
        say: takes lines for the user
        Raises ValueError for a port that is taken or a host that is not here.
        [main-thread]
        """
        self._desk, self._mixer, self._facts, self._say = desk, desk.mixer, facts, say
        self._sent: dict[str, Value] = {}
        self._listeners: list[Address] = []
        self._lines: set[str] = set()
        self._full = 0
        self._does: dict[str, Callable[[tuple[object, ...]], None]] = {
            "/scene": lambda values: desk.recall(_name(values)),
            "/scene/store": lambda values: desk.store(str(_name(values))),
            **{f"/{act}": partial(self._act, act) for act in desk.acts},
            **{f"{self._address(strip)}/{name}": partial(self._set, strip, name)
               for strip, table in desk.mixer.parameters.items() for name in table}}
        # a stem of the only player has two addresses
        self._same = {f"/{LIVE}{address.removeprefix('/stem')}": address
                      for address in self._does if address.startswith("/stem/")}
        self._socket, self._fixed = _open(addresses)
        own, self.port = self._socket.getsockname()[:2]
        # NB: a socket that is bound to this machine's own address sends nothing beyond it; this one is never read
        self._far = [at for at in self._fixed if _loops(own) and not _loops(at[0])]
        self._beyond = socket.socket(self._socket.family, socket.SOCK_DGRAM)

    def step(self) -> bool:
        """Wait a little, do what has come, tell what has changed; always False.

        No more packets than `AT_ONCE`: what a flood has more of, the system drops, and audio has the time.
        [osc-thread]
        """
        if select.select([self._socket], [], [], LOOK_S)[0]:
            full = sum(1 for _ in self._packets()) == AT_ONCE
            self._full = self._full + 1 if full else 0
            if self._full == FLOODED:
                self._once("more messages come in than can be followed; some are dropped")
            if full:
                time.sleep(LOOK_S)
        self._tell(self._changed(), [*self._fixed, *self._listeners])
        return False

    def _packets(self) -> Iterator[None]:
        for _ in range(AT_ONCE):
            try:
                data, sender = self._socket.recvfrom(PACKET)
            except BlockingIOError:
                return
            except OSError:  # Windows tells here that somebody who was told is gone
                continue
            self.receive(data, sender[:2])
            yield

    def receive(self, data: bytes, sender: Address) -> None:
        """Do what a packet says; what means nothing is said once.

        A bundle is done at once, whenever it wants to be: nobody may make us wait.
        [osc-thread]
        """
        try:
            found = messages(data)
        except ValueError as error:
            self._once(f"a packet is not OSC: {error}")
            return
        for message in found:
            if message.address == "/state":
                self._greet(sender)
            else:
                self._do(message)

    def _do(self, message: Message) -> None:
        address = message.address[:LONGEST]
        meant = [address] if address in self._does or address in self._same else []
        if not MAGIC.isdisjoint(address):
            meant = [known for known in (*self._does, *self._same) if matches(address, known)]
        if not meant:
            self._once(f"there is no address {address!r}; {self._known(address)}", LINE + LONGEST)
        for one in dict.fromkeys(self._same.get(one, one) for one in meant):
            try:
                self._does[one](message.values)
            except (ValueError, TypeError) as error:
                self._once(f"{address}: {error}")

    def _known(self, address: str) -> str:
        """The addresses, as a sentence for whoever has sent another one: those like it, if its beginning is known."""
        owner = address.rpartition("/")[0] + "/"
        beside = [known for known in (*self._does, *self._same) if known.startswith(owner) and owner != "/"]
        if beside:
            like = get_close_matches(address, beside, SHOWN, 0)
            return f"there are {', '.join(like)}{' and more' if len(beside) > len(like) else ''}"
        mixer, acts = self._mixer, [act for act in self._desk.acts if "/" not in act]
        stems = mixer.sources
        return (f"the addresses are /state, /scene, /scene/store, {''.join(f'/{act}, ' for act in acts)}"
                f"and {self._address(stems[0]).replace(stems[0], 'NAME')}/{{{','.join(mixer.parameters[stems[0]])}}} "
                f"for {', '.join(mixer.parameters)}")

    def _address(self, strip: str) -> str:
        """Of a strip: a stem without a player before it is one of the only player's."""
        return f"/stem/{strip}" if strip in self._mixer.sources and "/" not in strip else f"/{strip}"

    def _set(self, strip: str, name: str, values: tuple[object, ...]) -> None:
        if not values and self._mixer.parameters[strip][name].switch:
            self._mixer.flip(strip, name)
        else:
            self._mixer.set(strip, name, _number(values))

    def _act(self, act: str, values: tuple[object, ...]) -> None:
        if len(values) == 1 and isinstance(values[0], str) and self._desk.takes_text(act):
            self._desk.act(act, values[0])
        elif self._desk.takes(act):
            self._desk.act(act, *(_number((value,)) for value in values))
        elif not values or _number(values) >= 0.5:  # a button's release is nothing
            self._desk.act(act)

    def _greet(self, sender: Address) -> None:
        """Tell somebody everything, once, and changes from now on; two decks are as much as a socket takes in."""
        self._tell(self._changed(), [at for at in (*self._fixed, *self._listeners) if at != sender])
        if sender not in self._listeners:
            self._listeners = [*self._listeners, sender][-MOST_LISTENERS:]
        self._tell(self._sent, [sender])

    def _state(self) -> dict[str, Value]:
        state: dict[str, Value] = {}
        for strip, values in self._mixer.values().items():
            for name, value in values.items():
                switch = self._mixer.parameters[strip][name].switch
                state[f"{self._address(strip)}/{name}"] = int(value) if switch else value
        return {**state, **self._facts()}

    def _changed(self) -> dict[str, Value]:
        state = self._state()
        changed = {address: value for address, value in state.items() if self._sent.get(address) != value}
        self._sent = state
        return changed

    def _tell(self, values: dict[str, Value], addresses: Sequence[Address]) -> None:
        for address, value in values.items():
            plain = value.encode(errors="replace").decode() if isinstance(value, str) else value  # names are bytes
            data = build_msg(address, [plain]).dgram  # an empty text alone would be no value
            for at in addresses:
                with suppress(OSError):  # nobody is there any more
                    (self._beyond if at in self._far else self._socket).sendto(data, at)

    def _once(self, text: str, longest: int = LINE) -> None:
        """Say something, unless it was said before; strangers get so many lines, so long, and no more.

        What they send may be meant for the terminal: only what can be printed is.
        """
        text = "".join(letter if letter.isprintable() else "�" for letter in text)
        text = text if len(text) <= longest else f"{text[:longest]} ..."
        if text not in self._lines and len(self._lines) < MOST_LINES:
            self._lines.add(text)
            self._say(f"OSC: {text}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._socket.close()
        self._beyond.close()


def _loops(host: str) -> bool:
    """Whether an address, as the system writes it, is this machine's own and reaches nobody else."""
    return ipaddress.ip_address(host).is_loopback


def _open(addresses: OscAddresses) -> tuple[socket.socket, list[Address]]:
    """A bound socket, and addresses of those who are told, of its family."""
    host, port = addresses.listen
    made = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][0]
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.bind((host, port))
        made.setblocking(False)
        peers = [socket.getaddrinfo(*at, family, socket.SOCK_DGRAM)[0][4][:2] for at in addresses.tell]
    except OSError as error:
        if made is not None:
            made.close()
        reason = error.strerror or str(error)
        raise ValueError(f"OSC at {host}:{port}, telling {[*addresses.tell] or 'nobody'}: {reason}") from error
    return made, [(str(at[0]), int(at[1])) for at in peers]


def _number(values: tuple[object, ...]) -> float:
    """What a button or fader sends: one of any kind of number, T or F. Raises ValueError."""
    if len(values) == 1 and isinstance(values[0], bool | int | float):
        return float(values[0])
    raise ValueError(f"it takes one number, not {values!r}")


def _name(values: tuple[object, ...]) -> str | int:
    """A scene's: its name, or its number as it is counted on the keys. Raises ValueError."""
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    if len(values) == 1 and isinstance(values[0], int | float) and 1 <= values[0] < math.inf:
        return int(values[0]) - 1
    raise ValueError(f"it takes a scene's name or number, not {values!r}")
