"""What a JACK server states of the latency beyond a client's ports, read again when its graph has changed.

A circle, where what we play comes back to our own input, has no latency: each time round would add to it. Whoever is in
one with us is left out. Nobody is by way of a physical port: there the sound leaves.
"""

import ctypes
from collections.abc import Iterable
from typing import Any

from stream.devices.graphrest import GraphRest
from stream.devices.jackports import AUDIO, CAPTURE, PLAYBACK, address_of, library, listed, program_of
from stream.native.memory import Record

Leads = dict[str, list[str]]  # each output, and the inputs that hear it


class JackGraph:
    """The graph around one client.

    spreads: the least and the most that lies beyond its ports, frames: before its inputs, and behind its outputs
    """

    def __init__(self, client: Any, owner: str, header: Record) -> None:
        """client: who asks      owner: the client that it is about      header: of stream.devices.jackcycle"""
        self._client, self._owner, self._header = client, owner, header
        self._range = ctypes.CDLL(library()._libname).jack_port_get_latency_range
        self.spreads = [(0, 0), (0, 0)]
        self._rest = GraphRest()

    def lead(self, names: Iterable[str], mode: int) -> None:
        """Our ports will be connected to these. Raises ValueError for one that is not there."""
        lib, names = library()._lib, tuple(names)
        for name in names:
            if not (port := self._port(name)):
                raise ValueError(f"JACK has no port {name}")
            if bool(lib.jack_port_flags(port) & lib.JackPortIsInput) != (mode == PLAYBACK):
                raise ValueError(f"the port {name} {'takes no sound' if mode == PLAYBACK else 'gives no sound'}")
        self.spreads[mode] = self._spread(names, mode)

    def look(self) -> bool:
        """Read again what has changed; False while the graph is still changing."""
        rests = self._rest.look(int(self._header["changes"]))
        if rests and self._rest.unread:
            self._rest.read()
            self._look()
        return rests

    def _look(self) -> None:
        leads = self.leads()
        sources = [name for name, heard in leads.items() if self._owner in map(program_of, heard)]
        sinks = [port for name, heard in leads.items() if program_of(name) == self._owner for port in heard]
        after = self._after(leads, self._owner)
        self._read_again(CAPTURE, [name for name in sources if program_of(name) not in after])
        self._read_again(PLAYBACK, [name for name in sinks if self._physical(name)
                                    or self._owner not in self._after(leads, program_of(name))])

    def leads(self) -> Leads:
        """All outputs that there are, and where they lead."""
        lib = library()._lib
        return {name: listed(lib.jack_port_get_all_connections(self._client._ptr, port))
                for name in listed(lib.jack_get_ports(self._client._ptr, b"", AUDIO, lib.JackPortIsOutput))
                if (port := self._port(name))}

    def _read_again(self, mode: int, names: list[str]) -> None:
        if names:  # else it is as it was: while connections are moved nothing is connected for a moment
            self.spreads[mode] = self._spread(names, mode)

    def _after(self, leads: Leads, program: str) -> set[str]:
        """Who hears what a program plays, at first or second hand."""
        found, looked = set[str](), [program]
        while looked:
            program = looked.pop()
            heard = {program_of(name) for out, heard in leads.items() if program_of(out) == program for name in heard
                     if not self._physical(name)}
            looked += heard - found
            found |= heard
        return found

    def _physical(self, name: str) -> bool:
        lib, port = library()._lib, self._port(name)
        return bool(port and lib.jack_port_flags(port) & lib.JackPortIsPhysical)

    def _spread(self, names: Iterable[str], mode: int) -> tuple[int, int]:
        spreads, spread = [], (ctypes.c_uint32 * 2)()
        for port in map(self._port, names):
            if port:  # it may be gone by now
                self._range(ctypes.c_void_p(address_of(port)), ctypes.c_int(mode), spread)
                spreads.append((spread[0], spread[1]))
        return (min(each[0] for each in spreads), max(each[1] for each in spreads)) if spreads else (0, 0)

    def _port(self, name: str) -> Any:
        return port_of(self._client, name)


def port_of(client: Any, name: str) -> Any:
    """libjack's pointer to a port, or NULL where there is none of that name."""
    return library()._lib.jack_port_by_name(client._ptr, name.encode(errors="surrogateescape"))
