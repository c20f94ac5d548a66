"""What several rooms' tests share: the real model, bound once, and real music."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from export.store import StoreError, model_file
from tests.shared import ROOT, shared

WEIGHTS = ROOT / "models" / "htdemucs.safetensors"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "model_path" in getattr(item, "fixturenames", ()):
            item.add_marker("weights")


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bound HTDemucs: from the shared weights, else from the cache or wherever users have theirs from."""
    with pytest.MonkeyPatch.context() as patch:
        if WEIGHTS.is_file():
            patch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path_factory.mktemp("cache")))
        try:
            return model_file(str(WEIGHTS) if WEIGHTS.is_file() else "htdemucs", print)
        except StoreError as error:
            pytest.skip(f"no weights: {error}")


@pytest.fixture(scope="session")
def lithium() -> NDArray[np.float32]:
    """40 s of real music: float32 (frames, 2) at 44,100 Hz, the sum of its stems."""
    folder = shared("audio/lithium")
    mix = sum(sf.read(path, dtype="float32", always_2d=True)[0] for path in sorted(folder.glob("*.flac")))
    return np.ascontiguousarray(mix, np.float32)
