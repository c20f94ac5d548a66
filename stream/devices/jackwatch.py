"""A client of JACK's without ports, which sees what PortAudio does not tell: how the period and the graph change."""

import ctypes
from collections.abc import Sequence

import numpy as np

from stream.common.errors import Failure
from stream.devices import jackcycle as cycle
from stream.devices.jackgraph import JackGraph
from stream.devices.jackpartners import JackPartners
from stream.devices.jackports import (
    CAPTURE,
    CLIENT_NAME,
    NAME,
    PLAYBACK,
    activate,
    address_of,
    client,
    library,
    names,
    program_of,
)


class JackWatch:
    """The server, as long as it is open.

    block: frames, of its period
    """

    def __init__(self, owner: str, ends: Sequence[tuple[str, int]], tell: int = 0) -> None:
        """owner: PortAudio's client      ends: programs that its ports will be connected to, and which way
        tell: the address of an int64 that is told how many frames come at once, or 0
        Raises Failure where no server answers.
        """
        self._client = client(f"{CLIENT_NAME} looks")
        self._header, lib = np.zeros((), cycle.HEADER), ctypes.CDLL(library()._libname)
        self._header["told_burst"] = tell
        self.block = int(self._client.blocksize)
        self._graph, self._owner, self._ends = JackGraph(self._client, owner, self._header), owner, ends
        self._partners = JackPartners(self._client, owner, self._header)
        for program, mode in ends:
            there = names(self._client, "input" if mode == CAPTURE else "output")
            self._graph.lead([name for name in there if program_of(name) == program], mode)
        cycle.watch(lib, address_of(self._client._ptr), self._header)
        lib.jack_set_error_function(ctypes.c_void_p(cycle.silent.address))
        try:
            activate(self._client)
        except library().JackError as error:
            self._client.close()
            raise Failure(f"{NAME} refuses a client that looks: {error}") from error

    @property
    def latency(self) -> tuple[int, int]:
        """Frames at the most, before what PortAudio hears and behind what it plays."""
        before, behind = self._graph.spreads
        return before[1], behind[1]

    def look(self) -> bool:
        """Read it again where the graph has changed; False while it is changing."""
        return self._graph.look()

    def keep(self) -> None:
        """Keep what PortAudio has connected to those programs just now."""
        ours, ends = self._owner, self._ends
        pairs = [(source, sink) for source, heard in self._graph.leads().items() for sink in heard]
        self._partners.keep([(source, sink) for source, sink in pairs
                             if (program_of(sink) == ours and (program_of(source), CAPTURE) in ends)
                             or (program_of(source) == ours and (program_of(sink), PLAYBACK) in ends)])

    def gone(self) -> tuple[str, ...]:
        """Clients that PortAudio was connected to and that have gone, as `JackPartners.look`."""
        return self._partners.look()

    def close(self) -> None:
        """Let go of the server."""
        self._client.deactivate()
        self._client.close()
