"""Ports of other programs that ours are connected to: who has gone is told, and is connected again when he is back."""

import time
from collections.abc import Sequence
from typing import Any

from stream.devices.graphrest import GraphRest
from stream.devices.jackcycle import KEPT
from stream.devices.jackgraph import port_of
from stream.devices.jackports import connect, library, listed, names, program_of
from stream.native.memory import Record

Pair = tuple[str, str]  # an output and the input that it leads to, one of them ours
LEAVING_S = 3.0  # in which a program that quits has taken its connections away, and not yet its ports
PARTLY_S = 0.5  # in which one that quits has taken all of its connections away


class JackPartners:
    """The other ends of one client's connections.

    A connection that somebody takes away while both its ends are there stays away.
    """

    def __init__(self, client: Any, owner: str, header: Record) -> None:
        """client: who asks      owner: whose connections they are      header: of stream.devices.jackcycle"""
        self._client, self._owner, self._header = client, owner, header
        self._pairs: tuple[Pair, ...] = ()
        self._held = set[Pair]()  # are connected, as far as anybody knows
        self._loose: dict[Pair, float] = {}  # of those: are no longer, since when, and nobody knows why
        self._lost: dict[Pair, str] = {}  # their other end has gone, and what it is called
        self._rest, self._registered = GraphRest(), 0

    def keep(self, pairs: Sequence[Pair]) -> None:
        """These are connected, and are to be."""
        self._registered = int(self._header["registered"])
        self._pairs, self._held = tuple(pairs), set(pairs)

    def look(self) -> tuple[str, ...]:
        """Who has gone, a client (`client NAME`) or one of its ports (`port CLIENT:NAME`).

        Those that are back are connected again. While the graph is changing it is as it was.
        """
        rests, now = self._rest.look(int(self._header["changes"])), time.monotonic()
        if rests and not self._header["gone"] and (self._rest.unread or self._lost or self._loose):
            self._rest.read()
            anew = self._anew()
            for pair in self._pairs:
                self._see(pair, anew, now)
        return tuple(dict.fromkeys(self._lost.values()))

    def _see(self, pair: Pair, anew: set[str], now: float) -> None:
        theirs = pair[1] if program_of(pair[0]) == self._owner else pair[0]
        if pair in self._lost:
            if port_of(self._client, theirs) and self._connect(pair):
                del self._lost[pair]
                self._held.add(pair)
        elif self._connected(pair):
            self._held.add(pair)
            self._loose.pop(pair, None)
        elif pair in self._held:
            since = self._loose.setdefault(pair, now)
            if theirs in anew or not port_of(self._client, theirs):
                self._lost[pair] = self._name(theirs, anew)
            taken = now - since > LEAVING_S or (now - since > PARTLY_S and self._has_others(theirs))
            if pair in self._lost or taken:
                self._held.remove(pair)
                del self._loose[pair]

    def _has_others(self, theirs: str) -> bool:
        """Whether the program of a port is still connected to anybody. One that quits soon has no connections left."""
        lib, program = library()._lib, program_of(theirs)
        theirs_all = [name for kind in ("input", "output") for name in names(self._client, kind)
                      if program_of(name) == program]
        ports = filter(None, (port_of(self._client, name) for name in theirs_all))
        return any(listed(lib.jack_port_get_all_connections(self._client._ptr, port)) for port in ports)

    def _anew(self) -> set[str]:
        """Ports that were registered since this was asked last: who had the name before has gone."""
        lib, ffi = library()._lib, library()._ffi
        count = int(self._header["registered"])
        ids = [int(self._header["port_ids"][at % KEPT]) for at in range(max(self._registered, count - KEPT), count)]
        self._registered = count
        found = [lib.jack_port_by_id(self._client._ptr, each) for each in ids]
        return {ffi.string(lib.jack_port_name(port)).decode(errors="surrogateescape") for port in found if port}

    def _connected(self, pair: Pair) -> bool:
        port = port_of(self._client, pair[0])
        return bool(port) and pair[1] in listed(library()._lib.jack_port_get_all_connections(self._client._ptr, port))

    def _connect(self, pair: Pair) -> bool:
        """Whether it is connected now. A port is there before it can be connected."""
        try:
            connect(self._client, *pair)
        except library().JackErrorCode:
            return False
        return True

    def _name(self, theirs: str, anew: set[str]) -> str:
        """What has gone: the whole client, unless it has ports that have been there all the time."""
        program = program_of(theirs)
        stayed = set(names(self._client, "input") + names(self._client, "output")) - anew
        return f"port {theirs}" if program in map(program_of, stayed) else f"client {program}"
