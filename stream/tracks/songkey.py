"""The key of a track, and its note: found without the drums, where they are there.

    key.json   tonic, minor, strength, finder
[any-thread]
"""

from contextlib import suppress

import numpy as np

from dsp.keyfinder import KeyFinder
from dsp.musicalkey import MusicalKey
from stream.tracks.songnotes import Note, SongNotes
from stream.tracks.track import Track

KEY, DRUMS = "key", "drums"
FINDER = 1  # of whatever finds other keys than before
_FRAMES = 1 << 16


def find_key(track: Track) -> Note | None:
    """The note of a song that is decoded; None where there is no pitch, or it was closed. Raises OSError."""
    finder, stored, stems_file = KeyFinder(track.samplerate), track.stored, track.stems_file
    for first in range(0, track.decoded, _FRAMES):
        count = min(_FRAMES, track.decoded - first)
        song = np.zeros((count, 2), np.float32)
        track.read_dry(first, song)
        if stems_file is not None and DRUMS in stored and track.separated == 1:
            stems = np.zeros((count, 2 * len(stored)), np.float32)
            stems_file.read(first, stems)
            at = 2 * stored.index(DRUMS)
            song -= stems[:, at : at + 2]
        if track.closing.is_set():
            return None
        finder.feed(song)
    found = finder.answer()
    if found is None:
        return None
    return {"tonic": found.key.tonic, "minor": found.key.minor, "strength": found.strength, "finder": FINDER}


def keep_key(track: Track) -> MusicalKey | None:
    """The key of a song that is decoded, and kept with it; None where there is no pitch, or it was closed.

    Raises OSError, where it cannot be read.
    """
    found = find_key(track)
    if found is None:
        return None
    if track.notes is not None:
        with suppress(OSError):  # it is found again next time
            track.notes.change(KEY, lambda _note: found)
    return MusicalKey(found["tonic"], found["minor"])


def kept_key(notes: SongNotes) -> MusicalKey | None:
    """The key that was found earlier; None where none was, or by another finder."""
    note = notes.read(KEY)
    if note is None or note.get("finder") != FINDER:
        return None
    tonic, minor = note.get("tonic"), note.get("minor")
    with suppress(ValueError):
        if isinstance(tonic, int) and not isinstance(tonic, bool) and isinstance(minor, bool):
            return MusicalKey(tonic, minor)
    return None
