"""Which files of tests can have a test that `-m` asks for: no other is read, and what it would import neither.

Each process that runs tests collects all of them, and a third of that is for files whose tests it will not run (torch
for `make check`, all that computes for those that wait for a clock). The text of a file names its marks.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

OF_ALL = re.compile(r"^pytestmark = .*?\bmark\.(\w+)", re.MULTILINE)
NAMED = re.compile(r"\bmark\.(\w+)")
BY_FIXTURE = "weights"  # tests/conftest.py marks whatever has a real model


@cache
def marks(text: str) -> tuple[set[str], set[str]]:
    """The marks that all tests in a file have, and those that some may have besides."""
    all_have = set(OF_ALL.findall(text))
    return all_have, {BY_FIXTURE, *NAMED.findall(text)} - all_have


def wanted(text: str, expression: str, known: Iterable[str]) -> bool:
    """Whether a file with this text may have a test that an expression of pytest's `-m` is true for."""
    all_have, may = marks(text)
    asked, may = Expression.compile(expression), may & set(known)
    subsets = (all_have.union(some) for size in range(len(may) + 1) for some in combinations(may, size))
    return any(asked.evaluate(lambda name, having=having, **_: name in having) for having in subsets)  # type: ignore[misc]


@cache
def text_of(path: Path) -> str:
    """The text of a file, which many tests ask for."""
    return path.read_text(encoding="utf-8")


def read(path: Path, config: pytest.Config) -> bool:
    """Whether pytest has to read this file."""
    expression = config.option.markexpr
    known = (line.partition(":")[0] for line in config.getini("markers"))
    return not expression or path.suffix != ".py" or wanted(text_of(path), expression, known)


def unnamed(item: pytest.Item, known: Iterable[str]) -> set[str]:
    """Marks that a test has and its file does not name: `wanted` would not find it."""
    all_have, may = marks(text_of(item.path))
    return {mark.name for mark in item.iter_markers()} & set(known) - all_have - may
