"""Threads of what hands play on: one that fails says so, and audio goes on."""

from collections.abc import Callable

from stream.common.errors import Failure
from stream.common.threads import IDLE_S, Stepper


def controller_thread(name: str, step: Callable[[], bool], say: Callable[[str], None],
                      idle_s: float = IDLE_S) -> Stepper:
    """A thread that steps; whatever it fails with is said in a line that begins with its name."""

    def failed(error: BaseException) -> None:
        kind = "" if isinstance(error, Failure) else f"{type(error).__name__}: "
        say(f"{name} has failed: {' '.join(f'{kind}{error}'.split())}; audio goes on")

    return Stepper(name, step, idle_s, failed)
