"""A folder for what is being made, beside where it will be."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def staging(to: Path) -> Iterator[Path]:
    """A folder inside `to` that is gone afterwards; so is `to`, if it was made for it and stays empty."""
    if to.exists() and not to.is_dir():
        raise ValueError(f"{to} is a file; a folder is wanted")
    new = [folder for folder in (to, *to.parents) if not folder.exists()]
    try:
        to.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=to) as folder:
            yield Path(folder)
    finally:
        for made in new:
            with contextlib.suppress(OSError):
                made.rmdir()
