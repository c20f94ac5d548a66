"""A folder for what is needed for a while; what a killed process has left of its own, the next one removes."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stream.common.lock import lock


@contextmanager
def scratch(kind: str, within: Path | None = None) -> Iterator[Path]:
    """A new folder that only its user can enter, and that is gone afterwards. Raises OSError.

    kind: what its name begins with; folders of the same kind whose process has died are removed
    within: where it lies, in place of where temporary files go
    """
    parent = Path(tempfile.gettempdir()) if within is None else within
    sweep(kind, parent)
    while True:
        with tempfile.TemporaryDirectory(prefix=kind, dir=parent, ignore_cleanup_errors=True) as name:
            locked = _locked(Path(name))
            try:
                if Path(name).is_dir():  # nobody has swept it away before it was locked
                    yield Path(name)
                    return
            finally:
                if locked is not None:
                    os.close(locked)


def sweep(kind: str, parent: Path) -> None:
    """Remove the folders of a kind that nobody has locked any more."""
    with suppress(OSError):
        for folder in parent.glob(f"{kind}*"):
            locked = _locked(folder)
            if locked is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(locked)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds a folder of this user's own; None where somebody has it, or folders know no locks."""
    if sys.platform == "win32":
        return None
    try:
        found = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    if os.fstat(found).st_uid == os.getuid() and lock(found):
        return found
    os.close(found)
    return None
