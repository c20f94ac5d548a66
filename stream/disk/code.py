"""What compiled functions are made of, as a number.

numba's cache knows a function's own file only, and would go on serving one that was made with another file's older
constants or functions. So what is compiled lies in a folder of that number (stream.disk.account), and callbacks
hold it.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# where compiled code is, and all constants that it is made with
PLACES = ("dsp/*.py", "stream/*.py", "stream/live/*.py", "stream/devices/*.py", "stream/separators/*.py")
COMPILED = re.compile(rb"^(from|import) numba\b", re.MULTILINE)


def sources(root: Path) -> Iterator[tuple[Path, bytes]]:
    """All of dsp, and the files that hold compiled code: an edit of any other costs nobody half a minute."""
    for path in sorted(path for place in PLACES for path in root.glob(place)):
        text = path.read_bytes()
        if path.parent.name == "dsp" or COMPILED.search(text):
            yield path, text


@lru_cache(8)
def code(root: Path = ROOT) -> int:
    """It changes when any of these sources does; as it was when the process began. [main-thread]"""
    found = hashlib.sha256()
    for path, text in sources(root):
        found.update(f"{path.name} {len(text)}\n".encode() + text)
    return int.from_bytes(found.digest()[:7])
