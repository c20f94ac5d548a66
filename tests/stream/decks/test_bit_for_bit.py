"""At 1.0 and unity a deck is its file bit for bit, whatever happens on the way; its stems sum to it at every speed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.quantize import quantize
from stream.mixer.deckstrip import TEMPO_RANGES
from stream.tracks.decoding import decode, open_track
from stream.tracks.track import Track
from tests.stream.decks.places import MARGIN, SEAM
from tests.stream.decks.rig import BLOCK, RATE, STEMS, Frames, Rig, noise, track
from tests.stream.tracks.tracked import until

SONG = noise(8)
MADE = quantize(noise(8, 7).repeat(3, axis=1))  # three stems


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Track]:
    made = track(tmp_path / "song.wav", SONG)
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["wav PCM_16", "wav PCM_24", "wav FLOAT", "flac PCM_16", "flac PCM_24", "aiff PCM_16"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_leaves_is_what_the_file_has_from_its_first_frame_on(
        tmp_path: Path, kind: str, channels: int) -> None:
    extension, subtype = kind.split()
    path = tmp_path / f"song.{extension}"
    sf.write(path, SONG[: 2 * RATE, :channels], RATE, subtype)
    wanted = np.broadcast_to(sf.read(path, dtype="float32", always_2d=True)[0], (2 * RATE, 2))
    made, rig = open_track(path, RATE, STEMS), Rig()
    until(lambda: made.ended)
    rig.a.load(made)
    rig.hear(4)
    rig.a.press("play")
    heard = rig.hear(2 * RATE // BLOCK)
    assert heard.tobytes() == wanted[: len(heard)].tobytes()
    made.close()


def test_of_a_song_that_is_played_before_it_is_decoded_nothing_is_lost(tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", SONG, RATE, "FLOAT")
    made, rig = Track(tmp_path / "song.wav", RATE, STEMS), Rig()
    rig.a.load(made)
    rig.a.press("tempo_range", 16)
    rig.a.press("play")
    assert not rig.hear(30).any()
    decode(made)
    heard = rig.hear(20)
    assert heard.tobytes() == SONG[: len(heard)].tobytes()
    assert rig.a.state.settings.tempo_range == 16
    made.close()


def test_a_song_that_never_comes_holds_no_other_up(loaded: Track, tmp_path: Path) -> None:
    rig = Rig()
    rig.a.load(Track(tmp_path / "never.wav", RATE, STEMS))
    rig.a.press("play")
    rig.hear(4)
    rig.a.load(loaded)
    assert not rig.hear(4).any()
    rig.a.press("play")
    assert rig.hear(4).tobytes() == SONG[: 4 * BLOCK].tobytes()


class Way(Rig):
    """What is heard, and which frame of the song each of it ought to be; -1 where two are heard at once, or nothing."""

    def __init__(self, song: Track) -> None:
        super().__init__()
        self.found, self.ought = list[Frames](), list[np.ndarray]()
        self.a.load(song)
        self.hear(4)

    def go(self, blocks: int, first: int, seam: int = 0) -> int:
        """So much is heard from a frame of the song on; the frame that comes next."""
        self.found.append(self.hear(blocks))
        ought = first + np.arange(blocks * BLOCK)
        ought[:seam] = -1
        self.ought.append(ought)
        return first + blocks * BLOCK

    def exact(self) -> bool:
        found, ought = np.concatenate(self.found), np.concatenate(self.ought)
        known = ought >= 0
        assert known.mean() > 0.9
        return found[known].tobytes() == SONG[ought[known]].tobytes()


@pytest.mark.parametrize("drafts", [False, True], ids=["final stems", "drafts first"])
def test_through_stems_that_arrive_jumps_back_and_loops_it_is_the_song(loaded: Track, drafts: bool) -> None:
    way = Way(loaded)
    way.a.press("play")
    at = way.go(20, 0)
    for first in range(0, len(SONG), 30_000):  # under the playhead, ahead of it and behind it
        loaded.put(first, MADE[first : first + 30_000] / (2 if drafts else 1), draft=drafts)
        at = way.go(3, at)
    for target in (1000, at - 5000, 3 * RATE, 0):
        way.a.press("seek", target)
        at = way.go(30, target, SEAM)
        if drafts:
            loaded.put(0, MADE[: RATE * (2 + target % 3)])
    way.a.press("loop_in")
    at = way.go(8, at)
    way.a.press("loop_out")
    looped = way.hear(24)
    loop = way.a.state.loop
    assert loop is not None
    first, length = loop.start >> 32, loop.length >> 32
    assert (first, length) == (at - 8 * BLOCK + MARGIN, 8 * BLOCK)
    inside = (np.arange(len(looped)) - MARGIN) % length  # it turns when the frames are over that it was pressed before
    steady = inside >= SEAM
    assert looped[steady].tobytes() == SONG[(first + inside)[steady]].tobytes()
    way.a.press("leave_loop")
    way.hear(12)
    way.a.press("pause")
    way.hear(4)
    at = int(way.a.state.position)
    way.a.press("play")
    way.go(40, at, SEAM)
    assert way.exact()
    assert way.engine.counts()["underruns"] == 0


class Buses(Rig):
    """Deck a, and each of its stems on outputs of their own."""

    def __init__(self, song: Track) -> None:
        super().__init__(routes=("mix=1-2", *(f"a/{stem}={3 + 2 * at}-{4 + 2 * at}" for at, stem in enumerate(STEMS))))
        self.a.load(song)
        self.hear(4)

    def apart_db(self, blocks: int = 20) -> float:
        """How far below what is heard that is by which the sum of the stems differs from it."""
        heard = self.hear(blocks).astype(np.float64)
        mix, stems = heard[:, :2], heard[:, 2:].reshape(len(heard), -1, 2)
        assert mix.any()
        assert all(stems[:, at].any() for at in range(len(STEMS)))
        return float(10 * np.log10((mix**2).sum() / max(1e-300, ((stems.sum(axis=1) - mix) ** 2).sum())))


@pytest.mark.parametrize("lock", [False, True], ids=["as a record", "key lock"])
@pytest.mark.parametrize("percent", TEMPO_RANGES)
def test_stems_sum_to_the_song_at_every_speed(loaded: Track, percent: float, lock: bool) -> None:
    loaded.put(0, MADE)
    rig = Buses(loaded)
    rig.a.press("tempo_range", percent)
    rig.a.press("key_lock", lock)
    rig.a.press("play")
    least = rig.apart_db()
    for slider in (1, -1, 0.37, -0.011, 0):
        rig.a.press("tempo", slider)
        least = min(least, rig.apart_db())
    assert least >= 100


@pytest.mark.parametrize("lock", [False, True], ids=["as a record", "key lock"])
def test_they_do_in_jumps_loops_bends_and_motors_and_while_they_arrive(loaded: Track, lock: bool) -> None:
    rig = Buses(loaded)
    loaded.put(0, MADE[:RATE] / 2, draft=True)
    rig.a.press("tempo", 0.4)
    rig.a.press("key_lock", lock)
    rig.a.press("play")
    least = rig.apart_db()
    for name, values in (("seek", (3 * RATE,)), ("auto_loop", (0.25,)), ("bend", (0.1,)), ("leave_loop", ()),
                         ("seek", (1234,)), ("reverse", ()), ("reverse", ()), ("seek", (5 * RATE,)), ("brake", (0.4,))):
        rig.a.press(name, *values)
        least = min(least, rig.apart_db())
        loaded.put(0, MADE[: 3 * RATE])  # it ends in the middle of what is heard
    assert least >= 100
