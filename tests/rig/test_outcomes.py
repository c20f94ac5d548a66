"""What became of tests is written down, also of those that pytest-xdist's workers ran; and tests are tried by name."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

def test_passes():
    pass

def test_fails():
    raise ValueError

@pytest.mark.parametrize("odd", ["two words", "a[b]"])
def test_is_skipped(odd):
    pytest.skip("this machine is too busy: it is said so")

@pytest.fixture
def broken():
    raise ValueError

def test_has_no_beginning(broken):
    pass
"""


def ran(folder: Path, *words: str) -> dict[str, tuple[str, str]]:
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "tests.rig.outcomes", "--outcomes", folder / "found",
                    "-o", "addopts=", "-p", "no:cacheprovider", "--rootdir", folder, *words], cwd=folder,
                   env={"PYTHONPATH": str(ROOT), "PATH": ""}, stdout=subprocess.DEVNULL, check=False)
    lines = map(json.loads, (folder / "found").read_text().splitlines())
    return {line["test"].partition("::")[2]: (line["outcome"], line["reason"]) for line in lines}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["by itself", "by workers"])
def test_each_test_has_an_outcome_and_each_skip_its_reason(tmp_path: Path, workers: list[str]) -> None:
    (tmp_path / "test_any.py").write_text(TESTS)
    busy = ("skipped", "this machine is too busy: it is said so")
    assert ran(tmp_path, *workers) == {
        "test_passes": ("passed", ""), "test_fails": ("failed", ""), "test_is_skipped[two words]": busy,
        "test_is_skipped[a[b]]": busy, "test_has_no_beginning": ("failed", "")}
    (tmp_path / "names").write_text("test_any.py::test_is_skipped[two words]\ntest_any.py::test_is_skipped[a[b]]")
    assert list(ran(tmp_path, f"@{tmp_path / 'names'}")) == ["test_is_skipped[two words]", "test_is_skipped[a[b]]"]
