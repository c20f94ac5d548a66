"""A deck is heard: the song bit for bit at 1.0, what is pressed within a block, never a click, and its stems."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dsp.quantize import quantize
from stream.tracks.track import Track
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig, noise, track

SONG = noise(8)


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Track]:
    made = track(tmp_path / "song.wav", SONG)
    yield made
    made.close()


@pytest.fixture
def booth(loaded: Track) -> Rig:
    made = Rig()
    made.hear(2)
    made.a.load(loaded)
    assert not made.hear(4).any()
    return made


def place(heard: Frames, song: Frames = SONG) -> int:
    """The frame of the song that the first frame of some is, which are a part of it bit for bit."""
    first = np.flatnonzero((song[: len(song) - len(heard)] == heard[0]).all(1))
    found = [int(at) for at in first if np.array_equal(song[at : at + len(heard)], heard)]
    assert found
    return found[0]


@pytest.mark.parametrize("block", [64, 441, 512, 2048])
def test_played_at_one_it_is_the_song_bit_for_bit_from_the_first_frame_on(loaded: Track, block: int) -> None:
    booth = Rig(block)
    booth.a.load(loaded)
    booth.hear(max(3, 2048 // block))
    booth.a.press("play")
    heard = booth.hear(max(4, 4096 // block))
    first = int(np.flatnonzero(np.abs(heard).sum(1))[0])
    assert first == 0  # in the very next block
    assert np.array_equal(heard, SONG[: len(heard)])
    assert booth.engine.counts()["underruns"] == 0


@pytest.mark.parametrize("target", [3 * RATE, RATE // 3, 7 * RATE + 11])
def test_a_jump_is_heard_from_the_next_block_on_with_the_frame_that_it_leads_to(booth: Rig, target: int) -> None:
    booth.a.press("play")
    booth.hear(10)
    booth.a.press("seek", target)
    heard = booth.hear(2)
    assert place(heard[256:]) == target + 256
    assert np.abs(np.diff(heard[:, 0])).max() < 1.5  # noise; no more than it has itself


def test_a_loop_comes_round_sample_exactly_and_the_song_goes_on_behind_it(booth: Rig) -> None:
    booth.a.press("play")
    booth.hear(20)
    booth.a.press("loop_in")
    booth.hear(9)
    booth.a.press("loop_out")
    booth.hear(2)
    loop = booth.a.state.loop
    assert loop is not None
    length = loop.length >> 32
    heard = booth.hear(60)
    assert np.array_equal(heard[:-length], heard[length:])
    booth.a.press("leave_loop")
    booth.hear(20)
    assert np.array_equal(booth.hear(4), SONG[(at := place(booth.hear())) - 4 * BLOCK : at])
    assert booth.engine.counts()["underruns"] == 0


@pytest.mark.parametrize("lock", [False, True], ids=["as a record", "key lock"])
def test_back_at_one_it_is_the_song_bit_for_bit_again(booth: Rig, lock: bool) -> None:
    booth.a.press("play")
    booth.a.press("key_lock", lock)
    booth.hear(10)
    booth.a.press("tempo", 0.4)
    faster = booth.hear(40)
    assert not any(np.array_equal(faster[at : at + 64], SONG[at : at + 64]) for at in range(0, 10_000, 64))
    booth.a.press("tempo", 0.0)
    booth.hear(20)
    position = booth.a.state.position
    assert position == int(position)
    heard = booth.hear(4)
    assert place(heard) == position
    assert booth.engine.counts()["underruns"] == 0


def test_pause_and_cue_are_silent_after_a_fade_and_play_goes_on_where_it_was(booth: Rig) -> None:
    booth.a.press("play")
    booth.hear(10)
    booth.a.press("pause")
    booth.hear(2)
    assert not booth.hear(4).any()
    position = booth.a.state.position
    booth.a.press("play")
    assert place(booth.hear(2)[256:]) == int(position) + 256


def test_stems_take_over_when_they_come_and_the_mute_that_was_pressed_before_is_obeyed(
        booth: Rig, loaded: Track) -> None:
    booth.mixers["a"].set("vocals", "mute", 1)
    booth.hear(2)  # the mixer's ramp
    booth.a.press("play")
    assert np.array_equal(booth.hear(8), SONG[: 8 * BLOCK])
    stems = quantize(noise(8, 5).repeat(3, axis=1).reshape(-1, 6))
    loaded.put(0, stems)
    booth.hear(40)  # what is rendered already goes on as it is
    heard = booth.hear(4)
    at = 48 * BLOCK
    assert heard == pytest.approx(SONG[at : at + len(heard)] - stems[at : at + len(heard), 4:6], abs=1e-6)


def test_what_cannot_be_obeyed_is_told_and_the_deck_plays_on(booth: Rig) -> None:
    booth.a.press("play")
    booth.hear(4)
    booth.a.press("tempo", 7)
    heard = booth.hear(4)
    assert np.array_equal(heard, SONG[4 * BLOCK : 8 * BLOCK])
    assert booth.said == ["deck a: the tempo slider must be -1 to 1, not 7"]
    with pytest.raises(ValueError, match="there is nothing called fly on a deck; there is play, "):
        booth.a.press("fly")


@pytest.mark.parametrize("blocks", range(1, 9))
def test_a_press_soon_after_one_that_was_refused_is_obeyed(booth: Rig, blocks: int) -> None:
    booth.a.press("play")
    booth.hear(20)
    booth.a.press("eject")
    booth.hear(blocks)
    booth.a.press("halve_loop")
    booth.hear(blocks)
    assert len(booth.said) == 2
    booth.a.press("seek", 3 * RATE)
    assert place(booth.hear(2)[256:]) == 3 * RATE + 256


def test_a_thread_that_was_too_late_goes_on_where_the_song_would_be(booth: Rig) -> None:
    booth.a.press("play")
    booth.hear(10)
    late = np.zeros((30 * BLOCK, 2), np.float32)
    for at in range(0, len(late), BLOCK):  # nobody renders meanwhile
        booth.engine.serve(BLOCK, late[at : at + BLOCK])
    assert not late[-BLOCK:].any()
    assert booth.engine.counts()["underruns"] > 0
    booth.hear(3)
    assert place(booth.hear(2)) == 43 * BLOCK


@pytest.mark.parametrize("presses", [("play",), ("play", "seek"), ("key_lock", "tempo", "cue_press")], ids=", ".join)
def test_a_press_that_is_rendered_while_the_device_goes_on_is_heard_as_it_would_be(
        booth: Rig, loaded: Track, monkeypatch: pytest.MonkeyPatch, presses: tuple[str, ...]) -> None:
    values = {"seek": (RATE,), "key_lock": (True,), "tempo": (0.5,)}
    booth.a.press("play")
    booth.hear(10)
    real = loaded.read

    def slow(first: int, dry: Frames, stems: Frames, present: Frames, kept: int = 0) -> None:
        for _ in range(12):  # blocks that the device asks for until the first frame is read
            booth.engine.serve(BLOCK)
        real(first, dry, stems, present, kept)

    for name in presses:
        booth.a.press(name, *values.get(name, ()))
        monkeypatch.setattr(loaded, "read", slow)
        booth.booth.step()
        monkeypatch.undo()
        booth.hear(3)
        booth.a.press("seek", 2 * RATE)  # and what is pressed next finds everything where it was
        booth.hear(3)
        assert booth.a.state.position == pytest.approx(2 * RATE + 3 * BLOCK, abs=4 * BLOCK)
    booth.a.press("tempo", 0.0)
    booth.a.press("play")
    booth.hear(30)
    position = booth.a.state.position
    assert place(booth.hear(4)) == position


def test_another_song_takes_the_place_of_the_first_and_the_settings_stay(booth: Rig, tmp_path: Path) -> None:
    other = noise(2, 3)
    booth.a.press("tempo_range", 16.0)
    booth.a.press("play")
    booth.hear(10)
    booth.a.load(track(tmp_path / "other.wav", other))
    booth.hear(2)
    assert not booth.hear(2).any()
    booth.a.press("play")
    assert np.array_equal(booth.hear(4), other[: 4 * BLOCK])
    assert booth.a.state.settings.tempo_range == 16
    booth.hear(200)
    assert booth.a.state.ended
    assert not booth.hear(2).any()


def test_both_decks_are_heard_together(booth: Rig, tmp_path: Path) -> None:
    other = noise(2, 3)
    booth.b.load(track(tmp_path / "other.wav", other))
    booth.hear(2)
    booth.a.press("play")
    booth.b.press("play")
    heard = booth.hear(6)
    assert heard == pytest.approx(SONG[: len(heard)] + other[: len(heard)], abs=1e-6)
