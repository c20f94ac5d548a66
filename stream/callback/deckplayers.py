"""Decks as the callback serves them, and the master mixer whose stems they are (stream.callback.deckstage)."""

from collections.abc import Mapping

import numpy as np

from dsp.console import BUS, PIECE, rows
from dsp.limiter import reduced
from stream.callback import header as hd
from stream.callback.deckrings import DeckRings
from stream.callback.deckstage import stage
from stream.callback.masterarrays import MasterArrays
from stream.callback.player import Player
from stream.mixer.master import MasterMixer
from stream.mixer.mixer import Mixer
from stream.mixer.players import LIVE
from stream.mixer.route import BOOTH, CUE, MIX, buses
from stream.native.memory import Record, fill


class DeckPlayers:
    """All decks and the master.

    decks: by their names      players: these and the input, if that is heard too
    stems: of each deck      rings: what decks are heard from      master: its mixer's sources are the decks,
        and last the input, if that is heard too
    memory: float32 (rows, PIECE), of all of them; the input's rows are among them
    buses: by name (`mix`, `a`, `cue`, `booth`, `a/vocals`), which pair of rows a bus is
    lookahead: frames by which all buses are later than what is rendered, since a limiter is on the master
    lines: float32 (rows, lookahead), what of all buses is on its way
    """

    def __init__(self, decks: Mapping[str, Mixer], master: MasterMixer, live: Mixer | None, samplerate: int) -> None:
        """Make all arrays.

        live: the input's mixer, if that is heard too      samplerate: of the device, Hz
        [main-thread]
        """
        mixers: dict[str, Mixer] = {"": master, **decks, **({LIVE: live} if live is not None else {})}
        sizes = [rows(len(each.sources)) for each in mixers.values()]
        booth = sum(sizes)
        starts = dict(zip(mixers, np.cumsum([0, *sizes]), strict=False))
        self.memory = np.zeros((booth + 2, PIECE), np.float32)
        players = {name: Player(mixer, samplerate, self.memory[starts[name] : starts[name] + rows(len(mixer.sources))])
                   for name, mixer in mixers.items()}
        self.master, self.live = players.pop(""), players.pop(LIVE, None)
        self.decks = players
        self.stems = {name: mixer.sources for name, mixer in decks.items()}
        self.players = players | ({} if self.live is None else {LIVE: self.live})
        self.rings = {name: DeckRings(len(mixer.sources)) for name, mixer in decks.items()}
        self.records = np.zeros(len(decks), hd.DECK)
        own = {_named(name, bus): (int(starts[name]) + BUS) // 2 + at
               for name, mixer in mixers.items() for at, bus in enumerate(buses(mixer.sources))}
        first = len(buses(master.sources))
        self.buses = dict([*own.items()][:first]) | {BOOTH: booth // 2} | own
        self._arrays = MasterArrays(master, len(self.memory), samplerate)
        self.lookahead, self.lines = self._arrays.lookahead, self._arrays.lines

    def fill(self, header: Record) -> None:
        """Fill in the callback's header, before it runs. [main-thread]"""
        for at, (name, player) in enumerate(self.decks.items()):
            record: Record = self.records[at, ...]
            player.fill(record["player"], dry_when_late=1)
            self.rings[name].fill(record)
        self.master.fill(header["master"]["player"])
        self._arrays.fill(header["master"], booth=2 * self.buses[BOOTH])
        fill(header, decks=len(self.decks), deck_records=self.records.ctypes.data,
             deck_stage=int(stage.address or 0), own=header.ctypes.data, buses=self.memory.ctypes.data,
             bus_rows=len(self.memory))

    @property
    def sources(self) -> tuple[str, ...]:
        """All buses beside the mix and the cue bus. [any-thread]"""
        return tuple(bus for bus in self.buses if bus not in (MIX, CUE))

    @property
    def limited(self) -> float:
        """The gain that the limiter of the mix has now: 1 is nothing taken away. [any-thread]"""
        return float(reduced(self._arrays.mix_limiter, self.lookahead))

    def counts(self) -> dict[str, int]:
        """Frames and blocks in which a deck was not rendered in time; blocks that lack an insert. [any-thread]"""
        missed = int(self.records["player"]["insert_misses"].sum())
        return {name: int(self.records[name].sum()) for name in ("late_blocks", "late_frames")} | {
            "insert_misses": missed}


def _named(player: str, bus: str) -> str:
    """A bus as routes call it: `mix` and `cue` are the master's."""
    return f"{player}/{bus}" if player else bus
