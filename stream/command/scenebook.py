"""Scenes that were stored while playing, for the next time: one JSON file of the user's."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

from disk.claim import whole
from stream.control.strip import Scene, Strips


def place() -> Path:
    """Where they are. [any-thread]"""
    return platformdirs.user_data_path("demucs-stream") / "scenes.json"


def load() -> dict[str, Strips]:
    """All that were stored. Raises ValueError, which names the file, for what is none. [any-thread]"""
    path = place()
    if not path.exists():
        return {}
    try:
        book = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): {str(stem): {str(key): float(value) for key, value in strip.items()}
                            for stem, strip in scene.items()} for name, scene in book.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} holds no scenes: {error}") from error


def save(name: str, scene: Scene) -> None:
    """Store one with the others, whole or not at all. Raises OSError. [any-thread]"""
    book: dict[str, Mapping[str, Mapping[str, float]]] = {}
    with suppress(ValueError):  # what is none is begun anew
        book |= load()
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(book | {name: scene}, indent=1) + "\n"
    whole(path, lambda part: part.write_text(text, encoding="utf-8"))
