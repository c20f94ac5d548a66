"""The latency of a run while it goes on: devices may hand over more at once, or state another one."""

from dataclasses import replace

from stream.live.engine import Engine
from stream.session.request import Say
from stream.session.streams import Streams


class CurrentLatency:
    """Keeps `Engine.latency` true, and says when it has changed."""

    def __init__(self, engine: Engine, streams: Streams, say: Say) -> None:
        """It is as it was planned."""
        self._engine, self._streams, self._say = engine, streams, say

    def look(self, back: bool) -> None:
        """See whether it is another now.

        back: a device that was away is back, and has to be told anew how late the music is
        """
        if back:
            self._streams.state(self._engine.latency)
        devices = self._streams.look()
        if devices is None or self._engine.growing:
            return
        grown, before = self._engine.grown, self._engine.latency
        latency = replace(before, budget=before.budget + grown, device_in=devices[0], device_out=devices[1],
                          drift=devices[2])
        if latency == before:
            return
        self._engine.latency = latency
        self._streams.state(latency)
        why = (f"the device now uses blocks of {self._engine.header['burst']} frames" if grown else
               "the devices' own latency has changed")
        self._say(f"{why}: the latency is {latency.total_s:.2f} s from now on")
