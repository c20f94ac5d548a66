"""Where an engine listens to screens, the key to it, and how both sides write: JSON in bytes, never pickle.

[any-thread]
"""

import json
import os
import re
from dataclasses import dataclass
from typing import Any, Protocol

ENVIRONMENT = "DEMUCS_STREAM_ATTACH"
MOST_MESSAGE_BYTES = 1 << 16  # bytes of a message to the engine


class Connection(Protocol):
    """What is used of a connection of multiprocessing's, which has a class of its own on Windows."""

    def send_bytes(self, message: bytes, /) -> None:
        """Send a message."""

    def recv_bytes(self, most: int | None = None, /) -> bytes:
        """Wait for a message."""


@dataclass(frozen=True)
class Endpoint:
    """address: of a local socket or a named pipe      key: who has it may come in"""

    address: str
    key: bytes

    def __str__(self) -> str:
        return f"{self.key.hex()}@{self.address}"


def endpoint(text: str | None) -> Endpoint:
    """A door as it is written; without a text the one that the environment names. Raises ValueError."""
    text = text or os.environ.get(ENVIRONMENT)
    if not text:
        raise ValueError(f"there is no run to attach to: name one with --attach or ${ENVIRONMENT}; `demucs-stream run "
                         "--attachable` prints what to write there")
    key, _, address = text.partition("@")
    if not address or not re.fullmatch("([0-9a-f]{2})+", key):
        raise ValueError(f"{text!r} is not the address of a run; `demucs-stream run --attachable` prints one")
    return Endpoint(address, bytes.fromhex(key))


def put(connection: Connection, message: Any) -> None:
    """Send a message. Raises OSError where nobody takes it."""
    connection.send_bytes(json.dumps(message, separators=(",", ":")).encode())


def get(connection: Connection, most: int | None = None) -> Any:
    """Wait for a message of at most so many bytes. Raises EOFError or OSError at the end, ValueError for nonsense."""
    return json.loads(connection.recv_bytes(most))
