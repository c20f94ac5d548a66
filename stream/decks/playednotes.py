"""Which songs were heard when, for the cue sheet of a take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream.callback.player import FADE
from stream.callback.ring import Ring
from stream.common.claim import write_atomically
from stream.common.errors import Failure
from stream.decks.booth import Booth
from stream.decks.cuesheet import PlayedSong, cue_sheet
from stream.tracks.spans import FOREVER
from stream.tracks.track import Track

LEAST = 1e-4  # of full scale: what is below it nobody hears
SILENT_S = 2.0  # a song that is not heard for longer has gone, and comes again
CHUNK = 16_384  # frames
LATER_S = 0.1  # that it listens behind what is heard: decks tell a moment later whose song that is


@dataclass
class _Heard:
    """A song as it is heard, from the first to the last of its frames that somebody could hear, device positions."""

    track: Track
    first: int
    last: int


class PlayedNotes:
    """Listens to what decks leave on their buses, and knows whose song that is.

    name: of the file that is written      tracks: of a take, by name, the first of their two channels in the tap
    """

    name = "mix.cue"

    def __init__(self, booth: Booth, tap: Ring, samplerate: int, behind: int = 0) -> None:
        """Nothing was heard yet.

        behind: frames by which decks are later than they are rendered, for effects' sake
        [main-thread]
        """
        self._booth, self._tap, self._rate, self._behind = booth, tap, samplerate, behind
        self.tracks: Mapping[str, int] = {name: 2 * at for at, name in enumerate(("mix", *booth.mixers))}
        self._at = 0
        self._heard: list[_Heard] = []
        self._now: dict[str, _Heard] = {}

    def collect(self) -> None:
        """Listen to what has been played since. [recorder-thread]"""
        self._collect(self._tap.written - int(LATER_S * self._rate))

    def _collect(self, until: int) -> None:
        self._at = max(self._at, self._tap.oldest)
        while self._at < until:
            block = np.zeros((min(CHUNK, until - self._at), self._tap.data.shape[1]), np.float32)
            if self._tap.read(self._at, block):
                for deck in self._booth.decks:
                    first = self.tracks[deck]
                    loud = np.flatnonzero(np.abs(block[:, first : first + 2]).max(axis=1) > LEAST) + self._at
                    self._listen(deck, loud)
            self._at += len(block)

    def _listen(self, deck: str, loud: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> None:
        """loud: device positions at which something can be heard of a deck"""
        soundings = self._booth.decks[deck].soundings
        ends = [*(begins + self._behind for _, begins in soundings[1:]), FOREVER]
        for (track, begins), end in zip(soundings, ends, strict=True):
            part = loud[(loud >= begins + self._behind + FADE) & (loud < end)]
            if track is not None and len(part):
                self._hear(deck, track, int(part[0]), int(part[-1]))

    def _hear(self, deck: str, track: Track, first: int, last: int) -> None:
        now = self._now.get(deck)
        if now is None or now.track is not track or first - now.last > SILENT_S * self._rate:
            now = self._now[deck] = _Heard(track, first, last)
            self._heard.append(now)
        now.last = last

    def forget(self, before: int) -> None:
        """Let go of what ended before a frame. [recorder-thread]"""
        self._heard = [heard for heard in self._heard if heard.last >= before or heard in self._now.values()]

    def between(self, start: int, end: int) -> list[PlayedSong]:
        """The songs that were heard from a frame to another, each once. [recorder-thread]"""
        found: dict[Track, int] = {}
        for heard in self._heard:
            if heard.last >= start and heard.first < end:
                found.setdefault(heard.track, max(0, heard.first - start))
        return [PlayedSong(track.title, track.artist, track.path, at) for track, at in found.items()]

    def write(self, folder: Path, stretch: tuple[int, int], paths: Sequence[Path], _lost: int) -> None:
        """Write the cue sheet of a take.

        stretch: its first frame, and the one behind its last      paths: of its files, the mix first
        Raises Failure.
        [recorder-thread]
        """
        self._collect(min(self._tap.written, stretch[1]))
        text = cue_sheet(paths[0], self.between(*stretch), self._rate)
        path = folder / self.name
        try:
            write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
        except OSError as error:
            raise Failure(f"{path} cannot be written: {error.strerror or error}") from error
