"""Scenes that were stored while playing, for the next time: one JSON file of the user's."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

from stream.common.claim import write_atomically
from stream.common.text import read_text
from stream.mixer.players import player
from stream.mixer.strip import Scene, Strips


def scenes_path() -> Path:
    """Where they are."""
    return platformdirs.user_data_path("demucs-stream") / "scenes.json"


def in_order(configured: dict[str, Strips], stored: dict[str, Strips]) -> dict[str, Strips]:
    """All scenes as they are numbered: those of the configuration first, so that storing one moves none of them."""
    return configured | {name: scene for name, scene in stored.items() if name not in configured}


def load() -> dict[str, Strips]:
    """All that were stored. Raises ValueError, which names the file, for what is none."""
    path = scenes_path()
    if not path.exists():
        return {}
    try:
        book = json.loads(read_text(path))
        return {str(name): {str(stem): {str(key): float(value) for key, value in strip.items()}
                            for stem, strip in scene.items()} for name, scene in book.items()}
    except (OSError, ValueError, AttributeError, TypeError, OverflowError) as error:
        raise ValueError(f"{path} holds no scenes: {error}") from error


def save(name: str, scene: Scene) -> None:
    """Store one with the others, also those of other runs; whole or not at all. Raises OSError.

    What a scene of that name has of players that this one does not know stays in it.
    """
    write_atomically(scenes_path(), lambda part: part.write_text(_with(name, scene), encoding="utf-8"), alone=True)


def _with(name: str, scene: Scene) -> str:
    book: dict[str, Mapping[str, Mapping[str, float]]] = {}
    with suppress(ValueError):  # what is none is begun anew
        book |= load()
    known = {player(strip) for strip in scene}
    others = {strip: values for strip, values in book.get(name, {}).items() if player(strip) not in known}
    return json.dumps(book | {name: {**others, **scene}}, indent=1) + "\n"
