"""What a library says of a song. Times are seconds of the song, so that no decoder's samplerate is meant.

[any-thread]
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dsp.beatgrid import FASTEST_BPM, SLOWEST_BPM, BeatGrid
from dsp.musicalkey import MusicalKey
from stream.common.errors import Failure

LONGEST_S = 86_400.0  # of any song; later places are damage
RGB = 0xFFFFFF


class LibraryFailure(Failure):
    """A library that cannot be read: damaged, newer than what is known of it, or not there. One line."""


@dataclass(frozen=True)
class LibraryCue:
    """A place that was marked.

    start_s, length_s: seconds; with a length it is a loop      slot: 0 for the first hot cue; None for another mark
    colour: 0xRRGGBB; None where none is given
    ValueError: a place that no song has
    """

    start_s: float
    length_s: float = 0.0
    slot: int | None = None
    name: str = ""
    colour: int | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.start_s < LONGEST_S and 0 <= self.length_s < LONGEST_S):
            raise ValueError(f"a cue cannot be at {self.start_s} s and last {self.length_s} s")


@dataclass(frozen=True)
class TempoMark:
    """From here on the beats have this tempo.

    start_s: seconds, of a beat; it may lie before the song      beat_of_bar: 0 for a downbeat
    ValueError: a tempo that no song has
    """

    start_s: float
    bpm: float
    beat_of_bar: int = 0
    beats_per_bar: int = 4

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and abs(self.start_s) < LONGEST_S
                and SLOWEST_BPM <= self.bpm <= FASTEST_BPM and 1 <= self.beats_per_bar <= 32):
            raise ValueError(f"no song has {self.bpm} beats a minute from {self.start_s} s on")


@dataclass(frozen=True)
class LibrarySong:
    """A song as a library knows it; what it does not say is empty, or None.

    duration_s: seconds      tempo: ascending      cues: in the library's order
    """

    path: Path
    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    duration_s: float | None = None
    bpm: float | None = None
    key: MusicalKey | None = None
    tempo: tuple[TempoMark, ...] = ()
    cues: tuple[LibraryCue, ...] = ()


@dataclass(frozen=True)
class LibraryPlaylist:
    """name: with the folders that it lies in, such as ("Clubs", "Warm-up")      songs: paths, in its order"""

    name: tuple[str, ...]
    songs: tuple[Path, ...]


@dataclass(frozen=True)
class LibraryContent:
    """A library that was read. kind: the program that wrote it"""

    kind: str
    songs: tuple[LibrarySong, ...]
    playlists: tuple[LibraryPlaylist, ...] = ()


def grid_of(tempo: Sequence[TempoMark], samplerate: float, duration_s: float | None = None) -> BeatGrid | None:
    """The beats of a song in frames; None where there are none.

    duration_s: how far the last tempo goes on where there are several; the default is a bar of it
    """
    if not tempo:
        return None
    first = tempo[0]
    if len(tempo) == 1:
        period = 60 * samplerate / first.bpm
        return BeatGrid(first.start_s * samplerate - first.beat_of_bar * period, period, first.beats_per_bar)
    markers, beat = [(float(first.beat_of_bar), first.start_s * samplerate)], float(first.beat_of_bar)
    for one, other in itertools.pairwise(tempo):
        beats = round((other.start_s - one.start_s) * one.bpm / 60)
        if not beats:  # the later one corrects the place
            markers.pop()
        beat += beats
        markers.append((beat, other.start_s * samplerate))
    last = tempo[-1]
    beats = max(last.beats_per_bar, round(((duration_s or 0.0) - last.start_s) * last.bpm / 60))
    markers.append((beat + beats, (last.start_s + beats * 60 / last.bpm) * samplerate))
    return BeatGrid.through(markers, first.beats_per_bar)


def in_order(marks: Sequence[TempoMark]) -> tuple[TempoMark, ...]:
    """Ascending, and no two at one place."""
    found = {round(mark.start_s, 6): mark for mark in marks}
    return tuple(found[at] for at in sorted(found))
