"""The command `separate`: whole files, as demucs' own command does them."""

import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from stream.audiofiles.ffmpeg import program
from stream.audiofiles.kind import Kind
from stream.command.choosing import for_files
from stream.command.jobs import How, Job, SongWorker
from stream.command.search import songs
from stream.command.songs import Song, apart, stem_path
from stream.common.errors import Failure
from stream.latency.geometry import Latency
from stream.offline.engine import OfflineEngine, SeparateOptions, open_offline_engine
from stream.offline.made import options
from stream.offline.parts import Part, ni, plain, two
from stream.offline.writing import Output, StemFile
from stream.separators.opening import Opening
from stream.terminal.answers import shown
from stream.terminal.progress import Bars

TEMPLATE, STEM_FILE_TEMPLATE = "{track}/{stem}.{ext}", "{track}.{ext}"


def separate(arguments: Namespace, opening: Callable[[], Opening], say: Callable[[str], None],
             console: Console) -> dict[str, Any]:
    """Separate files; every song is tried. Raises Failure at the end, naming those that failed."""
    begun = time.perf_counter()
    output, request = _output(arguments), _request(arguments)
    found, unread = songs(arguments.songs, arguments.output, say)
    chosen = for_files(opening(), say)
    if arguments.threads is None and arguments.jobs > 1:  # as many threads in all as with one song at a time
        chosen = replace(chosen, threads=max(1, (os.cpu_count() or 1) // arguments.jobs))
    engine = open_offline_engine(chosen, request)
    parts = _parts(engine.sources, request, arguments)
    jobs = [Job(song, _targets(song, parts, output, arguments)) for song in found]
    apart((job.song, target.path) for job in jobs for target in job.targets)
    made = _missing_folders(target.path for job in jobs for target in job.targets)
    try:
        with Bars(console, say) as bars:
            how = How(output, options(chosen, engine.segment, (request.overlap, request.shifts), output))
            SongWorker(engine, how, bars, say).run(jobs, arguments.jobs, arguments.force)
    finally:
        for folder in made:
            with suppress(OSError):  # it holds something, or was never made
                folder.rmdir()
    _tell_failures(jobs, unread)
    return _report(jobs, chosen, engine, arguments) | {"time_s": time.perf_counter() - begun}


def _output(arguments: Namespace) -> Output:
    """How files are written. Raises ValueError for what does not go together, Failure where ffmpeg is not here."""
    form = "flac" if arguments.flac else "mp3" if arguments.mp3 else "wav"
    bits = 16 if arguments.int16 else 24 if arguments.int24 else 32
    if arguments.stem_mp4 and (arguments.two_stems or arguments.stems):
        raise ValueError("--stem-mp4 writes the mix and all four stems: neither --two-stems nor --stems goes with it")
    if arguments.stem_mp4:
        program("ffmpeg", "--stem-mp4")
    if form == "flac" and bits == 32:
        bits = 16
    return Output(Kind(form, bits, arguments.mp3_bitrate), arguments.stem_codec if arguments.stem_mp4 else None,
                  arguments.clip_mode)


def _request(arguments: Namespace) -> SeparateOptions:
    """How songs are separated. Raises ValueError for what does not go together."""
    stems: tuple[str, ...] | None = None
    if arguments.stems:
        stems = tuple(filter(None, (stem.strip() for text in arguments.stems for stem in text.split(","))))
        if arguments.two_stems:
            raise ValueError("--stems and --two-stems cannot be used together: each says which stems are written")
    elif arguments.two_stems and arguments.other_method != "add":  # the other stems are not wanted
        stems = (arguments.two_stems,)
    return SeparateOptions(arguments.overlap, arguments.segment, arguments.shifts, stems, arguments.jobs)


def _parts(sources: Sequence[str], request: SeparateOptions, arguments: Namespace) -> tuple[Part, ...]:
    if arguments.stem_mp4:
        return ni(sources)
    if arguments.two_stems:
        return two(sources, arguments.two_stems, arguments.other_method)
    return plain(sources, request.stems)


def _targets(song: Song, parts: Sequence[Part], output: Output, arguments: Namespace) -> tuple[StemFile, ...]:
    template = arguments.filename or (STEM_FILE_TEMPLATE if output.codec else TEMPLATE)
    if output.codec:
        return (StemFile(arguments.output / stem_path(template, song, "stems", output.ext), tuple(parts)),)
    found = tuple(StemFile(arguments.output / stem_path(template, song, part.name, output.ext), (part,))
                  for part in parts)
    if len({target.path for target in found}) < len(found):
        raise ValueError(f"--filename must contain {{stem}}: else every stem of {song.path} would be written to "
                         f"{found[0].path}")
    return found


def _missing_folders(paths: Iterable[Path]) -> list[Path]:
    """The folders of these files that are not there yet, the deepest first."""
    missing = {folder for path in paths for folder in path.parents if not folder.exists()}
    return sorted(missing, key=lambda folder: len(folder.parts), reverse=True)


def _tell_failures(jobs: Sequence[Job], unread: Sequence[Path]) -> None:
    failed = [job for job in jobs if job.state == "failed"]
    if failed and len(jobs) == 1 and not unread:
        raise Failure(failed[0].error)
    if failed:
        raise Failure(f"{len(failed)} of {len(jobs)} songs were not separated: "
                      f"{', '.join(shown(job.song.path) for job in failed)}{_left(unread)}")
    if unread:
        raise Failure("all songs that were found are separated, but these folders cannot be read: "
                      f"{', '.join(map(shown, unread))}")


def _left(unread: Sequence[Path]) -> str:
    return f"; these folders cannot be read: {', '.join(map(shown, unread))}" if unread else ""


def _report(jobs: Sequence[Job], chosen: Opening, engine: OfflineEngine, arguments: Namespace) -> dict[str, Any]:
    files: dict[str, str] = {}
    for job in jobs:
        prefix = f"{job.song.label}/" if len(jobs) > 1 else ""
        for target in job.targets:
            name = target.parts[0].name if len(target.parts) == 1 else "stems"
            files[prefix + name] = str(target.path)
    nothing = {field.name: 0.0 for field in fields(Latency) if field.name != "samplerate"}
    return {
        "model": chosen.model, "provider": chosen.provider, "separator": "offline" if engine.segment else chosen.model,
        "samplerate": engine.samplerate, "latency_s": 0.0, "latency_parts_s": nothing,
        "hops": 0, "misses": 0, "underruns": 0, "xruns": 0, "hop_time_s": {"median": 0.0, "p99": 0.0, "max": 0.0},
        "files": files, "songs": {str(job.song.path): job.state for job in jobs},
        "audio_s": sum(job.audio_s for job in jobs), "segment_s": engine.segment / engine.samplerate,
        "overlap": arguments.overlap, "shifts": arguments.shifts, "jobs": arguments.jobs,
    }
