"""The gesture log of decks: lines of JSON, the first of them how the set was played, one for each thing that was done.

    {"frame": 0, "deck": "a", "load": "/music/song.wav", "sha256": "5d...", "size": 3528044}
                                                                  a song was put on a deck; null: taken off
    {"frame": 0, "deck": "a", "press": ["play"]}                  a verb of the transport, and its values
    {"frame": 88200, "set": {"a/vocals": {"mute": 1.0}}}          the mixer, as OSC and scenes call its strips
    {"frame": 90112, "deck": "a", "found": {"grid": {...}}}       what became known of the song: its beats, its cues
    {"frame": 95744, "leads": "b"}                                whose beat decks with sync follow
    {"frame": 95744, "beat": {"of": "clock", "beat": 12.5, "pace": 4.5e-05}}
                                                                  a beat from outside, in beats and beats per frame;
                                                                  without `pace` it is gone

Frames are the device's, counted from the beginning of the run, also where a take began later.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from stream.common.claim import write_atomically
from stream.common.errors import Failure
from stream.common.text import read_text
from stream.inserts.naming import Chains, Effect
from stream.recording.log import strips_from_json, strips_to_json
from stream.tracks.store import song_sum

KEY, VERSION = "demucs-stream-set", 1


@dataclass(frozen=True)
class SetInfo:
    """How a set was played.

    model, provider, threads: of what separated songs      sources: the decks' stems
    samplerate: Hz      block: frames      late: frames from the callback to who listens
    inserts: effects of stems of decks, by strip
    input: whether an input was heard beside the decks
    start, frames: of the take: the position of its first frame, and how many it has
    lost: moves that are missing from it
    """

    model: str
    provider: str
    threads: int
    sources: tuple[str, ...]
    samplerate: int
    block: int
    late: int
    inserts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    input: bool = False
    start: int = 0
    frames: int = 0
    lost: int = 0

    @property
    def chains(self) -> Chains:
        """The effects. Raises TypeError for what is none."""
        return {strip: [Effect(**effect) for effect in chain] for strip, chain in self.inserts.items()}


@dataclass(frozen=True)
class SetMove:
    """Something that was done.

    does: `set`, `load`, `press`, `found`, `leads` or `beat`      deck: whose; empty for what is no deck's
    file: what was loaded, where that is known
    """

    frame: int
    does: str
    what: Any
    deck: str = ""
    file: "LoadedFile | None" = None

    def to_json(self) -> dict[str, Any]:
        """A line of the log."""
        what = strips_to_json(self.what) if self.does == "set" else self.what
        known = {} if self.file is None else self.file._asdict()
        file = {key: value for key, value in known.items() if value is not None}
        return {"frame": self.frame, **({"deck": self.deck} if self.deck else {}), self.does: what, **file}


class LoadedFile(NamedTuple):
    """Of a song, by what it is known again. sha256: None where nobody had it      size: bytes; None for a folder"""

    sha256: str | None
    size: int | None

    def check(self, path: Path) -> None:
        """Raises Failure where another file lies there now, OSError."""
        if (self.size is not None and path.stat().st_size != self.size) or (
                self.sha256 is not None and song_sum(path) != self.sha256):
            raise Failure(f"{path} is not the song that was played: it was changed since, or another file lies there "
                          "now")


def write(path: Path, info: SetInfo, moves: Sequence[SetMove]) -> None:
    """Write a log, whole or not at all. Raises Failure."""
    rows = [{KEY: VERSION, **vars(info)}, *(move.to_json() for move in moves)]
    text = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows)
    try:
        write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from error


def is_set(path: Path) -> bool:
    """Whether a file is the log of decks. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return KEY in file.readline(1 << 16)


def read(path: Path) -> tuple[SetInfo, list[SetMove]]:
    """A log, as it was written, its moves in their order. Raises ValueError for what is none, OSError."""
    number = 1
    try:
        head, *rows = read_text(path).splitlines()
        info, moves = _head(json.loads(head)), list[SetMove]()
        for row in rows:
            number += 1
            moves.append(_move(json.loads(row)))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path} is not a gesture log: line {number}: {why}") from error
    return info, sorted(moves, key=lambda move: move.frame)


def _head(row: Any) -> SetInfo:
    if (version := row.pop(KEY)) != VERSION:
        raise ValueError(f"its format is version {version}, and this program reads version {VERSION}")
    return SetInfo(**{**row, "sources": tuple(row["sources"])})


def _move(row: Any) -> SetMove:
    frame = int(row["frame"])
    if "set" in row:
        return SetMove(frame, "set", strips_from_json(row["set"]))
    if "leads" in row:
        return SetMove(frame, "leads", str(row["leads"]))
    if "beat" in row:
        return SetMove(frame, "beat", _beat(row["beat"]))
    does = next((name for name in ("load", "press", "found") if name in row), None)
    if does is None:
        raise ValueError("it has none of set, load, press, found, leads, beat")
    return SetMove(frame, does, row[does], str(row["deck"]), _file(row) if does == "load" else None)


def _beat(told: Any) -> dict[str, Any]:
    beat, pace = told.get("beat"), told.get("pace")
    if not all(number is None or (isinstance(number, int | float) and isfinite(number)) for number in (beat, pace)):
        raise ValueError("beat and pace must be numbers")
    if pace is not None and pace <= 0:
        raise ValueError(f"pace must be above 0, not {pace}")
    return {"of": str(told["of"]), "beat": beat, "pace": pace}


def _file(row: Any) -> LoadedFile | None:
    sha256, size = row.get("sha256"), row.get("size")
    if not isinstance(sha256, str | None) or not isinstance(size, int | None):
        raise ValueError("sha256 must be text, and size a number of bytes")
    return None if sha256 is None and size is None else LoadedFile(sha256, size)
