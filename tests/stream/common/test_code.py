"""What is compiled is of the code that is here: an edit of what it is made from makes it anew, and no other does."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stream.callback import bridgecallbacks, callback, ring
from stream.common import code
from stream.devices import jackcycle

ROOT = code.ROOT
JIT = {"njit", "jit", "register_jitable", "intrinsic", "_intrinsic", "overload", "cfunc"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def hashed() -> set[Path]:
    return {path for path, _ in code.sources(ROOT)}


def file(module: str) -> Path | None:
    path = ROOT / (module.replace(".", "/") + ".py")
    return path if path.is_file() and module.split(".")[0] in ("dsp", "stream") else None


def named(node: ast.AST) -> set[str]:
    return {name.id if isinstance(name, ast.Name) else name.attr for name in ast.walk(node)
            if isinstance(name, ast.Name | ast.Attribute)}


def used(node: ast.AST) -> set[tuple[str, str | None]]:
    """Names that come from outside of it, and what is asked of them: `bridge` and `draw`, `HEADER` and None."""
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    own = {one.id for one in names if not isinstance(one.ctx, ast.Load)}
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.Lambda):
            own |= {argument.arg for argument in ast.walk(one.args) if isinstance(argument, ast.arg)}
        if isinstance(one, ast.FunctionDef):
            own.add(one.name)
    asked = {(one.value.id, one.attr) for one in ast.walk(node)
             if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name)}
    return {(name, part) for name, part in asked | {(one.id, None) for one in names} if name not in own}


def compiled(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions that are compiled: by a decorator, or handed to `cfunc`; those with compiled ones in them too."""
    handed: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and "cfunc" in named(node.func):
            handed |= named(node)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            decorated = any(named(decorator) & JIT for decorator in node.decorator_list)
            if decorated or node.name in handed:
                yield node


class File:
    """Where a file's names come from: from other files of ours, or from what it says itself."""

    def __init__(self, path: Path) -> None:
        self.module = tree(path)
        self.imported: dict[str, tuple[Path, str | None]] = {}  # the file, and its name there; None is all of it
        self.said: dict[str, ast.AST] = {}
        for node in self.module.body:
            if isinstance(node, ast.ImportFrom):
                self._import(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self.said |= dict.fromkeys(set().union(*map(named, targets)), node)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.said[node.name] = node

    def _import(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            whole, part = file(f"{node.module}.{alias.name}"), file(node.module or "")
            if whole or part:
                self.imported[alias.asname or alias.name] = (whole, None) if whole else (part, alias.name)  # type: ignore[assignment]


def reached(starts: set[Path]) -> set[Path]:
    """Every file of which something is in the compiled functions: what they call, constants, what made these."""
    files = {path: File(path) for path in starts}
    seen, found = set[tuple[Path, str, str | None]](), set[Path]()
    left = [(path, *one) for path in starts for function in compiled(files[path].module) for one in used(function)]
    while left:
        path, name, part = left.pop()
        if (path, name, part) in seen:
            continue
        seen.add((path, name, part))
        here = files[path] if path in files else files.setdefault(path, File(path))
        if name in here.imported:
            source, theirs = here.imported[name]
            if theirs or part:
                left.append((source, theirs or part or "", None))
        elif name in here.said:
            found.add(path)
            left += [(path, *one) for one in used(here.said[name])]
    return found


def holding() -> set[Path]:
    """Every file of ours with compiled functions in it, wherever it lies."""
    return {path for room in ("dsp", "stream", "export") for path in (ROOT / room).rglob("*.py")
            if any(compiled(tree(path)))}


def test_all_that_compiled_functions_are_made_from_is_hashed() -> None:
    assert len(holding()) > 20
    assert reached(holding()) | holding() <= hashed()


def test_constants_that_are_imported_and_then_frozen_are_found() -> None:
    """`_LOUDEST` of dsp.clean is made of `LOUDEST` of dsp.limits, and sliding's and the ring's own are imported."""
    found = reached({ROOT / "dsp/clean.py"})
    assert found == {ROOT / "dsp/clean.py", ROOT / "dsp/limits.py"}
    assert ROOT / "dsp/columns.py" in reached({ROOT / "dsp/sliding.py"})
    assert ROOT / "stream/native/atomics.py" in reached({ROOT / "stream/callback/ring.py"})


def test_an_edit_of_the_command_line_costs_nothing() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in hashed()}
    assert names & {"stream/command/main.py", "stream/latency/planning.py", "stream/session/host.py",
                    "stream/live/engine.py", "stream/live/worker.py", "stream/live/governor.py",
                    "stream/audiofiles/song.py"} == set()
    assert not any(name.startswith(("stream/command/", "stream/common/")) for name in names)


def test_an_edit_of_compiled_code_changes_the_number_and_another_does_not(tmp_path: Path) -> None:
    def edited(name: str, text: str) -> int:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        code.code.cache_clear()
        return code.code(tmp_path)

    before = edited("stream/plain.py", "import numpy\n")
    assert edited("stream/plain.py", "import numpy  # edited\n") == before
    kernel = edited("stream/live/kernel.py", "\nfrom numba import njit\n")
    assert edited("stream/live/kernel.py", "\nfrom numba import njit  # edited\n") not in (kernel, before)
    assert edited("dsp/limits.py", "LOUDEST = 1\n") != edited("dsp/limits.py", "LOUDEST = 2\n")


@pytest.mark.parametrize("compiled", [
    callback.callback, bridgecallbacks.capture, bridgecallbacks.playback, jackcycle.process, jackcycle.xrun,
    jackcycle.latency, ring._put, ring._get], ids=lambda each: each.__name__)
def test_what_is_compiled_is_kept_in_the_folder_of_the_code_that_is_here(compiled: Any) -> None:
    assert Path(compiled._cache.cache_path).parent.name == f"{code.code():014x}"


TINY = """
from numba import cfunc, types
from dsp.limits import FIELDS, LOUDEST
from stream.native.memory import layout, record_at

LAYOUT = layout(*FIELDS)


def _number():
    return LOUDEST


def _field(user):
    return record_at(user, LAYOUT).first


number = cfunc(types.float64(), cache=True)(_number)
field = cfunc(types.int64(types.voidptr), cache=True)(_field)
"""
FIELDS = '\nFIELDS = "first", "second"\n'
EDIT = '\nLOUDEST = 100.0\nFIELDS = "second", "first"\n'
PROGRAM = """
import ctypes, json, stream, numpy
from dsp import clean, tiny
frames, record = numpy.full((1, 2), 500, numpy.float32), numpy.array([1, 2])
found = [clean.clean(frames), tiny.number.ctypes(), tiny.field.ctypes(ctypes.c_void_p(record.ctypes.data))]
hits = [sum(clean.clean.stats.cache_hits.values()), tiny.number.cache_hits, tiny.field.cache_hits]
print(json.dumps([found, hits]))
"""


def test_a_constant_of_another_file_is_never_served_from_before_its_edit(tmp_path: Path) -> None:
    """Of a function, of a callback, and the layout of a callback's record."""
    for name in ("stream/__init__.py", "stream/common/__init__.py", "stream/common/account.py", "stream/common/code.py",
                 "stream/common/interrupt.py", "stream/common/lostinterrupt.py", "stream/common/places.py",
                 "stream/native/__init__.py", "stream/native/atomics.py", "stream/native/memory.py", "dsp/__init__.py",
                 "dsp/clean.py", "dsp/limits.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "dsp/tiny.py").write_text(TINY)
    limits, printed = tmp_path / "dsp/limits.py", []
    for edit in (FIELDS, "", EDIT, ""):
        limits.write_text(limits.read_text() + edit)
        own = {"NUMBA_CACHE_DIR": str(tmp_path / "compiled"), "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
        done = subprocess.run([sys.executable, "-B", "-c", PROGRAM], cwd=tmp_path, text=True, capture_output=True,
                              check=True, env=os.environ | own)
        printed.append(json.loads(done.stdout))
    loudest = 1000.0
    assert printed == [[[0, loudest, 1], [0, 0, 0]], [[0, loudest, 1], [1, 1, 1]],
                       [[2, 100.0, 2], [0, 0, 0]], [[2, 100.0, 2], [1, 1, 1]]]
