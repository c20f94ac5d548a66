"""Devices that vanish while a run goes on: who is gone is said, sought by name, and opened again when it is back."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from stream.common.errors import Failure, Unfit
from stream.common.quiet import hush
from stream.devices import portaudio
from stream.session.line import SILENT_S, Line
from stream.session.partners import Partners
from stream.session.report import Absence
from stream.session.streams import PATIENCE_S, Rejoining, Streams

LOOK_S = 0.5  # between two looks for a device that is gone
SETTLE_S = 2.0  # in which a device that is back may not be whole yet: its channels can come one after the other
STOPPED_S = 1.0  # between two looks, and the process was stopped


class Returns:
    """Watches a run's devices, and brings back who was gone. Nothing of a run ends with a device.

    A library that has lost its server may wait for it for ever: what is closed and opened again has a thread of its
    own, for which nobody waits.
    """

    def __init__(self, streams: Streams, engine: Rejoining, say: Callable[[str], None]) -> None:
        """Nobody is gone."""
        self._streams, self._engine, self._say = streams, engine, say
        self._gone: list[Line] = []  # are sought: the main thread adds, the one that opens removes
        self._opened: dict[Line, float] = {}  # when it was opened again: it is back once it calls
        self._unfit: dict[Line, tuple[str, float]] = {}  # why it cannot go on, and since when
        self._left_s: dict[Line, float] = {}
        self._partners = Partners(say)
        self._looked_s, self._started = time.monotonic(), False
        self._over, self._wake = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def look(self) -> bool:
        """See who has gone and who is back, and say so; whether somebody is back.

        Raises Failure where a device is back as one that the run cannot go on with.
        """
        now, back = time.monotonic(), False
        if not self._started or self._over.is_set():
            return False
        if now - self._looked_s > STOPPED_S:
            for line in self._streams.lines:
                line.forgive(now - self._looked_s)
        self._looked_s = now
        for line in self._streams.lines:
            if line.here and not line.alive(now):
                self._lose(line, now)
            elif line in self._opened:
                back |= self._see(line, now)
        self._partners.look(self._streams.lines, now)
        for line, (why, since_s) in list(self._unfit.items()):
            if now - since_s > SETTLE_S:
                raise Failure(f"the audio device {line.name} is back, but the run cannot go on with it: {why}")
        return back

    def _lose(self, line: Line, now: float) -> None:
        reported = any(other.name == line.name for other in self._gone)
        line.here = False
        line.times += 1
        self._left_s[line] = now - line.silent_s(now)
        hush()
        if line.plan.over_jack:
            portaudio.leave()
        self._gone.append(line)
        if not reported:
            self._say(f"the audio device {line.name} has gone; {self._meanwhile(line)}")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="devices", daemon=True)
            self._thread.start()
        self._wake.set()

    def _meanwhile(self, line: Line) -> str:
        if line.paces:
            return "waiting for it to come back"
        return f"{'silence comes in' if line.plan.sink is None else 'the others play on'} until it is back"

    def _see(self, line: Line, now: float) -> bool:
        """Whether a line that was opened again calls. One that does not is sought again."""
        if line.calls(now):
            del self._opened[line]
            line.here = True
            line.gone_s += now - self._left_s[line]
            if not any(other.name == line.name and not other.here for other in self._streams.lines):
                self._say(f"the audio device {line.name} is back, after {now - self._left_s[line]:.1f} s")
            return True
        if now - self._opened[line] > SILENT_S or not line.stream.active:
            del self._opened[line]
            self._gone.append(line)
            self._wake.set()
        return False

    def _run(self) -> None:
        """What the one thread does that opens devices again."""
        while not self._over.is_set():
            self._wake.clear()
            for line in list(self._gone):
                if not self._over.is_set():
                    self._bring(line)
            self._wake.wait(LOOK_S if self._gone else None)

    def _bring(self, line: Line) -> None:
        """Open a line again, if its devices are here."""
        with suppress(Exception):  # a library's word on what is dead changes nothing
            line.stream.close()
        try:
            if line.plan.listed and not any(other.portaudio and other not in self._gone
                                            for other in self._streams.lines):
                portaudio.refresh()
            plan = line.plan.again()
            if plan is None:
                self._unfit.pop(line, None)
                return
            self._streams.put(line, plan, self._engine)
            if self._over.is_set():
                line.stream.close()
                return
            line.calls(time.monotonic())
            line.stream.start()
        except Unfit as error:
            self._unfit.setdefault(line, (str(error), time.monotonic()))
            return
        except Exception:
            return
        self._unfit.pop(line, None)
        self._opened[line] = time.monotonic()
        self._gone.remove(line)

    def start(self) -> None:
        """Let the callbacks be called. Raises Failure."""
        self._streams.start()
        self._started = True

    def close(self) -> None:
        """Seek nobody any more, and let go of all devices."""
        if not self._over.is_set():
            self._give_up()
        self._streams.close()

    def _give_up(self) -> None:
        self._over.set()
        self._wake.set()
        now = time.monotonic()
        for line, left_s in self._left_s.items():
            line.gone_s += 0 if line.here else now - left_s
        self._partners.close(now)
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
            if self._thread.is_alive():  # it hangs: it is left alone, and ends with the program
                portaudio.leave()

    def report(self) -> list[Absence]:
        """Who was gone, how often and for how long."""
        return [Absence("audio device", line.name, line.times, line.gone_s)
                for line in self._streams.lines if line.times] + self._partners.report()
