"""A flag may be set by a signal's handler while the same thread sets it."""

import signal
import sys
from types import FrameType

from stream.common.flag import Flag


def test_a_handler_sets_it_wherever_the_thread_is_within_setting_it() -> None:
    """A signal comes at each line of `set`, where a threading.Event would wait for itself for ever."""
    for line in range(1, 10):
        flag, seen = Flag(), 0

        def trace(frame: FrameType, event: str, _: object, line: int = line, flag: Flag = flag) -> object:
            nonlocal seen
            if frame.f_code is not Flag.set.__code__:
                return None
            if event == "line":
                seen += 1
                if seen == line:
                    sys.settrace(None)
                    signal.raise_signal(signal.SIGTERM)
            return trace

        before = signal.signal(signal.SIGTERM, lambda _number, _frame, flag=flag: flag.set())
        try:
            sys.settrace(trace)
            flag.set()
        finally:
            sys.settrace(None)
            signal.signal(signal.SIGTERM, before)
        assert flag.is_set()
        if seen < line:
            break
    assert line > 1, "no line was tried"
