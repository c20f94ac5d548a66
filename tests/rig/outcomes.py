"""A plugin of pytest's: what became of each test, as JSON lines that `python -m tests.run` reads.

With pytest-xdist it works in the controller, to which workers report.
"""

import json
from pathlib import Path

import pytest

BUSY = "this machine is too busy"  # how the reason of a skip begins that another try may spare


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, metavar="FILE", help="write what became of each test, as JSON lines")


class Outcomes:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
        what = "skipped" if hasattr(report, "wasxfail") else report.outcome
        line = {"test": report.nodeid, "outcome": what, "reason": reason.removeprefix("Skipped: ")}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            line = {"test": report.nodeid, "outcome": "skipped", "reason": report.longrepr[2].removeprefix("Skipped: ")}
            self._file.write(json.dumps(line) + "\n")

    def pytest_unconfigure(self) -> None:
        self._file.close()


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--outcomes")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(path), "outcomes")
