"""A song's stems, piece by piece: by a network in whole segments, or by a plugin hop by hop."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import NamedTuple

import numpy as np

from dsp.resample import Resampler
from dsp.sliding import RangeIstft
from dsp.stft import BINS, FFT_HOP, stft
from stream.audiofiles.song import Reader
from stream.common.closing import Closing
from stream.offline.level import CHUNK, SongLevel
from stream.offline.overlap import Overlap
from stream.offline.segments import Lay, Segments, restore
from stream.separators.bag import Bag
from stream.separators.networks.network import Network
from stream.separators.protocol import Frames, Separator

Model = Bag | Network
CORES = 2  # that invert stems while the model waits; more gain nothing worth their memory


class Piece(NamedTuple):
    """Some frames of a song.

    mix: float32 (2, n)      stems: float32 (stems, 2, n)
    """

    mix: Frames
    stems: Frames


def blocks(reader: Reader, samplerate: int) -> Iterator[Frames]:
    """A file's blocks at a samplerate: float32 (n, 2). Raises Failure."""
    resampler = Resampler(reader.samplerate, samplerate, 2)
    while len(block := reader.read(CHUNK)):
        yield resampler.feed(block)
    yield resampler.finish()


class Windows(Closing):
    """A network and the transforms around it, for windows of one length; all memory but the stems' is made once."""

    def __init__(self, model: Model, frames: int, alone: bool) -> None:
        """Make the memory.

        frames: of a window, up to the model's
        alone: nobody else runs the model: its own arrays are used, and nothing is copied
        """
        self._model, self._frames, self._alone = model, frames, alone
        self._wave = model.mix if alone else np.zeros((2, model.columns * FFT_HOP), np.float32)
        self._spec = model.spec if alone else np.zeros((4, BINS, model.columns), np.float32)
        self._wave[:] = 0
        # NB: what a window lacks is filled as demucs does: whole columns with zeros, the rest of a column with zeros
        # for the wave branch and by reflection for the spectrogram
        self._heard = frames if frames > (model.columns - 1) * FFT_HOP else model.frames
        self._inverses = [RangeIstft(1, 2, model.columns, 0, frames) for _ in model.sources]
        self._pool = ThreadPoolExecutor(max_workers=CORES)

    def separate(self, window: Frames) -> Frames:
        """A window's stems: float32 (stems, 2, frames), new. One thread at a time.

        window: float32 (2, frames)
        """
        model, frames = self._model, self._frames
        self._wave[:, :frames] = window
        stft(self._wave[:, : self._heard], self._spec)
        if self._alone:
            model.run()
            spec_out, wave_out = model.spec_out, model.wave_out
        else:
            spec_out, wave_out = model.infer(self._wave, self._spec)
        stems: Frames = np.empty((len(model.sources), 2, frames), np.float32)

        def finish(at: int) -> None:
            stems[at] = wave_out[at, :, :frames]
            self._inverses[at].add(spec_out[at : at + 1], stems[at : at + 1])

        list(self._pool.map(finish, range(len(stems))))
        return stems

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown()


def by_segments(model: Model, reader: Reader, how: Lay, fit: SongLevel, alone: bool = True) -> Iterator[Piece]:
    """A file's pieces in order, at the model's samplerate. Raises Failure for a file that cannot be read.

    fit: the file's own
    alone: nobody else runs the model
    """
    adder = Overlap(len(model.sources), how)
    with Windows(model, how.segment, alone) as windows:
        for segment in Segments(blocks(reader, model.samplerate), how, fit):
            stems = windows.separate(segment.window)
            out = adder.add(segment, stems[..., segment.lead : segment.lead + segment.length])
            restore(out, fit)
            yield Piece(segment.mix, out)


def by_hops(separator: Separator, reader: Reader) -> Iterator[Piece]:
    """A file's pieces by a separator that takes hops, without its latency. Raises Failure."""
    hop, skip = separator.hop, separator.latency  # frames to leave out: the stems of what was before the song
    stems: Frames = np.zeros((len(separator.sources), 2, hop), np.float32)
    waiting: Frames = np.zeros((0, 2), np.float32)  # the mix of which no stems have come yet
    rest = waiting
    silence = np.zeros((skip + hop, 2), np.float32)
    for block, last in chain(((block, False) for block in blocks(reader, separator.samplerate)), [(silence, True)]):
        rest = np.concatenate([rest, block])
        waiting = waiting if last else np.concatenate([waiting, block])
        while len(rest) >= hop:
            separator.process(np.ascontiguousarray(rest[:hop].T), stems)
            rest = rest[hop:]
            given = stems[..., skip:][..., : len(waiting)].copy()
            skip = max(0, skip - hop)
            mix, waiting = waiting[: given.shape[-1]], waiting[given.shape[-1] :]
            yield Piece(np.ascontiguousarray(mix.T), given)
