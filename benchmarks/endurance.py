"""Is what comes out after an hour as good as in the first minutes, and the process no larger?

The shared music is played over and over through the live engine on a virtual clock. Each time it has been through, its
stems are scored against the true ones, and the process' resident memory is taken (Linux).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.curve.multitrack import Multitrack, read
from benchmarks.curve.scores import sdr, silent
from benchmarks.machine import resident
from benchmarks.quality import music, opened
from benchmarks.report import Report
from export.loading import StoreError
from export.store import STATEFUL
from stream.callback.header import HEADER
from stream.callback.player import FADE
from stream.command.runwords import latency_s
from stream.common.errors import Failure
from stream.latency.geometry import SAMPLERATE
from stream.live.engine import Engine, Setup
from stream.mixer.mixer import Mixer
from stream.separators.opening import Opening, spend
from stream.separators.protocol import Frames
from stream.session.request import BLOCK

QUESTION = (__doc__ or "").partition("\n")[0]
ENDS_S = 300.0  # of the beginning and of the end that are compared


@dataclass(frozen=True)
class Turn:
    """The music once through: when it ended, seconds; SDR by stem, dB; resident memory, bytes."""

    end_s: float
    sdr_db: dict[str, float]
    resident: int

    @property
    def mean_db(self) -> float:
        """Over all stems."""
        return float(np.mean(list(self.sdr_db.values())))


class Endless:
    """The live engine with a device that is called from here and waits for every hop."""

    def __init__(self, opening: Opening, wanted_s: float | None) -> None:
        """Open it. Raises ValueError."""
        separator, budget_s = opening.open(wanted_s)
        self.sources = separator.sources
        latency = spend(separator, SAMPLERATE, (0, 0, 0), budget_s, BLOCK + FADE + 1)
        self._engine = Engine(np.zeros((), HEADER), separator, Mixer(separator.sources), latency,
                              Setup(2, 2, BLOCK, offline=True))
        self._out: Frames = np.zeros((BLOCK, 2), np.float32)
        self._read = 0

    def hear(self, block: Frames) -> Iterator[Frames]:
        """Play float32 (n, 2), n a block at most; stems that are ready, float32 (m, stems, 2), from frame 0 on."""
        self._engine.serve(len(block), block, self._out)
        worker = self._engine.worker
        while worker.step():
            rows: Frames = np.zeros((worker.ring.written - self._read, 2 * len(self.sources)), np.float32)
            if not len(rows):
                continue
            if not worker.ring.read(self._read, rows):
                raise RuntimeError("stems were written over before they were read")
            self._read += len(rows)
            yield rows.reshape(len(rows), -1, 2)


def turns(endless: Endless, songs: list[Multitrack], minutes: float) -> Iterator[Turn]:
    """Play the songs as one, over and over, until so many minutes are heard; what is left of a turn has none."""
    mix = np.concatenate([song.mix(song.excerpt(None)) for song in songs], axis=1)
    truth = {stem: np.concatenate([_stem(song, stem) for song in songs], axis=1) for stem in endless.sources}
    frames = mix.shape[1]
    heard: Frames = np.zeros((frames, len(truth), 2), np.float32)
    filled = turn = 0
    blocks = [np.ascontiguousarray(mix[:, at : at + BLOCK].T) for at in range(0, frames, BLOCK)]
    while turn * frames < minutes * 60 * SAMPLERATE:
        for block in blocks:
            for stems in endless.hear(block):
                count = min(len(stems), frames - filled)
                heard[filled : filled + count] = stems[:count]
                filled += count
                if filled == frames:
                    turn += 1
                    yield Turn(turn * frames / SAMPLERATE, _scores(truth, heard), resident())
                    filled = len(stems) - count
                    heard[:filled] = stems[count:]


def _stem(song: Multitrack, stem: str) -> Frames:
    return read(song.stems[stem]) if stem in song.stems else np.zeros_like(song.mix(song.excerpt(None)))


def _scores(truth: dict[str, Frames], heard: Frames) -> dict[str, float]:
    estimates = heard.transpose(1, 2, 0)
    return {stem: sdr(wanted, estimate) for (stem, wanted), estimate in zip(truth.items(), estimates, strict=True)
            if not silent(wanted)}


def summary(found: list[Turn]) -> dict[str, float]:
    """What the beginning and the end were like, and how much the process has grown since the first turn."""
    last_s = found[-1].end_s
    first = [turn.mean_db for turn in found if turn.end_s <= max(ENDS_S, found[0].end_s)]
    last = [turn.mean_db for turn in found if turn.end_s > min(last_s - ENDS_S, found[-1].end_s - 1e-3)]
    return {"first_db": float(np.mean(first)), "last_db": float(np.mean(last)),
            "least_db": min(turn.mean_db for turn in found), "most_db": max(turn.mean_db for turn in found),
            "grown": max(turn.resident for turn in found) - found[0].resident}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=QUESTION)
    parser.add_argument("--minutes", type=float, default=60.0, help="of music (%(default)g)")
    parser.add_argument("--latency", default="balanced", help="as `demucs-stream run` takes it (%(default)s)")
    parser.add_argument("--music", type=Path, metavar="FOLDER", help="as for benchmarks.quality")
    parser.add_argument("--songs", type=int, help="only the first so many")
    parser.add_argument("--model", default="htdemucs", help="name or path of the model (%(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to FILE as well")
    return parser.parse_args(namespace=argparse.Namespace(musdb=None))


def main() -> None:
    chosen = options()
    try:
        endless = Endless(opened(chosen, "cpu", STATEFUL), latency_s(chosen.latency))
        report = Report(QUESTION, chosen.threads, ("onnxruntime",), model=chosen.model, latency=chosen.latency)
        found, start = [], time.monotonic()
        with TemporaryDirectory() as folder:
            for turn in turns(endless, list(music(chosen, Path(folder)))[: chosen.songs], chosen.minutes):
                found.append(turn)
                stems = ", ".join(f"{stem} {db:.2f}" for stem, db in turn.sdr_db.items())
                print(f"{turn.end_s / 60:5.1f} min: {turn.mean_db:.2f} dB ({stems}), {turn.resident / 1e6:.1f} MB, "
                      f"{(time.monotonic() - start) / turn.end_s:.2f} s per second", flush=True)
    except (StoreError, Failure, ValueError, OSError) as error:
        sys.exit(f"endurance: {error}")
    total = summary(found)
    print(f"first five minutes {total['first_db']:.2f} dB, last five {total['last_db']:.2f}; a turn has "
          f"{total['least_db']:.2f} to {total['most_db']:.2f}; {total['grown'] / 1e6:+.1f} MB since the first turn")
    if chosen.json:
        facts = report.facts | {"turns": [asdict(turn) for turn in found], "summary": total}
        chosen.json.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
