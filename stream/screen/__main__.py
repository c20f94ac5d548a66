"""The screen's own process: `python -m stream.screen`, which `demucs-stream screen` is too."""

import os
import signal
import sys

from stream.common import interrupt
from stream.common.errors import Failure
from stream.link.client import Attached, Gone
from stream.link.endpoint import endpoint
from stream.screen.app import MixerScreen

NICE = 5


def show(attach: str | None = None) -> bool:
    """Show a running engine until its user closes it, or the run ends (False). Raises ValueError, Failure."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever runs the engine ends it, and that ends this
    if sys.platform != "win32":
        os.nice(NICE)  # audio goes first
    with Attached(endpoint(attach)) as attached:
        screen = MixerScreen(attached)
        closed = screen.run()
    if screen.return_code:
        raise Failure("the screen has failed")
    return bool(closed)


def main() -> int:
    """Exit code 0: closed by its user or by the run's end."""
    interrupt.unblocked(deaf=sys.stdout.isatty())
    try:
        show()
    except Gone:
        return 1  # the run, most likely: whoever started this knows, and says it if not
    except (ValueError, Failure) as error:
        print(f"demucs-stream: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
