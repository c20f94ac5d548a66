"""What comes out of a stateful separator is late by what is printed, to the frame: every preset, block and rate."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.latency.geometry import HopGeometry
from stream.latency.planning import NAMED_S
from stream.mixer.mixer import Mixer
from stream.separators.opening import Opening
from stream.separators.stateful import Stateful
from stream.session.host import Host
from stream.session.request import RunRequest
from tests.rig.models import stateful

FRAMES, AT = 60_000, 20_011  # an impulse at an odd place


def opening(folder: Path) -> Opening:
    return Opening("quarters", (stateful(folder / "quarters.onnx"),), provider="cpu", threads=1, recompute=2)


def vocals_away(mixer: Mixer) -> None:
    mixer.set("vocals", "mute", 1)


# each two of a name, a block and a rate meet once
@pytest.mark.parametrize(("name", "block", "rate"), [
    (name, block, (44_100, 48_000, 96_000)[(row + column - 1) % 3])
    for row, name in enumerate(NAMED_S) for column, block in enumerate((64, 512, 4096))])
def test_an_impulse_comes_out_when_the_printed_latency_is_over(
        name: str, block: int, rate: int, tmp_path: Path) -> None:
    impulse = np.zeros((FRAMES, 2), np.float32)
    impulse[AT] = 0.8, -0.4
    sf.write(tmp_path / "in.wav", impulse, rate, subtype="FLOAT")
    requested = RunRequest(opening(tmp_path), tmp_path / "in.wav", tmp_path / "out.wav", "virtual", block,
                latency_s=NAMED_S[name], prepare=vocals_away)
    if (name, block, rate) == ("fast", 4096, 48_000):  # two resamplers and a block of 85 ms: that is all of it
        with pytest.raises(ValueError, match=r"latency 0\.27 s is too short: .* the least is 0\.28"):
            Host(requested, lambda _text: None)
        return
    host = Host(requested, lambda _text: None)
    latency = host.latency
    host.run(lambda: True)
    assert latency.total == sum(latency.parts.values()) == host.report().latency_frames
    assert latency.total_s == pytest.approx(NAMED_S[name], abs=1.01 / rate)
    heard, _ = sf.read(tmp_path / "out.wav")
    assert int(np.argmax(np.abs(heard[:, 0]))) == AT + latency.total
    assert heard[AT + latency.total] == pytest.approx([0.6, -0.3], abs=1e-3 if rate == 44_100 else 0.15)
    assert np.abs(heard[: AT + latency.total - 400]).max() < 0.02


@pytest.mark.parametrize(("hop", "recompute", "lookahead", "crossfade"), [
    (1, 2, 1024, 1024), (8, 2, 1024, 1024), (3, 2, 0, 512), (5, 4, 3072, 1024), (2, 3, 1500, 333), (8, 2, 2048, 0)])
def test_a_network_that_gives_the_mix_gives_it_late_by_the_separators_latency(
        hop: int, recompute: int, lookahead: int, crossfade: int, tmp_path: Path) -> None:
    geometry = HopGeometry(hop * 1024, lookahead, crossfade, recompute * 1024, 16 * 1024)
    path = stateful(tmp_path / "quarters.onnx", recompute)
    separator, _ = Opening("quarters", (path,), provider="cpu", threads=1, recompute=recompute,
                           geometry=geometry).open(None)
    assert isinstance(separator, Stateful)
    assert separator.latency == lookahead + crossfade
    mix = np.random.default_rng(1).standard_normal((2, 40 * 1024)).astype(np.float32)
    parts = []
    for at in range(0, mix.shape[1] - separator.hop + 1, separator.hop):
        parts.append(np.zeros((4, 2, separator.hop), np.float32))
        separator.process(np.ascontiguousarray(mix[:, at : at + separator.hop]), parts[-1])
    found = np.concatenate(parts, axis=2)[0]
    wanted = np.pad(mix, ((0, 0), (separator.latency, 0)))[:, : found.shape[1]] / 4
    # white noise has a Nyquist bin, which the model's spectrogram has not; and where lookahead is below a column and a
    # half, the columns that the last frames of a delivery want are not there yet
    agreement = np.corrcoef(found[0, 8192:], wanted[0, 8192:])[0, 1]
    assert agreement > (0.999 if lookahead >= 1536 else 0.85)
    assert np.corrcoef(found[0, 8192:-1], wanted[0, 8193:])[0, 1] < 0.1


def test_a_stateful_model_that_says_it_carries_none_is_refused(tmp_path: Path) -> None:
    geometry = HopGeometry(8192, 1024, 1024, 2048, 16 * 1024)
    with pytest.raises(ValueError, match="is not a stateful model"):
        Opening("quarters", (stateful(tmp_path / "quarters.onnx"),), provider="cpu", geometry=geometry).open(None)


def test_a_file_that_carries_a_state_has_no_windows(tmp_path: Path) -> None:
    path = stateful(tmp_path / "quarters.onnx")
    with pytest.raises(ValueError, match="quarters is a stateful model: it has no window"):
        Opening("quarters", (path,), provider="cpu", recompute=2, window_columns=44).open(None)
    with pytest.raises(ValueError, match="is a stateful model: it only separates live, hop by hop, and not in windows"):
        Opening("quarters", (path,), provider="cpu").offline(44 * 1024)
