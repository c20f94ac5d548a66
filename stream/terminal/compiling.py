"""Says when something is compiled, as the first start on a machine does: seconds in which nothing else happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def compile_notice(say: Callable[[str], None]) -> Iterator[None]:
    """While this is entered, the first thing that is compiled and not kept from before has a line."""
    from numba.core import event  # most commands compile nothing, and start sooner

    class Listener(event.Listener):
        announced = False

        def on_start(self, _event: Any) -> None:
            if not self.announced:
                self.announced = True
                say("compiling for this processor (once) ...")

        def on_end(self, _event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield
