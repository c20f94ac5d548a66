"""Are two decks as quick as they are meant to be: callback, hands, songs that are loaded, and an evening of both?

    python -m benchmarks.decks                      # all of it; goals are printed beside what was measured
    python -m benchmarks.decks --only callback      # 1 minute       the callback by itself, at rest and at work
    python -m benchmarks.decks --only controls      # 3 minutes      from a key or an OSC message to what JACK captures
    python -m benchmarks.decks --only loading       # 8 minutes      first sound, stems, a whole song, memory, the store
    python -m benchmarks.decks --only evening       # 11 minutes     over JACK: underruns, callback, memory, CPU
    python -m benchmarks.decks --only hour          # 10 minutes     a DJ's hour at no clock: sync, memory, mishaps

Linux only; jackd's dummy driver stands for the sound card. Nothing else should run beside it: `steal` is printed.
"""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks import tracks
from benchmarks.booth import busy
from benchmarks.booth.deckrun import DeckRun
from benchmarks.booth.djset import TURN_S, SongCase, dj_set
from benchmarks.booth.evening import NAMES, WHOLE, evening
from benchmarks.booth.firstsound import FirstSound, loud_from
from benchmarks.booth.hands import RATE, Delay, Hands, all_delays, write_song
from benchmarks.booth.virtualset import played, write_folders
from benchmarks.loopback import Loopback
from benchmarks.machine import Jackd, steal
from benchmarks.report import Report, parser
from benchmarks.song import songs
from stream.latency.geometry import SAMPLERATE

QUESTION = (__doc__ or "").partition("\n")[0]
BLOCK = 512
HOUR_S = 3600.0
GOAL_FRAMES = BLOCK + RATE // 100  # of a control
PLAY = ("--device", "jack:rig", "--ui", "plain")


def callback(chosen: argparse.Namespace) -> dict[str, Any]:
    """How long two decks take of a block."""
    busy.agree()
    found = busy.times(500 if chosen.quick else 20_000)
    print(f"\n{'a call, us':38}{'median':>10}{'p99':>10}{'max':>10}{'% of a block (goal: 5)':>26}")
    for name, its in found.items():
        print(f"{name:38}" + "".join(f"{1e6 * took:10.1f}" for took in (its.median, its.p99, its.max))
              + f"{100 * its.median / busy.BLOCK_S:18.2f}{100 * its.p99 / busy.BLOCK_S:8.2f}", flush=True)
    return {name: {"median_s": its.median, "p99_s": its.p99, "max_s": its.max} for name, its in found.items()}


def controls(chosen: argparse.Namespace) -> dict[str, Any]:
    """How late each control is heard."""
    presses, rows = 2 if chosen.quick else 12, dict[str, Any]()
    with (
        TemporaryDirectory() as folder, Jackd(RATE, BLOCK) as jackd,
        Loopback(jackd, np.zeros((round(presses * 20 * RATE) + 60 * RATE, 2), np.float32), beyond=(0, 0)) as loopback,
        DeckRun(write_song(Path(folder) / "song"), "--model", "center", *PLAY) as run,
    ):
        run.ready()
        run.loaded()
        loopback.connect("demucs-stream", ins=())
        loopback.start()
        hands = Hands(run, loopback)
        print(f"\n{'frames beyond the device':24}{'changed, median':>16}{'max':>8}{'over, median':>16}{'max':>8}"
              f"    goal: changed within {GOAL_FRAMES}")
        for control, by, delays in all_delays(hands, presses):
            rows[f"{control}, {by}"] = row = _row(delays, hands.device_out)
            print(f"{control + ', ' + by:24}" + "".join(f"{frames:{width}.0f}" for frames, width in zip(
                row.values(), (16, 8, 16, 8), strict=True)), flush=True)
        print(f"{loopback.xruns} xruns of JACK's, {loopback.skipped} frames skipped")
        run.end()
    return rows


def _row(delays: Sequence[Delay], device_out: int) -> dict[str, float]:
    changed, over = ([getattr(delay, name) - device_out for delay in delays] for name in ("changed", "over"))
    return {"changed": float(np.median(changed)), "changed_max": max(changed), "over": float(np.median(over)),
            "over_max": max(over)}


def loading(chosen: argparse.Namespace) -> dict[str, Any]:
    """How soon songs are there, and what they take."""
    names = NAMES[: 1 if chosen.quick else None]
    found: dict[str, Any] = {"first": _first_sounds(chosen, names)}
    print("\na song as long as songs are; goals: ratio 1.2, mb_a_minute 25, mb_more 300")
    mixes = [song.mix for song in songs(SAMPLERATE, **dict.fromkeys(names, WHOLE))]
    whole = np.concatenate(mixes, axis=1)[:, : 20 * SAMPLERATE if chosen.quick else None]
    found["whole"] = tracks.measure(chosen.model, {"all in one": whole}, 1 if chosen.quick else 2)
    return found


def _first_sounds(chosen: argparse.Namespace, names: Sequence[str]) -> dict[str, dict[str, float]]:
    rows = {}
    with TemporaryDirectory() as folder, Jackd(RATE, BLOCK) as jackd:
        paths = []
        for song in songs(SAMPLERATE, **dict.fromkeys(names, WHOLE)):
            paths.append(Path(folder) / f"{song.name}.wav")
            tracks.write(paths[-1], song.mix[:, loud_from(song.mix) :])
        waiting = [Path(folder) / f"{name}.wav" for name in ("first", "second")]
        for path in waiting:  # on the decks, so that the others wait
            tracks.write(path, np.zeros((2, RATE), np.float32))
        with (
            Loopback(jackd, np.zeros((len(paths) * 70 * RATE, 2), np.float32), beyond=(0, 0)) as loopback,
            DeckRun(*waiting, *paths, "--model", chosen.model, "--cache-gb", 0, "--paused", *PLAY) as run,
        ):
            run.ready()
            run.loaded("ab")
            run.until(lambda: run.told.get("/b/separated") == 1, "the model")
            loopback.connect("demucs-stream", ins=())
            loopback.start()
            heard = FirstSound(run, loopback)
            print(f"\n{'seconds from the press':24}{'first sound (goal 0.2)':>24}{'stems (goal 2)':>18}")
            for path in paths:
                sound, stems = heard.seconds(path)
                rows[path.stem] = {"sound_s": sound, "stems_s": stems}
                print(f"{path.stem:24}{sound:24.3f}{stems:18.2f}", flush=True)
            run.end()
    return rows


def an_evening(chosen: argparse.Namespace) -> dict[str, Any]:
    """What becomes of both decks over JACK."""
    found = evening(0.5 if chosen.quick else chosen.minutes, ("--model", chosen.model, "--ui", chosen.ui))
    print(f"\n{f'{found.minutes:g} minutes':40}{'':48}goal")
    for what, how_much, goal in found.rows():
        print(f"{what:40}{how_much:48}{goal}", flush=True)
    return vars(found)


def an_hour(chosen: argparse.Namespace) -> dict[str, Any]:
    """What becomes of a DJ's hour at no clock."""
    seconds = 120.0 if chosen.quick else HOUR_S
    with TemporaryDirectory(prefix="hour") as name:
        case = SongCase(Path(name) / "songs")
        paths = write_folders(case.folder, 2 if chosen.quick else 6, 100.0)
        wanted = [paths[at % len(paths)] for at in range(2 + round(seconds / TURN_S))]
        found = played(wanted, dj_set(seconds), seconds, case.happens)
    print(f"\n{f'{seconds / 60:g} minutes, in {found.took_s / 60:.1f}':40}{'':48}goal")
    for what, how_much, goal in found.rows():
        print(f"{what:40}{how_much:48}{goal}")
    print(*found.said, sep="\n")
    return vars(found)


SECTIONS: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "callback": callback, "controls": controls, "loading": loading, "evening": an_evening, "hour": an_hour}


def main() -> None:
    options = parser(QUESTION, "htdemucs")
    options.add_argument("--only", nargs="+", choices=SECTIONS, default=tuple(SECTIONS), help="these parts")
    options.add_argument("--minutes", type=float, default=10.0, help="of the evening (%(default)g)")
    options.add_argument("--ui", default="screen", help="of the evening, as `play` takes it (%(default)s)")
    chosen = options.parse_args()
    report = Report(QUESTION, os.cpu_count() or 1, ("numpy", "numba", "onnxruntime"), block=BLOCK, model=chosen.model)
    stolen = steal()
    for name in chosen.only:
        report.facts[name] = SECTIONS[name](chosen)
    report.facts["stolen_s"] = stolen = steal() - stolen
    print(f"\n{stolen:.1f} s of CPU time were stolen meanwhile")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
