"""A song as a deck plays it: dry from its first frames on, its stems as far as they have been made.

    decoder-thread ──▶ dry ─────────────────┐
    separator-thread ──▶ drafts, stems ─────┤──▶ `read`, on the deck's thread
                     samples first, then the spans that say so

All stems but one are stored; the residual is what they leave of the song, so that all of them sum to it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsp.musicalkey import MusicalKey
from stream.common.closing import Closing
from stream.common.errors import Failure
from stream.offline.level import SongLevel
from stream.tracks.entry import StemEntry
from stream.tracks.material import residual
from stream.tracks.reading import Reading
from stream.tracks.scratchfile import ScratchFile, said, scratch_folder
from stream.tracks.songloudness import SongLoudness
from stream.tracks.songnotes import Note, SongNotes
from stream.tracks.spans import FOREVER, Spans

Frames = NDArray[np.float32]
NOTHING = Spans()
LEAVING_S = 1.0
MODEL_RATE = 44_100  # Hz; of every network there is


@dataclass(frozen=True)
class Playhead:
    """Where a deck is, and where it goes.

    frame: of the track      rate: frames of the song for each of the device; 0 stands still, and below 0 is backwards
    points: frames where it may jump to, such as cues and the start of a loop, the likeliest first
    """

    frame: int = 0
    rate: float = 0.0
    points: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finished:
    """Which stems are there. stems: as good as they get      drafts: made in a hurry, of short windows"""

    stems: Spans = NOTHING
    drafts: Spans = NOTHING


class Track(Closing):
    """A song that is being decoded, at the device's rate. Nothing here waits for anything.

    path, title, artist: what it is called; the file's name where it does not say
    samplerate: Hz, the device's
    sources: its stems, in the model's order      residual: which of them is not stored
    frames: in all; None where the file does not say, until it is decoded; exact once `ended`
    decoded: frames that can be heard      ended: there will be no more
    failure: what went wrong, in one line; empty if nothing did. What is there can be played nevertheless
    whole: whether all of the file was decoded, undamaged      stamp: of the file, once `opened`
    sum: sha256 of the file (stream.tracks.store.song_sum); None until it is known, and where nobody asks for it
    origin: where its stems come from: `file`, `store` or `model`; `none` where the disk has no room for them; empty
    until that is known
    entry: its place in the store; None until it is known, and without one
    notes: where its beats and cues are kept; None until it is known, and for what has none, such as a pipe
    library_marks: what another program has set in it (stream.library.knownsongs), for a deck that has kept nothing
    key: as a library or the file's own tag has it, and else as it was found (stream.tracks.songkey); None for none
    loudness: of the whole song; None until it is known
    playhead: set by the deck whenever it likes
    finished: which stems are there
    """

    def __init__(self, path: Path, samplerate: int, sources: tuple[str, ...] = (), model_rate: int = MODEL_RATE,
                 say: Callable[[str], None] = lambda _line: None) -> None:
        """Nothing is there yet (`stream.tracks.decoding.open_track` decodes it).

        sources: of the model; a file that brings its own stems has those instead, once `opened` is set
        model_rate: Hz; of what is separated      say: takes a line for the user
        [any-thread]
        """
        self.path, self.samplerate, self.model_rate, self.say = path, samplerate, model_rate, say
        self.title, self.artist = path.stem, ""
        self.sources, self.residual = sources, residual(sources) if sources else 0
        self.frames: int | None = None
        self.decoded = self.mixed = 0
        self.ended, self.whole = False, False
        self.origin = ""
        self.entry: StemEntry | None = None
        self.notes: SongNotes | None = None
        self.library_marks: Note | None = None
        self.key: MusicalKey | None = None
        self.loudness: SongLoudness | None = None
        self.failure, self._heard = "", True  # whether the song is whole all the same
        self.level_so_far: SongLevel | None = None
        self.playhead, self.finished = Playhead(), Finished()
        self.opened, self.closing = threading.Event(), threading.Event()
        self.stamp: tuple[int, ...] = ()
        self.sum: str | None = None
        self._publishing = threading.Lock()  # of whoever makes stems; a reader takes what lies there
        self._reading = Reading()
        self.begun_s = time.monotonic()
        self.dry: ScratchFile | None = None
        self.mix: ScratchFile | None = None
        self._stems: ScratchFile | None = None
        self._drafts: ScratchFile | None = None

    @property
    def stored(self) -> tuple[str, ...]:
        """The stems that `read` gives, in its order. [any-thread]"""
        return tuple(name for at, name in enumerate(self.sources) if at != self.residual)

    @property
    def level(self) -> SongLevel | None:
        """The whole song's, once it is known. [any-thread]"""
        return self.level_so_far if self.ended else None

    @property
    def separated(self) -> float:
        """How much of it has its final stems, 0 to 1. [any-thread]"""
        total = self.frames or 0
        return self.finished.stems.count(0, total) / total if total else 0.0

    @property
    def steady(self) -> bool:
        """Whether what `read` gives is what it gave the last time, as far as it was decoded then. [deck-thread]"""
        return self._reading.shows(self.finished)

    def read(self, first: int, dry: Frames, stems: Frames, present: Frames, kept: int = 0) -> None:
        """Give some frames as they are by now; silence before the song, behind it, and where nothing is decoded yet.

        first: of the frames; any, also below 0
        dry: float32 (n, 2), contiguous, written
        stems: float32 (n, 2 * len(stored)), contiguous, written; the residual is dry minus these
        present: float32 (n,), written: how much of the stems is there, 0 to 1, with ramps where that changes
        kept: frames before `first` that were read earlier and are heard still
        NB: what is read onwards never jumps when stems come: new ones begin a little beyond what was read last. After
        a jump all that there is counts at once.
        [deck-thread]
        """
        try:
            self.read_dry(first, dry)
            self._reading.stems(self.finished, (self._stems, self._drafts), (first, kept), stems, present)
        except OSError as error:  # the scratch disk has gone
            self.fail(f"{self.path} cannot be played on: {said(error)}")
            for array in (dry, stems, present):
                array[:] = 0

    def read_dry(self, first: int, dry: Frames) -> None:
        """Fill float32 (n, 2) with what is heard, silence where there is nothing. Raises OSError. [any-thread]"""
        file = self.dry
        if file is None:
            dry[:] = 0
            return
        file.read(first, dry)

    def peek(self, first: int, stems: Frames) -> bool:
        """Fill with stems as they are there, for somebody who only looks; False where they are not all there.

        stems: float32 (n, 2 * len(stored)), contiguous, written
        Raises OSError.
        [any-thread]
        """
        finished, end = self.finished, first + len(stems)
        for spans, file in ((finished.stems, self._stems), (finished.drafts, self._drafts)):
            if file is not None and spans.holds(first, end):
                file.read(first, stems)
                return True
        return False

    def read_mix(self, first: int, out: Frames) -> None:
        """Fill float32 (n, 2) with what is separated, at the model's rate. Raises OSError. [separator-thread]"""
        file = self.mix
        if file is None:
            out[:] = 0
        else:
            file.read(first, out)

    @property
    def stems_file(self) -> ScratchFile | None:
        """Its final stems, which whoever has it may read on when the track is closed. [any-thread]"""
        return self._stems

    def open_files(self, sources: tuple[str, ...], mixed_apart: bool) -> None:
        """Make the scratch files. Raises OSError, RuntimeError, and Failure where the song has no room.

        sources: that it brings; none if they are to be made      mixed_apart: what is separated is not what is heard
        [decoder-thread]
        """
        if sources:
            self.sources, self.residual, self.origin = sources, residual(sources), "file"
        folder, frames = scratch_folder(), self.frames or 0
        mixed = -(-frames * self.model_rate // self.samplerate) * mixed_apart
        song, stems = 8 * (frames + mixed), 8 * frames * len(self.stored)
        lacking = self._lacking(folder, song + stems)
        if lacking and (sources or ScratchFile.lacking(folder, song)):
            raise Failure(f"{self.path} is not played: {lacking}")
        if lacking:
            self.origin = "none"
            self.fail(f"{self.path} plays without its stems: with them {lacking}", stems=True)
        elif self.stored:
            self._stems = ScratchFile(2 * len(self.stored), folder, frames)
            if not sources:
                self._drafts = ScratchFile(2 * len(self.stored), folder)
        dry = ScratchFile(2, folder, frames)
        self.mix = ScratchFile(2, folder, mixed) if mixed_apart else dry
        self.dry = dry

    def _lacking(self, folder: Path, wanted: int) -> str:
        """As of `ScratchFile`; the song that was on the deck until now may be just about to leave its room."""
        end = time.monotonic() + LEAVING_S
        while (lacking := ScratchFile.lacking(folder, wanted)) and time.monotonic() < end:
            self.closing.wait(LEAVING_S / 50)
        return lacking

    def put(self, first: int, stems: Frames, draft: bool = False) -> None:
        """Take stems, and say then that they are there. Raises OSError.

        stems: float32 (n, 2 * stored), at the device's rate, quantized
        draft: they will be made again
        [separator-thread, decoder-thread]
        """
        file = self._drafts if draft else self._stems
        if file is None:
            return
        file.write(first, stems)
        with self._publishing:
            end = first + len(stems)
            if self.ended and end >= self.decoded:
                end = FOREVER
            spans = self.finished.drafts if draft else self.finished.stems
            spans = spans.plus(-FOREVER if first <= 0 else first, end)
            self.finished = Finished(self.finished.stems, spans) if draft else Finished(spans, self.finished.drafts)

    def end(self) -> None:
        """Say that there will be no more frames. [decoder-thread]"""
        with self._publishing:
            self.frames, self.ended = self.decoded, True
            stems, drafts = (spans.plus(self.decoded, FOREVER) if spans.gap_before(self.decoded) < self.decoded
                             else spans for spans in (self.finished.stems, self.finished.drafts))
            self.finished = Finished(stems, drafts)
        self.opened.set()

    def forget_stems(self) -> None:
        """Say that no stems are there: they were another song's. [any-thread]"""
        with self._publishing:
            self.finished = Finished()

    def fail(self, line: str, stems: bool = False) -> None:
        """Keep what went wrong, and tell it, once. stems: only they are missing: what ends the song is told as well

        [any-thread]
        """
        if self.closing.is_set() or (self.failure and (stems or not self._heard)):
            return
        self.failure, self._heard = " ".join(line.splitlines()), stems  # a file's name may have several lines
        self.say(self.failure)

    @property
    def lacks(self) -> str:
        """What its failure takes from it: `song`, some of it, or `stems`; empty if nothing failed. [any-thread]"""
        return "" if not self.failure else "stems" if self._heard else "song"

    def tell(self, words: str) -> None:
        """Tell something about it that does not end it. [any-thread]"""
        if not self.closing.is_set():
            self.say(" ".join(f"{self.path.name} {words}".splitlines()))

    def close(self) -> None:
        """Let go of it; `read` gives silence from now on. Whoever works on it ends soon. [any-thread]"""
        self.closing.set()
        self.dry = self.mix = self._stems = self._drafts = None
        self.finished = Finished()
