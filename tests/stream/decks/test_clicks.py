"""Never a click: a low sine is played, and whatever is pressed, no frame is much further from the last one than the
sine's own frames are from each other.
"""

import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from stream.callback.header import REEL
from stream.decks.decksettings import DeckSettings
from stream.decks.songvoice import SongVoice, VoiceState
from stream.decks.transport import VERBS, Transport, loaded
from stream.tracks.track import Track
from tests.stream.decks.places import KnownBeats
from tests.stream.decks.rig import BLOCK, RATE, STEMS, Frames, Rig, track
from tests.stream.decks.test_planning import values

SECONDS, PITCH, LOUD = 9, 110, 0.2
STEP = 2 * np.pi * PITCH / RATE * LOUD  # of the sine itself, the largest from one frame to the next
CALM = 4 * STEP  # crossfades within crossfades have up to 2.8 of them, and a cut up to 127
Press = tuple[int, str, *tuple[Any, ...]]  # before which block, what is pressed, and its values


def sine() -> Frames:
    """Float32 (frames, 2), faded in and out."""
    at = np.arange(SECONDS * RATE)
    wave = LOUD * np.sin(2 * np.pi * PITCH / RATE * at) * np.clip(np.minimum(at, at[::-1]) / 400, 0, 1)
    return np.repeat(wave.astype(np.float32)[:, None], 2, axis=1)


@pytest.fixture
def song(tmp_path: Path) -> Iterator[Callable[[], Track]]:
    """Opens the sine, again and again: who is given it closes it."""
    opened, number = list[Track](), count()

    def opens() -> Track:
        opened.append(track(tmp_path / f"{next(number)}.wav", sine()))
        return opened[-1]

    yield opens
    for each in opened:
        each.close()


def largest_step(song: Callable[[], Track], presses: list[Press], blocks: int, block: int = BLOCK,
                 bpm: float = 120) -> float:
    """From one frame to the next of all that is heard; `load` puts the song on anew, and `unload` takes it off."""
    rig, beats = Rig(block), KnownBeats()
    beats.grid = BeatGrid(1000.37, 60 * RATE / bpm, confidence=0.9)
    rig.a.load(song(), beats)
    heard = [rig.hear(4)]
    for at in range(blocks):
        for before, name, *given in presses:
            if before == at and name == "load":
                rig.a.load(song(), beats)
            elif before == at and name == "unload":
                rig.a.load(None)
            elif before == at:
                rig.booth.press("a", name, *given)
        heard.append(rig.hear())
    assert rig.engine.counts()["underruns"] == 0
    left = np.concatenate(heard)[:, 0].astype(np.float64)
    assert np.abs(left).max() > LOUD / 2  # something is heard
    return float(np.abs(np.diff(left)).max())


PLAYING: list[Press] = [(0, "play")]


@pytest.mark.parametrize("presses", [
    [(10, "load")],
    [(10, "load"), (10, "play")],
    [(10, "load"), (10, "load")],
    [(10, "unload")],
    [(10, "unload"), (10, "load"), (11, "play")],
    [(6, "quantize", True), (10, "load")],
    [(6, "quantize", True), (10, "load"), (12, "play")],
    [(6, "key_lock", True), (6, "tempo", 1), (10, "load")],
    [(6, "brake", 0.3), (10, "load")],
    [(6, "auto_loop", 1 / 32), (10, "load")],
    [(9, "pause"), (10, "load"), (10, "play")],
    [(9, "pause"), (9, "eject"), (10, "load"), (11, "play")],
    [(6, "quantize", True), (9, "pause"), (9, "eject")],
], ids=lambda presses: ", ".join(press[1] for press in presses))
@pytest.mark.parametrize("block", [64, 2048])
def test_a_song_that_plays_fades_when_another_one_takes_its_place(
        song: Callable[[], Track], presses: list[Press], block: int) -> None:
    assert largest_step(song, PLAYING + presses, 24, block) < CALM


LOOP: Press = (6, "auto_loop", 1 / 32)


@pytest.mark.parametrize(("bpm", "block", "presses"), [
    (174.33, 512, [LOOP, (10, "reverse"), (14, "reverse"), (19, "reverse"), (25, "reverse")]),
    (174.33, 512, [LOOP, (12, "move_loop", 0.25), (20, "move_loop", -0.25), (28, "move_loop", 0.25)]),
    (174.33, 512, [LOOP, (12, "move_loop", 1), (20, "move_loop", -1), (28, "move_loop", 1)]),
    (240, 1024, [(6, "auto_loop", 1 / 16), (8, "move_loop", 0.5)]),
    (120, 64, [(7, "loop_in"), (9, "loop_out")]),
    (120, 64, [(7, "loop_in"), (9, "loop_out"), (16, "halve_loop"), (21, "reverse"), (30, "leave_loop")]),
    (120, 64, [(12, "loop_in"), (25, "jump_back"), (42, "loop_out")]),
    (120, 32, [(18, "loop_in"), (21, "loop_out"), (24, "censor_press"), (27, "censor_release"), (29, "pause")]),
    (120, 64, [(7, "loop_in"), (9, "loop_out"), (12, "key_lock", True), (14, "tempo", 1), (20, "reverse")]),
    (174.33, 512, [(2, "slip", True), LOOP, (10, "leave_loop"), (12, *LOOP[1:]), (14, "pause"), (15, "play")]),
    (120, 32, [(30, "pause"), (31, "play"), (33, "pause"), (34, "play"), (36, "seek", 70_000), (37, "skip", -0.5)]),
], ids=lambda given: ", ".join(press[1] for press in given) if isinstance(given, list) else f"{given}")
def test_a_jump_during_a_crossfade_fades_from_all_that_is_heard(
        song: Callable[[], Track], bpm: float, block: int, presses: list[Press]) -> None:
    assert largest_step(song, PLAYING + presses, 90 if block < 512 else 40, block, bpm) < CALM


SHORTEST = [(0, "play"), (3000, "loop_in"), (3064, "loop_out"), (3500, "reverse"), (3900, "reverse"),
            (4400, "leave_loop"), (4500, "pause"), (4530, "play"), (4600, "censor_press"), (4700, "censor_release")]


def rendered(song: Track, settings: DeckSettings, block: int) -> Frames:
    """A loop of the shortest length, 64 frames, and more jumps than crossfades have room for; each block twice."""
    voice, transport, state = SongVoice(song, STEMS), Transport(loaded(SECONDS * RATE, RATE, settings)), VoiceState()
    for frame, name in SHORTEST:
        transport.press(frame, VERBS[name])
    rows = np.zeros((5120, REEL + 2 * len(STEMS)), np.float32)
    for first in range(0, len(rows), block):
        part = rows[first : first + block]
        pieces = transport.plan(first, len(part))
        voice.render(pieces, state, part)
        once = part.copy()
        state = voice.render(pieces, state, part)
        assert part.tobytes() == once.tobytes()
    return rows


@pytest.mark.parametrize("settings", [
    DeckSettings(), DeckSettings(tempo=0.7), DeckSettings(tempo=0.7, key_lock=True)],
    ids=["at 1", "as a record", "key lock"])  # fmt: skip
def test_crossfades_are_the_same_whatever_the_blocks_are(song: Callable[[], Track], settings: DeckSettings) -> None:
    made = song()
    whole = rendered(made, settings, 5120)
    assert np.abs(np.diff(whole[:, 0].astype(np.float64))).max() < CALM
    for block in (17, 64, 512):
        assert rendered(made, settings, block) == pytest.approx(whole, abs=0 if settings.tempo == 0 else 1e-6)


@pytest.mark.parametrize("block", [64, 1024])
@pytest.mark.parametrize(("percent", "tempo", "bend"), [
    (50, -1, -0.5), (50, 1, 0.5), (50, -1, -0.02), (50, 0.9, 0.4), (6, -1, -0.5)])
def test_key_lock_fades_into_a_rate_that_it_does_not_reach_and_back(
        song: Callable[[], Track], percent: float, tempo: float, bend: float, block: int) -> None:
    ms = RATE / 1000 / block
    presses: list[Press] = [(0, "key_lock", True), (0, "tempo_range", percent), (0, "tempo", tempo), (0, "play"),
                            (round(300 * ms), "bend", bend), (round(500 * ms), "bend", 0),
                            (round(600 * ms), "bend", bend), (round(610 * ms), "bend", 0)]
    assert largest_step(song, presses, round(800 * ms), block) < CALM


@pytest.mark.parametrize("seed", range(16))
def test_whatever_is_pressed_nothing_clicks(song: Callable[[], Track], seed: int) -> None:
    choose = random.Random(seed)
    block, bpm = choose.choice([32, 64, 512, 1024]), choose.choice([120, 174.33, 240])
    names = [*(name for name in VERBS if name != "eject"), *("play", "auto_loop", "reverse", "move_loop", "load") * 2]
    presses: list[Press] = []
    heard = 1024 // block  # blocks, after which something has been heard, whatever is pressed then
    for _ in range(choose.choice([8, 16, 30])):
        name = choose.choice(names)
        presses.append((heard + choose.randrange(1, 60), name, *([] if name == "load" else values(name, choose))))
    assert largest_step(song, PLAYING + presses, heard + 66, block, bpm) < CALM
