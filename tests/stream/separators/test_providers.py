"""A provider computes what the CPU does, or says in one line why it cannot."""

import re
import sys
import threading
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper

from stream.common.errors import Failure
from stream.separators.networks import providers
from stream.separators.networks.catalogue import BLOBS, BUILT_IN, ORDER, PLUGINS, BuiltIn, Plugin, reason
from stream.separators.networks.network import Network
from stream.separators.networks.providers import device, elsewhere, give, here, provider_name
from tests.rig.models import model

COLUMNS = 16
OPENVINO = ["openvino", "openvino-f32"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path))
    return tmp_path / "openvino"


@pytest.fixture
def _plugin() -> None:
    pytest.importorskip("onnxruntime_ep_openvino", reason="onnxruntime-ep-openvino is not installed")
    try:
        device(PLUGINS["openvino"])
    except Failure as error:  # not an Intel processor
        pytest.skip(str(error))


def noise(network: Network) -> None:
    rng = np.random.default_rng(3)
    network.mix[:] = rng.standard_normal(network.mix.shape)
    network.spec[:] = rng.standard_normal(network.spec.shape)


def test_auto_is_the_cpu() -> None:
    assert provider_name("auto") == provider_name("cpu") == "cpu"


@pytest.mark.parametrize("name", OPENVINO)
def test_a_plugin_that_is_not_installed_is_refused_with_what_to_install(
        name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "find_spec", lambda _module: None)
    with pytest.raises(ValueError, match=rf"{name} needs the package .*: run `pip install '\.\[openvino\]'` in"):
        provider_name(name)


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_the_command_that_installs_a_plugin_names_an_extra_that_brings_it(name: str) -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    command = re.search(r"run `pip install '\.\[(\w+)\]'` in demucs-stream's folder$", providers.missing(name))
    assert command is not None
    (wanted,) = project["optional-dependencies"][command[1]]
    assert wanted.startswith(f"{PLUGINS[name].package}>=")


@pytest.mark.parametrize("name", sorted(set(ORDER) - {"cpu"}))
def test_a_provider_that_is_not_here_is_refused_with_what_to_install(
        name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "find_spec", lambda _module: None)
    if name in here():
        pytest.skip(f"{name} is built into this onnxruntime")
    with pytest.raises(ValueError, match=rf"^provider {name} .*: .*(install|onnxruntime)") as caught:
        provider_name(name)
    assert "\n" not in str(caught.value)


def test_webgpu_without_a_gpu_is_told_in_one_line() -> None:
    pytest.importorskip("onnxruntime_ep_webgpu", reason="onnxruntime-ep-webgpu is not installed")
    nobodys = replace(PLUGINS["webgpu"], fits=lambda _device: False)
    with pytest.raises(Failure, match=r"finds no device on this machine .*: it needs a GPU and its driver$"):
        device(nobodys)


def test_a_plugin_that_lists_no_device_says_the_same_when_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime_ep_openvino", reason="onnxruntime-ep-openvino is not installed")
    nobodys = replace(PLUGINS["openvino"], fits=lambda _device: False)
    for _ in range(2):
        with pytest.raises(Failure, match="finds no device on this machine"):
            device(nobodys)


def _azure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that is in the plain build, and takes no node of ours."""
    if "AzureExecutionProvider" not in ort.get_available_providers():
        pytest.skip("no provider in this onnxruntime that leaves everything to the CPU")
    monkeypatch.setitem(BUILT_IN, "azure", BuiltIn(("AzureExecutionProvider",), "", 60.0))
    monkeypatch.setattr(providers, "ORDER", ("azure", "cpu"))


def test_a_provider_that_leaves_everything_to_the_cpu_is_refused(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _azure(monkeypatch)
    with pytest.raises(Failure, match="provider azure can run no node of the model"):
        Network(model(tmp_path / "shares.onnx"), COLUMNS, 2, provider="azure")


@dataclass
class Node:
    op_type: str


@dataclass
class Part:
    ep_name: str
    kinds: list[str]

    def get_nodes(self) -> list[Node]:
        return [Node(kind) for kind in self.kinds]


@dataclass
class Session:
    """What onnxruntime tells of a session."""

    started: list[str]
    parts: list[Part]

    def get_providers(self) -> list[str]:
        return self.started

    def get_provider_graph_assignment_info(self) -> list[Part]:
        return self.parts


CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


@pytest.mark.parametrize(("left", "told"), [
    ([], None),
    (["Shape", "Gather", "Shape"],
     "provider cuda runs 3 nodes of the model in 2 parts; 3 run on another one (Shape 2, Gather 1)"),
    (list("aabcde"),
     "provider cuda runs 3 nodes of the model in 2 parts; 6 run on another one (a 2, b 1, c 1, d 1, ...)")],
    ids=["none", "some", "many"])
def test_nodes_that_run_elsewhere_are_counted(left: list[str], told: str | None) -> None:
    parts = [Part(CUDA, ["Conv", "Mul"]), Part(CUDA, ["Conv"]), *(Part(CPU, [kind]) for kind in left)]
    assert elsewhere(Session([CUDA, CPU], parts), "cuda") == told


def test_a_provider_that_does_not_start_is_no_silent_cpu() -> None:
    with pytest.raises(Failure, match="cuda is in this onnxruntime, but does not start on this machine"):
        elsewhere(Session([CPU], [Part(CPU, ["Conv"])]), "cuda")


def test_what_a_session_leaves_elsewhere_is_logged_in_one_line(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    _azure(monkeypatch)
    monkeypatch.setattr("stream.separators.networks.session.elsewhere", lambda _session, name: f"{name} leaves 2 nodes")
    Network(model(tmp_path / "shares.onnx"), COLUMNS, 2, provider="azure")
    assert caplog.messages == ["azure leaves 2 nodes"]


@pytest.mark.usefixtures("_plugin")
def test_a_plugin_that_is_installed_is_among_those_that_are_here() -> None:
    assert provider_name("openvino") == "openvino"
    with pytest.raises(ValueError, match=r"here are: cpu, .*openvino"):
        provider_name("abacus")


@pytest.mark.usefixtures("_plugin", "folder")
@pytest.mark.parametrize("name", OPENVINO)
def test_openvino_computes_what_the_cpu_does(name: str, tmp_path: Path) -> None:
    path = model(tmp_path / "shares.onnx")
    found = Network(path, COLUMNS, 2, provider=name)
    wanted = Network(path, COLUMNS, 2, provider="cpu")
    assert (found.provider, wanted.provider) == (name, "cpu")
    for network in (found, wanted):
        noise(network)
        network.run()
    assert np.allclose(found.wave_out, wanted.wave_out, rtol=1e-2)  # bfloat16 has 8 bits
    assert np.allclose(found.spec_out, wanted.spec_out, rtol=1e-2)


@pytest.mark.usefixtures("_plugin", "folder")
def test_several_threads_infer_at_once(tmp_path: Path) -> None:
    network = Network(model(tmp_path / "shares.onnx"), COLUMNS, 2, provider="openvino-f32")
    mixes = np.random.default_rng(4).standard_normal((4, *network.mix.shape)).astype(np.float32)
    found: dict[int, np.ndarray] = {}
    workers = [threading.Thread(target=lambda n=n: found.update({n: network.infer(mixes[n], network.spec)[1]}))
               for n in range(len(mixes))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for n, mix in enumerate(mixes):
        assert np.array_equal(found[n], np.broadcast_to(mix, found[n].shape))


@pytest.mark.usefixtures("_plugin", "folder")
def test_what_openvino_cannot_run_is_refused_and_not_left_to_the_cpu(tmp_path: Path) -> None:
    path = model(tmp_path / "odd.onnx")
    made = onnx.load(path)
    for node in made.graph.node:
        node.output[:] = [f"{name}_before" if name == "wave_out" else name for name in node.output]
    made.graph.node.append(helper.make_node("Gelu", ["wave_out_before"], ["wave_out"], domain="com.microsoft"))
    made.graph.node.append(helper.make_node("Inverse", ["spec_out"], ["nothing"], domain="com.microsoft"))
    made.graph.output[1].name = "wave_out"
    made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    made.graph.node[-1].input[0] = "spec_out"
    onnx.save(made, path)
    with pytest.raises(ValueError, match=r"odd\.onnx is not a model that .* with provider openvino: .+") as caught:
        Network(path, COLUMNS, 2, provider="openvino")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("_plugin")
@pytest.mark.parametrize("damage", [b"", b"nonsense" * 1000], ids=["empty", "nonsense"])
def test_a_damaged_compiled_network_is_made_again(damage: bytes, folder: Path, tmp_path: Path) -> None:
    path = model(tmp_path / "shares.onnx")
    Network(path, COLUMNS, 2, provider="openvino")
    (blob,) = folder.glob("*.blob")
    whole = blob.stat().st_size
    blob.chmod(0o600)
    blob.write_bytes(damage)
    network = Network(path, COLUMNS, 2, provider="openvino-f32")
    noise(network)
    network.run()
    assert np.array_equal(network.wave_out[0], network.mix)
    assert blob.stat().st_size == whole


@pytest.mark.usefixtures("_plugin")
def test_only_so_many_compiled_networks_are_kept(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    for n in range(BLOBS + 3):
        (folder / f"{n}.blob").write_bytes(b"old")
    Network(model(tmp_path / "shares.onnx"), COLUMNS, 2, provider="openvino")
    assert len(list(folder.glob("*.blob"))) == BLOBS


@pytest.mark.usefixtures("_plugin")
def test_without_a_folder_for_compiled_networks_it_runs_all_the_same(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "file"))
    network = Network(model(tmp_path / "shares.onnx"), COLUMNS, 2, provider="openvino")
    network.run()


@pytest.mark.usefixtures("_plugin")
def test_a_library_that_cannot_be_loaded_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_provider.py").write_text(
        f"def get_ep_name(): return 'Broken'\ndef get_library_path(): return {str(tmp_path / 'none.so')!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    broken = Plugin("broken-provider", "broken", 60.0, lambda _device: True, lambda _device, _threads: {})
    monkeypatch.setitem(PLUGINS, "broken", broken)
    with pytest.raises(Failure, match=r"^broken-provider cannot be loaded: .+$") as caught:
        give(ort.SessionOptions(), "broken", 2)
    assert "\n" not in str(caught.value)
    sys.modules.pop("broken_provider")


@pytest.mark.parametrize(("text", "told"), [
    ("one\ntwo", "one"), ("Exception from a.cpp:1:\nException from b.cpp:2:\nwhat happened\n\n", "what happened"),
    ("", "RuntimeError")], ids=["first", "openvino", "none"])
def test_an_error_is_told_in_one_line(text: str, told: str) -> None:
    assert reason(RuntimeError(text)) == told
