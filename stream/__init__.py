"""The live path: blocks from a device, hops through a separator, stems under their faders, blocks to a device.

Where the command starts, Ctrl-C is heard from here on. That cannot wait for stream/cli.py: Python loads this file
before that one, and what it loads itself is most of the time until then (0.12 of 0.17 s on a busy machine), in which
Ctrl-C would show a traceback. As nothing has been asked yet, only the name of the program says that it is the command,
and not somebody's import.
"""

import signal
import sys

COMMAND = [*sys.argv, ""][0].endswith(("demucs-stream", "demucs-stream.exe"))

if COMMAND:  # until something better hears Ctrl-C, it ends the process, and shows nobody a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from stream.common.account import settle  # noqa: E402
from stream.common.interrupt import first  # noqa: E402

if COMMAND:
    first()

settle()  # before anything imports onnxruntime, numba or the hub's client
