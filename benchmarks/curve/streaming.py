"""A song through the engine on a virtual clock, and the way files are separated; both leave stems on disk."""

import math
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.callback.player import FADE
from stream.latency.geometry import Latency
from stream.offline.engine import SeparateOptions as Whole
from stream.offline.engine import open_offline_engine
from stream.offline.level import level
from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.request import BLOCK, RunRequest
from stream.tuning.timing import WARM


@dataclass(frozen=True)
class Run:
    """What separated a song, and how long that took.

    stems: file of each, from the song's first frame on
    fixed_s: hop, lookahead and crossfade, seconds; 0 offline
    hop_s, median_s, p99_s: of a hop, and of the time that one takes; of the song and its time offline
    """

    stems: dict[str, Path]
    fixed_s: float
    hop_s: float
    median_s: float
    p99_s: float

    @property
    def compute(self) -> float:
        """Seconds per second of audio."""
        return self.median_s / self.hop_s


def stream(opening: Opening, mix: Path, folder: Path) -> Run:
    """Play a file through the engine, nobody waiting, and record. Raises ValueError, Failure."""
    host = Host(RunRequest(opening, mix, None, "virtual", recording=RecordingOptions(folder)), lambda _line: None)
    host.run(lambda: True)
    report = host.report()
    if report.misses or report.overruns:
        raise RuntimeError(f"{report.misses} misses and {report.overruns} overruns on a clock that waits: "
                           "what was recorded is not what the separator gave")
    stems = {name: Path(host.files[name]) for name in report.sources}
    times = np.array(host.engine.worker.hop_times_s)
    times = times[WARM:] if len(times) > WARM else times  # a live run warms up before it starts
    hop_s = host.latency.hop / host.latency.samplerate
    return Run(stems, fixed_s(host.latency), hop_s, float(np.median(times)), float(np.quantile(times, 0.99)))


def fixed_s(latency: Latency) -> float:
    """The parts that the setting decides, seconds: hop, lookahead and crossfade."""
    return (latency.hop + latency.lookahead + latency.crossfade) / latency.samplerate


def budget_s(p99_s: float, samplerate: int) -> float:
    """The budget that a hop's time needs, seconds: its p99, a block, the fade to dry (stream.tuning.timing)."""
    return (math.ceil(p99_s * samplerate) + BLOCK + FADE + 1) / samplerate


def offline(opening: Opening, mix: Path, folder: Path) -> Run:
    """Separate a file as `demucs-stream separate` does, in float32. Raises ValueError, Failure."""
    engine = open_offline_engine(opening, Whole())
    stems = {name: folder / f"{name}.wav" for name in engine.sources}
    start = time.perf_counter()
    with ExitStack() as stack:
        reader = stack.enter_context(AudioReader(mix))
        writers = [AudioWriter(path, engine.samplerate) for path in stems.values()]
        for writer in writers:
            stack.callback(writer.close)
        for piece in engine.pieces(reader, level(reader)):
            for writer, frames in zip(writers, piece.stems, strict=True):
                writer.write(np.ascontiguousarray(frames.T))
        song_s = reader.frames / reader.samplerate
    took_s = time.perf_counter() - start
    return Run(stems, 0.0, song_s, took_s, took_s)
