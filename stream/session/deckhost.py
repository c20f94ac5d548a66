"""A run of decks from beginning to end: devices, separator, decks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stream.callback.deckplayers import DeckPlayers
from stream.callback.header import HEADER
from stream.common.interpreter import undisturbed
from stream.common.priority import preferred
from stream.decks.autolevel import AutoLevel
from stream.decks.booth import Booth
from stream.decks.deck import Deck
from stream.decks.deckinserts import DeckInserts
from stream.decks.engine import DeckEngine, DeckSetup
from stream.decks.playednotes import PlayedNotes
from stream.decks.songbrowser import SongBrowser
from stream.inserts.naming import Chains
from stream.latency.geometry import Latency
from stream.library.filetags import tagged
from stream.library.knownsongs import KnownSongs, marks_note
from stream.library.librarysong import LibrarySong
from stream.library.prepared import PreparedSongs
from stream.library.songcollection import SongCollection
from stream.live.clock import IDLE_S, Step, run_device
from stream.live.engine import Engine
from stream.live.insert import Insert
from stream.mixer.mixer import Mixer
from stream.mixer.playercontrols import PlayerControls, StripPlace
from stream.mixer.route import Route, apart
from stream.native.memory import Record
from stream.recording.options import NOTHING, RecordingOptions
from stream.recording.recordings import Recordings
from stream.recording.takes import Takes
from stream.separators.opening import Opening
from stream.session.devicerequest import DeviceRequest
from stream.session.inserts import insert_reports, open_inserts
from stream.session.line import AnyDevice
from stream.session.livepath import LivePath
from stream.session.notices import InsertNotices
from stream.session.rehearsal import rehearse
from stream.session.report import Absence, InsertReport, RunReport
from stream.session.request import BLOCK, RunRequest, Say
from stream.session.returns import Returns
from stream.session.setlog import SetInfo
from stream.session.setnotes import SetNotes, set_inserts
from stream.session.streams import Streams
from stream.session.upkeep import Upkeep
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore
from stream.tracks.track import Track

DECK_IDLE_S = 0.001  # between two looks for what was pressed
INSERT_IDLE_S = 0.002  # nobody wakes those of decks, and they have 20 ms to spare
RECORDER_S = 0.01


@dataclass(frozen=True)
class PlayRequest:
    """What is asked for.

    songs: in the order in which they are loaded      sink: the device      block: frames      samplerate: Hz, or None
    store_bytes: how much the store of stems may hold
    automix: the next song begins by itself      ends: the run does, once nothing plays any more
    live: an input that is separated live and heard beside the decks, whose devices are then all that is opened
    recording: what may be recorded, and where
    inserts: effects that stems of decks are sent through, named as `a/vocals`; they make all decks later
    known: songs of other programs' libraries, whose cues and beats decks take
    level: whether trims are set so that songs are equally loud
    """

    opening: Opening
    songs: tuple[Path, ...]
    sink: AnyDevice
    block: int = BLOCK
    samplerate: int | None = None
    routes: tuple[Route, ...] = field(default=())
    store_bytes: float = 0.0
    automix: bool = False
    ends: bool = True
    live: RunRequest | None = None
    recording: RecordingOptions = NOTHING
    inserts: Chains = field(default_factory=dict)
    known: KnownSongs = field(default_factory=KnownSongs)
    level: bool = False


class DeckHost:
    """One run. `run` does it all; `booth` is there for whoever watches and controls, and `browser` of all songs."""

    def __init__(self, request: PlayRequest, say: Say) -> None:
        """Open everything, and load the first songs. Raises ValueError for a request that cannot be, Failure."""
        self._open = ExitStack()
        self._request, self._say = request, say
        self._live: Engine | None = None
        self._upkeep: Upkeep | None = None
        self._begun = False  # before, there is nothing to keep
        self._songs: dict[str, Any] | None = None  # what was on the decks at the end: closed tracks have no stems
        self._over_at: int | None = None  # the position at which nothing more was to be played
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        request, say = self._request, self._say
        rehearse()
        self._preferred = self._open.enter_context(preferred())
        if others := apart(request.routes)[1]:
            raise ValueError(f"--out {others[0]}: decks are heard by one device")
        streams, header = self._alone() if request.live is None else self._with_input(request.live)
        self._inserts = self._open_inserts(streams.samplerate)
        behind = DeckInserts(self.booth.players, self._inserts, (streams.samplerate, streams.block))
        latency = Latency(streams.samplerate, 0, 0, 0, 0, 0, 0, streams.device[1], insert=behind.frames,
                          limiter=self.booth.players.lookahead)
        self.engine = DeckEngine(header, self.booth.players, latency,
                                 DeckSetup(streams.out_channels, streams.block, streams.routes, self._live,
                                           request.recording.used, request.recording.keep_s, behind))
        self.booth.open(lambda: self.engine.position, streams.block, say, latency.total)
        self.browser = self._make_browser(streams.samplerate)
        self._recordings = Recordings(self.engine, None)
        if self.engine.tap is not None:
            played = PlayedNotes(self.booth, self.engine.tap, streams.samplerate, behind.frames)
            self._recordings.allow(SetNotes(played, self.booth, self._set_info(streams)), request.recording, say)
            self._open.callback(lambda: self._recordings.close(keep=self._begun))
        self.engine.ends = lambda: request.ends and self._all_left()
        self.booth.automix = request.automix
        self.booth.levels = AutoLevel(self.booth.master) if request.level else None
        stems = PlayerControls({f"{deck}/{stem}": [StripPlace(mixer, stem)]
                                for deck, mixer in self.booth.mixers.items() for stem in mixer.sources})
        self._insert_notices = InsertNotices(self._inserts, stems, say)
        self._returns = Returns(streams, self.engine, say)
        self._open.callback(self._returns.close)
        for name in list(self.booth.decks)[: len(request.songs)]:
            self.booth.next_song(name)

    def _set_info(self, streams: Streams) -> SetInfo:
        """What all recordings of this run have in common."""
        opening, stems = self._request.opening, self.booth.players.stems
        return SetInfo(opening.model, opening.provider, opening.threads, next(iter(stems.values())), streams.samplerate,
                       streams.block, self.engine.latency.total, set_inserts(self._request.inserts),
                       self._live is not None)

    def _alone(self) -> tuple[Streams, Record]:
        """The device, and the callback's header."""
        request, header = self._request, np.zeros((), HEADER)
        streams = Streams(DeviceRequest(None, request.sink, request.block, request.samplerate, routes=request.routes),
                          header)
        self._open.callback(streams.close)
        self._make_booth(None, streams.samplerate)
        streams.wire(self.booth.players.sources)
        return streams, header

    def _with_input(self, live: RunRequest) -> tuple[Streams, Record]:
        """All of a run that is live, and the decks beside it."""
        path = LivePath(live, self._say, self._open, self._make_booth)
        if path.streams is None:
            raise ValueError("decks need an output device")
        self._live, self._upkeep = path.engine, Upkeep(path, live, self._say)
        return path.streams, path.engine.header

    def _make_booth(self, live: Mixer | None, samplerate: int) -> DeckPlayers:
        """What separates songs, and the decks; live: the mixer of the input, which comes before songs."""
        request, say = self._request, self._say
        self._store = StemStore(request.store_bytes, say)
        separator = TrackSeparator(request.opening, samplerate, self._store, self._busy, say,
                                   request.opening.named_sources)
        self._open.callback(separator.close)

        def load(path: Path) -> Track:
            track = separator.load(path)
            song = request.known.find(path)
            track.library_marks = None if song is None else marks_note(song, samplerate)
            track.key = tagged(song or LibrarySong(path)).key
            return track

        self.booth = Booth(separator.sources or ("mix",), samplerate, load, request.songs, live)
        self._open.callback(self.booth.close)
        return self.booth.players

    def _make_browser(self, samplerate: int) -> SongBrowser:
        """All songs that can be loaded. samplerate: Hz"""
        request = self._request
        prepared = PreparedSongs(self._store, request.opening.model, samplerate) if request.store_bytes > 0 else None
        songs = SongCollection(self._all_songs(), prepared)
        self._open.callback(songs.close)
        return SongBrowser(self.booth, songs, samplerate, self._say)

    def _all_songs(self) -> Iterator[LibrarySong]:
        """Those that are named, as libraries know them, then all others of libraries."""
        known = self._request.known
        for path in map(Path.absolute, self._request.songs):
            yield known.find(path) or LibrarySong(path)
        yield from known.songs

    def _busy(self) -> bool:
        """Whether the input's separator needs the machine now."""
        return self._live is not None and self._live.worker.busy

    def run(self, watch: Callable[[], bool]) -> None:
        """Until all songs have been played or `watch` says so. Raises Failure, and what a thread has failed with."""

        def watching() -> bool:
            going = watch()
            if going:
                self._look()
            elif self._upkeep is not None:
                self._upkeep.last_look()
            return going

        self._begun = True
        steps, idle_s = zip(*self._steps(), strict=True)
        with undisturbed():
            try:
                run_device(self.engine, self._returns, list(steps), watching, idle_s)
                while self._recordings.step():
                    pass
            except BaseException:
                self.close()
                if self.files:
                    self._say(f"what was heard until then is kept: {', '.join(self.files.values())}")
                raise
            finally:
                self.close()

    def _all_left(self) -> bool:
        """Whether everything was played, and has left the device."""
        if not self.booth.over:
            self._over_at = None
            return False
        if self._over_at is None:
            self._over_at = self.engine.position
        return self.engine.position >= self._over_at + self.engine.latency.total

    def _steps(self) -> list[tuple[Step, float]]:
        """What has a thread of its own, and how long each sleeps when it has nothing to do, seconds."""
        live, steps = self._live, [(self.booth.step, DECK_IDLE_S)]
        if live is not None:
            steps = [*zip((live.feed, live.worker.step), IDLE_S, strict=False), *steps,
                     *((insert.step, IDLE_S[-1]) for insert in live.inserts)]
        steps += [(insert.step, INSERT_IDLE_S) for insert in self._inserts]
        return steps if self.takes is None else [*steps, (self._recordings.step, RECORDER_S)]

    def _open_inserts(self, samplerate: int) -> Sequence[Insert]:
        """The effects of decks. Raises ValueError, Failure."""
        for name in self._request.inserts:
            deck, _, stem = name.partition("/")
            self.booth.mixers[deck].check({stem: {}})
        return open_inserts(self._request.inserts, samplerate, True, self._open)

    def _look(self) -> None:
        """See what has changed, and say so."""
        self._insert_notices.look()
        back = self._returns.look()
        self.booth.look()
        if self._upkeep is not None:
            self._upkeep.recover()
            self._upkeep.look(back)

    @property
    def files(self) -> dict[str, str]:
        """Of a recording of the whole run: name to path."""
        return self._recordings.files

    @property
    def takes(self) -> Takes | None:
        """None where nobody may make one, and when the run has ended."""
        return self._recordings.takes

    @property
    def recording(self) -> bool:
        """Whether a take is being made: the whole run, or one by hand."""
        return self._recordings.recording

    @property
    def trouble(self) -> str | None:
        """What a run that has come to its end has done without."""
        live = self._upkeep.trouble if self._upkeep is not None else None
        return live or self._recordings.trouble or self._unplayed()

    def _unplayed(self) -> str | None:
        """The songs that failed, of all that were on a deck."""
        said = []
        for lacks, text in (("song", "these could not be played whole"), ("stems", "these lacked their stems")):
            names = dict.fromkeys(track.path.name for track in self.booth.loaded if track.lacks == lacks)
            said += [f"{text}: {', '.join(names)}"] if names else []
        return "; ".join(said) or None

    @property
    def inserts(self) -> list[InsertReport]:
        """Of decks."""
        return insert_reports(self._inserts)

    @property
    def live(self) -> RunReport | None:
        """What a run of the input alone would report; None where there is none."""
        return None if self._upkeep is None else self._upkeep.report(self._preferred, {}, self.absences)

    @property
    def absences(self) -> list[Absence]:
        """Devices and programs that were gone."""
        return self._returns.report()

    def close(self) -> None:
        """Let go of everything."""
        if self._begun and self._songs is None:
            self._songs = self._on_decks()
        self._open.close()

    def _on_decks(self) -> dict[str, Any]:
        return {name: _song(deck) for name, deck in self.booth.decks.items()}

    def report(self) -> dict[str, Any]:
        """What was done and measured until now."""
        rate, live = self.engine.latency.samplerate, self.live
        return {"samplerate": rate, "played_s": self.engine.position / rate, "preferred": self._preferred,
                "latency_s": self.engine.latency.total_s, **self.engine.counts(), "files": self.files,
                "decks": self._on_decks() if self._songs is None else self._songs,
                "inserts": [asdict(insert) for insert in self.inserts],
                "absences": [asdict(absence) for absence in self.absences],
                **({} if live is None else {"live": live.json()})}


def _song(deck: Deck) -> dict[str, Any] | None:
    """What is on a deck, and how much of it is separated, from 0 to 1; None for nothing."""
    track = deck.track
    return None if track is None else {"song": str(track.path), "title": track.title, "separated": track.separated}
