"""Everything between a block in and a block out: the callback's header, its rings, the separator, the mixer.

Who paces it (a device, a wall clock, nothing at all) calls `serve`, or hands `address` and `header` to PortAudio.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream.callback import header as hd
from stream.callback.bridge import Bridge
from stream.callback.callback import callback
from stream.callback.player import Player
from stream.callback.ring import Ring
from stream.callback.routes import table
from stream.latency.geometry import Latency
from stream.live.feeder import ENDLESS, Feeder
from stream.live.insert import Insert
from stream.live.reader import FrameReader
from stream.live.worker import Worker
from stream.mixer.mixer import Mixer
from stream.mixer.route import Route
from stream.native.memory import Record, fill
from stream.separators.protocol import Frames, Separator

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
    player: the callback's, where decks are heard beside it (stream.callback.deckplayers); None is one of its own
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
    player: Player | None = None


class Engine:
    """The live path, ready to be called."""

    address = int(callback.address or 0)

    def __init__(self, header: Record, separator: Separator, mixer: Mixer,
                 latency: Latency, setup: Setup) -> None:
        """Make all arrays and fill the header in, before the callback runs.

        header: zeros, as stream.callback.header.HEADER; PortAudio has its address already
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
        self._other_input = setup.other_input
        self._bridges = [*([setup.other_input] if setup.other_input else []), *setup.other_outputs]
        self._player = setup.player or Player(mixer, latency.samplerate)
        self.events = self._player.events
        self._route = table(setup.routes, separator.sources, setup.out_channels)
        self._output_bridges = np.array([other.header.ctypes.data for other in setup.other_outputs], np.int64)
        self.inserts = setup.inserts
        if self.inserts:
            self._connect(separator.sources, setup.offline)
        self._fill(separator, setup)
        self._user = ctypes.c_void_p(header.ctypes.data)
        self.stood_still_s = 0.0  # that a wall clock was stopped, with the process or the machine

    def _fill(self, separator: Separator, setup: Setup) -> None:
        latency, player = self.latency, self.header["player"]
        fill(self.header, in_channels=setup.in_channels, out_channels=setup.out_channels, max_block=setup.block,
             burst=setup.block, incoming_burst=setup.block, max_delay=latency.delay + GROWTH, feed_end=ENDLESS,
             route=self._route.ctypes.data, other_outputs=len(self._output_bridges),
             output_bridges=self._output_bridges.ctypes.data, live=1,
             buses=self._player.buses.ctypes.data, bus_rows=len(self._player.buses))
        self._player.fill(player, delay=latency.delay, dry_when_late=setup.late == "dry", hop=separator.hop,
                          separator_latency=separator.latency, model_rate=separator.samplerate,
                          has_inserts=bool(self.inserts))
        if setup.other_input is not None:
            self.header["other_input"] = setup.other_input.header.ctypes.data
        for other in setup.other_outputs:
            other.carry(separator.sources)
        rings = ((player["dry_ring"], self.inputs), (player["stem_ring"], self.worker.ring),
                 (player["tap_ring"], self.tap), (self.header["feed_ring"], self.feeder.ring if self.feeder else None))
        for record, ring in rings:
            if ring is not None:
                hd.connect(record, ring.data, ring.counter)

    def _connect(self, sources: tuple[str, ...], offline: bool) -> None:
        """Put inserts between the stem ring and the callback."""
        for insert in self.inserts:
            stem = sources.index(insert.stem)
            insert.connect(2 * stem, self.worker.ring, self.inputs, self._delay, offline, self.latency.delay + GROWTH)
            hd.connect(self._player.inserts["ring"][stem, ...], insert.ring.data, insert.ring.counter)
            self.worker.output.listeners.append(insert.wake)

    @property
    def sources(self) -> tuple[str, ...]:
        """Its stems. [any-thread]"""
        return self.mixer.sources

    def _delay(self) -> int:
        """Frames between a frame's way in and its way out, now. [any-thread]"""
        return int(self.header["player"]["delay"])

    @property
    def grown(self) -> int:
        """Frames by which the delay has become longer than what `latency` says. [any-thread]"""
        return self._delay() - self.latency.delay

    @property
    def growing(self) -> bool:
        """Whether the delay is about to become longer, since the device hands over more at once. [any-thread]"""
        more = int(self.header["incoming_burst"] - self.header["burst"])
        return more > 0 and self._delay() + more <= int(self.header["max_delay"])

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
        self._route = table(routes, self.mixer.sources, channels[1])
        fill(self.header, in_channels=channels[0], out_channels=channels[1], route=self._route.ctypes.data,
             incoming_burst=block, discontinuity=self.inputs.written, fade_in=1)
        if self._other_input is not None:
            self._other_input.rest()

    def feed(self) -> bool:
        """Read ahead in the file, if there is one; False if there was nothing to do. [feeder-thread]"""
        if self.feeder is None:
            return False
        went = self.feeder.step()
        self.header["feed_end"] = self.feeder.end
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
        return int(self.header["cleaned"]) + feeder + (self._other_input.cleaned if self._other_input else 0)

    def peaks(self) -> dict[str, tuple[float, float]]:
        """How loud each bus is, left and right, 1 is full scale; it falls by 20 dB a second.

        The buses: `mix`, every stem as it is in the mix, `cue`.
        [any-thread]
        """
        return self._player.peaks()

    def counts(self) -> dict[str, int]:
        """What the callback has counted: frames played late, misses, underruns and xruns. [any-thread]"""
        h, player = self.header, self.header["player"]
        return {
            "blocks": int(h["blocks"]), "misses": int(player["misses"]), "late_frames": int(player["late_frames"]),
            "underruns": int(player["late_blocks"] + h["feed_underruns"]), "overruns": self.worker.overruns,
            "insert_misses": int(player["insert_misses"]), "cleaned": self._cleaned(),
            "xruns": sum(int(h[flag]) for flag in hd.FLAGS) + sum(bridge.xruns for bridge in self._bridges),
            "gaps": sum(bridge.gaps for bridge in self._bridges),
        }
