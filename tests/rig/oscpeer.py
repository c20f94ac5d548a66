"""An OSC program on the other side of real sockets."""

import socket
from types import TracebackType
from typing import Any, Self

from pythonosc.osc_message_builder import build_msg
from pythonosc.osc_packet import OscPacket

from stream.control.osc import Osc

WAIT_S = 60.0


class OscPeer:
    """osc: whom it talks to"""

    osc: Osc

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(WAIT_S)

    def send(self, address: str, *values: object) -> None:
        """Say something."""
        self.raw(build_msg(address, list(values)).dgram)

    def raw(self, data: bytes) -> None:
        """Send whatever it is."""
        self.socket.sendto(data, ("127.0.0.1", self.osc.port))

    def done(self, address: str, *values: object) -> None:
        """Send, and let it be done."""
        self.send(address, *values)
        self.osc.step()

    def heard(self, count: int) -> dict[str, Any]:
        """So many values that were told, by address."""
        found = {}
        for _ in range(count):
            message = OscPacket(self.socket.recv(65_536)).messages[0].message
            found[message.address] = message.params[0]
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.socket.close()
