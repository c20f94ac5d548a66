"""The effects of a run, each stem's in a process of its own."""

from collections.abc import Sequence
from contextlib import ExitStack

from stream.common.errors import Failure
from stream.inserts.naming import Chains
from stream.inserts.process import Process
from stream.live.insert import Insert, too_slow
from stream.session.report import InsertReport


def open_inserts(chains: Chains, samplerate: int, live: bool, stack: ExitStack) -> Sequence[Insert]:
    """Load all at once; the stack closes their processes.

    live: somebody waits for what they make
    Raises ValueError for what is no effect, Failure for one that is too slow.
    """
    begun = {stem: stack.enter_context(Process(chain, samplerate)) for stem, chain in chains.items()}
    inserts = [Insert(stem, process.loaded()) for stem, process in begun.items()]
    for insert in inserts:
        if live and too_slow(insert.process, samplerate):
            raise Failure(f"insert {insert.process.name}: it takes {insert.process.block_s * 1000:.1f} ms for a "
                          "block, which is too long to be live")
    return inserts


def insert_reports(inserts: Sequence[Insert]) -> list[InsertReport]:
    """What each has done until now."""
    return [InsertReport(insert.stem, insert.process.name, insert.process.latency, insert.process.block_s,
                         insert.trouble) for insert in inserts]
