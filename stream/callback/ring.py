"""A ring of frames with one writer that never waits and any number of readers.

Frame n of a ring is the n-th that was ever written to it: positions grow for ever and mean the same to everybody, so
there is nothing to keep in step. The writer overwrites the oldest frames; a reader asks for a range by position and is
told whether it has come too early (not written yet) or too late (overwritten, wholly or in part). `written` can only
be stale in the safe direction: it never counts a frame that cannot be read yet.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from stream.native.atomics import fence_acquire, fence_release, load, load_acquire, store, store_release

WRITTEN = 0  # index of the one shared counter; it has its cache line to itself


@njit(cache=True, nogil=True, error_model="numpy")
def _put(data, counter, at, frames):  # type: ignore[no-untyped-def]
    mask = data.shape[0] - 1
    # the counter's last store is seen before the samples that are now written over older ones: whoever finds one of
    # these among what he has read, finds by the counter that he was too late (H. Boehm, "Can seqlocks get along with
    # programming language memory models?", 2012). A release store alone lets later stores pass it
    fence_release()
    for i in range(frames.shape[0]):
        for c in range(frames.shape[1]):
            data[(at + i) & mask, c] = frames[i, c]
    store_release(counter, 0, at + frames.shape[0])


@njit(cache=True, nogil=True, error_model="numpy")
def _get(data, counter, at, slack, out):  # type: ignore[no-untyped-def]
    mask = data.shape[0] - 1
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = data[(at + i) & mask, c]
    fence_acquire()  # the samples are read before the counter that says whether they were still whole
    return load_acquire(counter, 0) + slack - at <= data.shape[0]


class Ring:
    """Frames by position.

    data: float32 (capacity, channels), capacity a power of two
    counter: int64 (8,), only [0] is used: frames written
    """

    def __init__(self, frames: int, channels: int, write_most: int) -> None:
        """Room for the last `frames` frames, written at most `write_most` at a time. [main-thread]"""
        if frames < 1 or channels < 1 or write_most < 1:
            raise ValueError(f"a ring needs frames, channels and write_most of 1 or more, not {frames}, {channels}, "
                             f"{write_most}")
        capacity = 1 << (frames + write_most - 1).bit_length()
        self.data = np.zeros((capacity, channels), np.float32)
        self.counter = np.zeros(8, np.int64)
        self.data += 0  # touched once, so that the audio thread never waits for a page
        # a writer may be in the middle of its next write: those frames count as gone already
        self._slack = write_most
        self.write(self.data[:0])  # both are compiled now, on a machine's first start, and not when frames come
        self.read(0, self.data[:0])

    @property
    def written(self) -> int:
        """Frames written so far. [any-thread]"""
        return int(load(self.counter, WRITTEN))

    @property
    def oldest(self) -> int:
        """The first frame that can still be read; with each write it is a later one. [any-thread]"""
        return max(0, self.written + self._slack - len(self.data))

    def write(self, frames: npt.NDArray[np.float32], at: int | None = None) -> None:
        """Append frames: float32 (n, channels); or, with `at`, go on from there. The ring's one writer calls it.

        [feeder-thread, separator-thread, insert-thread]
        """
        _put(self.data, self.counter, self.written if at is None else at, frames)

    def read(self, at: int, out: npt.NDArray[np.float32]) -> bool:
        """Copy frames from position `at` to out: float32 (n, channels); False if they are no longer whole.

        Raises ValueError for frames that are not written yet.
        [any-thread]
        """
        if at + len(out) > self.written:
            raise ValueError(f"frames up to {at + len(out)} were asked for, {self.written} are written")
        return bool(_get(self.data, self.counter, at, self._slack, out))

    def reset(self) -> None:
        """Start from frame 0 again, with silence; while nobody else uses it. [main-thread]"""
        self.data[:] = 0
        store(self.counter, WRITTEN, 0)
