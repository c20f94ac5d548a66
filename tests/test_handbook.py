"""What the papers for developers name is there: files, folders, markers, and targets of make."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAPERS = ("CONTRIBUTING.md", "SECURITY.md", "examples/README.md", "examples/separator-plugin/README.md",
          ".github/ISSUE_TEMPLATE/bug.yml")
TOPS = ("stream", "dsp", "export", "tests", "docs", "benchmarks", "examples", ".github", ".ci")


def text(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def paths(paper: str) -> set[str]:
    """Everything in it that is written like a path from the top."""
    return set(re.findall(rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, TOPS))})/[\w/.*-]*[\w/*]", text(paper)))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_path_is_there(paper: str) -> None:
    assert [path for path in sorted(paths(paper)) if not (ROOT / path).exists()] == []


def test_paths_are_found_in_them() -> None:
    assert "stream/separators/protocol.py" in paths("CONTRIBUTING.md")
    assert "examples/midi-map.toml" in paths("CONTRIBUTING.md")


def test_every_target_of_make_is_there() -> None:
    named = {word for paper in PAPERS for word in re.findall(r"\bmake ([a-z-]+)(?=[`\s]{2,}|`)", text(paper))}
    made = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert named >= {"lint", "test"}
    assert named <= made


def test_every_module_that_is_run_is_there() -> None:
    for name in re.findall(r"python -m (benchmarks[\w.]*)", text("CONTRIBUTING.md")):
        assert (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()


def test_the_markers_are_those_of_the_tests() -> None:
    options = tomllib.loads(text("pyproject.toml"))["tool"]["pytest"]["ini_options"]
    markers = {line.partition(":")[0] for line in options["markers"]}
    assert {name for name in markers if f"`{name}`" not in text("CONTRIBUTING.md")} == set()


def test_the_changelog_has_releases_and_in_each_what_was_added_changed_and_fixed() -> None:
    lines = text("CHANGELOG.md").splitlines()
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    for release in releases[1:]:
        assert re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", release)
    groups = {line for line in lines if line.startswith("### ")}
    assert groups <= {f"### {name}" for name in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")}
    assert groups >= {"### Added", "### Changed", "### Fixed"}
    first = next(number for number, line in enumerate(lines) if line.startswith("### "))
    assert not [line for line in lines[:first] if line.startswith("- ")]  # a change stands in a group
