"""A file as a source: all of it, in order, never late on the virtual clock, and silence after its end."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.callback.ring import Ring
from stream.live.feeder import CHUNK, ENDLESS, Feeder
from tests.rig.byhand import SOURCES, Frames, Live, Shares, noise

LENGTHS = [1, CHUNK - 1, CHUNK, CHUNK + 1, 100_000]


@pytest.fixture(params=LENGTHS)
def song(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Frames, AudioReader]]:
    frames = noise(request.param)
    writer = AudioWriter(tmp_path / "song.wav", 44_100)
    writer.write(frames)
    writer.close()
    with AudioReader(tmp_path / "song.wav") as reader:
        yield frames, reader


def test_the_end_is_known_when_it_was_read(song: tuple[Frames, AudioReader]) -> None:
    frames, reader = song
    feeder = Feeder(reader, Ring(1 << 18, 2, 512), 512, 44_100)
    assert (feeder.expected, feeder.end) == (len(frames), ENDLESS)
    while feeder.step():
        feeder._taken.write(np.zeros((min(512, feeder.ring.written - feeder._taken.written), 2), np.float32))
    while feeder.end == ENDLESS:
        feeder._taken.write(np.zeros((512, 2), np.float32))
        feeder.step()
    assert feeder.end == feeder.ring.written == len(frames)


@pytest.mark.parametrize("block", [17, 512, 4096, 120_000])
def test_the_callback_takes_all_of_it_and_silence_after_it(song: tuple[Frames, AudioReader], block: int) -> None:
    frames, reader = song
    live = Live(Shares(), block=block, channels=(0, 0), reader=reader, tapped=True)
    engine = live.engine
    while not engine.ended:
        while engine.feed():
            pass
        engine.serve(block)
        live.separate()
    tap = engine.tap
    assert tap is not None
    heard = np.zeros((tap.written, 4 + 2 * len(SOURCES)), np.float32)
    assert tap.read(0, heard)
    assert (heard[: len(frames), :2] == frames).all()
    assert not heard[len(frames) :].any()
    assert engine.counts()["underruns"] == engine.counts()["misses"] == 0
    assert engine.expected == engine.end == len(frames)


def test_a_file_that_is_read_too_slowly_is_an_underrun(song: tuple[Frames, AudioReader]) -> None:
    _, reader = song
    live = Live(Shares(), channels=(0, 0), reader=reader)
    live.engine.serve(512)
    assert live.engine.counts()["underruns"] == 1


def test_it_reads_no_further_ahead_than_it_has_room(song: tuple[Frames, AudioReader]) -> None:
    frames, reader = song
    feeder = Feeder(reader, Ring(1 << 18, 2, 512), 512, 44_100)
    while feeder.step():
        pass
    kept = np.zeros((feeder.ring.written, 2), np.float32)
    assert feeder.ring.read(0, kept)
    assert (kept == frames[: len(kept)]).all()


@pytest.mark.parametrize("samplerate", [22_050, 48_000, 96_000])
def test_a_file_of_another_rate_keeps_its_length_and_its_pitch(tmp_path: Path, samplerate: int) -> None:
    seconds = 3
    tone = np.sin(2 * np.pi * 441 * np.arange(seconds * 44_100) / 44_100).astype(np.float32)
    writer = AudioWriter(tmp_path / "tone.wav", 44_100)
    writer.write(np.stack([tone, tone], axis=1))
    writer.close()
    with AudioReader(tmp_path / "tone.wav") as reader:
        feeder = Feeder(reader, Ring(1 << 18, 2, 512), 10 * samplerate, samplerate)
        while feeder.step():
            pass
        assert feeder.end == feeder.expected == seconds * samplerate
        found = np.zeros((feeder.end, 2), np.float32)
        assert feeder.ring.read(0, found)
    wanted = np.sin(2 * np.pi * 441 * np.arange(feeder.end) / samplerate)
    middle = slice(samplerate // 2, -samplerate // 2)
    assert np.abs(found[middle, 0] - wanted[middle]).max() < 1e-3


class Given:
    """A reader that is no file."""

    samplerate, cleaned = 44_100, 0

    def __init__(self, frames: Frames) -> None:
        self._frames, self._at = frames, 0
        self.frames = len(frames)

    def read(self, frames: int) -> Frames:
        part = self._frames[self._at : self._at + frames].copy()
        self._at += len(part)
        return part


class Dripping(Given):
    """One whose frames come when the test says so: `ready` of them have."""

    ready = 0

    def available(self, frames: int) -> bool:
        return self.ready >= min(self._at + frames, self.frames)


def test_whatever_gives_frames_can_stand_for_a_device() -> None:
    frames = noise(3 * CHUNK + 5)
    feeder = Feeder(Given(frames), Ring(1 << 18, 2, 512), 512, 44_100)
    while feeder.step():
        pass
    found = np.zeros((len(frames), 2), np.float32)
    assert feeder.end == feeder.expected == len(frames)
    assert feeder.ring.read(0, found)
    assert (found == frames).all()


def test_what_comes_when_it_likes_is_read_when_it_is_there() -> None:
    reader = Dripping(noise(5000))
    feeder = Feeder(reader, Ring(1 << 18, 2, 512), 512, 44_100)
    assert not feeder.step()
    assert feeder.lacks(1)
    reader.ready = 3000
    while feeder.step():
        pass
    assert (feeder.ring.written, feeder.end) == (2048, ENDLESS)
    reader.ready = 5000
    while feeder.step():
        pass
    assert feeder.end == 5000
