"""Where takes are put."""

import time
from dataclasses import dataclass
from pathlib import Path

from stream.audiofiles.kind import FLOAT, Kind


@dataclass(frozen=True)
class RecordingOptions:
    """Where takes are put.

    run_folder: a folder for the whole run, or None
    takes_folder: takes by hand are folders in it, named by date and time; None is that nobody can make one
    keep_s: so many seconds can be kept after they were heard
    kind: of the files
    """

    run_folder: Path | None = None
    takes_folder: Path | None = None
    keep_s: float = 0.0
    kind: Kind = FLOAT

    @property
    def used(self) -> bool:
        """Whether anything may be recorded at all. [any-thread]"""
        return self.run_folder is not None or self.takes_folder is not None

    def new_folder(self) -> Path:
        """A new folder for a take by hand. [recorder-thread]"""
        assert self.takes_folder is not None
        folder, name = self.takes_folder, time.strftime("%Y-%m-%d %H.%M.%S")
        for path in (folder / f"{name}{f' {n}' if n else ''}" for n in range(1_000_000)):
            try:
                path.mkdir(parents=True)
            except FileExistsError:  # NB: made here and now: another run may have begun one in the same second
                continue
            except OSError:  # whoever writes there says why
                return path
            return path
        raise AssertionError(f"a million takes of one second in {folder}")


NOTHING = RecordingOptions()
