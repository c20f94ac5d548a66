"""What an engine tells its screens: what stays the same once, and what is now."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from stream.control.keytable import stem_keys
from stream.link.waveform import WaveformSource, slice_at, slice_frames, slices_ahead
from stream.live.engine import Engine
from stream.mixer.desk import Desk
from stream.mixer.players import LIVE
from stream.separators.protocol import Easing, Separator

RECENT = 256  # hops that times are told of


class Slices(Protocol):
    """What a screen is told piece by piece, each piece once."""

    def new(self) -> Sequence[Sequence[int | str]]:
        """What has come since the last look. [screen-thread]"""


class Looks(Protocol):
    """What a link asks for what screens are told."""

    def always(self) -> dict[str, Any]:
        """What stays the same. [any-thread]"""

    def now(self) -> dict[str, Any]:
        """How everything is. [any-thread]"""

    def waveform(self) -> Slices:
        """The waveforms, for one screen. [any-thread]"""


class Snapshot:
    """Looks at an engine and its desk; touches nothing that the audio thread or the separator waits for."""

    def __init__(self, engine: Engine, separator: Separator, desk: Desk, facts: Mapping[str, Any],
                 recording: Callable[[], bool]) -> None:
        """Nothing is looked at yet.

        facts: what else stays the same: `model`, `provider`, `samplerate` ...
        [main-thread]
        """
        self._engine, self._separator, self._desk, self._facts = engine, separator, desk, facts
        self._recording = recording
        self._hops, self._hop_s = -1, {"median": 0.0, "p99": 0.0, "last": 0.0}

    def always(self) -> dict[str, Any]:
        """What stays the same. [any-thread]"""
        latency, separator = self._engine.latency, self._separator
        expected = self._engine.expected
        return {**self._facts, "players": {LIVE: list(separator.sources)}, "sources": list(separator.sources),
                "keys": stem_keys(separator.sources), "acts": list(self._desk.acts),
                "latency_s": latency.total_s, "latency_parts_s": latency.parts_s,
                "hop_s": separator.hop / separator.samplerate,
                "slice_s": slice_frames(latency) / latency.samplerate, "slices_ahead": slices_ahead(latency),
                "expected_s": None if expected is None else expected / latency.samplerate}

    def waveform(self) -> WaveformSource:
        """The stems' waveforms, for one screen, which is told each slice once. [any-thread]"""
        return WaveformSource(self._engine)

    def now(self) -> dict[str, Any]:
        """How everything is. [any-thread]"""
        counts, heard, latency = self._engine.counts(), self._engine.heard, self._engine.latency
        return {
            "strips": self._desk.mixer.scene(), "scenes": list(self._desk.scenes),
            "peaks": {bus: [round(side, 4) for side in pair] for bus, pair in self._engine.peaks().items()},
            "counts": {name: counts[name] for name in ("misses", "underruns", "xruns")}, "hop_times_s": self._times_s(),
            "heard_s": round(heard / latency.samplerate, 1), "slice": slice_at(latency, heard),
            "eased": self._eased(), "recording": self._recording(),
        }

    def _times_s(self) -> dict[str, float]:
        """Of the last hops; reckoned anew when there is a new one."""
        times = self._engine.worker.hop_times_s
        count = len(times)
        if count != self._hops and count:
            recent = sorted(times[-RECENT:])
            self._hop_s = {"median": recent[len(recent) // 2], "p99": recent[int(0.99 * (len(recent) - 1))],
                           "last": times[count - 1]}
            self._hops = count
        return self._hop_s

    def _eased(self) -> str:
        """What hops are made with, where it is less than was asked for."""
        governor = self._engine.worker.governor
        level = governor.level if governor is not None else 0
        return self._separator.levels[level].text if level and isinstance(self._separator, Easing) else ""


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be told to somebody who knows how it was before. [any-thread]"""
    return {name: value for name, value in now.items() if before.get(name, ...) != value}
