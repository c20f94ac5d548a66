"""Whole files: segments with overlap and triangular weights, as demucs' `apply_model` lays them (shifts 0).

      |<------ segment ------>|                     weights   /\\
                       |<------ segment ------>|                /\\
      |<- stride = (1 - overlap)·segment ->|

Memory is bounded by the segment, not by the song: a frame is written as soon as no later segment can touch it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dsp.resample import Resampler
from dsp.stft import FFT_HOP, istft, stft
from stream.devices.audiofile import AudioReader, AudioWriter, close_all
from stream.separators.network import Network
from stream.separators.protocol import Frames

SEGMENT = 343_980  # frames: 7.8 s, what HTDemucs was trained on
CHUNK = 1 << 16  # frames read at a time


@dataclass(frozen=True)
class Level:
    """What demucs takes off a song before it separates it: the mean and deviation of its mono sum."""

    mean: float
    deviation: float


def level(reader: AudioReader) -> Level:
    """Measure a whole file, and rewind it. Raises Failure for a file that cannot be read. [main-thread]"""
    count, total, squares = 0, 0.0, 0.0
    while len(block := reader.read(CHUNK)):
        mono = block.mean(axis=1, dtype=np.float64)
        count += len(mono)
        total += float(mono.sum())
        squares += float((mono * mono).sum())
    reader.rewind()
    mean = total / count
    variance = max(0.0, squares - count * mean * mean) / max(1, count - 1)
    return Level(mean, variance**0.5)


def frames_at(reader: AudioReader, samplerate: int) -> Iterator[Frames]:
    """A file's blocks at a samplerate: float32 (n, 2). Raises Failure. [main-thread]"""
    resampler = Resampler(reader.samplerate, samplerate, 2)
    while len(block := reader.read(CHUNK)):
        yield resampler.feed(block)
    yield resampler.finish()


class Segment(NamedTuple):
    """One segment of a song.

    offset, length: where it lies in the song, frames
    lead: where it lies in its window, frames
    window: float32 (2, window)
    last: no segment follows
    """

    offset: int
    length: int
    lead: int
    window: Frames
    last: bool


class Segments:
    """Cuts a stream of blocks into overlapping segments with what lies around the last one, as demucs does."""

    def __init__(self, blocks: Iterator[Frames], window: int, stride: int, fit: Level) -> None:
        """Nothing is read yet. [main-thread]"""
        self._blocks, self._window, self._stride, self._level = blocks, window, stride, fit
        self._held: Frames = np.zeros((0, 2), np.float32)
        self._base = 0  # the position of held[0]
        self._ended = False

    def __iter__(self) -> Iterator[Segment]:
        """The segments, in order."""
        offset = 0
        while (reached := self._fill(offset + self._window)) > offset:
            length = min(SEGMENT, reached - offset)
            lead = (SEGMENT - length) // 2  # a short one sits in the middle of its window
            yield Segment(offset, length, lead, self._cut(offset - lead), reached <= offset + self._stride)
            offset += self._stride
            self._drop(offset - SEGMENT // 2)

    def _fill(self, end: int) -> int:
        """Read until `end` or the last frame; the position that was reached."""
        parts = [self._held]
        have = self._base + len(self._held)
        while have < end and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
            else:
                scaled = (block - np.float32(self._level.mean)) / np.float32(self._level.deviation + 1e-8)
                parts.append(scaled.astype(np.float32))
                have += len(block)
        self._held = np.concatenate(parts)
        return have

    def _cut(self, start: int) -> Frames:
        window: Frames = np.zeros((2, self._window), np.float32)
        first = max(start, self._base)
        piece = self._held[first - self._base : start + self._window - self._base]
        window[:, first - start : first - start + len(piece)] = piece.T
        return window

    def _drop(self, before: int) -> None:
        gone = max(0, before - self._base)
        self._held, self._base = self._held[gone:], self._base + gone


def separate_window(network: Network, window: Frames) -> Frames:
    """A window's stems: float32 (stems, 2, window). [any-thread]

    window: float32 (2, n), n within the last of the network's columns: what it lacks of whole columns is filled as
    demucs does, with zeros for the wave branch and by reflection for the spectrogram
    """
    frames = window.shape[-1]
    wave: Frames = np.zeros((2, network.columns * FFT_HOP), np.float32)
    wave[:, :frames] = window
    spec_out, wave_out = network.infer(wave, stft(window))
    stems: Frames = wave_out[..., :frames] + istft(spec_out, frames)
    return stems


class Overlap:
    """Adds weighted segments up and gives what is complete."""

    def __init__(self, stems: int, stride: int) -> None:
        """Make the sums. [main-thread]"""
        rising = np.arange(1, SEGMENT // 2 + 1)
        self._weight = np.concatenate([rising, np.arange(SEGMENT - SEGMENT // 2, 0, -1)]).astype(np.float32)
        self._weight /= self._weight.max()
        self._stride = stride
        self._sum: Frames = np.zeros((stems, 2, SEGMENT), np.float32)
        self._weights: Frames = np.zeros(SEGMENT, np.float32)

    def add(self, part: Frames, last: bool) -> Frames:
        """Add a segment, give the frames that no later one touches: float32 (stems, 2, n). [main-thread]"""
        length = part.shape[-1]
        self._sum[..., :length] += self._weight[:length] * part
        self._weights[:length] += self._weight[:length]
        done = length if last else self._stride
        out: Frames = self._sum[..., :done] / self._weights[:done]
        for array in (self._sum, self._weights):
            array[..., :-done] = array[..., done:].copy()
            array[..., -done:] = 0
        return out


def stems_of(network: Network, reader: AudioReader, overlap: float) -> Iterator[Frames]:
    """A file's stems, in order: float32 (stems, 2, n), at the model's samplerate. [main-thread]

    overlap: of neighbouring segments, 0 to below 1
    Raises ValueError for an overlap that cannot be, Failure for a file that cannot be read.
    """
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap must be 0 to below 1, not {overlap:g}")
    fit, stride = level(reader), int((1 - overlap) * SEGMENT)
    segments = Segments(frames_at(reader, network.samplerate), SEGMENT, stride, fit)
    adder = Overlap(len(network.sources), stride)
    for segment in segments:
        part = separate_window(network, segment.window)[..., segment.lead : segment.lead + segment.length]
        yield adder.add(part, segment.last) * np.float32(fit.deviation) + np.float32(fit.mean)


def separate(network: Network, reader: AudioReader, folder: Path, overlap: float,
             progress: Callable[[int, int], None]) -> dict[str, Path]:
    """Write `<stem>.wav` for every stem of a file, all of them or none; float32. [main-thread]

    progress: takes frames written and frames in all
    Raises Failure for what cannot be read or written.
    """
    total = -(-reader.frames * network.samplerate // reader.samplerate)
    writers: list[AudioWriter] = []
    keep = False
    try:
        for stem in network.sources:
            writers.append(AudioWriter(folder / f"{stem}.wav", network.samplerate, 2, total))
        done = 0
        for stems in stems_of(network, reader, overlap):
            for writer, stem_frames in zip(writers, stems, strict=True):
                writer.write(np.ascontiguousarray(stem_frames.T))
            done += stems.shape[-1]
            progress(done, total)
        keep = True
    finally:
        close_all(writers, keep)
    return {writer.path.stem: writer.path for writer in writers}
