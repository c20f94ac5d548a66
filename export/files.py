"""Files that are whole or not there."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from stream.common.claim import Claim


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing so that it appears complete, or, whatever happens, not at all."""
    claim = Claim(path, alone=False)
    try:
        with claim.part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        claim.keep()
    finally:
        claim.drop()


def sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
