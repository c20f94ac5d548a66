"""What compiled functions are made of, as a number.

numba's cache knows a function's own file only, and would go on serving one that was made with another file's older
constants or functions. So what is compiled lies in a folder of that number (stream.common.account).
"""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# where compiled code is, and all constants that it is made with
COMPILED_FOLDERS = ("dsp", "stream/native", "stream/callback", "stream/devices", "stream/separators",
          "stream/separators/networks", "stream/live")
COMPILED = (b"\nfrom numba", b"\nimport numba")


def sources(root: Path) -> Iterator[tuple[Path, bytes]]:
    """All of dsp, and the files that hold compiled code: an edit of any other costs nobody half a minute."""
    for place in COMPILED_FOLDERS:
        folder = root / place
        for name in sorted(os.listdir(folder)) if folder.is_dir() else ():  # noqa: PTH208
            if name.endswith(".py"):
                with open(f"{folder}/{name}", "rb") as file:  # noqa: PTH123 - at every start: 2 ms instead of 5
                    text = file.read()
                if place == "dsp" or any(found in text for found in COMPILED):
                    yield folder / name, text


@lru_cache(8)
def code(root: Path = ROOT) -> int:
    """It changes when any of these sources does; as it was when the process began."""
    found = hashlib.sha256()
    for path, text in sources(root):
        found.update(f"{path.name} {len(text)}\n".encode() + text)
    return int.from_bytes(found.digest()[:7])
