"""The kept graphs are what tracing gives: traced again where anything has changed that decides them, and at night."""

import json
import shutil
import warnings
from functools import cache

import pytest

pytest.importorskip("torch", reason="needs the export extra")
pytest.importorskip("demucs", reason="needs the export extra")
from export import stamp
from export.bind import BARE_NETWORKS, STATEFUL, WINDOWED, bare_path
from export.graph import trace
from export.stamp import FILE, PACKAGES, ROOT, changed, made_of
from export.stateful.trace import RECOMPUTE, trace_stateful

pytestmark = pytest.mark.torch
GRAPHS = pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name in BARE_NETWORKS for form in (WINDOWED, STATEFUL)])
FILES = [name for name in made_of() if name.startswith("export/")]


@cache
def traced(name, form):
    made = trace_stateful(BARE_NETWORKS[name], RECOMPUTE) if form == STATEFUL else trace(BARE_NETWORKS[name])
    return made.SerializeToString(deterministic=True)


def as_traced(name, form, root=ROOT, traced=traced):
    """Whether a kept graph is what tracing gives; it is traced if anything has changed since it was made."""
    if not (differs := changed(root)):
        return True
    warnings.warn(f"traced again, because of {', '.join(differs)}: `make graph` notes that it was", stacklevel=2)
    return traced(name, form) == bare_path(name, form).read_bytes()


@GRAPHS
def test_a_kept_graph_is_what_tracing_gives(name, form):
    assert as_traced(name, form)


@pytest.mark.long
@GRAPHS
def test_tracing_again_gives_the_kept_graph_to_the_byte(name, form):
    assert traced(name, form) == bare_path(name, form).read_bytes()


@pytest.fixture
def tree(tmp_path):
    """A copy of all that decides the graphs, and of what does not, as it was when they were made."""
    shutil.copytree(ROOT / "export", tmp_path / "export", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / FILE).write_text(json.dumps(made_of(tmp_path)))
    return tmp_path


def edit(path):
    path.write_bytes(path.read_bytes() + b"\n# edited\n")


def test_unchanged_nothing_is_traced(tree):
    assert as_traced("htdemucs", WINDOWED, tree, lambda *_: pytest.fail("it was traced"))


@pytest.mark.parametrize("file", FILES)
def test_after_an_edit_it_is_traced_and_must_be_as_kept(tree, file):
    edit(tree / file)
    assert changed(tree) == [file]
    kept = bare_path("htdemucs").read_bytes()
    with pytest.warns(UserWarning, match=file):
        assert as_traced("htdemucs", WINDOWED, tree, lambda *_: kept)
    with pytest.warns(UserWarning, match=file):
        assert not as_traced("htdemucs", WINDOWED, tree, lambda *_: kept + b" ")


def test_all_files_that_trace_are_among_them():
    tracing = {*(ROOT / "export" / "stateful").glob("*.py"), *(ROOT / "export" / f"{name}.py" for name in (
        "graph", "traceable", "simplify", "weights", "bind"))} - {ROOT / "export" / "stateful" / "__init__.py"}
    assert {path.relative_to(ROOT).as_posix() for path in tracing} <= set(FILES)


def test_what_a_tracing_file_comes_to_import_is_among_them(tree):
    (tree / "export" / "simplify.py").write_text("def f():\n    from export import hub\n")
    assert {"export/simplify.py", "export/hub.py"} <= set(changed(tree))


def test_a_file_that_traces_nothing_is_not(tree):
    edit(tree / "export" / "npm.py")
    assert not changed(tree)


def test_another_pin_of_torch_is_noticed(tree):
    project = (tree / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text(project.replace("torch==", "torch==9."))
    assert changed(tree) == ["pinned"]


@pytest.mark.parametrize("package", PACKAGES)
def test_another_release_of_what_exports_is_noticed(tree, monkeypatch, package):
    installed = stamp.version
    monkeypatch.setattr(stamp, "version", lambda name: "0.1" if name == package else installed(name))
    assert changed(tree) == [package]


def test_a_build_for_other_machines_is_the_same_release(tree, monkeypatch):
    installed = stamp.version
    monkeypatch.setattr(stamp, "version", lambda name: installed(name).partition("+")[0] + "+cu130")
    assert not changed(tree)
