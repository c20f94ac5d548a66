"""Everything between a block in and a block out: the callback's header, its rings, the separator, the mixer.

Who paces it (a device, a wall clock, nothing at all) calls `serve`, or hands `address` and `header` to PortAudio.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dsp.console import BUSES, MEMORY, PIECE, rows
from stream.callback import header as hd
from stream.callback.bridge import Bridge
from stream.callback.callback import callback
from stream.callback.events import Notes
from stream.callback.ring import Ring
from stream.callback.routes import table
from stream.latency.geometry import Latency
from stream.live.feeder import ENDLESS, Feeder
from stream.live.insert import Insert
from stream.live.reader import FrameReader
from stream.live.worker import Worker
from stream.mixer.mixer import RAMP_S, Mixer
from stream.mixer.route import CUE, MIX, Route
from stream.separators.protocol import Frames, Separator

FADE = 256  # frames over which late stems give way to the dry signal
HISTORY_S = 8.0  # how late the separator thread may be before input is lost to it
GROWTH = 16_384  # frames by which the delay may grow while it runs; the longest period of JACK's and PipeWire's is 8192


@dataclass(frozen=True)
class Setup:
    """What an engine is made for.

    in_channels, out_channels: of the device; 0 where there is none
    block: frames, the most that come at once
    late: `dry` or `mute`, what is heard instead of late stems
    offline: nobody waits (virtual clock)
    reader: the file that stands for the input device
    tapped: somebody records
    keep_s: how long a recording may look back
    routes: of buses to the output's channels; empty is the mix on the first two
    other_input: an input device with a clock of its own
    other_outputs: output devices with clocks of their own, that have buses of their own
    inserts: at most one of a stem
    """

    in_channels: int = 0
    out_channels: int = 0
    block: int = 512
    late: str = "dry"
    offline: bool = False
    reader: FrameReader | None = None
    tapped: bool = False
    keep_s: float = 0.0
    routes: tuple[Route, ...] = ()
    other_input: Bridge | None = None
    other_outputs: Sequence[Bridge] = ()
    inserts: Sequence[Insert] = ()


class Engine:
    """The live path, ready to be called."""

    address = int(callback.address or 0)

    def __init__(self, header: np.ndarray[tuple[int], np.dtype[np.int64]], separator: Separator, mixer: Mixer,
                 latency: Latency, setup: Setup) -> None:
        """Make all arrays and fill the header in, before the callback runs.

        header: int64 (64,), zeros; PortAudio has its address already
        [main-thread]
        """
        history = latency.delay + int(HISTORY_S * latency.samplerate)
        self.header, self.latency, self.mixer = header, latency, mixer
        self.inputs = Ring(history, 2, setup.block)
        self.worker = Worker(separator, self.inputs, latency, setup.offline, GROWTH)
        self.worker.output.delay = self._delay
        self.feeder = None
        if setup.reader is not None:
            self.feeder = Feeder(setup.reader, self.inputs, setup.block, latency.samplerate)
        width = 4 + 2 * len(separator.sources) * (2 if setup.inserts else 1)
        kept = int((HISTORY_S + setup.keep_s) * latency.samplerate)
        self.tap = Ring(kept, width, setup.block) if setup.tapped else None
        mixer.settle()
        self.notes = Notes()
        self._other_input = setup.other_input
        self._bridges = [*([setup.other_input] if setup.other_input else []), *setup.other_outputs]
        stems = len(separator.sources)
        self._arrays: dict[int, npt.NDArray[Any]] = {
            hd.STATE: mixer.state, hd.MEMORY: np.zeros((stems, 2, MEMORY), np.float32),
            hd.WORK: np.zeros((rows(stems), PIECE), np.float32), hd.PEAKS: np.zeros((stems + BUSES, 2), np.float32),
            hd.ROUTE: table(setup.routes, separator.sources, setup.out_channels),
            hd.INSERTS: np.zeros((stems, 4), np.int64),
            hd.OTHERS: np.array([other.header.ctypes.data for other in setup.other_outputs], np.int64)}
        self.inserts = setup.inserts
        if self.inserts:
            self._connect(separator.sources, setup.offline)
        self._fill(separator, setup)
        self._user = ctypes.c_void_p(header.ctypes.data)
        self.stood_still_s = 0.0  # that a wall clock was stopped, with the process or the machine

    def _fill(self, separator: Separator, setup: Setup) -> None:
        h, latency = self.header, self.latency
        h[[hd.IN_CHANNELS, hd.OUT_CHANNELS, hd.STEMS]] = setup.in_channels, setup.out_channels, len(separator.sources)
        h[[hd.DELAY, hd.FADE, hd.MOST]] = latency.delay, FADE, setup.block
        h[[hd.BURST, hd.COMES, hd.LONGEST]] = setup.block, setup.block, latency.delay + GROWTH
        h[hd.RAMP] = max(1, int(RAMP_S * latency.samplerate))
        h[hd.LATE_DRY] = setup.late == "dry"
        h[[hd.HOP, hd.SEPARATOR_LATENCY, hd.MODEL_RATE]] = separator.hop, separator.latency, separator.samplerate
        h[hd.DEVICE_RATE], h[hd.FEED_END], h[hd.LAST_MISSED] = latency.samplerate, ENDLESS, hd.NEVER
        for at, array in self._arrays.items():
            h[at] = array.ctypes.data
        h[[hd.TAKEN, hd.THERE]] = self.mixer.number, 1
        if setup.other_input is not None:
            h[hd.OTHER_INPUT] = setup.other_input.header.ctypes.data
        h[hd.OTHER_OUTPUTS] = len(setup.other_outputs)
        for other in setup.other_outputs:
            other.carry(separator.sources)
        self._point(hd.WANTED, self.mixer.wanted, self.mixer.published)
        self._point(hd.NOTES, self.notes.rows, self.notes.counter)
        rings: dict[int, Ring | None] = {hd.INPUT: self.inputs, hd.STEM: self.worker.ring, hd.TAP: self.tap,
                 hd.FEED: self.feeder.ring if self.feeder else None}
        for at, ring in rings.items():
            if ring is not None:
                self._point(at, ring.data, ring.counter)

    def _point(self, at: int, data: npt.NDArray[Any], counter: npt.NDArray[np.int64]) -> None:
        """Tell the callback of a ring."""
        self.header[at : at + 3] = data.ctypes.data, counter.ctypes.data, len(data) - 1

    def _connect(self, sources: tuple[str, ...], offline: bool) -> None:
        """Put inserts between the stem ring and the callback."""
        self.header[hd.INSERTED] = 1
        for insert in self.inserts:
            stem = sources.index(insert.stem)
            insert.connect(2 * stem, self.worker.ring, self.inputs, self._delay, offline, self.latency.delay + GROWTH)
            data, counter = insert.ring.data, insert.ring.counter
            self._arrays[hd.INSERTS][stem, :3] = data.ctypes.data, counter.ctypes.data, len(data) - 1
            self.worker.output.listeners.append(insert.wake)

    def _delay(self) -> int:
        """Frames between a frame's way in and its way out, now. [any-thread]"""
        return int(self.header[hd.DELAY])

    @property
    def grown(self) -> int:
        """Frames by which the delay has become longer than what `latency` says. [any-thread]"""
        return self._delay() - self.latency.delay

    @property
    def growing(self) -> bool:
        """Whether the delay is about to become longer, since the device hands over more at once. [any-thread]"""
        more = int(self.header[hd.COMES] - self.header[hd.BURST])
        return more > 0 and self._delay() + more <= self.header[hd.LONGEST]

    def serve(self, frames: int, given: Frames | None = None, out: Frames | None = None) -> None:
        """One block, as a device would ask for it: this thread stands for the audio thread.

        given: float32 (frames, in_channels); None is from the feeder's file
        out: float32 (frames, out_channels), written; None is nowhere
        [main-thread]
        """
        given_at, out_at = (None if block is None else ctypes.c_void_p(block.ctypes.data) for block in (given, out))
        callback.ctypes(given_at, out_at, frames, None, 0, self._user)

    def rejoin(self, channels: tuple[int, int], routes: Sequence[Route], block: int) -> None:
        """Go on with a device that was away: what comes in joins on to what came before, and all outputs fade in.

        channels: of it, in and out      routes: to them      block: frames that it hands over at once
        While nobody calls. Raises ValueError for a route that leads nowhere.
        [devices-thread]
        """
        h = self.header
        self._arrays[hd.ROUTE] = found = table(routes, self.mixer.sources, channels[1])
        h[[hd.IN_CHANNELS, hd.OUT_CHANNELS, hd.ROUTE]] = *channels, found.ctypes.data
        h[hd.COMES] = block
        h[[hd.SEAM, hd.SHADE]] = self.inputs.written, 1
        if self._other_input is not None:
            self._other_input.rest()

    def feed(self) -> bool:
        """Read ahead in the file, if there is one; False if there was nothing to do. [feeder-thread]"""
        if self.feeder is None:
            return False
        went = self.feeder.step()
        self.header[hd.FEED_END] = self.feeder.end
        return went

    @property
    def end(self) -> int:
        """Frames of input in all; ENDLESS while nobody knows. [any-thread]"""
        return self.feeder.end if self.feeder else ENDLESS

    @property
    def expected(self) -> int | None:
        """Frames of input that there will be, as its file states; None for a device. [any-thread]"""
        return self.feeder.expected if self.feeder else None

    @property
    def heard(self) -> int:
        """Frames of the input that have been played. [any-thread]"""
        return min(self.end, max(0, self.inputs.written - self._delay()))

    @property
    def ended(self) -> bool:
        """Whether all of the input has been played. [any-thread]"""
        return self.heard >= self.end

    def _cleaned(self) -> int:
        """Samples of the input that could not be sound, and are silence."""
        feeder = self.feeder.cleaned if self.feeder else 0
        return int(self.header[hd.CLEANED]) + feeder + (self._other_input.cleaned if self._other_input else 0)

    def peaks(self) -> dict[str, tuple[float, float]]:
        """How loud each bus is, left and right, 1 is full scale; it falls by 20 dB a second.

        The buses: `mix`, every stem as it is in the mix, `cue`.
        [any-thread]
        """
        pairs = self._arrays[hd.PEAKS].tolist()
        return {bus: (left, right) for bus, (left, right) in zip((MIX, *self.mixer.sources, CUE), pairs, strict=True)}

    def counts(self) -> dict[str, int]:
        """What the callback has counted: frames played late, misses, underruns and xruns. [any-thread]"""
        h = self.header
        return {
            "blocks": int(h[hd.BLOCKS]), "misses": int(h[hd.MISSES]), "late_frames": int(h[hd.LATE_FRAMES]),
            "underruns": int(h[hd.LATE_BLOCKS] + h[hd.FEED_UNDERRUNS]), "overruns": self.worker.overruns,
            "insert_misses": int(h[hd.INSERT_MISSES]), "cleaned": self._cleaned(),
            "xruns": int(h[hd.INPUT_UNDERFLOWS : hd.OUTPUT_OVERFLOWS + 1].sum())
            + sum(bridge.xruns for bridge in self._bridges), "gaps": sum(bridge.gaps for bridge in self._bridges),
        }
