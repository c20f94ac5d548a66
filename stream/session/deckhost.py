"""A run of decks from beginning to end: devices, separator, decks."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stream.callback.header import HEADER
from stream.common.interpreter import undisturbed
from stream.common.priority import preferred
from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.live.clock import run_device
from stream.mixer.route import Route, apart
from stream.separators.opening import Opening
from stream.session.devicerequest import DeviceRequest
from stream.session.line import AnyDevice
from stream.session.request import BLOCK, Say
from stream.session.returns import Returns
from stream.session.streams import Streams
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore

DECK_IDLE_S = 0.001  # between two looks for what was pressed


@dataclass(frozen=True)
class PlayRequest:
    """What is asked for.

    songs: in the order in which they are loaded      sink: the device      block: frames      samplerate: Hz, or None
    store_bytes: how much the store of stems may hold
    automix: the next song begins by itself      ends: the run does, once nothing plays any more
    """

    opening: Opening
    songs: tuple[Path, ...]
    sink: AnyDevice
    block: int = BLOCK
    samplerate: int | None = None
    routes: tuple[Route, ...] = field(default=())
    store_bytes: float = 0.0
    automix: bool = False
    ends: bool = True


class DeckHost:
    """One run. `run` does it all; `booth` is there for whoever watches and controls."""

    def __init__(self, request: PlayRequest, say: Say) -> None:
        """Open everything, and load the first songs. Raises ValueError for a request that cannot be, Failure."""
        self._open = ExitStack()
        self._request, self._say = request, say
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        request, say = self._request, self._say
        self._preferred = self._open.enter_context(preferred())
        header = np.zeros((), HEADER)
        own, others = apart(request.routes)
        if others:
            raise ValueError(f"--out {others[0]}: decks are heard by one device")
        wanted = DeviceRequest(None, request.sink, request.block, request.samplerate, routes=own)
        streams = Streams(wanted, header)
        self._open.callback(streams.close)
        store = StemStore(request.store_bytes, say) if request.store_bytes else None
        separator = TrackSeparator(request.opening, streams.samplerate, store, say=say)
        self._open.callback(separator.close)
        self.booth = Booth(separator.sources or ("mix",), streams.samplerate, separator.load, request.songs)
        self._open.callback(self.booth.close)
        streams.wire(self.booth.players.sources)
        latency = Latency(streams.samplerate, 0, 0, 0, 0, 0, 0, streams.device[1])
        self.engine = DeckEngine(header, self.booth.players, latency,
                                 DeckSetup(streams.out_channels, streams.block, streams.routes))
        self.booth.open(lambda: self.engine.position, streams.block, say)
        self.engine.ends = lambda: request.ends and self.booth.over
        self.booth.automix = request.automix
        self._returns = Returns(streams, self.engine, say)
        self._open.callback(self._returns.close)
        for name in list(self.booth.decks)[: len(request.songs)]:
            self.booth.next_song(name)

    def run(self, watch: Callable[[], bool]) -> None:
        """Until all songs have been played or `watch` says so. Raises Failure, and what a thread has failed with."""

        def watching() -> bool:
            self._returns.look()
            self.booth.look()
            return watch()

        with undisturbed():
            try:
                run_device(self.engine, self._returns, [self.booth.step], watching, (DECK_IDLE_S,))
            finally:
                self.close()

    def close(self) -> None:
        """Let go of everything."""
        self._open.close()

    def report(self) -> dict[str, Any]:
        """What was done and measured until now."""
        rate = self.engine.latency.samplerate
        return {"samplerate": rate, "played_s": self.engine.position / rate, "preferred": self._preferred,
                "latency_s": self.engine.latency.total_s, **self.engine.counts()}
