"""Where the material that tests share lies, outside the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("DEMUCS_STREAM_SHARED") or Path(__file__).parents[2] / "shared")


def shared(path: str) -> Path:
    """A shared file or folder; the test that wants it is skipped where it is absent."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"{found} is absent")
    return found
