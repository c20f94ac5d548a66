"""An interrupt that arrives where Python drops what is raised ends a command all the same, and nothing is said."""

import ctypes
import gc
import math
import signal
import sys
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from typing import Any

import pytest

from stream.common.interrupt import SignalHandler, end, handling
from stream.common.lostinterrupt import AGAIN_S, Interrupt
from tests.rig.live import PATIENCE_S


@pytest.fixture(autouse=True)
def _nothing_came_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SignalHandler, "last_s", -math.inf)


def ctrl_c(*_: object) -> int:
    signal.raise_signal(signal.SIGINT)
    return 0


def lasts(where: Callable[[], object], times: int = 1) -> None:
    """A command that goes on until it is ended, and is interrupted there."""
    with handling(SignalHandler(*[end] * times)):
        for _ in range(times):
            SignalHandler.last_s = -math.inf
            where()
        over = time.monotonic() + PATIENCE_S
        while time.monotonic() < over:
            time.sleep(AGAIN_S)


class Asked:
    """Whatever is asked of it, it is interrupted."""

    def __getattr__(self, _name: str) -> Any:
        return ctrl_c()


class Leaving:
    """It is interrupted as it goes."""

    def __del__(self) -> None:
        ctrl_c()


def in_a_weak_references_callback() -> None:
    thing = {0}
    _kept = weakref.ref(thing, ctrl_c)
    del thing


def in_a_finalizer() -> None:
    Leaving()


def in_a_finalizer_of_a_cycle() -> None:
    thing = Leaving()
    vars(thing)["itself"] = thing
    del thing
    gc.collect()


def in_a_callback_of_the_garbage_collector() -> None:
    gc.callbacks.append(ctrl_c)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(ctrl_c)


def in_a_callback_of_ctypes() -> None:
    ctypes.CFUNCTYPE(ctypes.c_int)(ctrl_c)()


def in_c_code_that_clears_it() -> None:
    ask = ctypes.pythonapi.PyObject_HasAttrString
    ask.argtypes = (ctypes.py_object, ctypes.c_char_p)
    ask(Asked(), b"anything")


def in_a_library_that_catches_everything() -> None:
    with suppress(BaseException):
        ctrl_c()


def while_another_is_told() -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError

    Failing()


WHERE = [in_a_weak_references_callback, in_a_finalizer, in_a_finalizer_of_a_cycle,
         in_a_callback_of_the_garbage_collector, in_a_callback_of_ctypes, in_c_code_that_clears_it,
         in_a_library_that_catches_everything]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("where", WHERE, ids=lambda where: where.__name__)
def test_it_ends_the_command(where: Callable[[], None], times: int, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        lasts(where, times)
    assert capfd.readouterr() == ("", "")


def test_it_ends_the_command_also_while_something_else_is_told(
        monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "unraisablehook", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        lasts(while_another_is_told)
    assert capfd.readouterr() == ("", "")


class Named(ModuleSpec):
    """A library in C that is interrupted as it begins: when it asks what it is called."""

    raised: BaseException | None = None

    @property
    def name(self) -> str:
        try:
            ctrl_c()
        except BaseException as error:
            self.raised = error
        return "none"

    @name.setter
    def name(self, _name: str) -> None:
        pass


def test_nothing_is_raised_in_a_library_in_c_as_it_begins_where_it_would_end_the_process() -> None:
    library = Named("none", None, origin="/nowhere.so")

    def load() -> None:
        with suppress(ImportError):
            ExtensionFileLoader("none", "/nowhere.so").create_module(library)

    with pytest.raises(KeyboardInterrupt):
        lasts(load)
    assert library.raised is None


def test_whoever_handles_signals_by_then_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    stopped: list[bool] = []
    handler = SignalHandler(lambda: stopped.append(True), end)

    class Changing:
        def __del__(self) -> None:
            try:
                ctrl_c()
            finally:
                signal.signal(signal.SIGINT, handler)

    with handling(SignalHandler(end)):
        Changing()
        over = time.monotonic() + PATIENCE_S
        while not stopped and time.monotonic() < over:
            time.sleep(AGAIN_S)
    assert stopped
    assert handler.left
    assert capfd.readouterr() == ("", "")


def test_one_that_has_ended_the_command_is_not_made_again() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        with handling(SignalHandler(end)):
            with suppress(KeyboardInterrupt):
                try:
                    ctrl_c()
                finally:
                    Interrupt.over()
            time.sleep(10 * AGAIN_S)
        for _ in range(3):
            with suppress(KeyboardInterrupt), handling(SignalHandler(end)):
                SignalHandler.last_s = -math.inf
                in_a_finalizer()  # it is being sent while the command ends by itself
        time.sleep(10 * AGAIN_S)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == []


def test_what_else_is_dropped_is_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with handling(SignalHandler(end)):
        while_another_is_told()
    while_another_is_told()
    assert [each.exc_type for each in told] == [ValueError] * 2
