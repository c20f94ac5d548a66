"""A whole run on the virtual clock: the same bits whatever the block, stems that sum to the mix, at any samplerate."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.separators.protocol import Separator
from stream.session.host import Host
from stream.session.request import RunRequest
from tests.rig.byhand import BLOCKS, Frames, noise

CENTER = Opening("center")
RATES = [44_100, 48_000, 22_050, 96_000]


def run(song: Path, folder: Path, opening: Opening, block: int, latency_s: float | None,
        mute: str | None = None) -> tuple[dict[str, Frames], Host]:
    """The recorded mix and stems of a run over a file, as fast as it goes."""
    def prepare(mixer) -> None:  # type: ignore[no-untyped-def]
        if mute:
            mixer.set(mute, "mute", 1)

    host = Host(RunRequest(opening, song, None, "virtual", block, latency_s=latency_s,
                           recording=RecordingOptions(folder), prepare=prepare), print)
    host.run(lambda: True)
    return {name: sf.read(path, dtype="float32")[0] for name, path in host.files.items()}, host


class Once(Opening):
    """Opens its model for the first run, and resets it for the next ones: a session takes seconds to open."""

    @cache  # noqa: B019
    def _first(self, latency_s: float | None) -> tuple[Separator, float | None]:
        return super().open(latency_s)

    def open(self, latency_s: float | None) -> tuple[Separator, float | None]:
        separator, latency_s = self._first(latency_s)
        separator.reset()
        return separator, latency_s


@pytest.fixture
def song(tmp_path: Path) -> Callable[[Frames, int], Path]:
    def write(frames: Frames, samplerate: int = 44_100) -> Path:
        sf.write(tmp_path / "song.wav", frames, samplerate, "FLOAT")
        return tmp_path / "song.wav"

    return write


def stems_sum_to_the_mix(files: dict[str, Frames]) -> bool:
    stems = [frames for name, frames in files.items() if name not in ("mix", "input")]
    return float(np.abs(np.sum(stems, axis=0, dtype=np.float64) - files["mix"]).max()) < 1e-6


def test_stems_and_mix_are_the_same_bits_whatever_the_block(song: Callable[..., Path], tmp_path: Path) -> None:
    path = song(noise(50_000))
    runs = [run(path, tmp_path / str(block), CENTER, block, 0.5)[0] for block in BLOCKS]
    assert list(runs[0]) == ["input", "mix", "other", "vocals"]
    for other in runs[1:]:
        assert all(other[name].tobytes() == frames.tobytes() for name, frames in runs[0].items())


@pytest.mark.parametrize("rate", RATES)
def test_the_mix_is_the_input_and_stems_sum_to_it_at_any_samplerate(song: Callable[..., Path], tmp_path: Path,
                                                                     rate: int) -> None:
    mix = noise(2 * rate + 17)
    files, host = run(song(mix, rate), tmp_path / "out", CENTER, 512, None)
    assert files["mix"].tobytes() == files["input"].tobytes() == mix.tobytes()
    assert stems_sum_to_the_mix(files)
    counts = host.engine.counts()
    assert counts["misses"] == counts["underruns"] == counts["overruns"] == counts["xruns"] == 0


@pytest.mark.parametrize(("block", "rate"), [*((512, rate) for rate in RATES), (17, 48_000)])
def test_a_sound_in_a_stem_lies_where_it_lies_in_the_mix(song: Callable[..., Path], tmp_path: Path, rate: int,
                                                         block: int) -> None:
    mix = np.zeros((rate, 2), np.float32)
    mix[rate // 2, 0] = 1  # on the left: not the voice
    files, _ = run(song(mix, rate), tmp_path / "out", CENTER, block, None)
    assert int(np.abs(files["other"][:, 0]).argmax()) == rate // 2
    # the loudest moment of a voice that is a short burst in the middle
    burst = np.zeros((rate, 2), np.float32)
    at = np.arange(-rate // 100, rate // 100)
    burst[rate // 2 + at] = (np.hanning(len(at)) * np.cos(2 * np.pi * 2000 * at / rate))[:, None]
    files, _ = run(song(burst, rate), tmp_path / "burst", CENTER, block, None)
    correlation = np.correlate(files["vocals"][:, 0], burst[rate // 2 + at, 0], "valid")
    assert abs(int(correlation.argmax()) - (rate // 2 + int(at[0]))) <= 1


@pytest.mark.parametrize("frames", [1, 511, 1023, 1024, 1025, 4096, 44_100])
def test_a_run_is_as_long_as_its_input(song: Callable[..., Path], tmp_path: Path, frames: int) -> None:
    mix = noise(frames)
    files, host = run(song(mix), tmp_path / "out", CENTER, 512, 0.5)
    assert {len(stem) for stem in files.values()} == {frames}
    assert stems_sum_to_the_mix(files)
    assert host.engine.heard >= frames


def test_a_muted_stem_is_recorded_but_not_heard(song: Callable[..., Path], tmp_path: Path) -> None:
    files, _ = run(song(noise(30_000)), tmp_path / "out", CENTER, 512, 0.5, mute="other")
    np.testing.assert_allclose(files["mix"], files["vocals"], rtol=0, atol=1e-6)
    assert np.abs(files["other"]).max() > 0.1


def test_a_file_that_stands_for_a_device_is_late_by_the_latency(song: Callable[..., Path], tmp_path: Path) -> None:
    mix = noise(30_000)
    host = Host(RunRequest(CENTER, song(mix), tmp_path / "heard.wav", "virtual", latency_s=0.3), print)
    host.run(lambda: True)
    heard = sf.read(tmp_path / "heard.wav", dtype="float32")[0]
    assert host.latency.total == 13_230
    assert not heard[:13_230].any()
    assert heard[13_230:].tobytes() == mix.tobytes()


def test_the_report_names_the_parts_of_the_latency_and_what_went_wrong(song: Callable[..., Path],
                                                                       tmp_path: Path) -> None:
    _, host = run(song(noise(30_000)), tmp_path / "out", CENTER, 512, 0.5)
    report = host.report()
    assert report.latency_s == pytest.approx(sum(report.latency_parts_s.values())) == pytest.approx(0.5)
    assert report.latency_frames == 22_050
    assert (report.separator, report.misses, report.underruns, report.xruns) == ("center", 0, 0, 0)
    assert report.hops == -(-(30_000 + host.latency.delay) // 512) * 512 // 1024
    assert set(report.files) == {"input", "mix", "other", "vocals"}


@pytest.mark.parametrize(("fixture", "recompute", "latency_s"), [("model_path", None, 2.0), ("stateful_path", 2, 0.45)],
                         ids=["windowed", "stateful"])
@pytest.mark.weights
def test_the_real_model_gives_the_same_bits_whatever_the_block(
        fixture: str, recompute: int | None, latency_s: float, song: Callable[..., Path], tmp_path: Path,
        lithium: Frames, request: pytest.FixtureRequest) -> None:
    path = song(lithium[10 * 44_100 : 14 * 44_100])
    opening = Once("htdemucs", (request.getfixturevalue(fixture),), threads=1, recompute=recompute)
    runs = [run(path, tmp_path / str(block), opening, block, latency_s)[0] for block in (17, 4096)]
    assert list(runs[0]) == ["input", "mix", "drums", "bass", "other", "vocals"]
    assert runs[0]["mix"].tobytes() == lithium[10 * 44_100 : 14 * 44_100].tobytes()
    assert stems_sum_to_the_mix(runs[0])
    for other in runs[1:]:
        assert all(other[name].tobytes() == frames.tobytes() for name, frames in runs[0].items())
