"""The callback's header and arrays for a run of decks, alone or beside an input that is separated live."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stream.callback import header as hd
from stream.callback.callback import callback
from stream.callback.deckplayers import DeckPlayers
from stream.callback.player import FADE
from stream.callback.ring import Ring
from stream.callback.routes import placed
from stream.decks.deckinserts import DeckInserts
from stream.latency.geometry import Latency
from stream.live.engine import HISTORY_S, Engine
from stream.live.feeder import ENDLESS
from stream.mixer.route import MIX, Route
from stream.native.atomics import load
from stream.native.memory import Record, fill
from stream.separators.protocol import Frames


@dataclass(frozen=True)
class DeckSetup:
    """What an engine is made for.

    out_channels: of the device      block: frames, the most that come at once      routes: of buses to the channels;
    empty is the mix on the first two
    live: the engine of the input that is heard beside them, which has filled in the same header
    tapped: somebody records      keep_s: how long a recording may look back      inserts: of decks
    """

    out_channels: int
    block: int = 512
    routes: tuple[Route, ...] = ()
    live: Engine | None = None
    tapped: bool = False
    keep_s: float = 0.0
    inserts: DeckInserts | None = None


class DeckEngine:
    """Decks, ready to be called.

    live: of the input, if one is heard too      tap: for recordings: the mix and the players, by device positions
    ends: whether the run is over, all songs having been played
    """

    address = int(callback.address or 0)

    def __init__(self, header: Record, players: DeckPlayers, latency: Latency, setup: DeckSetup) -> None:
        """Fill the header in, before the callback runs. Raises ValueError for a route that cannot be.

        header: zeros, as stream.callback.header.HEADER; a device has its address already
        [main-thread]
        """
        self.header, self.players, self.latency = header, players, latency
        self.ends: Callable[[], bool] = lambda: False
        self.live = setup.live
        self.feeder = None if self.live is None else self.live.feeder
        self._route = self._routed(setup.routes, setup.out_channels)
        if self.live is None:
            self._nothing = Ring(1, 2, 1)  # in the place of the input
            self._position = np.zeros(8, np.int64)
            fill(header, max_block=setup.block, burst=setup.block, incoming_burst=setup.block)
            fill(header["player"], fade_frames=FADE)
            hd.connect(header["player"]["dry_ring"], self._nothing.data, self._position)
        else:
            self._position = self.live.inputs.counter
        fill(header, out_channels=setup.out_channels, route=self._route.ctypes.data)
        players.fill(header)
        if setup.inserts is not None:
            setup.inserts.fill()
        self.tap = self._tapped(setup) if setup.tapped else None
        self._user = ctypes.c_void_p(header.ctypes.data)

    def _tapped(self, setup: DeckSetup) -> Ring:
        pairs = 1 + len(self.players.players)
        tap = Ring(int((HISTORY_S + setup.keep_s) * self.latency.samplerate), 2 * pairs, setup.block)
        fill(self.header, tap_pairs=pairs)
        hd.connect(self.header["tap_ring"], tap.data, tap.counter)
        return tap

    @property
    def end(self) -> int:
        """Nobody knows when all has been played. [any-thread]"""
        return ENDLESS

    @property
    def expected(self) -> None:
        """No file says how long it will be. [any-thread]"""

    @property
    def sources(self) -> tuple[str, ...]:
        """Buses beside the mix and the cue bus, for devices that have outputs of theirs. [any-thread]"""
        return self.players.sources

    def _routed(self, routes: Sequence[Route], channels: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        buses = self.players.buses
        for route in routes:
            if route.bus not in buses:
                raise ValueError(f"there is no bus {route.bus}; the buses are {', '.join(buses)}")
        return placed(routes or [Route(MIX, tuple(range(min(2, channels))))], buses, channels)

    @property
    def position(self) -> int:
        """Frames that the device has asked for: the first of the next block. [any-thread]"""
        return int(load(self._position, 0))

    def serve(self, frames: int, out: Frames | None = None, given: Frames | None = None) -> None:
        """One block, as a device would ask for it: this thread stands for the audio thread.

        out: float32 (frames, out_channels), written; None is nowhere
        given: float32 (frames, in_channels), where an input is heard that is no file
        [main-thread]
        """
        heard = np.zeros((frames, int(self.header["out_channels"])), np.float32) if out is None else out
        given_at = None if given is None else ctypes.c_void_p(given.ctypes.data)
        callback.ctypes(given_at, ctypes.c_void_p(heard.ctypes.data), frames, None, 0, self._user)

    def rejoin(self, channels: tuple[int, int], routes: Sequence[Route], block: int) -> None:
        """Go on with a device that was away, faded in. While nobody calls. Raises ValueError for a route.

        [devices-thread]
        """
        route = self._routed(routes, channels[1])
        if self.live is None:
            fill(self.header, incoming_burst=block, burst=block, fade_in=1)
        else:  # what comes in joins on, and is as much later as more frames come at once
            self.live.rejoin(channels, (), block)
        self._route = route
        fill(self.header, out_channels=channels[1], route=self._route.ctypes.data)

    @property
    def ended(self) -> bool:
        """Whether all songs have been played. [any-thread]"""
        return self.ends()

    def counts(self) -> dict[str, int]:
        """Underruns of decks, and xruns of all devices. [any-thread]"""
        h, late = self.header, self.players.counts()
        xruns = sum(int(h[flag]) for flag in hd.FLAGS) if self.live is None else self.live.counts()["xruns"]
        return {"blocks": int(h["blocks"]), "underruns": late["late_blocks"], "late_frames": late["late_frames"],
                "insert_misses": late["insert_misses"], "xruns": xruns}
