"""What ends a run with one clear line and exit code 1. (A caller's mistake is a ValueError: exit code 2.)"""

from typing import Any


class Failure(Exception):
    """Something outside the program's power: a device, a file, a disk, a machine that is too slow."""


class Incomplete(Failure):
    """A run came to its end and has done without something. `report` says what was done, as `--json` prints it."""

    def __init__(self, text: str, report: dict[str, Any]) -> None:
        super().__init__(text)
        self.report = report


class TooSlow(Failure):
    """This machine, as busy as it is, cannot hold the latency that was asked for."""


class Unfit(Failure):
    """A device is here and works, but not with the samplerate or the channels that are wanted of it."""
