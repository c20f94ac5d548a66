import json
from fractions import Fraction

import numpy as np
import onnx
import onnxruntime
import pytest
import yaml

pytest.importorskip("torch", reason="needs the export extra")
pytest.importorskip("demucs", reason="needs the export extra")
from export import making
from export.bind import bare_graph
from export.command import Order, Tools, export
from export.making import Refused
from export.source import unshown
from export.verify import excerpt, outputs_of, random_weights
from stream.command.main import main
from stream.separators.fusion.passes import fused
from tests.export.traced import SMALL_NETWORK, traced
from tests.shared import shared

pytestmark = pytest.mark.torch
SMALL = {**SMALL_NETWORK, "segment": Fraction(1)}
MUSIC = np.random.default_rng(0).normal(0, 0.1, (2, 60_000)).astype(np.float32)
TOOLS = Tools(MUSIC, lambda _: None, unshown, fused)


@pytest.fixture(scope="module", autouse=True)
def _traced_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "trace", traced)
        yield


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    random_weights(SMALL).write(path)
    return path


@pytest.fixture(scope="module")
def plain(checkpoint, tmp_path_factory):
    """What is said of the file of any length with weights as they are."""
    return make(checkpoint, tmp_path_factory.mktemp("plain"))


def make(model, to, **order):
    return export(Order(str(model), to, **order), TOOLS)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_any_length_is_the_default_and_verified_at_two_and_at_the_networks_own_segment(checkpoint, tmp_path):
    made = make(checkpoint, tmp_path / "new" / "folder")
    assert names(tmp_path / "new" / "folder") == ["mine.onnx"]
    assert [(row["columns"], row["frames"], row["against"]) for row in made["parity"]] == [
        (44, 44 * 1024, "torch"), (22, 22 * 1024, "torch"), (44, 44_100, "torch")]
    assert all(max(row["spec_error"], row["wave_error"]) <= 1e-4 for row in made["parity"])
    assert all(min(row["sdr_db"].values()) >= 60 for row in made["parity"])
    json.dumps(made, allow_nan=False)
    said = made["metadata"]["mine.onnx"]
    assert json.loads(said["sources"]) == ["voice", "rest"]
    assert (said["samplerate"], said["n_fft"], said["fft_hop"]) == ("44100", "4096", "1024")
    assert (said["max_window"], said["segment"], said["frames"]) == (str(44 * 1024), "44100", "any")
    shapes = {v.name: v.shape for v in onnxruntime.InferenceSession(made["files"]["mine.onnx"]).get_inputs()}
    assert shapes == {"mix": [1, 2, "N"], "spec": [1, 4, 2048, "T"]}


@pytest.mark.parametrize(("length", "columns"), [("20", 20), ("0.5", 22), ("0.5s", 22)])
def test_a_fixed_length_is_in_the_shapes_and_in_the_metadata(checkpoint, tmp_path, length, columns):
    made = make(checkpoint, tmp_path, length=length)
    session = onnxruntime.InferenceSession(made["files"]["mine.onnx"])
    assert [v.shape for v in session.get_inputs()] == [[1, 2, 1024 * columns], [1, 4, 2048, columns]]
    assert [row["columns"] for row in made["parity"]] == [columns]
    said = made["metadata"]["mine.onnx"]
    assert (said["max_window"], said["segment"], said["frames"]) == (str(1024 * columns),) * 3


@pytest.mark.parametrize("length", ["44", "1s"])
def test_a_fixed_length_that_is_the_segments_is_the_segment_to_the_frame(checkpoint, tmp_path, length):
    made = make(checkpoint, tmp_path, length=length)
    session = onnxruntime.InferenceSession(made["files"]["mine.onnx"])
    assert [v.shape for v in session.get_inputs()] == [[1, 2, 44_100], [1, 4, 2048, 44]]
    assert [row["frames"] for row in made["parity"]] == [44_100]
    said = made["metadata"]["mine.onnx"]
    assert (said["max_window"], said["segment"], said["frames"]) == (str(44 * 1024), "44100", "44100")


@pytest.mark.parametrize(("weights", "kinds"), [
    ("fp16", {onnx.TensorProto.FLOAT16}), ("int8", {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8}),
    ("int8-dynamic", {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8})])
def test_smaller_weights_make_a_smaller_file_of_the_same_interface(checkpoint, plain, tmp_path, weights, kinds):
    made = make(checkpoint, tmp_path / "small", weights=weights)
    assert names(tmp_path / "small") == ["mine.onnx"]
    assert made["bytes"]["mine.onnx"] < 0.8 * plain["bytes"]["mine.onnx"]
    model = onnx.load(made["files"]["mine.onnx"])
    assert kinds <= {weight.data_type for weight in model.graph.initializer}
    assert made["metadata"] == plain["metadata"] == {"mine.onnx": {p.key: p.value for p in model.metadata_props}}
    assert [row["against"] for row in made["parity"]] == ["torch"] * 3 + ["fp32"] * 3
    assert min(row["all_db"] for row in made["parity"]) > 30


def test_dynamic_products_are_done_in_integers_and_none_of_two_weights_is(checkpoint, tmp_path):
    made = make(checkpoint, tmp_path, weights="int8-dynamic")
    graph = onnx.load(made["files"]["mine.onnx"]).graph
    weights = {weight.name: weight.data_type for weight in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMulInteger"]
    assert len(products) >= 10  # query, key, value, out and two of the feed-forward, in each branch; the 1x1 ways in
    assert {weights[node.input[1]] for node in products} == {onnx.TensorProto.INT8}
    makers = {name: node.op_type for node in graph.node for name in node.output}
    scaled = [node for node in graph.node if node.op_type == "DynamicQuantizeLinear"]
    assert all(makers.get(node.input[0]) not in (None, "Cast") for node in scaled)


def test_weights_that_fp16_holds_come_back_exactly(tmp_path):
    weights = random_weights(SMALL)
    halves = {name: value.astype(np.float16) for name, value in weights.tensors.items()}
    making.Weights(halves, SMALL).write(tmp_path / "half.safetensors")
    plain = make(tmp_path / "half.safetensors", tmp_path / "a", length="20")["files"]["half.onnx"]
    small = make(tmp_path / "half.safetensors", tmp_path / "b", length="20", weights="fp16")["files"]["half.onnx"]
    window = excerpt(MUSIC, 20 * 1024)
    np.testing.assert_array_equal(outputs_of(plain, window).stems, outputs_of(small, window).stems)


def test_a_weight_too_large_for_fp16_stays_as_it_is():
    weight = onnx.numpy_helper.from_array(np.array([1e6, 1.0], np.float32), "large")
    model = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], [weight]))
    making.WEIGHTS["fp16"](model, None)
    assert [(w.name, w.data_type) for w in model.graph.initializer] == [("large", onnx.TensorProto.FLOAT)]
    assert not model.graph.node


@pytest.mark.parametrize("length", [None, "20"])
def test_ort_format_comes_with_the_operators_that_it_needs(checkpoint, tmp_path, length):
    made = make(checkpoint, tmp_path, ort=True, length=length)
    assert names(tmp_path) == ["mine.onnx", "mine.ort", "required_operators_and_types.config"]
    needed = (tmp_path / "required_operators_and_types.config").read_text()
    assert "ConvTranspose" in needed
    assert "nchwc" not in needed
    assert str(tmp_path) not in needed
    assert {row["file"] for row in made["parity"]} == {"mine.onnx", "mine.ort"}


def test_a_bag_is_a_file_for_each_checkpoint_and_a_yaml(tmp_path):
    for seed, name in enumerate(("one", "two")):
        random_weights(SMALL, seed).write(tmp_path / f"{name}.safetensors")
    (tmp_path / "both.yaml").write_text("models: ['one', 'two']\nweights: [[1, 0], [0, 1]]\nsegment: 1\n")
    make(tmp_path / "both.yaml", tmp_path / "to", length="20")
    assert names(tmp_path / "to") == ["both.yaml", "one.onnx", "two.onnx"]
    said = yaml.safe_load((tmp_path / "to" / "both.yaml").read_text())
    assert said == {"models": ["one", "two"], "weights": [[1.0, 0.0], [0.0, 1.0]], "segment": 1.0}


def damaged(kwargs):
    """The graph with one of its sums turned into a difference."""
    bare = traced(kwargs)
    next(node for node in bare.graph.node if node.op_type == "Sigmoid").op_type = "Tanh"
    return bare


def broken(kwargs):
    """A graph that cannot run."""
    bare = traced(kwargs)
    bare.graph.node[-1].input[0] = "nothing"
    return bare


@pytest.mark.parametrize(("damage", "reason"), [
    (damaged, r"mine.onnx is refused: at 20,480 frames \w+ is off by .* 1e-04 at most wanted \(against torch\)"),
    (broken, "mine.onnx is refused: it does not run"),
], ids=["another function", "a missing value"])
def test_a_damaged_graph_is_refused_and_what_was_there_stays(checkpoint, tmp_path, monkeypatch, damage, reason):
    (tmp_path / "mine.onnx").write_bytes(b"good")
    monkeypatch.setattr(making, "trace", damage)
    with pytest.raises(Refused, match=reason):
        make(checkpoint, tmp_path, length="20", ort=True)
    assert names(tmp_path) == ["mine.onnx"]
    assert (tmp_path / "mine.onnx").read_bytes() == b"good"


def test_what_is_interrupted_leaves_nothing_not_even_the_folder(checkpoint, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "excerpt", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make(checkpoint, tmp_path / "a" / "b")
    assert names(tmp_path) == []


def test_a_disk_that_is_full_is_said_in_one_line_and_leaves_nothing(checkpoint, tmp_path, capfd):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        assert main(["export", str(checkpoint), "-o", str(tmp_path / "to"), "--length", "20"]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in capfd.readouterr().err.splitlines()[-1]
    assert names(tmp_path) == []


def wrong(tmp_path, checkpoint):
    """Command lines, and what is said of them."""
    (tmp_path / "file").write_text("")
    (tmp_path / "a.onnx").write_text("")
    (tmp_path / "short.th").write_text("")
    odd = tmp_path / "odd.safetensors"
    making.Weights({"a": np.zeros(1, np.float32)}, {**SMALL, "nfft": 2048}).write(odd)
    stray = tmp_path / "stray.safetensors"
    making.Weights({"a": np.zeros(1, np.float32)}, {**SMALL, "unheard": 1}).write(stray)
    told = [str(checkpoint), "-o", str(tmp_path / "to")]
    return {
        "no such name": (["htdemux", *told[1:]], "no model is called 'htdemux'"),
        "a model file": ([str(tmp_path / "a.onnx"), *told[1:]], "is a model file already; a checkpoint is wanted"),
        "an empty .th": ([str(tmp_path / "short.th"), *told[1:]], "short.th is damaged"),
        "another transform": ([str(odd), *told[1:]], "odd: nfft is 2048; only 4096 can be run"),
        "an unknown argument": ([str(stray), *told[1:]], "stray: a network of these arguments cannot be traced"),
        "a file for a folder": ([str(checkpoint), "-o", str(tmp_path / "file")], "is a file; a folder is wanted"),
        "too short": ([*told, "--length", "15"], r"length must be 16 to 44 columns (0.37 to 1.02 s), not 15 columns"),
        "too long": ([*told, "--length", "7.8"], "(0.37 to 1.02 s), not 7.8 s"),
        "no length": ([*told, "--length", "long"], "length must be columns, such as 88, or seconds"),
        "negative": ([*told, "--length=-3"], "not -3 s"),
    }


@pytest.mark.parametrize("case", [
    "no such name", "a model file", "an empty .th", "another transform", "an unknown argument", "a file for a folder",
    "too short", "too long", "no length", "negative"])
def test_wrong_use_is_one_line_exit_2_and_nothing_written(checkpoint, tmp_path, capsys, case):
    words, said = wrong(tmp_path, checkpoint)[case]
    before = names(tmp_path)
    assert main(["export", *words]) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert names(tmp_path) == before


def test_the_command_prints_a_table_or_one_object(checkpoint, tmp_path, capsys):
    words = ["export", str(checkpoint), "-o", str(tmp_path), "--length", "20"]
    assert main(words) == 0
    out = capsys.readouterr().out.splitlines()
    assert "spec_out" in out[0]
    assert out[1].startswith(f"{tmp_path / 'mine.onnx'}: ")
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == {"mine.onnx": str(tmp_path / "mine.onnx")}
    assert told["parity"][0]["limits"] == {"error": 1e-4, "stem_db": 60.0, "all_db": 60.0}


def test_silence_is_no_song_to_verify_with(checkpoint, tmp_path):
    with pytest.raises(ValueError, match="silent"):
        export(Order(str(checkpoint), tmp_path), Tools(np.zeros_like(MUSIC), print, unshown))
    assert names(tmp_path) == []


@pytest.mark.weights
@pytest.mark.parametrize(("weights", "megabytes", "worst_db"), [("fp32", 170, 60), ("fp16", 90, 90)])
def test_the_published_network_passes_at_a_short_length(tmp_path, lithium, weights, megabytes, worst_db, monkeypatch):
    monkeypatch.setattr(making, "trace", bare_graph)  # which tracing gives: test_stamp.py
    tools = Tools(lithium.T, lambda _: None, unshown)
    order = Order(str(shared("models/htdemucs.safetensors")), tmp_path, "24", weights)
    made = export(order, tools)
    assert made["bytes"]["htdemucs.onnx"] <= megabytes * 1e6
    last = made["parity"][-1]
    assert min(last["sdr_db"].values()) >= worst_db
    assert max(last["spec_error"], last["wave_error"]) <= 1e-4
