"""An evening over JACK's dummy driver: a DJ's set on two decks, with songs to be separated, a screen, a recording."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.booth.deckrun import DeckRun
from benchmarks.booth.djset import TURN_S, SongCase, dj_set
from benchmarks.booth.jogs import MAP, NAME, Jogs
from benchmarks.machine import Jackd, steal
from benchmarks.screen import cpu_s
from benchmarks.song import songs
from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.audiofiles.kind import Kind
from stream.latency.geometry import SAMPLERATE
from stream.separators.protocol import Frames

BLOCK = 512
STEP_S = 0.002
BLOCK_US = 1e6 * BLOCK / SAMPLERATE
WHOLE = (0.0, 3600.0)
NAMES = ("lithium", "potassium", "hydrogen", "caesium", "rubidium")
SONG_S = 120.0


@dataclass(frozen=True)
class Evening:
    """What became of it.

    underruns: blocks for which a deck had nothing rendered      xruns: JACK's, whoever was late
    due, served, dropped, own_us, late_us: of the callback, as benchmarks.probe.Served
    resident, most_resident: bytes of the engine's process, median and maximum
    cpu, screen_cpu: of a core, of the engine's process and of the screen's      stolen: of all cores' time
    silent: of the recording's seconds, those that have nothing      recorded_s: all of them
    loaded: songs that were put on a deck      separated: of these, those whose stems were all there before they went
    """

    minutes: float
    underruns: int
    xruns: int
    due: int
    served: int
    dropped: int
    own_us: tuple[float, float, float]
    late_us: tuple[float, float, float]
    resident: float
    most_resident: float
    cpu: float
    screen_cpu: float
    stolen: float
    silent: float
    recorded_s: float
    loaded: int
    separated: int

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """What, how much, and the goal."""
        median, p99, most = (100 * us / BLOCK_US for us in self.own_us)
        yield "underruns", str(self.underruns), "0"
        yield "xruns of JACK's, whoever was late", str(self.xruns), ""
        yield "blocks due, served, dropped by us", f"{self.due}, {self.served}, {self.dropped}", ""
        yield "callback, of a block", f"{median:.2f} % median, {p99:.2f} % p99, {most:.1f} % max", "5 %"
        median, p99, most = (100 * us / BLOCK_US for us in self.late_us)
        yield "from JACK's cycle to its return", f"{median:.1f} % median, {p99:.1f} % p99, {most:.0f} % max", ""
        yield "memory of the engine", f"{self.resident / 1e6:.0f} MB median, {self.most_resident / 1e6:.0f} MB max", ""
        yield "of a core: engine, screen", f"{100 * self.cpu:.0f} %, {100 * self.screen_cpu:.0f} %", ""
        yield "songs loaded, wholly separated", f"{self.loaded}, {self.separated}", ""
        yield "recorded, of which silent", f"{self.recorded_s:.0f} s, {100 * self.silent:.1f} %", ""
        yield "of all cores, stolen", f"{100 * self.stolen:.1f} %", ""


def write_songs(folder: Path, count: int, seconds: float = SONG_S) -> list[Path]:
    """Songs that no store knows: the shared ones one behind the other, each time from elsewhere on."""
    whole: Frames = np.concatenate([song.mix for song in songs(SAMPLERATE, **dict.fromkeys(NAMES, WHOLE))], axis=1).T
    found = []
    for number in range(count):
        first = number * 7 * SAMPLERATE
        frames = np.take(whole, np.arange(first, first + round(seconds * SAMPLERATE)), axis=0, mode="wrap")
        writer = AudioWriter(folder / f"song{number:02}.flac", SAMPLERATE, kind=Kind("flac", 16))
        writer.write(np.ascontiguousarray(frames))
        writer.close()
        found.append(writer.path)
    return found


def evening(minutes: float, words: Sequence[str]) -> Evening:
    """One of so many minutes. words: more of `play`, such as the model. Raises RuntimeError."""
    with TemporaryDirectory(prefix="evening") as name, Jackd(SAMPLERATE, BLOCK):
        folder = Path(name)
        case, takes, probe = SongCase(folder / "songs"), folder / "set", folder / "probe.json"
        paths = write_songs(case.folder, 4 + int(60 * minutes / TURN_S))
        midi = "--midi", NAME, "--midi-map", MAP
        with Jogs() as jogs, DeckRun(*paths, "--paused", "--device", "jack", "--record", takes, *midi, *words,
                                     probe=probe) as run:
            run.ready()
            run.loaded("ab")
            found = _played(run, minutes, jogs, case)
            run.end(1)  # for a song that was away could not be played
        facts: dict[str, Any] = {**found, **_recorded(takes / "mix.wav"), **json.loads(probe.read_text())}
        return Evening(minutes, **facts)


def _recorded(path: Path) -> dict[str, float]:
    """What a recording has. Raises RuntimeError for one that is silence."""
    with AudioReader(path) as reader:
        seconds = [bool(reader.read(SAMPLERATE).any()) for _ in range(reader.frames // SAMPLERATE)]
    if not any(seconds):
        raise RuntimeError("nothing was heard all evening")
    return {"silent": seconds.count(False) / len(seconds), "recorded_s": len(seconds)}


def _played(run: DeckRun, minutes: float, jogs: Jogs, case: SongCase) -> dict[str, float]:
    """A DJ at work."""
    moves, resident, loaded, separated = [*reversed(dj_set(60 * minutes))], list[int](), 0, 0
    engine, *others = run.pids
    begun, stolen, cpu = time.monotonic(), steal(), [cpu_s(pid) for pid in (engine, *others)]
    while (now_s := time.monotonic() - begun) < 60 * minutes:
        while moves and moves[-1].at_s <= now_s:
            move = moves.pop()
            if move.mishap is not None:
                jogs.happens(move.mishap)
                case.happens(move.mishap)
                continue
            if jogs.takes(move):
                continue
            if move.address.endswith("/next_song"):
                loaded += 1
                separated += run.told.get(move.address.replace("next_song", "separated")) == 1
            run.send(move.address, *move.values)
        resident.append(run.resident)
        time.sleep(STEP_S)
    took = time.monotonic() - begun
    used = [cpu_s(pid) - before for pid, before in zip((engine, *others), cpu, strict=True)]
    run.until(lambda: "/xruns" in run.told, "counts")
    return {"underruns": int(run.told["/underruns"]), "xruns": int(run.told["/xruns"]),
            "resident": float(np.median(resident)), "most_resident": max(resident), "cpu": used[0] / took,
            "screen_cpu": sum(used[1:]) / took, "stolen": (steal() - stolen) / took / 2,
            "loaded": loaded, "separated": separated}
