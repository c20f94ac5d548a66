"""Recordings: every track from the first frame, all of them or none."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.callback.ring import Ring
from stream.common.errors import Failure
from stream.recording.recorder import CHUNK, RecordedFile, Recorder
from tests.rig.byhand import noise

END = 1 << 40


def recorder(folder: Path, ring: Ring, *leads: int) -> Recorder:
    files = [RecordedFile(folder / f"{i}.wav", 2 * i, lead) for i, lead in enumerate(leads)]
    return Recorder(ring, files, 44_100, None)


@pytest.mark.parametrize("step", [100, CHUNK, CHUNK + 1])
def test_each_track_is_its_pair_of_channels_after_its_lead(tmp_path: Path, step: int) -> None:
    frames, ring = noise(3 * CHUNK, channels=4), Ring(4 * CHUNK, 4, step)
    made = recorder(tmp_path, ring, 0, CHUNK + 5)
    for at in range(0, len(frames), step):
        ring.write(frames[at : at + step])
        while made.step(END):
            pass
    made.close(keep=True)
    found = [sf.read(tmp_path / f"{i}.wav", dtype="float32")[0] for i in (0, 1)]
    assert (found[0] == frames[:, :2]).all()
    assert not found[1][: CHUNK + 5].any()
    assert (found[1][CHUNK + 5 :] == frames[:, 2:]).all()
    assert made.overruns == 0


def test_it_ends_where_the_input_does(tmp_path: Path) -> None:
    ring = Ring(4096, 2, 1024)
    made = recorder(tmp_path, ring, 0)
    ring.write(noise(1024))
    assert made.step(700)
    assert not made.step(700)
    made.close(keep=True)
    assert sf.info(tmp_path / "0.wav").frames == 700


def test_frames_it_was_too_slow_for_are_silent_and_counted_and_time_is_kept(tmp_path: Path) -> None:
    frames, ring = noise(8 * CHUNK), Ring(2 * CHUNK, 2, CHUNK)
    made = recorder(tmp_path, ring, 0)
    for block in np.split(frames, 8):
        ring.write(block)
    while made.step(END):
        pass
    made.close(keep=True)
    found = sf.read(tmp_path / "0.wav", dtype="float32")[0]
    lost = made.overruns * CHUNK
    assert 0 < lost < len(frames)
    assert not found[:lost].any()
    assert (found[lost:] == frames[lost:]).all()


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    ring = Ring(4096, 4, 1024)
    made = recorder(tmp_path, ring, 0, 10)
    ring.write(noise(1024, channels=4))
    made.step(END)
    made.close(keep=False)
    assert list(tmp_path.iterdir()) == []


def test_one_track_that_cannot_be_opened_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "1.wav").mkdir()
    with pytest.raises(Failure, match=r"1\.wav cannot be written: it is a folder"):
        recorder(tmp_path, Ring(4096, 4, 1024), 0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["1.wav"]


def test_one_track_that_cannot_be_moved_does_not_leave_others_half_done(tmp_path: Path) -> None:
    ring = Ring(4096, 4, 1024)
    made = recorder(tmp_path, ring, 0, 0)
    ring.write(noise(1024, channels=4))
    made.step(END)
    (tmp_path / "0.wav").mkdir()
    with pytest.raises(Failure, match=r"0\.wav cannot be written"):
        made.close(keep=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.wav", "1.wav"]
