"""Drums that this program separates from songs, made once and kept in a folder."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import stretchers

Float = NDArray[np.float32]


def separated_drums(folder: Path, name: str, mix: Float) -> Float | None:
    """Those of a song: float32 (frames, 2); None where they cannot be made, which is printed.

    folder: where they are kept, by the song's name      mix: float32 (frames, 2)
    """
    path = folder / name / "drums.wav"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        stretchers.write(folder / f"{name}.wav", mix)
        words = ["separate", "--stems", "drums", "--float32", "-o", str(folder), str(folder / f"{name}.wav")]
        if subprocess.run([sys.executable, "-m", "stream.cli", *words]).returncode:
            print(f"{name} could not be separated")
            return None
    return stretchers.read(path)
