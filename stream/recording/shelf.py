"""Where takes are put."""

import time
from dataclasses import dataclass
from pathlib import Path

from stream.devices.kind import FLOAT, Kind


@dataclass(frozen=True)
class Shelf:
    """Where takes are put.

    whole: a folder for the whole run, or None
    folder: takes by hand are folders in it, named by date and time; None is that nobody can make one
    keep_s: so many seconds can be kept after they were heard
    kind: of the files
    """

    whole: Path | None = None
    folder: Path | None = None
    keep_s: float = 0.0
    kind: Kind = FLOAT

    @property
    def used(self) -> bool:
        """Whether anything may be recorded at all."""
        return self.whole is not None or self.folder is not None

    def place(self) -> Path:
        """A folder for a take by hand, that is not there yet. [recorder-thread]"""
        assert self.folder is not None
        folder, name = self.folder, time.strftime("%Y-%m-%d %H.%M.%S")
        numbered = (folder / f"{name}{f' {n}' if n else ''}" for n in range(1_000_000))
        return next(path for path in numbered if not path.exists())


NOTHING = Shelf()
