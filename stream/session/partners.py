"""Programs on JACK that a run is connected to: they may go and come back while JACK's server goes on."""

from collections.abc import Callable, Sequence

from stream.session.line import Line
from stream.session.report import Absence


class Partners:
    """Says who has gone and who is back, and counts it. Their connections are stream.devices.jackpartners'."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Nobody is gone."""
        self._say = say
        self._gone: dict[Line, tuple[str, ...]] = {}
        self._left_s: dict[str, float] = {}  # of those who are gone
        self._times: dict[str, int] = {}
        self._gone_s: dict[str, float] = {}

    def look(self, lines: Sequence[Line], now: float) -> None:
        """See who has gone and who is back, and say so. Nothing is known beyond a line that is away."""
        self._gone |= {line: line.stream.gone() for line in lines if line.here}
        gone = dict.fromkeys(name for line in lines for name in self._gone.get(line, ()))
        for name in gone:
            if name not in self._left_s:
                self._left_s[name] = now
                self._times[name] = self._times.get(name, 0) + 1
                self._say(f"the JACK {name} has gone; waiting for it to come back")
        for name in [name for name in self._left_s if name not in gone]:
            self._say(f"the JACK {name} is back, after {self._arrive(name, now):.1f} s")

    def _arrive(self, name: str, now: float) -> float:
        """It is back, or nobody waits any more; how long it was gone."""
        gone_s = now - self._left_s.pop(name)
        self._gone_s[name] = self._gone_s.get(name, 0.0) + gone_s
        return gone_s

    def close(self, now: float) -> None:
        """Wait for nobody any more."""
        for name in list(self._left_s):
            self._arrive(name, now)

    def report(self) -> list[Absence]:
        """Who was gone, how often and for how long."""
        found = ((*name.split(" ", 1), name) for name in self._times)
        return [Absence(f"JACK {what}", device, self._times[name], self._gone_s[name]) for what, device, name in found]
