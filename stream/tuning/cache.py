"""Results that are kept in the cache, one small file for each question; a damaged one is as if it were not there."""

import hashlib
import json
import os
import platform
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from stream.common.claim import write_atomically
from stream.separators.fusion.passes import revision
from stream.separators.networks import diskcache
from stream.separators.networks.providers import here, versions
from stream.separators.opening import Opening

MOST_ANSWERS = 64  # files
FORM = 1  # of what is kept, and of how it is measured
Answer = TypeVar("Answer")


def answer_path(question: str, opening: Opening, *sizes: object) -> Path | None:
    """Where an answer is kept that holds for these files, sizes and versions on this machine; None: nowhere.

    question: what was asked, a word
    sizes: whatever else the answer depends on
    """
    try:
        asked = (FORM, replace(opening, files=(), weights=()), sizes, cores(), platform.node(), versions(), here())
        digest = hashlib.sha256(repr(asked).encode() + revision())
        for file in opening.files:
            digest.update(diskcache.tag(file).encode())
        return diskcache.folder("choices") / f"{question}-{digest.hexdigest()[:16]}.json"
    except OSError:
        return None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def save_answer(path: Path | None, answer: Any) -> None:
    """Keep a dataclass's fields; where that cannot be, the question is asked again another time."""
    if path is None:
        return
    with suppress(OSError):
        write_atomically(path, lambda to: to.write_text(json.dumps(asdict(answer))))
        diskcache.keep_newest(list(path.parent.glob("*.json")), MOST_ANSWERS)


def load_answer(path: Path | None, kind: type[Answer]) -> Answer | None:
    """The dataclass that was kept, if every field is there and of its type."""
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path else None
    except (OSError, ValueError):  # not there, or damaged
        return None
    wanted = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != wanted:
        return None
    return kind(**found)
