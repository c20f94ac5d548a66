"""What two decks play is recorded as it was heard, with a sheet of the songs from when each was heard."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.decks.playednotes import PlayedNotes
from stream.recording.options import RecordingOptions
from stream.recording.takes import Takes
from stream.separators.protocol import Separator
from tests.rig.byhand import Shares, late_by
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig, noise


class Stage(Rig):
    """Decks whose takes are stepped while they are heard."""

    def __init__(self, folder: Path, options: RecordingOptions, separator: Separator | None = None) -> None:
        super().__init__(songs=[folder / f"{name}.wav" for name in ("one", "two", "three")], tapped=True,
                         separator=separator, routes=("mix=1-2", "a=3-4", "live=5-6") if separator else ())
        tap = self.engine.tap
        assert tap is not None
        self.takes = Takes(self.engine, PlayedNotes(self.booth, tap, RATE), options, self.said.append)

    def play(self, blocks: int, given: Frames | None = None) -> Frames:
        heard = []
        for at in range(blocks):
            heard.append(self.leave(given=None if given is None else given[at * BLOCK :]))
            while self.takes.step():
                pass
        return np.concatenate(heard)

    def end(self) -> None:
        self.takes.close(keep=True)
        self.booth.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, RecordingOptions(run_folder=tmp_path / "set", takes_folder=tmp_path / "takes"))
    yield made
    made.end()


def sound(path: Path) -> Frames:
    found: Frames = sf.read(path, dtype="float32", always_2d=True)[0]
    return found


def starts(sheet: Path) -> dict[str, int]:
    """Titles of a cue sheet, and where they begin, in its 75ths of a second."""
    found, title = {}, ""
    for line in sheet.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "TITLE":
            title = rest.strip('"')
        elif line.strip().startswith("INDEX 01"):
            minutes, seconds, parts = map(int, line.split()[-1].split(":"))
            found[title] = (minutes * 60 + seconds) * 75 + parts
    return found


def test_a_set_is_the_mix_that_was_heard_and_each_deck_in_it(stage: Stage, tmp_path: Path) -> None:
    for deck in "ab":
        stage.booth.next_song(deck)
        stage.booth.press(deck, "play")
    heard = [stage.play(20)]
    stage.mixers["b"].set("drums", "mute", 1)
    stage.booth.master.set("a", "gain", -6)
    heard.append(stage.play(20))
    stage.end()
    folder = tmp_path / "set"
    assert np.array_equal(sound(folder / "mix.wav"), np.concatenate(heard))
    parts = sound(folder / "a.wav") + sound(folder / "b.wav")
    assert np.abs(parts - np.concatenate(heard)).max() < 1e-6
    assert sorted(path.name for path in folder.iterdir()) == ["a.wav", "b.wav", "mix.cue", "mix.wav"]


@pytest.mark.parametrize("keep", [False, True], ids=["the run", "the last seconds"])
def test_an_input_is_recorded_in_step_with_the_decks_and_the_mix(tmp_path: Path, keep: bool) -> None:
    options = RecordingOptions(tmp_path / "set", tmp_path / "takes", keep_s=1.0)
    stage, given = Stage(tmp_path, options, Shares()), noise(2, seed=7)
    assert stage.live is not None
    stage.booth.next_song("a")
    heard = [stage.play(8, given)]
    stage.booth.press("a", "play")
    heard.append(stage.play(100, given[8 * BLOCK :]))
    if keep:
        stage.takes.keep()
        stage.takes.step()
    stage.end()
    folder = next((tmp_path / "takes").iterdir()) if keep else tmp_path / "set"
    mix, a, live = (sound(folder / f"{name}.wav") for name in ("mix", "a", "live"))
    left = np.concatenate(heard)[-len(mix) :]
    for found, bus in ((mix, 0), (a, 2), (live, 4)):
        assert np.array_equal(found, left[:, bus : bus + 2])
    assert np.array_equal(mix, a + live)
    late = late_by(given, stage.live.latency.delay + stage.engine.latency.limiter)[: 108 * BLOCK][-len(live) :]
    assert np.array_equal(live, late)
    assert late.any()
    assert a.any()


def test_a_song_is_in_the_sheet_from_when_it_is_heard(stage: Stage, tmp_path: Path) -> None:
    stage.booth.master.crossfade(0)
    stage.booth.next_song("a")
    stage.booth.next_song("b")
    stage.play(50)
    first = stage.engine.position
    stage.booth.press("a", "play")
    stage.booth.press("b", "play")  # which nobody hears
    stage.play(60)
    second = stage.engine.position
    stage.booth.master.crossfade(1)
    stage.play(60)
    stage.booth.press("a", "pause")
    stage.play(10)
    stage.booth.next_song("a")
    stage.booth.master.crossfade(0.5)
    stage.play(20)
    third = stage.engine.position
    stage.booth.press("a", "play")
    stage.play(20)
    stage.end()
    found = starts(tmp_path / "set" / "mix.cue")
    for title, at in (("one.made", first), ("two.made", second), ("three.made", third)):
        assert 0 <= found.pop(title) - at * 75 // RATE <= 2  # a swap, or a ramp, is within two 75ths
    assert found == {}


def test_a_take_by_hand_has_what_was_on_when_it_began_and_not_what_had_gone(stage: Stage, tmp_path: Path) -> None:
    stage.booth.next_song("a")
    stage.booth.next_song("b")
    stage.booth.press("a", "play")
    stage.play(40)
    stage.booth.press("a", "pause")
    stage.booth.press("b", "play")
    stage.play(20)
    stage.takes.toggle()
    stage.play(30)
    stage.takes.toggle()
    stage.play(4)
    (folder,) = (tmp_path / "takes").iterdir()
    assert starts(folder / "mix.cue") == {"two.made": 0}
    assert len(sound(folder / "mix.wav")) == pytest.approx(30 * BLOCK, abs=2 * BLOCK)
    assert [line.partition(" to ")[0] for line in stage.said] == ["recording", "recorded 0.3 s"]


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file may become larger, as on a disk that is full."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of files' sizes there")
def test_a_disk_that_is_full_is_one_line_and_the_decks_play_on(stage: Stage, tmp_path: Path) -> None:
    stage.booth.next_song("a")
    stage.booth.press("a", "play")
    stage.play(4)
    with full_at(200_000):
        heard = stage.play(100)
        after = stage.play(20)
    stage.end()
    assert len(stage.said) == 1, stage.said
    assert stage.said[0].startswith("the recording has ended: ")
    assert stage.takes.trouble is not None
    assert np.abs(after).max() > 0.1
    kept = sound(tmp_path / "set" / "mix.wav")
    assert 0 < len(kept) < len(heard)
    assert starts(tmp_path / "set" / "mix.cue") == {"one.made": 0}
