"""The command `prepare`: songs are separated for decks beforehand, say overnight, and their beats and keys found."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from stream.command.choosing import for_files
from stream.command.fetching import Models
from stream.command.playlist import playlist
from stream.common.errors import Failure, Incomplete
from stream.library.knownsongs import KnownSongs
from stream.library.librarysong import LibraryPlaylist
from stream.separators.opening import Opening
from stream.terminal.answers import shown
from stream.terminal.progress import Bars
from stream.tracks.beatfinder import TRACKER, BeatFinder
from stream.tracks.entry import Identity
from stream.tracks.keeping import weights_sum
from stream.tracks.material import open_material
from stream.tracks.separator import TrackSeparator
from stream.tracks.songkey import FINDER
from stream.tracks.songnotes import Note
from stream.tracks.store import GB, StemStore, song_sum, stamp
from stream.tracks.track import Track

Say = Callable[[str], None]
LOOK_S = 0.05
MOST_BYTES = 2 * 3 * 3  # of a frame: three stems of two channels with 24 bits
USUAL_BYTES = 5.0  # of a frame, as FLAC has it: 13 MB a minute
PREPARED = "prepared"  # a note; beats and a key may not have been found
NAMES = 5  # of playlists that are told


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


def prepare(arguments: Namespace, models: Models, say: Say, console: Console) -> dict[str, Any]:
    """Prepare all songs; each is tried. Raises Incomplete at the end where some could not be, Failure for no songs."""
    if arguments.cache_gb <= 0:
        raise ValueError("--cache-gb 0 keeps no stems: there is nothing to prepare")
    songs = _wanted(arguments, say)
    opening = for_files(models.opening(arguments), say)
    store = StemStore(arguments.cache_gb * GB, say)
    results = list[Prepared]()
    with Bars(console, say) as bars, TrackSeparator(opening, arguments.samplerate, store, say=say,
                                                    sources=opening.named_sources) as separator:
        worker = Preparer(separator, store, opening, bars)
        try:
            for at, one in enumerate(_each(worker, songs, say), 1):
                results.append(one)
                say(f"{at} of {len(songs)}: {_line(one)}{worker.left(songs[at:])}")
                if separator.failure:
                    raise Failure(separator.failure)
        except KeyboardInterrupt:
            say(f"{len(results)} of {len(songs)} songs are done; the same command goes on from there")
            raise
    report = {"folder": str(store.folder), "samplerate": arguments.samplerate, "model": opening.model,
              "songs": [asdict(one) for one in results]}
    if lacking := [one for one in results if one.state in ("failed", "no room")]:
        names = ", ".join(shown(Path(one.song).name) for one in lacking)
        raise Incomplete(f"{len(lacking)} of {len(results)} songs are not prepared: {names}", report)
    return report


def _wanted(arguments: Namespace, say: Say) -> tuple[Path, ...]:
    """The songs that are named, and those of playlists, each once. Raises ValueError, Failure for none."""
    if arguments.playlist and not arguments.library:
        raise ValueError("--playlist is one of another program's library: --library says which")
    if not arguments.songs and not arguments.playlist:
        raise ValueError("prepare needs a song, a folder or a playlist: demucs-stream prepare FOLDER")
    found = list(playlist(arguments.songs, say)) if arguments.songs else []
    if arguments.playlist:
        known = KnownSongs(arguments.library, say)
        for name in arguments.playlist:
            found += _of_playlist(known.playlists, name, say)
    if not found:
        raise Failure("there are no songs there")
    return tuple(dict.fromkeys(path.absolute() for path in found))


def _of_playlist(playlists: Iterable[LibraryPlaylist], name: str, say: Say) -> Iterator[Path]:
    """The songs of a library's playlist that are there. name: its own, or with its folders, as `Clubs/Warm-up`"""
    there = {"/".join(one.name): one for one in playlists}
    found = there.get(name) or next((one for one in there.values() if one.name[-1] == name), None)
    if found is None:
        more = ", ".join([*list(there)[:NAMES], *(["..."] if len(there) > NAMES else [])]) or "none"
        raise ValueError(f"there is no playlist {name}; there are: {more}")
    for path in found.songs:
        if path.exists():
            yield path
        else:
            say(f"{shown(path)} is in {name}, and is not there; it is left out")


def _each(worker: "Preparer", songs: tuple[Path, ...], say: Say) -> Iterator[Prepared]:
    """What becomes of one song after the other."""
    worker.measure(songs)
    if text := worker.too_many(songs):
        say(text)
    yield from map(worker.prepare, songs)


class Preparer:
    """Prepares one song after the other, and knows how long the others will take."""

    def __init__(self, separator: TrackSeparator, store: StemStore, opening: Opening, bars: Bars) -> None:
        """Nothing is done yet. Raises OSError."""
        self._separator, self._store, self._opening, self._bars = separator, store, opening, bars
        self._weights = weights_sum(opening)
        self._sums: dict[Path, tuple[tuple[int, ...], str | None]] = {}  # with the file's stamp
        self._lengths_s: dict[Path, float] = {}  # of those that are still to be made
        self._made_s, self._took_s = 0.0, 0.0  # of songs; of time

    def measure(self, songs: Iterable[Path]) -> None:
        """See which are there already, and how long the others are; whatever is wrong with one is told in its turn."""
        for path in songs:
            with suppress(Failure, OSError):
                if self._sum(path) is not None and self._there(path) is None:
                    material = open_material(path, self._separator.sources)
                    self._lengths_s[path] = (material.frames or 0) / material.samplerate
                    material.close()

    def too_many(self, songs: Iterable[Path]) -> str:
        """What to say where the list will not fit into the store; empty where it does."""
        wanted = sum(self._lengths_s.get(path, 0.0) for path in songs) * self._separator.samplerate * USUAL_BYTES
        free = self._store.limit - sum(one.size for one in self._store.entries())
        if wanted <= free:
            return ""
        return (f"these songs need about {wanted / GB:.1f} GB, and {max(0.0, free) / GB:.1f} of the "
                f"{self._store.limit / GB:g} GB of --cache-gb are free: the last ones will have no room")

    def left(self, songs: Iterable[Path]) -> str:
        """How long these will take, in words; empty where nobody knows yet."""
        wanted_s = sum(self._lengths_s.get(path, 0.0) for path in songs)
        if not wanted_s or not self._made_s:
            return ""
        minutes = max(1, round(wanted_s * self._took_s / self._made_s / 60))
        return f"; about {minutes // 60} h {minutes % 60} min left" if minutes >= 60 else f"; about {minutes} min left"

    def prepare(self, path: Path) -> Prepared:
        """Separate a song, and keep all of it, unless that is there already."""
        begun, result = time.perf_counter(), Prepared(str(path), "failed")
        try:
            note = self._there(path)
            if note is None:
                self._make(path, result)
            else:
                result.key, result.camelot, result.bpm = note.get("key"), note.get("camelot"), note.get("bpm")
                result.state = "already"
        except (Failure, OSError) as error:
            result.why = str(error)
        result.time_s = time.perf_counter() - begun
        if result.state == "prepared":
            self._made_s += self._lengths_s.get(path, 0.0)
            self._took_s += result.time_s
        return result

    def _sum(self, path: Path) -> str | None:
        """Of a song as it is now; hours may pass until its turn comes. Raises OSError."""
        before = stamp(path)
        if self._sums.get(path, ((), None))[0] != before:
            self._sums[path] = before, song_sum(path)
        return self._sums[path][1]

    def _there(self, path: Path) -> Note | None:
        """What was noted when a song was prepared; it counts as used, so that it goes last. None: it was not."""
        song = self._sum(path)
        if song is None:
            return None
        entry = self._store.entry(Identity(song, self._opening.model, self._weights, self._separator.samplerate))
        note = self._store.notes(song).read(PREPARED)
        if note is None or (note.get("tracker"), note.get("finder")) != (TRACKER, FINDER):
            return None
        if not note.get("own") and entry.index() is None:
            return None
        self._store.used(entry)
        return note

    def _make(self, path: Path, result: Prepared) -> None:
        track = self._separator.load(path)
        try:
            track.opened.wait()
            if why := self._no_room(track):
                result.state, result.why = "no room", why
                return
            beats = BeatFinder(track)
            self._wait(track, beats)
            if track.failure:
                result.why = track.failure
                return
            self._note(track, beats, result)
        finally:
            track.close()

    def _wait(self, track: Track, beats: BeatFinder) -> None:
        total = track.frames or 0
        with self._bars.bar(track.path.name, total) as move:
            while self._separator.waiting and not track.failure:
                move(int(track.separated * total))
                time.sleep(LOOK_S)
        self._separator.wait()
        while not (track.failure or self._separator.failure or beats.ended):
            time.sleep(LOOK_S)

    def _no_room(self, track: Track) -> str:
        """What to say where a song's stems would push out others that were kept; empty where there is room."""
        kept = sum(one.size for one in self._store.entries())
        wanted = kept + MOST_BYTES * (track.frames or 0)
        if wanted <= self._store.limit or track.origin == "file":
            return ""
        return (f"with it up to {wanted / GB:.1f} GB of stems would be kept, and --cache-gb is "
                f"{self._store.limit / GB:g}; `demucs-stream cache --clear SONG` makes room")

    def _note(self, track: Track, beats: BeatFinder, result: Prepared) -> None:
        if track.key is not None:
            result.key, result.camelot = track.key.name, track.key.camelot
        result.bpm = None if beats.grid is None else round(beats.grid.bpm(track.samplerate), 2)
        result.state = "own stems" if track.origin == "file" else "prepared"
        if result.state == "prepared" and (track.entry is None or track.entry.index() is None):
            result.state, result.why = "failed", "its stems could not be kept"
        elif track.notes is not None:
            found = {"tracker": TRACKER, "finder": FINDER, "own": result.state == "own stems", "key": result.key,
                     "camelot": result.camelot, "bpm": result.bpm}
            with suppress(OSError):  # it is prepared again the next time
                track.notes.change(PREPARED, lambda _note: found)


def _line(one: Prepared) -> str:
    facts = [f"{one.bpm:g} beats a minute" if one.bpm else "", f"{one.key} ({one.camelot})" if one.key else ""]
    how = {"already": "was prepared before", "own stems": "brings its own stems", "prepared": "is prepared",
           "failed": "failed", "no room": "has no room"}[one.state]
    told = ", ".join(filter(None, facts))
    return f"{shown(Path(one.song).name)} {how}" + (f": {one.why or told}" if one.why or told else "")
