"""Model files that are not our own: of fixed length, with other names, in ORT's format; those that cannot be run."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile as sf
from onnx import TensorProto, helper

from stream.command.main import main
from stream.latency.geometry import Geometry
from stream.latency.planning import plan_windows
from stream.separators.networks.network import Network
from stream.separators.opening import Opening
from stream.separators.windowed import Windowed
from tests.rig.models import BINS, as_ort, model, published

COLUMNS, MISSING = 24, 84


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    return published(tmp_path / "fixed.onnx", COLUMNS, MISSING)


@pytest.mark.parametrize("asked", [16, 88, 336])
def test_a_file_of_fixed_length_has_its_own_whatever_is_asked(fixed, asked):
    network = Network(fixed, asked)
    assert (network.fixed, network.columns, network.frames) == (True, COLUMNS, COLUMNS * 1024 - MISSING)
    assert network.mix.shape == (2, COLUMNS * 1024)
    assert network.wave_out.shape == (4, 2, COLUMNS * 1024 - MISSING)


def test_its_wave_branch_does_not_see_the_end_of_the_window(fixed):
    network, rng = Network(fixed, COLUMNS), np.random.default_rng(0)
    network.mix[:] = rng.standard_normal(network.mix.shape)
    network.spec[:] = rng.standard_normal(network.spec.shape)
    network.run()
    for stem in range(4):
        np.testing.assert_array_equal(network.wave_out[stem], network.mix[:, :-MISSING])
        np.testing.assert_array_equal(network.spec_out[stem], network.spec)
    spec_out, wave_out = network.infer(network.mix, network.spec)
    np.testing.assert_array_equal(wave_out, network.wave_out)
    np.testing.assert_array_equal(spec_out, network.spec_out)


def test_live_it_is_late_by_what_it_says(fixed):
    hop = 4096
    separator = Windowed(Network(fixed, COLUMNS), Geometry(COLUMNS * 1024, hop, 1024, 1024))
    stems, mix = np.zeros((6, 4, 2, hop), np.float32), np.zeros((6, 2, hop), np.float32)
    mix[1, :, 100] = 1
    for given, out in zip(mix, stems, strict=True):
        separator.process(given, out)
    joined = stems.transpose(1, 2, 0, 3).reshape(4, 2, -1)
    assert (np.abs(joined).argmax(axis=-1) == hop + 100 + separator.latency).all()
    np.testing.assert_allclose(joined.max(axis=-1), 2, atol=0.01)  # once by its waveform, once by its spectrogram


@pytest.mark.parametrize(("lookahead", "fits"), [(MISSING - 1, False), (MISSING, True)])
def test_what_the_wave_branch_does_not_see_must_be_lookahead(fixed, lookahead, fits):
    network, geometry = Network(fixed, COLUMNS), Geometry(COLUMNS * 1024, 4096, lookahead, 1024)
    if fits:
        assert Windowed(network, geometry).latency == lookahead + 1024
    else:
        with pytest.raises(ValueError, match=r"lookahead must be 84 frames or more: .* not 83"):
            Windowed(network, geometry)


@pytest.mark.parametrize("latency_s", [1.0, 2.0, 9.0])
def test_planning_keeps_to_a_fixed_length(fixed, latency_s):
    opening = Opening("fixed", (fixed,))
    separator, _ = opening.open(latency_s)
    assert separator.geometry == plan_windows(latency_s, COLUMNS).geometry
    assert opening.fixed(separator) == COLUMNS


def test_a_window_of_another_length_is_refused_in_one_line(fixed):
    opening = Opening("fixed", (fixed,), window_columns=88)
    with pytest.raises(ValueError, match=r"fixed works only with windows of 0\.56 s; the window cannot be 2\.04 s"):
        opening.open(2.0)


def test_offline_a_fixed_length_is_the_bags_and_stems_are_chosen(fixed):
    bag = Opening("fixed", (fixed,)).offline(336 * 1024, ("bass", "other"))
    assert bag is not None
    assert (bag.columns, bag.frames, bag.sources) == (COLUMNS, COLUMNS * 1024 - MISSING, ("bass", "other"))
    assert Opening("center").offline(336 * 1024) is None


@pytest.mark.parametrize("is_fixed", [False, True], ids=["symbolic", "fixed"])
def test_a_file_in_orts_format_runs_as_the_onnx_does(tmp_path, is_fixed):
    path = published(tmp_path / "m.onnx", COLUMNS) if is_fixed else model(
        tmp_path / "m.onnx", {"sources": json.dumps(list("abcd")), "segment": "50000"}, gains=(1, 2, 3, 4))
    plain, converted = Network(path, COLUMNS), Network(as_ort(path), COLUMNS)
    for what in ("sources", "segment", "columns", "frames", "fixed"):
        assert getattr(plain, what) == getattr(converted, what)
    rng = np.random.default_rng(0)
    mix, spec = rng.standard_normal(plain.mix.shape, np.float32), rng.standard_normal(plain.spec.shape, np.float32)
    for found, wanted in zip(converted.infer(mix, spec), plain.infer(mix, spec), strict=True):
        np.testing.assert_array_equal(found, wanted)
    converted.mix[:], converted.spec[:] = mix, spec
    converted.run()
    np.testing.assert_array_equal(converted.spec_out, plain.infer(mix, spec)[0])


def refused(path: Path) -> str:
    with pytest.raises(ValueError, match=path.name) as caught:
        Network(path, COLUMNS)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kept", [0, 7, 100, 0.5, 0.99])
def test_a_truncated_ort_file_is_refused(tmp_path, kept):
    whole = as_ort(model(tmp_path / "m.onnx"))
    data = whole.read_bytes()
    whole.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    assert "is not a model that ONNX Runtime can open" in refused(whole)


def test_an_ort_file_of_another_version_is_refused(tmp_path):
    whole = as_ort(model(tmp_path / "m.onnx"))
    data = bytearray(whole.read_bytes())
    root = int.from_bytes(data[:4], "little")  # a flatbuffer: the root table's first field is the version, a string
    fields = root - int.from_bytes(data[root : root + 4], "little", signed=True)
    field = root + int.from_bytes(data[fields + 4 : fields + 6], "little")
    text = field + int.from_bytes(data[field : field + 4], "little") + 4
    assert chr(data[text]).isdigit()
    data[text] = ord("9")  # older ones are read
    whole.write_bytes(data)
    assert "version [9] is not supported" in refused(whole)


def test_extra_inputs_are_refused_by_name(tmp_path):
    path = model(tmp_path / "m.onnx")
    made = onnx.load(path)
    made.graph.input.append(helper.make_tensor_value_info("state", TensorProto.FLOAT, [1, 48]))
    onnx.save(made, path)
    assert "state [1, 48] tensor(float)" in refused(path)


@pytest.mark.parametrize(("stems", "metadata", "says"), [
    (6, {"sources": '["drums", "bass"]'}, "has 6 stems but names 2: drums, bass"),
    (3, {}, "has 3 stems but names 0: none"),
    (4, {"sources": "[drums"}, r"names its stems as '[drums', which must be a JSON list"),
    (4, {"sources": '["a", "b", "c", "../../d"]'}, "names a stem '../../d', which cannot be the name of a file"),
    (4, {"sources": '["a", "b", "c", ""]'}, "names a stem '', which cannot be"),
    (4, {"sources": '["a", "b", "c", "a"]'}, "names two stems 'a'"),
    (4, {"samplerate": "fast"}, "says samplerate 'fast', which must be a whole number"),
    (4, {"segment": "0"}, "says segment '0', which must be a whole number of 1 or more"),
])
def test_a_file_that_contradicts_itself_is_refused(tmp_path, stems, metadata, says):
    path = model(tmp_path / "m.onnx", metadata, spec_out=[1, stems, 4, BINS, "T"], wave_out=[1, stems, 2, "N"])
    assert says in refused(path)


def test_six_stems_without_names_are_those_of_the_published_six(tmp_path):
    path = model(tmp_path / "m.onnx", spec_out=[1, 6, 4, BINS, "T"], wave_out=[1, 6, 2, "N"])
    assert Network(path, COLUMNS).sources == ("drums", "bass", "other", "vocals", "guitar", "piano")


@pytest.mark.parametrize("suffix", [".onnx", ".ort"])
def test_run_takes_such_a_file_as_its_model(fixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                            suffix: str) -> None:
    path = fixed if suffix == ".onnx" else as_ort(fixed)
    song = np.random.default_rng(0).uniform(-0.5, 0.5, (100_000, 2)).astype(np.float32)
    sf.write(tmp_path / "song.wav", song, 44_100, subtype="FLOAT")
    words = ["run", "--device", str(tmp_path / "song.wav"), "--model", str(path), "--record", str(tmp_path / "out"),
             "--latency", "1.5", "--json"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["window_s"] == COLUMNS * 1024 / 44_100
    assert report["misses"] == 0
    assert report["model"] == str(path)
    drums = sf.read(report["files"]["drums"], dtype="float32")[0]
    assert len(drums) == len(song)


def test_run_refuses_another_window_in_one_line(fixed: Path, tmp_path: Path,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    sf.write(tmp_path / "song.wav", np.zeros((50_000, 2), np.float32), 44_100)
    words = ["run", "--device", str(tmp_path / "song.wav"), "--model", str(fixed), "--record", str(tmp_path / "out"),
             "--window", "2"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "works only with windows of 0.56 s" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
