"""What changes a song's tempo and not its key: ours, plain WSOLA, and Rubber Band's command."""

import math
import resource
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp import stretch
from dsp.splices import Anchors
from dsp.stretch import Stretcher
from stream.audiofiles.audiofile import AudioReader, AudioWriter

Float = NDArray[np.float32]
Seconds = NDArray[np.float64]

SAMPLERATE, BLOCK = 44_100, 512
WSOLA_MS, WSOLA_REACH_MS = 70, 12


def ours(song: Float, rate: float, anchors: Anchors) -> tuple[Float, Seconds]:
    """All of it, and the thread's own time for each block, s. song: float32 (frames, channels)"""
    stretcher, state = Stretcher(SAMPLERATE), stretch.start(0, rate)
    out = np.zeros((math.ceil(len(song) / rate), song.shape[1]), np.float32)
    times = []
    for begin in range(0, len(out), BLOCK):
        before = time.thread_time()
        stretcher.render((song, 0), state, rate, anchors, out[begin : begin + BLOCK])
        times.append(time.thread_time() - before)
    return out, np.array(times)


def wsola(song: Float, rate: float) -> Float:
    """Verhelst's and Roelands' own way: constant hops of half a window, and the likest piece near each ideal place."""
    half, reach = round(WSOLA_MS * SAMPLERATE / 2000), round(WSOLA_REACH_MS * SAMPLERATE / 1000)
    out = np.zeros((math.ceil(len(song) / rate), song.shape[1]), np.float32)
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * half) / half)
    _wsola(song, np.ascontiguousarray(song[:, :2].sum(axis=1)), (rate, half, reach), window.astype(np.float32), out)
    return out


def rubberband(song: Float, rate: float, folder: Path) -> tuple[Float, float]:
    """Its engine R2, and the CPU time it took, seconds. FileNotFoundError: it is not installed."""
    command = shutil.which("rubberband")
    if command is None:
        raise FileNotFoundError("the command rubberband is not installed (Debian: rubberband-cli)")
    write(folder / "in.wav", song)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([command, "-q", "-2", "-t", repr(1 / rate), str(folder / "in.wav"), str(folder / "out.wav")],
                   check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return read(folder / "out.wav"), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def read(path: Path) -> Float:
    """A sound file, float32 (frames, channels)."""
    with AudioReader(path) as reader:
        return np.ascontiguousarray(reader.read(reader.frames))


def write(path: Path, frames: Float) -> None:
    """A float32 WAV. frames: float32 (frames, channels)"""
    writer = AudioWriter(path, SAMPLERATE, channels=frames.shape[1])
    writer.write(np.ascontiguousarray(frames))
    writer.close()


@njit(cache=True, error_model="numpy")
def _wsola(song: Any, mono: Any, rate_half_reach: Any, window: Any, out: Any) -> None:
    rate, half, reach = rate_half_reach
    last = -1
    for start in range(0, len(out) - 2 * half, half):
        at = round(start * rate)
        if last >= 0:
            best, wish, found = -1e30, last + half, at
            for place in range(max(0, at - reach), min(len(mono) - 2 * half, at + reach) + 1, 2):
                alike = energy = 1e-9
                for i in range(0, half, 8):
                    if wish + i < len(mono):
                        alike += mono[place + i] * mono[wish + i]
                        energy += mono[place + i] * mono[place + i]
                if alike / math.sqrt(energy) > best:
                    best, found = alike / math.sqrt(energy), place
            at = found
        for i in range(2 * half):
            if 0 <= at + i < len(song):
                weight = window[i] if last >= 0 or i >= half else np.float32(1)
                for c in range(out.shape[1]):
                    out[start + i, c] += weight * song[at + i, c]
        last = at
