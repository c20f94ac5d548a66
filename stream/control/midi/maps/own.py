"""Maps that were learnt while playing, one for each port, for the next time. [any-thread]"""

import re
from pathlib import Path

import platformdirs

from stream.control.midi.maps.mapfile import Map
from stream.control.midi.maps.writing import write


def own_map_path(port: str) -> Path:
    """Where a port's own map is."""
    name = re.sub(r"[^\w.-]+", "-", port).strip("-").lower()
    return platformdirs.user_data_path("demucs-stream") / "midi" / f"{name or 'port'}.toml"


def own_map(port: str) -> str | None:
    """A port's own map, if there is one."""
    return str(own_map_path(port)) if own_map_path(port).exists() else None


def save_own_map(map_: Map, port: str) -> Path:
    """Write a port's own map. Raises OSError."""
    path = own_map_path(port)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(map_, path)
    return path
