"""A folder for what is being made, beside where it will be."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from stream.common.claim import Claim, Taken

PREFIX = ".export-"


@contextlib.contextmanager
def staging(to: Path) -> Iterator[Path]:
    """A folder inside `to` that is gone afterwards; so is `to`, if it was made for it and stays empty.

    Raises Taken while another process is making something there; what a killed one has left is removed.
    """
    if to.exists() and not to.is_dir():
        raise ValueError(f"{to} is a file; a folder is wanted")
    new = [folder for folder in (to, *to.parents) if not folder.exists()]
    try:
        with _alone(to), tempfile.TemporaryDirectory(prefix=PREFIX, dir=to) as folder:
            yield Path(folder)
    finally:
        for made in new:
            with contextlib.suppress(OSError):
                made.rmdir()


@contextlib.contextmanager
def _alone(to: Path) -> Iterator[None]:
    try:
        claim = Claim(to / "export.json")  # a file that is never there: its place stands for the folder
    except Taken:
        raise Taken(to) from None
    try:
        for left in to.glob(f"{PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        claim.drop()
