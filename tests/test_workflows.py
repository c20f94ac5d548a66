"""What GitHub would read has the form that it asks for, and does what `make` does; nobody has run it there yet."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream.command.arguments import COMMANDS, parser

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
NEVER = "# NEVER RUN YET"


def schema(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "check_jsonschema", *map(str, words)], capture_output=True, text=True)


def steps(workflow: Path, job: str) -> str:
    """All that a job runs."""
    read: dict[str, Any] = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    return "\n".join(step.get("run", "") for step in read["jobs"][job]["steps"])


def test_workflows_are_what_github_takes() -> None:
    assert [path.name for path in WORKFLOWS] == ["check.yml", "nightly.yml"]
    done = schema("--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_a_workflow_that_github_would_not_take_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("runs-on:", "runs-at:"), encoding="utf-8")
    assert schema("--builtin-schema", "vendor.github-workflows", broken).returncode == 1


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_says_that_it_was_never_run(workflow: Path) -> None:
    """Whoever has run it takes the line and this test away."""
    assert workflow.read_text(encoding="utf-8").startswith(NEVER)


def test_every_system_is_there() -> None:
    read = yaml.safe_load(WORKFLOWS[0].read_text(encoding="utf-8"))
    runners = {row["runner"] for row in read["jobs"]["check"]["strategy"]["matrix"]["include"]}
    assert {re.sub(r"-?\d.*?(?=-arm|$)", "", runner) for runner in runners} == {
        "ubuntu", "ubuntu-arm", "macos", "windows"}


def test_lint_is_what_make_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lint = makefile[makefile.index("\nlint:") : makefile.index("\nbench:")]
    ran = steps(WORKFLOWS[0], "lint")
    for command in ("ruff check", "-p dsp -p export -p stream",
                    "examples/osc_remote.py examples/separator-plugin/crossover.py"):
        assert command in lint
        assert command in ran
    assert "\nlint: ruff mypy mypy-examples mypy-win32 mypy-darwin\n" in lint
    assert "for system in win32 darwin" in ran


def test_tests_are_those_that_need_nothing() -> None:
    for workflow, job in zip(WORKFLOWS, ("check", "newest"), strict=True):
        assert 'pytest -m "not weights and not device and not torch"' in steps(workflow, job)


def test_the_newest_are_tried_in_spite_of_bounds() -> None:
    read = yaml.safe_load(WORKFLOWS[1].read_text(encoding="utf-8"))
    assert read["jobs"]["newest"]["strategy"]["matrix"]["package"] == ["numba", "onnxruntime", "textual"]
    ran = steps(WORKFLOWS[1], "newest")
    assert ran.index("--group dev") < ran.index("--upgrade --pre")


def test_templates_are_what_github_takes() -> None:
    assert [path.stem for path in TEMPLATES] == ["bug", "question"]
    for kind, paths in (("issue-forms", TEMPLATES), ("issue-config", [TEMPLATES[0].with_name("config.yml")])):
        done = schema("--builtin-schema", f"vendor.github-{kind}", *paths)
        assert done.returncode == 0, done.stdout


def test_whoever_files_a_fault_is_asked_for_what_doctor_says() -> None:
    read = yaml.safe_load(TEMPLATES[0].read_text(encoding="utf-8"))
    asked = next(part for part in read["body"] if "`demucs-stream doctor --json`" in part["attributes"]["description"])
    assert asked["validations"]["required"]


def test_what_templates_ask_for_can_be_typed() -> None:
    assert "doctor" in COMMANDS
    assert parser().parse_args(["doctor", "--json"]).json
