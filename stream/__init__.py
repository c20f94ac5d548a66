"""The live path: blocks from a device, hops through a separator, stems under their faders, blocks to a device."""

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
