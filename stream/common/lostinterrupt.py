"""An interrupt that Python drops: in a finalizer, in a callback of a weak reference or in C code. It is made again."""

import _thread
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    Hook = Callable[["sys.UnraisableHookArgs"], object]

AGAIN_S = 0.01  # after an interrupt was lost: what has dropped it is left by then, or drops the next one, too


class Interrupt(KeyboardInterrupt):
    """What ends a command. One that is destroyed while a command still runs was lost, and its signal is sent again.

    NB: Python drops what is raised in a finalizer, or in a callback of a weak reference, the garbage collector or
    ctypes; and C code drops what it does not expect.

    awaited: whether a command runs that it ends
    """

    awaited: ClassVar[bool] = False
    _sent: ClassVar[bool] = False
    _latest: ClassVar["weakref.ref[Interrupt] | None"] = None
    _sending: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        """It is about to be raised."""
        super().__init__()
        Interrupt._latest = weakref.ref(self)

    def __del__(self) -> None:
        """Nobody has it any more. NB: no `threading.Thread`, whose lock the interrupted code may hold."""
        if Interrupt.awaited:
            with suppress(RuntimeError):  # there is no room for a thread
                _thread.start_new_thread(_send, ())

    @staticmethod
    def repeated() -> bool:
        """Whether the signal that has come is of an interrupt that was lost. Ask once for each."""
        sent, Interrupt._sent = Interrupt._sent, False
        return sent

    @staticmethod
    def wanted() -> bool:
        """Whether a command runs, and no interrupt is on its way to the end of it."""
        return Interrupt.awaited and (Interrupt._latest is None or Interrupt._latest() is None)

    @staticmethod
    def over() -> None:
        """The command has ended: no signal is sent again from now on."""
        Interrupt.awaited = False
        with Interrupt._sending:  # one that is being sent has come when this is left
            pass


def _send() -> None:
    time.sleep(AGAIN_S)
    with Interrupt._sending:
        if Interrupt.awaited:
            Interrupt._sent = True
            if sys.platform == "win32":
                signal.raise_signal(signal.SIGINT)
            else:
                main = threading.main_thread().ident
                assert main is not None
                signal.pthread_kill(main, signal.SIGINT)


class _Untold:
    """Nothing is printed of an interrupt that was dropped; everything else is handed on."""

    def __init__(self, hook: "Hook") -> None:
        self._hook = hook

    def __call__(self, dropped: "sys.UnraisableHookArgs") -> None:
        if not isinstance(dropped.exc_value, Interrupt):
            self._hook(dropped)


@contextmanager
def untold() -> Iterator[None]:
    """Have lost interrupts sent again, and nothing printed of them, as long as a command runs."""
    before, Interrupt.awaited, Interrupt._sent = sys.unraisablehook, True, False
    sys.unraisablehook = _Untold(before)
    try:
        yield
    finally:
        Interrupt.over()
        sys.unraisablehook = before


# what is raised in the first is dropped and printed; in the others, where a library of C++ begins, it ends the process
_DELICATE = (_Untold.__call__.__code__, ExtensionFileLoader.create_module.__code__,
             ExtensionFileLoader.exec_module.__code__)


def delicate(frame: FrameType | None) -> bool:
    """Whether nothing may be raised now: Python tells what it has dropped, or a library in C is being loaded."""
    while frame is not None and frame.f_code not in _DELICATE:
        frame = frame.f_back
    return frame is not None
