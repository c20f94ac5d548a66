"""Files that are there whole or not at all."""

import secrets
from collections.abc import Callable
from pathlib import Path


def whole(target: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file that is then at `target`, complete, or, whatever happens, not at all. [any-thread]"""
    part = target.with_name(f".{secrets.token_hex(4)}.{target.name}")
    try:
        write(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target
