"""Takes are what was heard, from the frame at which they began, and their gestures make the same mix again."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles.kind import Kind
from stream.common.errors import Failure
from stream.inserts.naming import Effect
from stream.inserts.process import Process
from stream.live.insert import Insert
from stream.recording import log
from stream.recording.gesturenotes import GestureNotes
from stream.recording.log import TakeInfo
from stream.recording.options import RecordingOptions
from stream.recording.rendering import render
from stream.recording.takes import Takes
from tests.rig.byhand import SOURCES, Frames, Live, Shares, noise, same_bits

pytestmark = pytest.mark.realtime

RATE = 44_100
TAKE = TakeInfo("shares", "cpu", 1, None, None, RATE, 0, "dry", 256, 441, dict.fromkeys(("input", "mix", *SOURCES), ""))


class Stage:
    """A live engine whose takes are stepped with it."""

    def __init__(self, options: RecordingOptions, block: int = 512, late: str = "dry",
                 inserts: Sequence[Insert] = ()) -> None:
        self.live = Live(Shares(), block=block, inserts=inserts, tapped=True, keep_s=options.keep_s, offline=False,
                         late=late)
        self.said: list[str] = []
        take = TakeInfo(**{**vars(TAKE), "late": late, "inserts": {insert.stem: "an effect" for insert in inserts}})
        self.takes = Takes(self.live.engine, GestureNotes(self.live.engine, take), options, self.said.append)
        self.heard: list[Frames] = []

    def play(self, mix: Frames, separate: bool = True, before: Callable[[int], object] = abs) -> None:
        for at in range(0, len(mix), self.live.block):
            before(at)
            self.heard.append(self.live.play(mix[at : at + self.live.block], separate))
            while self.takes.step():
                pass

    @property
    def heard_mix(self) -> Frames:
        """All that was heard, the latency taken off."""
        return np.concatenate(self.heard)[self.live.delay :]


def perform(stage: Stage) -> None:
    """Everything that hands can do, within a few seconds, and stems that come late."""
    rng, mixer = np.random.default_rng(3), stage.live.mixer
    acts = [lambda: mixer.flip("drums", "mute"), lambda: mixer.set("bass", "gain", float(rng.uniform(-60, 6))),
            lambda: mixer.set("vocals", "pan", float(rng.uniform(-1, 1))), lambda: mixer.flip("other", "solo"),
            lambda: mixer.set("vocals", "low", float(rng.uniform(-26, 12))), lambda: mixer.set("vocals", "low", 0),
            lambda: mixer.set("drums", "filter", float(rng.uniform(-1, 1))), lambda: mixer.set("drums", "filter", 0),
            lambda: mixer.set("bass", "gain", -np.inf), lambda: mixer.set("bass", "gain", -np.inf)]

    def now_and_then(_at: int) -> None:
        if rng.random() < 0.1:
            acts[rng.integers(len(acts))]()

    for separate in (True, False, True):
        stage.play(noise(40_000, seed=4), separate, now_and_then)
        stage.live.separate()


def again(folder: Path) -> Frames:
    """A take's mix, rendered from its files."""
    take, automation = log.read(folder / log.NAME)
    render(files(folder, take), take, automation, folder / "again.wav")
    return read(folder / "again.wav")


def files(folder: Path, take: TakeInfo) -> dict[str, Path]:
    return {name: folder / file for name, file in take.files.items()}


def read(path: Path) -> Frames:
    found: Frames = sf.read(path, dtype="float32")[0]
    return found


@pytest.mark.parametrize("late", ["dry", "mute"])
@pytest.mark.parametrize("block", [17, 512])
def test_a_whole_take_is_what_was_heard_and_is_rendered_bit_for_bit(tmp_path: Path, block: int, late: str) -> None:
    stage = Stage(RecordingOptions(tmp_path), block, late)
    perform(stage)
    stage.takes.close(keep=True)
    assert stage.live.engine.counts()["misses"] > 0
    assert same_bits(read(tmp_path / "mix.wav"), stage.heard_mix)
    assert same_bits(again(tmp_path), read(tmp_path / "mix.wav"))
    assert log.read(tmp_path / log.NAME)[0].lost == 0


def test_what_an_insert_made_is_in_the_take_and_in_the_mix_that_is_made_again(tmp_path: Path) -> None:
    with Process((Effect("tests.rig.effects.Later", {"frames": 700, "gain": -0.5}),), RATE) as process:
        stage = Stage(RecordingOptions(tmp_path), inserts=[Insert("drums", process.loaded())])
        perform(stage)
        stage.live.mixer.flip("drums", "insert")
        stage.play(noise(10_000))
        stage.takes.close(keep=True)
    drums, made = read(tmp_path / "drums.wav"), read(tmp_path / "drums-insert.wav")
    assert np.abs(made + 0.5 * drums).max(axis=1)[20_000:30_000].max() < 1e-6
    assert same_bits(made[-5_000:], drums[-5_000:])
    assert same_bits(read(tmp_path / "mix.wav"), stage.heard_mix)
    assert same_bits(again(tmp_path), read(tmp_path / "mix.wav"))


def test_a_take_has_what_came_in_and_the_stems_that_sum_to_it(tmp_path: Path) -> None:
    stage, mix = Stage(RecordingOptions(tmp_path)), noise(60_000)
    stage.play(mix)
    stage.takes.close(keep=True)
    frames = len(stage.heard_mix)
    assert same_bits(read(tmp_path / "input.wav"), mix[:frames])
    stems = [read(tmp_path / f"{stem}.wav") for stem in SOURCES]
    np.testing.assert_allclose(sum(stems), mix[:frames], rtol=0, atol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [log.NAME, "input.wav", "mix.wav", *(f"{stem}.wav" for stem in SOURCES)])


def test_a_take_by_hand_begins_and_ends_where_it_was_asked_to(tmp_path: Path) -> None:
    stage = Stage(RecordingOptions(takes_folder=tmp_path))
    stage.live.mixer.set("vocals", "gain", -6)
    stage.play(noise(30_000))
    stage.takes.toggle()
    stage.takes.step()
    begun = stage.live.engine.heard
    stage.play(noise(30_000, seed=1),
               before=lambda at: stage.live.mixer.flip("drums", "mute") if at == 10_240 else None)
    stage.takes.toggle()
    stage.play(noise(10_000))
    stage.takes.close(keep=True)
    (folder,) = tmp_path.iterdir()
    mix = read(folder / "mix.wav")
    assert same_bits(mix, stage.heard_mix[begun : begun + len(mix)])
    assert abs(len(mix) - 30_000) <= stage.live.block * 2
    assert same_bits(again(folder), mix)
    assert stage.said[0] == f"recording to {folder}"
    assert stage.said[1].startswith("recorded 0.7 s to")


def test_the_last_seconds_are_kept_after_they_were_heard(tmp_path: Path) -> None:
    stage = Stage(RecordingOptions(takes_folder=tmp_path, keep_s=1.0))
    stage.play(noise(100_000), before=lambda at: stage.live.mixer.flip("drums", "mute") if at % 20_480 == 0 else None)
    stage.takes.keep()
    stage.takes.step()
    (folder,) = tmp_path.iterdir()
    mix = read(folder / "mix.wav")
    assert len(mix) == RATE
    assert same_bits(mix, stage.heard_mix[-RATE:])
    np.testing.assert_allclose(again(folder)[1000:], mix[1000:], rtol=0, atol=1e-6)
    stage.play(noise(3_000))
    stage.takes.keep()
    stage.takes.step()
    assert len(list(tmp_path.iterdir())) == 2
    stage.takes.close(keep=True)


def test_a_take_that_is_not_ended_is_ended_with_the_run(tmp_path: Path) -> None:
    stage = Stage(RecordingOptions(takes_folder=tmp_path))
    stage.takes.toggle()
    stage.play(noise(30_000))
    stage.takes.close(keep=True)
    (folder,) = tmp_path.iterdir()
    assert same_bits(read(folder / "mix.wav"), stage.heard_mix[-len(read(folder / "mix.wav")):])


def test_flac_is_recorded_at_24_bits(tmp_path: Path) -> None:
    stage, mix = Stage(RecordingOptions(tmp_path, kind=Kind("flac", 24))), noise(30_000)
    stage.play(mix)
    stage.takes.close(keep=True)
    found = read(tmp_path / "mix.flac")
    np.testing.assert_allclose(found, mix[: len(found)], rtol=0, atol=2**-23)
    assert sf.info(tmp_path / "mix.flac").subtype == "PCM_24"


@pytest.mark.parametrize("option", ["run_folder", "takes_folder"])
def test_a_full_disk_ends_the_take_and_not_the_music(small_disk: Path, option: str) -> None:
    stage = Stage(RecordingOptions(**{option: small_disk}))
    if option == "takes_folder":
        stage.takes.toggle()
    mix = noise(100_000)
    stage.play(mix)
    stage.takes.close(keep=True)
    assert same_bits(stage.heard_mix, mix[: len(stage.heard_mix)])
    ended = [line for line in stage.said if line.startswith("the recording has ended")]
    assert len(ended) == 1
    assert "no space left on the disk" in ended[0]
    assert not stage.takes.recording
    assert not stage.takes.recording_run
    # which a run ends with, exit code 1
    assert ("no space left" in (stage.takes.trouble or "")) == (option == "run_folder")
    (written,) = small_disk.rglob("mix.wav")
    assert 0 < len(read(written)) < len(mix)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file")
    stage = Stage(RecordingOptions(takes_folder=tmp_path / "takes"))
    stage.takes.toggle()
    stage.play(noise(5_000))
    stage.takes.keep()
    stage.play(noise(5_000))
    assert [line.partition(":")[0] for line in stage.said] == [
        "the recording cannot begin", "the last seconds cannot be kept"]


@pytest.mark.parametrize(("text", "says"), [
    ("", "it is empty"), ("hello", "line 1"), ("{}", "demucs-stream-log"),
    ('{"demucs-stream-log": 2}', "its format is version 2, and this program reads version 1"),
    ('{"demucs-stream-log": 1, "scene": {}, "there": true}', "missing"), ("[1]", "line 1")])
def test_what_is_no_log_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a gesture log: ") as found:
        log.read(path)
    assert says in str(found.value)


def test_files_that_are_too_short_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    stage = Stage(RecordingOptions(tmp_path))
    stage.play(noise(30_000))
    stage.takes.close(keep=True)
    sf.write(tmp_path / "vocals.wav", noise(100), RATE, "FLOAT")
    take, automation = log.read(tmp_path / log.NAME)
    with pytest.raises(Failure, match=r"vocals\.wav ends after 100 frames, but the take has"):
        render(files(tmp_path, take), take, automation, tmp_path / "again.wav")
    assert not (tmp_path / "again.wav").exists()


def test_a_log_is_the_same_after_it_was_written_and_read(tmp_path: Path) -> None:
    stage = Stage(RecordingOptions(tmp_path))
    perform(stage)
    stage.takes.close(keep=True)
    take, automation = log.read(tmp_path / log.NAME)
    log.write(tmp_path / "again.jsonl", take, automation)
    assert (tmp_path / "again.jsonl").read_text() == (tmp_path / log.NAME).read_text()
