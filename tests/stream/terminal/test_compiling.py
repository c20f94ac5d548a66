"""What is compiled has a line, what is kept from before has none."""

import gc
import importlib
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from numba import njit

from stream.terminal.compiling import compile_notice

SOURCE = """
from numba import njit

@njit(cache=True)
def double(x):
    return 2 * x

@njit(cache=True)
def half(x):
    return x / 2
"""


def test_the_first_time_has_one_line_and_the_next_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list[str]()
    # numba keeps code by a file's path and what it says: an earlier run of this test may have had the same path
    (tmp_path / "doubled.py").write_text(f"{SOURCE}\n# {uuid4()}\n")
    monkeypatch.syspath_prepend(tmp_path)
    for _ in range(2):
        monkeypatch.delitem(sys.modules, "doubled", raising=False)
        gc.collect()  # nothing of the first time is left but what numba has kept
        doubled = importlib.import_module("doubled")
        with compile_notice(lines.append):
            assert (doubled.double(2), doubled.half(3.0)) == (4, 1.5)
        assert lines == ["compiling for this processor (once) ..."]
        del doubled


def test_nothing_is_said_outside(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    with compile_notice(lines.append):
        pass
    assert njit(lambda x: x + 1)(1) == 2
    assert lines == []
