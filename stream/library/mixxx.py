"""Mixxx' library, mixxxdb.sqlite: opened as a file that nobody may change, also while Mixxx runs.

After the schema that Mixxx publishes (res/schema.xml) and its beats.proto. Places are samples of two channels.
[any-thread]
"""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

from dsp.musicalkey import MusicalKey
from stream.library.librarysong import (
    RGB,
    LibraryContent,
    LibraryCue,
    LibraryFailure,
    LibraryPlaylist,
    LibrarySong,
    TempoMark,
    in_order,
)
from stream.library.protobuf import fields
from stream.tracks.store import stamp

KIND = "Mixxx"
NEWEST = 39  # the newest schema that a reader must know (mixxx.schema.min_compatible_version)
TRIES, PAUSE_S = 5, 0.1  # while Mixxx writes
_HOT_CUE, _MAIN_CUE, _LOOP = 1, 2, 4
_SIZE = 2  # in a stamp
_SAME_TEMPO = 0.0005  # of a beat map's beats
_SONGS = """SELECT library.id, track_locations.location, title, artist, album, genre, duration, bpm, key, samplerate,
            beats, beats_version FROM library JOIN track_locations ON library.location = track_locations.id
            WHERE NOT coalesce(mixxx_deleted, 0)"""
_PLAYLISTS = """SELECT 'p' || Playlists.id, Playlists.name, track_id FROM Playlists JOIN PlaylistTracks
                ON playlist_id = Playlists.id WHERE NOT hidden ORDER BY Playlists.position, Playlists.id,
                PlaylistTracks.position"""
_CRATES = """SELECT 'c' || crates.id, name, track_id FROM crates JOIN crate_tracks ON crate_id = crates.id
             ORDER BY name, track_id"""
_VERSION = "SELECT value FROM settings WHERE name = ?"


def read_mixxx(path: Path) -> LibraryContent:
    """All of it. Raises LibraryFailure, also where Mixxx does not stop writing."""
    for _ in range(TRIES):
        before = _state(path)
        if len(before[1]) > _SIZE and before[1][_SIZE]:  # a journal: what lies there is half of a change
            time.sleep(PAUSE_S)
            continue
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
                _check(path, database)
                content = _read(database)
        except (sqlite3.Error, UnicodeError, OverflowError, TypeError) as error:
            if before == _state(path):
                raise LibraryFailure(f"{path} is damaged, or is no library of {KIND}: {error}") from error
            continue
        if before == _state(path):
            return content
    raise LibraryFailure(f"{path} is being written just now; try again when Mixxx has rested, or open Mixxx once if it "
                         "was killed")


def _state(path: Path) -> tuple[tuple[int, ...], ...]:
    """What a write changes; a journal is there while one is under way."""
    return tuple(stamp(path.with_name(path.name + suffix)) for suffix in ("", "-journal", "-wal"))


def _check(path: Path, database: sqlite3.Connection) -> None:
    for name in ("mixxx.schema.min_compatible_version", "mixxx.schema.version"):
        if row := database.execute(_VERSION, (name,)).fetchone():
            with suppress(ValueError):
                if int(row[0]) <= NEWEST:
                    return
            raise LibraryFailure(f"{path} is of version {row[0]} of Mixxx' library; up to {NEWEST} can be read")
    raise LibraryFailure(f"{path} does not say which version of Mixxx' library it is")


def _read(database: sqlite3.Connection) -> LibraryContent:
    cues = defaultdict[int, list[tuple[object, ...]]](list)
    for row in database.execute("SELECT track_id, type, position, length, hotcue, label, color FROM cues ORDER BY id"):
        cues[row[0]].append(row[1:])
    songs = {row[0]: _song(row, cues) for row in database.execute(_SONGS) if row[1]}
    lists: dict[str, tuple[str, list[Path]]] = {}
    for query in (_PLAYLISTS, _CRATES):
        for number, name, track in database.execute(query):
            paths = lists.setdefault(number, (str(name), []))[1]
            if track in songs:
                paths.append(songs[track].path)
    playlists = tuple(LibraryPlaylist((name,), tuple(paths)) for name, paths in lists.values())
    return LibraryContent(KIND, tuple(songs.values()), playlists)


def _song(row: tuple[object, ...], cues: Mapping[int, list[tuple[object, ...]]]) -> LibrarySong:
    number, location, title, artist, album, genre, duration, bpm, key, rate, beats, version = row
    title, artist, album, genre, key = (str(text or "") for text in (title, artist, album, genre, key))
    samplerate = rate if isinstance(rate, int | float) and rate > 0 else 0.0
    tempo, marks = list[TempoMark](), list[LibraryCue]()
    if samplerate and isinstance(number, int):
        marks = list(_cues(cues.get(number, []), samplerate))
    if samplerate and isinstance(beats, bytes):
        with suppress(ValueError):
            tempo = list(_tempo(beats, str(version), samplerate))
    return LibrarySong(Path(str(location)), title, artist, album, genre, _positive(duration), _positive(bpm),
                       MusicalKey.parse(key), in_order(tempo), tuple(marks))


def _positive(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) and found > 0 else None


def _cues(rows: list[tuple[object, ...]], samplerate: float) -> Iterator[LibraryCue]:
    for kind, place, length, slot, label, colour in rows:
        if kind not in (_HOT_CUE, _MAIN_CUE, _LOOP) or not isinstance(place, int | float):
            continue
        lasts = length if kind == _LOOP and isinstance(length, int | float) else 0
        with suppress(ValueError):
            yield LibraryCue(place / 2 / samplerate, lasts / 2 / samplerate,
                             slot if isinstance(slot, int) and slot >= 0 else None, str(label or ""),
                             colour & RGB if isinstance(colour, int) else None)


def _tempo(beats: bytes, version: str, samplerate: float) -> Iterator[TempoMark]:
    """Raises ValueError for what is damaged."""
    if version == "BeatGrid-2.0":
        grid = fields(beats)
        bpm, first = (fields(_bytes(grid.get(number, [b""])[0])) for number in (1, 2))
        yield TempoMark(_signed(first.get(1, [0])[0]) / samplerate, _double(bpm.get(1, [0.0])[0]))
    elif version == "BeatMap-1.0":
        found = [fields(_bytes(beat)) for beat in fields(beats).get(1, [])]
        frames = [_signed(beat.get(1, [0])[0]) for beat in found if beat.get(2, [1])[0]]
        yield from _pieces(frames, samplerate)


def _pieces(frames: list[int], samplerate: float) -> Iterator[TempoMark]:
    """A mark wherever a beat map's tempo changes; a frame of rounding is no change."""
    begin, count = 0, 0
    for at, (one, other) in enumerate(pairwise(frames)):
        if other <= one:
            raise ValueError("beats must ascend")
        period = (one - frames[begin]) / count if count else other - one
        if count and abs(other - one - period) > max(1.5, _SAME_TEMPO * period):
            yield TempoMark(frames[begin] / samplerate, 60 * samplerate / period, begin % 4)
            begin, count = at, 0
        count += 1
    if count:
        period = (frames[begin + count] - frames[begin]) / count
        yield TempoMark(frames[begin] / samplerate, 60 * samplerate / period, begin % 4)


def _bytes(found: int | float | bytes) -> bytes:
    if not isinstance(found, bytes):
        raise ValueError("a message was expected")
    return found


def _signed(found: int | float | bytes) -> int:
    if not isinstance(found, int):
        raise ValueError("a whole number was expected")
    return found - (1 << 64) if found >> 63 else found


def _double(found: int | float | bytes) -> float:
    if not isinstance(found, float):
        raise ValueError("a number was expected")
    return found
