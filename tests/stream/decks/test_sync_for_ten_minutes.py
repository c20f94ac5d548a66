"""Two songs that are synced stay in phase for ten minutes: by what is heard of beats that the test knows."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf

from dsp.onsets import Onsets, find_onsets
from stream.decks.sync import beats_off, ratio_of
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.decoding import open_track
from stream.tracks.track import Track
from tests.shared import shared
from tests.stream.decks.rig import RATE, STEMS, Frames, Rig, track
from tests.stream.decks.test_sync import Grid

MINUTES = 10
BPM, FIRST = {"a": 124.0, "b": 127.3}, {"a": 3000.0, "b": 5555.25}
BURST = RATE // 25
TEN_S = 10 * RATE // 512  # blocks
MS = RATE / 1000
AT = npt.NDArray[np.int64]


def beats(name: str) -> npt.NDArray[np.float64]:
    period = 60 * RATE / BPM[name]
    return np.arange(FIRST[name], (63 * MINUTES + 30) * RATE, period)


def clicks(name: str) -> Frames:
    """A burst from each beat on."""
    places = beats(name)
    song = np.zeros((int(places[-1]) + 2 * BURST, 2), np.float32)
    for place in places:
        first = int(np.ceil(place))
        since = np.arange(first, first + BURST) - place
        song[first : first + BURST] = (0.5 * np.cos(since / 7) * np.exp(-since / 400))[:, None]
    return song


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Track]]:
    folder = tmp_path_factory.mktemp("songs")
    made = {name: track(folder / f"{name}.wav", clicks(name)) for name in "ab"}
    yield made
    for each in made.values():
        each.close()


class Booth(Rig):
    """Deck a by the first two channels, b by the others; b follows."""

    def __init__(self, songs: dict[str, Track], tempo: float, key_lock: bool) -> None:
        super().__init__(routes=("a=1-2", "b=3-4"))
        for name, song in songs.items():
            onsets = np.ceil(beats(name)).astype(np.int64)
            found = Onsets(onsets, np.full(len(onsets), 9, np.float32))
            self.booth.deck(name).load(song, Grid(BPM[name], FIRST[name], found))  # type: ignore[arg-type]
            self.booth.press(name, "key_lock", key_lock)
        self.hear(4)
        self.booth.press("a", "tempo", tempo)
        self.booth.press("a", "play")
        self.hear(50)
        self.booth.press("b", "sync", True)
        self.booth.press("b", "play")
        self.hear(50)


def begins(frames: Frames) -> AT:
    """Where bursts begin: the first frame that is loud after a while of silence."""
    loud = np.flatnonzero(np.abs(frames).max(axis=1) > 0.1)
    return loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > 3 * BURST)]


def test_beats_are_heard_together_with_key_lock(songs: dict[str, Track]) -> None:
    booth = Booth(songs, tempo=0.2, key_lock=True)
    worst, count = 0.0, 0
    for _ in range(60 * MINUTES // 10):
        heard = booth.hear(TEN_S)
        led, own = begins(heard[:, :2]), begins(heard[:, 2:])
        own = own[(own > led[0] - RATE // 10) & (own < led[-1] + RATE // 10)]
        off = np.abs(own[:, None] - led[None, :]).min(axis=1)
        worst, count = max(worst, float(off.max())), count + len(own)
    assert count > 0.95 * MINUTES * 1.02 * BPM["a"]
    assert worst < MS, f"{worst / MS:.2f} ms"
    assert booth.engine.counts()["underruns"] == 0
    assert booth.said == []


@pytest.mark.parametrize("tempo", [0.0, 0.37], ids=["record", "faster"])
def test_on_exact_grids_nothing_drifts(songs: dict[str, Track], tempo: float) -> None:
    booth = Booth(songs, tempo, key_lock=False)
    offs = []
    for _ in range(60 * MINUTES // 10):
        booth.hear(TEN_S)
        at = booth.engine.position
        led, own = booth.a.beat_at(at), booth.b.beat_at(at)
        assert led is not None
        assert own is not None
        assert led.beat is not None
        assert own.beat is not None
        offs.append(beats_off(own.beat, led.beat, 1.0) * 60 * RATE / BPM["b"])
    assert np.ptp(offs) < 0.01
    assert np.abs(offs).max() < 0.01
    heard = booth.hear(TEN_S)
    led, own = begins(heard[:, :2]), begins(heard[:, 2:])
    assert len(own) > 15
    assert np.abs(own[1:-1, None] - led[None, :]).min(axis=1).max() <= 2  # frames, as they are interpolated


def found(path: Path) -> tuple[Track, BeatFinder]:
    song = open_track(path, RATE, STEMS)
    finder = BeatFinder(song)
    end = time.monotonic() + 300
    while not (finder.done and song.ended) and time.monotonic() < end:
        time.sleep(0.05)
    assert finder.grid is not None
    return song, finder


PAIRS = [("lithium", "potassium"), ("caesium", "rubidium")]


@pytest.mark.long
@pytest.mark.parametrize(("leads", "follows"), PAIRS)
def test_drums_of_songs_are_heard_in_phase(leads: str, follows: str) -> None:
    """By their onsets: the beat of the song at which each is, and the leader's when it is heard."""
    paths = [shared(f"audio/{name}/drums.flac") for name in (leads, follows)]
    (led, led_beats), (own, own_beats) = map(found, paths)
    booth = Rig(routes=("a=1-2", "b=3-4"))
    for deck, song, finder in ((booth.a, led, led_beats), (booth.b, own, own_beats)):
        deck.load(song, finder)
        deck.press("key_lock", True)
        deck.press("tempo_range", 50)
    booth.hear(4)
    booth.a.press("play")
    booth.hear(10)
    booth.b.press("sync", True)
    booth.b.press("play")
    booth.hear(100)
    assert booth.b.state.follows == "a", booth.said
    first, places, heard = booth.engine.position, [], []
    while booth.a.state.playing and booth.b.state.playing:
        places.append((booth.a.state.position, booth.b.state.position))
        heard.append(booth.hear(1))
    assert booth.engine.position > first
    errors = _errors(np.concatenate(heard), np.array(places), (led_beats, own_beats), own)
    assert len(errors) > 30
    assert np.median(np.abs(errors)) < 1, f"{np.median(np.abs(errors)):.2f} ms of {len(errors)}"
    for song in (led, own):
        song.close()


def _errors(heard: Frames, places: npt.NDArray[np.float64], finders: tuple[BeatFinder, BeatFinder],
            song: Track) -> npt.NDArray[np.float64]:
    """Milliseconds by which each onset of the drums that follow is heard before the leader's beat."""
    led, own = (finder.grid for finder in finders)
    assert led is not None
    assert own is not None
    recorded = find_onsets(sf.read(song.path, dtype="float32")[0], RATE)
    played = find_onsets(heard[:, 2:], RATE)
    at = np.arange(len(places)) * 512.0
    errors = []
    for frame, strength in zip(played.frames, played.strengths, strict=True):
        about = np.interp(frame, at, places[:, 1])
        source = recorded.frames[np.abs(recorded.frames - about).argmin()]
        if strength > 3 and abs(source - about) < 15 * MS:
            leads = led.at(float(np.interp(frame, at, places[:, 0])))
            pace = 1 / led.period_at(float(np.interp(frame, at, places[:, 0])))
            period = own.period_at(float(source))
            errors.append(beats_off(own.at(float(source)), leads, ratio_of(pace, period)) * period / MS)
    return np.array(errors)
