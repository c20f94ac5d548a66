"""What libraries take from the environment, set before the first of them is imported, in every process of ours.

They keep their caches in the user's home, which a container or a service may not have, and some of them tell their
makers who uses them. What a user has set himself is left as it is.
"""

import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from stream.common.code import code
from stream.common.places import at_home, cache, temporary, writable

QUIET = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime's wheels keep a device id, and send events while music plays
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "NO_UPDATE_NOTIFIER": "1",  # npm
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}
CACHES = {"HF_XET_CACHE": "xet", "MPLCONFIGDIR": "matplotlib"}  # of libraries that have theirs in the home

MARK = re.compile("[0-9a-f]{14}")
FORGOTTEN_S = 30 * 86_400


def settle() -> None:
    """See to it that nobody is told about us, and that what is compiled has a place.

    Ends the program, in one line, where no folder at all can be written.
    """
    for name, value in QUIET.items():
        _unless_said(name, value)
    try:
        if not at_home():
            os.environ["HOME"] = str(temporary())  # or libraries make a folder that is called ~
        for name, folder in CACHES.items():
            _unless_said(name, str(cache() / folder))
        _compiled()
    except (OSError, RuntimeError) as error:
        raise SystemExit(f"demucs-stream: there is no folder for what is compiled ({error}): DEMUCS_STREAM_CACHE "
                         "names one") from error


def _unless_said(name: str, value: str) -> None:
    if not os.environ.get(name):
        os.environ[name] = value


def _compiled() -> None:
    """A folder that numba can write, or it fails on import, for what this code is compiled to."""
    said, mark = os.environ.get("NUMBA_CACHE_DIR"), f"{code():014x}"
    if said and Path(said).name == mark and writable(Path(said)):
        return  # of the process that started this one
    wanted = Path(said) if said else cache() / "compiled"
    folder = wanted if writable(wanted / mark) else temporary() / "compiled"
    (folder / mark).mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder / mark)
    _forget(folder)


def _forget(folder: Path) -> None:
    """Remove what older code has left, and nobody has started with for long: `writable` changes a folder's time."""
    with suppress(OSError):
        for found in folder.iterdir():
            if MARK.fullmatch(found.name) and time.time() - found.stat().st_mtime > FORGOTTEN_S:
                shutil.rmtree(found, ignore_errors=True)
