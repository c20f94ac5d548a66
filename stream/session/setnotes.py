"""What is noted of a recording of decks: a cue sheet of the songs, and everything that was done to hear them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from stream.callback.deckplayers import DeckPlayers
from stream.decks.booth import Booth
from stream.decks.outsidebeat import BeatLine
from stream.decks.playednotes import PlayedNotes
from stream.decks.songfacts import DeckPress
from stream.decks.songmarks import SongMarks
from stream.decks.transport import VERBS
from stream.inserts.naming import Chains
from stream.mixer.masterstrip import MASTER
from stream.mixer.players import LISTENED, LIVE
from stream.mixer.strip import Strips
from stream.recording import log
from stream.recording.automation import GestureLog
from stream.session import setlog
from stream.session.setlog import LoadedFile, SetInfo, SetMove
from stream.tracks.track import Track

_FOUND = ("length", "grid", "refined", "marks")  # what becomes known of a song


class SetNotes:
    """Collects moves of hands from the callback's events and from decks, and writes those of a take.

    name: of the cue sheet      tracks: of a take, by name, the first of their two channels in the tap
    """

    def __init__(self, played: PlayedNotes, booth: Booth, info: SetInfo) -> None:
        """Before the callback runs, and any deck's thread. info: what all logs begin with"""
        self._played, self._info = played, info
        self.name, self.tracks = played.name, played.tracks
        self._rate = info.samplerate
        self._moves: list[SetMove] = []  # of decks
        self._loads: list[tuple[int, str, Track | None]] = []  # position, deck
        self._mixers = _mixers(booth)
        for name, deck in booth.decks.items():
            deck.pressed = partial(self._pressed, name)
        booth.leader.led = lambda position, name: self._moves.append(SetMove(position, "leads", name))
        booth.leader.drawn = lambda position, name, line: self._moves.append(_beat(position, name, line))

    def _pressed(self, deck: str, position: int, presses: Sequence[DeckPress]) -> None:
        """What the callback has taken over."""
        self._loads += [(position, deck, press.values[0]) for press in presses if press.name == "load"]
        rows = [_row(press, self._rate) for press in presses]
        self._moves += [SetMove(position, does, what, deck) for does, what in filter(None, rows)]

    def collect(self) -> None:
        """Take over what has happened."""
        self._played.collect()
        for gestures in self._mixers.values():
            gestures.collect()

    def forget(self, before: int) -> None:
        """Let go of songs that ended before a frame; moves stay: they lead to all that comes."""
        self._played.forget(before)

    def write(self, folder: Path, stretch: tuple[int, int], paths: Sequence[Path], lost: int) -> None:
        """Write the cue sheet of a take and its log. Raises Failure.

        stretch: its first frame, and the one behind its last      paths: of its files, the mix first
        lost: pieces of sound that are missing
        """
        self._played.write(folder, stretch, paths, lost)
        start, end = stretch
        moves = [_load(*load) for load in self._loads]  # before what else was pressed there
        moves = [move for move in (*moves, *self._moves) if move.frame < end]
        for player, gestures in self._mixers.items():
            moves += [SetMove(gesture.frame, "set", _named(player, gesture.set))
                      for gesture in gestures.between(0, end).gestures if gesture.set]
        missing = lost + sum(gestures.lost for gestures in self._mixers.values())
        info = replace(self._info, start=start, frames=end - start, lost=missing)
        setlog.write(folder / log.NAME, info, sorted(moves, key=lambda move: move.frame))


def set_inserts(chains: Chains) -> dict[str, list[dict[str, Any]]]:
    """Effects as a log has them."""
    return {strip: [asdict(effect) for effect in chain] for strip, chain in chains.items()}


def _mixers(booth: Booth) -> Mapping[str, GestureLog]:
    """Of the decks' stems, by deck, and last of the master. The input's are not: it is not rendered."""
    players: DeckPlayers = booth.players
    logs = {name: GestureLog(booth.mixers[name], player.events) for name, player in players.decks.items()}
    return logs | {MASTER: GestureLog(booth.master, players.master.events)}


def _named(player: str, strips: Strips) -> Strips:
    """Strips as a desk calls them."""
    if player != MASTER:
        return {f"{player}/{stem}": strip for stem, strip in strips.items()}
    return {name: strip if name == MASTER else {LISTENED.get(key, key): value for key, value in strip.items()}
            for name, strip in strips.items() if name != LIVE}


def _load(frame: int, deck: str, track: Track | None) -> SetMove:
    """With what is known by now of the song that was put on a deck."""
    if track is None:
        return SetMove(frame, "load", None, deck)
    size = track.stamp[2] if track.stamp and track.path.is_file() else None
    file = None if track.sum is None and size is None else LoadedFile(track.sum, size)
    return SetMove(frame, "load", str(track.path.resolve()), deck, file)


def _beat(position: int, name: str, line: BeatLine | None) -> SetMove:
    """How a beat from outside goes on from a position."""
    if line is None:
        return SetMove(position, "beat", {"of": name})
    return SetMove(line.position, "beat", {"of": name, "beat": line.beat, "pace": line.pace})


def _row(press: DeckPress, samplerate: float) -> tuple[str, Any] | None:
    """What a line says of a press; None where it need not be said."""
    if press.name in VERBS:
        return "press", [press.name, *press.values]
    if press.name not in _FOUND:
        return None
    return "found", {press.name: [_noted(value, samplerate) for value in press.values]}


def _noted(value: Any, samplerate: float) -> Any:
    """Marks, a grid or a length as a line has them."""
    if isinstance(value, SongMarks):
        return value.noted(SongMarks(), None, samplerate)
    return value if value is None or isinstance(value, int) else value.to_json(samplerate)
