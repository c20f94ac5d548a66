"""What ends a run with one clear line and exit code 1. (A caller's mistake is a ValueError: exit code 2.)"""


class Failure(Exception):
    """Something outside the program's power: a device, a file, a disk, a machine that is too slow."""
