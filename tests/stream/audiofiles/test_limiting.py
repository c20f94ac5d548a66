"""What is beyond full scale, in a format that cannot hold it: demucs' own ways, and a word about it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles.audiofile import AudioWriter
from stream.audiofiles.kind import Kind
from stream.audiofiles.limiting import CLIP_MODES, Limited
from tests.rig.byhand import Frames, noise

KIND = Kind("wav", 24)
STEP = 2**-22


def written(folder: Path, frames: Frames, mode: str) -> tuple[Frames, str]:
    writer = Limited(AudioWriter(folder / "a.wav", 44_100, kind=KIND), 2, mode)
    for block in np.array_split(frames, 7):
        writer.write(block)
    writer.finish()
    writer.close()
    assert [path.name for path in folder.iterdir()] == ["a.wav"]
    return sf.read(folder / "a.wav", dtype="float32")[0], writer.note


def loud(peak: float) -> Frames:
    frames = noise(200_000)
    return frames * np.float32(peak) / np.abs(frames).max()


@pytest.mark.parametrize("peak", [0.5, 0.9, 1.7])
@pytest.mark.parametrize("mode", CLIP_MODES)
def test_every_mode_is_demucs_own(tmp_path: Path, mode: str, peak: float) -> None:
    audio, torch = pytest.importorskip("demucs.audio"), pytest.importorskip("torch")
    found, note = written(tmp_path, loud(peak), mode)
    theirs = audio.prevent_clip(torch.from_numpy(loud(peak)), mode).clamp(-1, 1).numpy()
    np.testing.assert_allclose(found, theirs, rtol=0, atol=STEP)
    assert bool(note) == (peak > 1)


@pytest.mark.parametrize(("mode", "says"), [
    ("rescale", r"it peaks at \+6\.0 dB and was made 6\.1 dB quieter"),
    ("clamp", r"it peaks at \+6\.0 dB and was clipped at -0\.1 dB"),
    ("none", r"it peaks at \+6\.0 dB and was clipped at \+0\.0 dB")])
def test_what_was_done_is_said(tmp_path: Path, mode: str, says: str) -> None:
    assert pytest.approx(written(tmp_path, loud(10 ** (6 / 20)), mode)[1]) == says.replace("\\", "")


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    writer = Limited(AudioWriter(tmp_path / "a.wav", 44_100, kind=KIND), 2, "rescale")
    writer.write(loud(2))
    writer.close(keep=False)
    assert list(tmp_path.iterdir()) == []
