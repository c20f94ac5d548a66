"""The gesture log: lines of JSON, the first of them how the take was made, one for each gesture after it."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stream.common.claim import write_atomically
from stream.common.errors import Failure
from stream.common.text import read_text
from stream.mixer.strip import Strips
from stream.recording.automation import Automation, Gesture

VERSION = 1
NAME = "gestures.jsonl"


def inserted(stem: str) -> str:
    """The file of a stem as its insert has made it. [any-thread]"""
    return f"{stem}-insert"


@dataclass(frozen=True)
class TakeInfo:
    """How a take was made.

    model, provider, threads: of the separator
    latency_s: that it was opened for; None is its usual one      window_s: of whole windows; None is that it remembers
    samplerate: Hz      frames: of the take
    late: `dry` or `mute`, what was heard instead of late stems
    fade, ramp: frames, of late stems and of changes
    inserts: effects that stems went through, by stem
    files: name to path, below the log's folder: `input`, `mix`, the stems in the model's order, and what inserts made
        of them (`inserted`)
    lost: gestures that are missing from it, and frames that the recorder was too slow for
    """

    model: str
    provider: str
    threads: int
    latency_s: float | None
    window_s: float | None
    samplerate: int
    frames: int
    late: str
    fade: int
    ramp: int
    files: dict[str, str]
    lost: int = 0
    inserts: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """The stems. [any-thread]"""
        made = [inserted(stem) for stem in self.inserts]
        return tuple(name for name in self.files if name not in ("input", "mix", *made))


def lines(take: TakeInfo, automation: Automation) -> list[str]:
    """A log, line by line. [any-thread]"""
    head = {"demucs-stream-log": VERSION, **vars(take), "scene": strips_to_json(automation.scene),
            "there": automation.available}
    rows = [head, *({"frame": g.frame, "stems": "there" if g.available else "late"} if g.set is None else
                    {"frame": g.frame, "set": strips_to_json(g.set)} for g in automation.gestures)]
    return [json.dumps(row, allow_nan=False) for row in rows]


def write(path: Path, take: TakeInfo, automation: Automation) -> None:
    """Write a log, whole or not at all. Raises Failure. [recorder-thread]"""
    text = "\n".join(lines(take, automation)) + "\n"
    try:
        write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from error


def read(path: Path) -> tuple[TakeInfo, Automation]:
    """A log, as it was written. Raises ValueError for what is none, OSError. [any-thread]"""
    found: tuple[TakeInfo, Automation] | None = None
    number = 1
    try:
        for line in read_text(path).splitlines():
            row = json.loads(line)
            if found is None:
                found = _head(row)
            else:
                found[1].gestures.append(_gesture(row))
            number += 1
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path} is not a gesture log: line {number}: {_reason(error)}") from error
    if found is None:
        raise ValueError(f"{path} is not a gesture log: it is empty")
    return found


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _head(row: Any) -> tuple[TakeInfo, Automation]:
    if (version := row.pop("demucs-stream-log")) != VERSION:
        raise ValueError(f"its format is version {version}, and this program reads version {VERSION}")
    automation = Automation(strips_from_json(row.pop("scene")), bool(row.pop("there")))
    return TakeInfo(**row), automation


def _gesture(row: Any) -> Gesture:
    if "set" in row:
        return Gesture(int(row["frame"]), strips_from_json(row["set"]))
    if row["stems"] not in ("there", "late"):
        raise ValueError(f"stems must be there or late, not {row['stems']!r}")
    return Gesture(int(row["frame"]), available=row["stems"] == "there")


def strips_to_json(scene: Strips) -> dict[str, Any]:
    """-inf, which JSON lacks, as text. [any-thread]"""
    return {stem: {name: value if math.isfinite(value) else str(value) for name, value in strip.items()}
            for stem, strip in scene.items()}


def strips_from_json(scene: Any) -> Strips:
    """What `strips_to_json` gives. Raises ValueError, TypeError, AttributeError for anything else. [any-thread]"""
    return {str(stem): {str(name): float(value) for name, value in strip.items()} for stem, strip in scene.items()}
