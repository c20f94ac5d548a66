"""What callbacks are compiled from is what is hashed for them, no less and no more."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.live import code

ROOT = code.ROOT
OURS = ("dsp", "stream")
JIT = {"njit", "jit", "register_jitable", "intrinsic", "_intrinsic", "overload", "cfunc"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def hashed() -> set[Path]:
    return {path for path, _ in code.sources()}


def file(module: str) -> Path | None:
    path = ROOT / (module.replace(".", "/") + ".py")
    return path if path.is_file() and module.split(".")[0] in OURS else None


def given(module: ast.Module) -> dict[str, Path]:
    """The file that each imported name comes from, of ours."""
    found = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                path = file(f"{node.module}.{alias.name}") or file(node.module or "")
                if path is not None:
                    found[alias.asname or alias.name] = path
    return found


def called(node: ast.AST) -> set[str]:
    return {name.id if isinstance(name, ast.Name) else name.attr for name in ast.walk(node)
            if isinstance(name, ast.Name | ast.Attribute)}


def compiled(module: ast.Module) -> Iterator[ast.AST]:
    """Functions that are compiled: by a decorator, or handed to `cfunc`; those with compiled ones in them too."""
    handed: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and "cfunc" in called(node.func):
            handed |= called(node)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            decorated = any(called(decorator) & JIT for decorator in node.decorator_list)
            if decorated or node.name in handed:
                yield node


def reached() -> set[Path]:
    """Every file whose names the compiled functions use, from the callbacks on."""
    found, left = set[Path](), [ROOT / "stream/live/callback.py", ROOT / "stream/live/others.py"]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            module = tree(path)
            names = given(module)
            used = {name for function in compiled(module) for name in called(function)}
            left += [names[name] for name in used & names.keys()]
    return found


def test_every_file_that_a_callback_is_compiled_from_is_hashed() -> None:
    assert len(reached()) > 10
    assert reached() <= hashed()


def test_what_holds_no_compiled_code_is_not() -> None:
    names = {str(path.relative_to(ROOT)) for path in hashed()}
    assert names & {"stream/planning.py", "stream/host.py", "stream/probe.py", "stream/live/engine.py",
                    "stream/live/worker.py", "stream/live/governor.py", "stream/live/code.py"} == set()
    assert all("numba" in path.read_text(encoding="utf-8") for path in hashed())


def test_an_edit_of_compiled_code_changes_the_number_and_another_does_not(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dsp").mkdir()
    (tmp_path / "dsp/kernel.py").write_text("from numba import njit\n")
    (tmp_path / "dsp/plain.py").write_text("import numpy\n")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    before = code.code()
    (tmp_path / "dsp/plain.py").write_text("import numpy  # edited\n")
    assert code.code() == before
    (tmp_path / "dsp/kernel.py").write_text("from numba import njit  # edited\n")
    assert code.code() != before
