"""In the rooms where threads meet, public docstrings end with the thread that may call; nowhere else do they."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("callback", "control", "decks", "library", "link", "live", "mixer", "recording", "separators", "tracks")
# CONTRIBUTING.md says what each is
THREADS = ("any", "audio", "beats", "deck", "decoder", "devices", "draft", "feeder", "insert", "keys", "link", "loader",
           "main", "marks", "midi", "opening", "osc", "recorder", "screen", "separator")
WHERE_IT_IS_SAID = ("CONTRIBUTING.md", "tests/test_thread_tags.py")
NAME = rf"(?:{'|'.join(THREADS)})-thread"
ENDS = re.compile(rf"\[{NAME}(, {NAME})*\]\Z")
BRACKETS = re.compile(r"\[[^\[\]]*\bthreads?\b[^\[\]]*\]")  # a tag, or what was meant to be one


def files(*patterns: str) -> list[str]:
    """Files of the project, committed or about to be."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in listed if name and (ROOT / name).is_file()]


def tagged(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ENDS.search((ast.get_docstring(node) or "").rstrip()) is not None


def public(body: list[ast.stmt], owner: str = "") -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                not node.name.startswith("_") or (owner and node.name == "__init__")):
            yield node


def untagged(source: str) -> list[str]:
    """Public functions and methods whose own docstring, class's and module's all lack a tag at their end."""
    tree = ast.parse(source)
    if tagged(tree):
        return []
    found = [node.name for node in public(tree.body) if not tagged(node)]
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef) and not owner.name.startswith("_") and not tagged(owner):
            found += [f"{owner.name}.{node.name}" for node in public(owner.body, owner.name) if not tagged(node)]
    return found


def misplaced(source: str) -> list[str]:
    """Brackets with a thread in them that end no docstring; texts behind an assignment count as docstrings, too."""
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            text = node.value.value.rstrip()
            end = ENDS.search(text)
            before = text[: end.start()] if end else text
            found += [f"line {node.lineno}: {bracket}" for bracket in BRACKETS.findall(before)]
    return found


IN_ROOMS = [name for room in ROOMS for name in files(f"stream/{room}/*.py")]


@pytest.mark.parametrize("room", ROOMS)
def test_public_docstrings_say_which_thread_may_call(room):
    assert files(f"stream/{room}/*.py")
    lacking = {name: found for name in IN_ROOMS if name.startswith(f"stream/{room}/")
               if (found := untagged((ROOT / name).read_text(encoding="utf-8")))}
    assert not lacking


def test_a_tag_is_one_of_the_known_threads_and_ends_its_docstring():
    wrong = {name: found for name in IN_ROOMS if (found := misplaced((ROOT / name).read_text(encoding="utf-8")))}
    assert not wrong


def test_nothing_else_has_thread_tags():
    tag = re.compile(r"\[[a-z]+-thread\b")
    strange = [name for name in files("*.py", "*.md", "*.toml", "*.yml")
               if name not in IN_ROOMS and name not in WHERE_IT_IS_SAID
               if tag.search((ROOT / name).read_text(encoding="utf-8"))]
    assert not strange


def test_every_known_thread_is_explained_and_in_use():
    explained = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    used = "".join((ROOT / name).read_text(encoding="utf-8") for name in IN_ROOMS)
    assert [name for name in THREADS if f"`[{name}-thread]`" not in explained] == []
    assert [name for name in THREADS if f"{name}-thread" not in used] == []


@pytest.mark.parametrize(("source", "found"), [
    ('def go():\n    """Go. [main-thread]"""', []),
    ('"""All pure. [any-thread]"""\ndef go():\n    """Go."""', []),
    ('class Door:\n    """A door. [main-thread]"""\n    def open(self):\n        """Open."""', []),
    ('def go():\n    """Go."""', ["go"]),
    ('def go():\n    """Go. [main-thread]\n\n    way: metres\n    """', ["go"]),
    ('def go():\n    """Go. [first-thread]"""', ["go"]),
    ('class Door:\n    """A door."""\n    def __init__(self):\n        self.shut = True', ["Door.__init__"]),
    ('class Door:\n    """A door."""\n    @property\n    def wide(self):\n        """How wide."""', ["Door.wide"]),
    ('def _go():\n    """Go."""\nclass _Door:\n    def open(self):\n        """Open."""', []),
])
def test_what_lacks_a_tag_is_found(source, found):
    assert untagged(source) == found


@pytest.mark.parametrize(("text", "found"), [
    ("Go. [main-thread, midi-thread]", []), ("Go [left].", []),
    ("Go. [main-thread]\n\n    way: metres", ["[main-thread]"]),
    ("Go. [main-thread, once]", ["[main-thread, once]"]), ("Go. [one thread at a time]", ["[one thread at a time]"]),
])
def test_a_tag_that_is_none_is_found(text, found):
    assert misplaced(f'def go():\n    """{text}"""') == [f"line 2: {bracket}" for bracket in found]
