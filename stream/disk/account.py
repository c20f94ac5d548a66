"""What libraries take from the environment, set before the first of them is imported, in every process of ours.

They keep their caches in the user's home, which a container or a service may not have, and some of them tell their
makers who uses them. What a user has set himself is left as it is.
"""

import os
from pathlib import Path

from stream.disk.places import at_home, cache, temporary, writable

QUIET = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime's wheels keep a device id, and send events while music plays
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "NO_UPDATE_NOTIFIER": "1",  # npm
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}
CACHES = {"HF_XET_CACHE": "xet", "MPLCONFIGDIR": "matplotlib"}  # of libraries that have theirs in the home


def settle() -> None:
    """See to it that nobody is told about us, and that what is compiled has a place. [main-thread]

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
    """A folder that numba can write: it fails on import where it finds none."""
    said = os.environ.get("NUMBA_CACHE_DIR")
    if said and writable(Path(said)):
        return
    folder = cache() / "compiled"
    if not writable(folder):
        folder = temporary() / "compiled"
        folder.mkdir(exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
