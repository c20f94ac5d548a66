"""What is compiled has a line, what is kept from before has none."""

from pathlib import Path

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


def loaded(path: Path) -> dict[str, object]:
    """What a file defines, as numba sees it when it is imported."""
    names: dict[str, object] = {"__name__": "doubled", "__file__": str(path)}
    exec(compile(path.read_text(), path, "exec"), names)
    return names


def test_the_first_time_has_one_line_and_the_next_has_none(tmp_path: Path) -> None:
    path, lines = tmp_path / "doubled.py", list[str]()
    path.write_text(SOURCE)
    for _ in range(2):
        names = loaded(path)
        with compile_notice(lines.append):
            assert (names["double"](2), names["half"](3.0)) == (4, 1.5)  # type: ignore[operator]
        assert lines == ["compiling for this processor (once) ..."]


def test_nothing_is_said_outside(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    with compile_notice(lines.append):
        pass
    assert njit(lambda x: x + 1)(1) == 2
    assert lines == []
