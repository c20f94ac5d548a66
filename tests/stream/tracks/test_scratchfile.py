"""Scratch files: frames written and read anywhere, silence elsewhere, and nothing left of them."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from stream.tracks.scratchfile import ScratchFile, scratch_folder
from tests.rig.byhand import noise


def test_frames_are_read_where_they_were_written_and_all_else_is_silence(tmp_path: Path) -> None:
    file, frames = ScratchFile(2, tmp_path), noise(100)
    file.write(50, frames[:30])
    file.write(1000, frames[30:])
    whole = np.full((1200, 2), np.nan, np.float32)
    file.read(-50, whole)
    wanted = np.zeros_like(whole)
    wanted[100:130], wanted[1050:1120] = frames[:30], frames[30:]
    np.testing.assert_array_equal(whole, wanted)


@pytest.mark.parametrize("first", [-100, -10, 0, 90, 5000])
@pytest.mark.parametrize("count", [0, 1, 20], ids=str)
def test_what_lies_around_the_song_is_silence(tmp_path: Path, first: int, count: int) -> None:
    file = ScratchFile(6, tmp_path)
    file.write(0, np.ones((100, 6), np.float32))
    out = np.full((count, 6), np.nan, np.float32)
    file.read(first, out)
    at = np.arange(first, first + count)
    np.testing.assert_array_equal(out[:, 0], np.where((at >= 0) & (at < 100), 1, 0))


def test_nothing_of_it_is_seen_and_nothing_is_left(tmp_path: Path) -> None:
    fds = Path("/proc/self/fd")
    before = len(list(fds.iterdir())) if fds.is_dir() else 0
    file = ScratchFile(2, tmp_path)
    file.write(0, noise(10))
    if os.name == "posix":
        assert list(tmp_path.iterdir()) == []
    del file
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    if before:
        assert len(list(fds.iterdir())) == before


def test_a_full_disk_is_an_error(small_disk: Path) -> None:
    file = ScratchFile(2, small_disk)
    with pytest.raises(OSError, match="space"):
        file.write(0, np.zeros((1 << 18, 2), np.float32))


def test_it_lies_on_the_caches_disk_and_elsewhere_where_that_cannot_be_written(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    assert scratch_folder() == tmp_path / "cache" / "scratch"
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "file"))
    assert scratch_folder().is_dir()
