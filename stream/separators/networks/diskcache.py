"""What is made of model files on this machine, and can be made again: graphs made ready for it, compiled networks.

[any-thread]
"""

import hashlib
import os
import platform
from pathlib import Path

from stream.common.places import cache


def folder(kind: str) -> Path:
    """The folder of one kind, in the cache (DEMUCS_STREAM_CACHE moves it), made if need be. Raises OSError."""
    found = cache() / kind
    found.mkdir(parents=True, exist_ok=True)
    if not os.access(found, os.W_OK):
        raise PermissionError(found)
    return found


def keep_newest(files: list[Path], most: int) -> None:
    """Remove all but the newest files, by when they were last written."""
    for file in sorted(files, key=lambda path: path.stat().st_mtime)[: max(0, len(files) - most)]:
        file.unlink(missing_ok=True)


def tag(path: Path, *parts: bytes) -> str:
    """Names a file as it is now, on this processor, and whatever else matters: sixteen hexadecimal digits."""
    seen = path.stat()
    digest = hashlib.sha256(f"{path.resolve()} {seen.st_size} {seen.st_mtime_ns} {_processor()}".encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    features = (line for line in lines if line.startswith(("flags", "Features")))
    return f"{platform.machine()} {next(features, platform.processor())}"
