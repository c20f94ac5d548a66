"""The command `separate`: whole files."""

import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from stream.devices.audiofile import AudioReader
from stream.errors import Failure
from stream.geometry import MOST_COLUMNS, SAMPLERATE
from stream.host import Host, Say, Wish
from stream.separators.network import Network
from stream.separators.offline import separate as separate_file
from stream.separators.opening import Opening


def separate(arguments: Namespace, opening: Callable[[], Opening], say: Say, console: Console) -> dict[str, Any]:
    """Separate files; every song is tried. Raises Failure at the end, naming those that failed. [main-thread]"""
    begun = time.perf_counter()
    chosen = opening()
    network = _offline_network(chosen)
    files: dict[str, str] = {}
    failed: list[str] = []
    for song in arguments.songs:
        try:
            written = _separate_one(chosen, network, song, arguments, say, console)
        except Failure as error:
            if len(arguments.songs) == 1:
                raise
            failed.append(str(song))
            say(f"demucs-stream: {error}")
            continue
        prefix = f"{song.stem}/" if len(arguments.songs) > 1 else ""
        files |= {prefix + stem: str(path) for stem, path in written.items()}
    if failed:
        raise Failure(f"{len(failed)} of {len(arguments.songs)} not separated: {', '.join(failed)}")
    nothing = dict.fromkeys(("device_in", "resampler", "hop", "lookahead", "crossfade", "budget", "device_out"), 0.0)
    return {
        "model": chosen.model, "provider": chosen.provider, "separator": "offline" if network else chosen.model,
        "samplerate": network.samplerate if network else SAMPLERATE, "latency_s": 0.0, "latency_parts_s": nothing,
        "hops": 0, "misses": 0, "underruns": 0, "xruns": 0, "hop_time_s": {"median": 0.0, "p99": 0.0, "max": 0.0},
        "time_s": time.perf_counter() - begun, "files": files,
    }


def _offline_network(chosen: Opening) -> Network | None:
    """A network for whole segments, which may spin: nothing else wants the cores; None for a plugin."""
    if chosen.path is None:
        return None
    return Network(chosen.path, MOST_COLUMNS, chosen.threads, spinning=True, provider=chosen.provider)


def _separate_one(chosen: Opening, network: Network | None, song: Path, arguments: Namespace, say: Say,
                  console: Console) -> dict[str, Path]:
    folder = arguments.output / song.stem
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
               TimeRemainingColumn())
    if network is None:  # a plugin runs hop by hop, as it does live
        host = Host(Wish(chosen, song, None, "virtual", record=folder), say)
        host.run(lambda: True)
        return {stem: Path(path) for stem, path in host.files.items() if stem != "mix"}
    hidden = not console.is_terminal
    with AudioReader(song) as reader, Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(song.name)
        written = separate_file(network, reader, folder, arguments.overlap,
                                lambda done, total: bar.update(task, completed=done, total=total))
    say(f"wrote {folder}: {', '.join(written)}")
    return written
