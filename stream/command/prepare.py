"""The command `prepare`: songs are separated for decks beforehand, say overnight, and their beats and keys found."""

import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stream.command.choosing import for_files
from stream.command.fetching import Models
from stream.command.playlist import playlist
from stream.common.errors import Failure, Incomplete
from stream.separators.opening import Opening
from stream.terminal.answers import shown
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.entry import Identity
from stream.tracks.keeping import weights_sum
from stream.tracks.separator import TrackSeparator
from stream.tracks.songkey import KEY, find_key, kept_key
from stream.tracks.songnotes import GRID
from stream.tracks.store import GB, StemStore, song_sum
from stream.tracks.track import Track

Say = Callable[[str], None]
LOOK_S = 0.05
STORED_BYTES = 2 * 3 * 3  # of a frame at the most: three stems of two channels with 24 bits


@dataclass
class Prepared:
    """What became of a song. state: `prepared`, `already`, `own stems`, `failed`, `no room`      key, bpm: if found"""

    song: str
    state: str
    why: str = ""
    key: str | None = None
    camelot: str | None = None
    bpm: float | None = None
    time_s: float = 0.0


def prepare(arguments: Namespace, models: Models, say: Say) -> dict[str, Any]:
    """Prepare all songs; each is tried. Raises Incomplete at the end where some could not be, Failure for no songs."""
    if arguments.cache_gb <= 0:
        raise ValueError("--cache-gb 0 keeps no stems: there is nothing to prepare")
    songs = tuple(dict.fromkeys(path.absolute() for path in playlist(arguments.songs, say)))
    opening = for_files(models.opening(arguments), say)
    store = StemStore(arguments.cache_gb * GB, say)
    results = list[Prepared]()
    with TrackSeparator(opening, arguments.samplerate, store, say=say, sources=opening.named_sources) as separator:
        worker = Preparer(separator, store, opening)
        for at, path in enumerate(songs, 1):
            results.append(worker.prepare(path))
            say(f"{at} of {len(songs)}: {_line(results[-1])}")
            if separator.failure:
                raise Failure(separator.failure)
    report = {"folder": str(store.folder), "samplerate": arguments.samplerate, "model": opening.model,
              "songs": [asdict(one) for one in results]}
    if lacking := [one for one in results if one.state in ("failed", "no room")]:
        names = ", ".join(shown(Path(one.song).name) for one in lacking)
        raise Incomplete(f"{len(lacking)} of {len(results)} songs are not prepared: {names}", report)
    return report


class Preparer:
    """Prepares one song after the other."""

    def __init__(self, separator: TrackSeparator, store: StemStore, opening: Opening) -> None:
        """Nothing is done yet. Raises OSError."""
        self._separator, self._store, self._opening = separator, store, opening
        self._weights = weights_sum(opening)

    def prepare(self, path: Path) -> Prepared:
        """Separate a song, and keep all of it, unless that is there already."""
        begun, result = time.perf_counter(), Prepared(str(path), "failed")
        try:
            if not self._there(path, result):
                self._make(path, result)
        except (Failure, OSError) as error:
            result.why = str(error)
        result.time_s = time.perf_counter() - begun
        return result

    def _there(self, path: Path, result: Prepared) -> bool:
        """Whether a song was prepared before; then it counts as used, so that it goes last."""
        song = song_sum(path)
        if song is None:
            return False
        entry, notes = self._store.entry(self._identity(song)), self._store.notes(song)
        key = kept_key(notes)
        if entry.index() is None or notes.read(GRID) is None or key is None:
            return False
        self._store.used(entry)
        result.state, result.key, result.camelot = "already", key.name, key.camelot
        return True

    def _identity(self, song: str) -> Identity:
        return Identity(song, self._opening.model, self._weights, self._separator.samplerate)

    def _make(self, path: Path, result: Prepared) -> None:
        track = self._separator.load(path)
        try:
            track.opened.wait()
            if why := self._no_room(track):
                result.state, result.why = "no room", why
                return
            beats = BeatFinder(track)
            self._separator.wait()
            while not (track.failure or self._separator.failure or (beats.done and (
                    beats.by_drums or "drums" not in track.stored))):
                time.sleep(LOOK_S)
            if track.failure:
                result.why = track.failure
                return
            self._note(track, beats, result)
        finally:
            track.close()

    def _no_room(self, track: Track) -> str:
        """What to say where a song's stems would push out others that were kept; empty where there is room."""
        kept = sum(one.size for one in self._store.entries())
        wanted = kept + STORED_BYTES * (track.frames or 0)
        if wanted <= self._store.limit or track.origin == "file":
            return ""
        return (f"with it {wanted / GB:.1f} GB of stems would be kept, and --cache-gb is {self._store.limit / GB:g}; "
                "`demucs-stream cache --clear SONG` makes room")

    def _note(self, track: Track, beats: BeatFinder, result: Prepared) -> None:
        found = find_key(track)
        if track.notes is not None and found is not None:
            track.notes.change(KEY, lambda _note: found)
            if key := kept_key(track.notes):
                result.key, result.camelot = key.name, key.camelot
        result.bpm = None if beats.grid is None else round(beats.grid.bpm(track.samplerate), 2)
        result.state = "own stems" if track.origin == "file" else "prepared"
        if result.state == "prepared" and (track.entry is None or track.entry.index() is None):
            result.state, result.why = "failed", "its stems could not be kept"


def _line(one: Prepared) -> str:
    facts = [f"{one.bpm:g} beats a minute" if one.bpm else "", f"{one.key} ({one.camelot})" if one.key else ""]
    how = {"already": "was prepared before", "own stems": "brings its own stems", "prepared": "is prepared",
           "failed": "failed", "no room": "has no room"}[one.state]
    told = ", ".join(filter(None, facts))
    return f"{shown(Path(one.song).name)} {how}" + (f": {one.why or told}" if one.why or told else "")
