"""The command `export`: what goes in and comes out around `export.command`."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stream.audiofiles.song import open_song
from stream.command import song
from stream.offline.separation import blocks
from stream.separators.protocol import Frames
from stream.terminal.answers import tell


def export(arguments: Namespace, make: Callable[[Frames], dict[str, Any]]) -> dict[str, Any]:
    """Make model files and print what was measured of them, on stdout unless it is for JSON.

    make: takes the music that they are verified with, float32 (2, frames)
    """
    result = make(_music(arguments.song))
    table = result.pop("table")
    result["song"] = [str(path) for path in arguments.song] or "the demo's own"
    if not arguments.json:
        tell(*table)
        tell(*(f"{path}: {result['bytes'][name] / 1e6:.1f} MB" for name, path in result["files"].items()))
    return result


def _music(paths: Sequence[Path]) -> Frames:
    """Songs or stems given together are summed; without any it is the demo's own song. Raises Failure."""
    tracks = [_read(path) for path in paths] or [track.T for track in song.stems().values()]
    frames = min(track.shape[1] for track in tracks)
    total: Frames = np.sum([track[:, :frames] for track in tracks], axis=0, dtype=np.float32)
    return total


def _read(path: Path) -> Frames:
    """To its end, which a file need not know beforehand."""
    with open_song(path) as reader:
        read: Frames = np.concatenate(list(blocks(reader, song.SAMPLERATE))).T
        return read
