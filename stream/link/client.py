"""A screen's side: what the engine tells, and what is said to it."""

import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from types import TracebackType
from typing import Any, Self

from stream.common.errors import Failure
from stream.link.endpoint import Endpoint, get, put

LOOK_S = 0.1  # how often who waits looks whether they are still wanted


class Gone(Failure):
    """Nobody is there to attach to."""


class Attached:
    """Attached to an engine; `state` is what it told at first, by name."""

    def __init__(self, door: Endpoint) -> None:
        """Come in. Raises Gone where there is no engine, Failure where it has another key. [main-thread]"""
        try:
            self._connection: Any = Client(door.address, authkey=door.key)
            self.state: dict[str, Any] = get(self._connection) | get(self._connection)
        except AuthenticationError:
            raise Failure("the run does not accept this key") from None
        except (OSError, EOFError, ValueError) as error:
            raise Gone(f"no run answers at {door.address}: {error or 'it has ended'}") from None
        self._saying, self._waiting, self._left = threading.Lock(), threading.Lock(), threading.Event()

    def wait(self) -> dict[str, Any] | None:
        """Wait for what has changed, by name; None when the run has ended, or this is left. [link-thread]"""
        with self._waiting:
            try:
                while not self._left.is_set():
                    if self._connection.poll(LOOK_S):
                        news: dict[str, Any] = get(self._connection)
                        return news
            except (OSError, EOFError, ValueError):
                pass
            return None

    def say(self, *message: object) -> None:
        """Have something done: `set`, `flip`, `recall`, `store` or `act`, and what it takes. [any-thread]"""
        with self._saying:
            try:
                put(self._connection, message)
            except OSError:
                return  # the run has ended, which `wait` tells

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._left.set()
        with self._waiting:
            self._connection.close()
