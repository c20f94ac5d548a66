"""Every link leads somewhere, and every path below docs/ that a page, a help text or the code names is there."""

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stream.command.arguments import parser

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"\bdocs/[\w./-]*\w")  # in whatever text
LINK = re.compile(r"(?<!`)!?\[[^\]\n]*\]\(([^)\s]+)\)")  # of Markdown
CODE = re.compile(r"(?<![\w./-])((?:dsp|export|stream|benchmarks|tests|examples)/[\w./-]*\w\.\w+)\b")
MODULE = re.compile(r"python -m ((?:benchmarks|export|stream)\b[\w.]*\w)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("http://", "https://", "mailto:")
TEXTS = (".md", ".py", ".toml", ".yml", ".yaml", "Makefile", "LICENSE")


def tracked() -> list[Path]:
    """The project's files as git knows them, and those that it is about to know."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for line in found.splitlines() if (path := ROOT / line).is_file()]


FILES = tracked()
PAGES = [path for path in FILES if path.suffix == ".md"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def links(page: Path) -> list[str]:
    return LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as GitHub and the site make them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", line) for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE))
    return {re.sub(r"[^\w -]", "", line.lower()).strip().replace(" ", "-") for line in plain}


def named(text: str) -> Iterator[str]:
    """The paths below docs/ in a text, but for those that are part of an address."""
    for found in NAMED.finditer(text):
        before = text[: found.start()]
        if not re.search(r"https?://\S*$|[\w/.]$", before[-200:]):
            yield found[0].rstrip(".")


def help_texts(words: argparse.ArgumentParser) -> Iterator[str]:
    yield words.format_help()
    for action in words._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from help_texts(command)


def test_there_are_pages_to_look_at() -> None:
    assert {"README.md", "docs/guide/index.md"} <= {name(page) for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if link.startswith(ELSEWHERE):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_path_below_docs_that_a_file_names_is_there() -> None:
    texts = [path for path in FILES if path.suffix in TEXTS or path.name in TEXTS]
    missing = {(name(path), found) for path in texts for found in named(path.read_text(encoding="utf-8"))
               if not (ROOT / found).exists()}
    assert not missing


def test_every_path_below_docs_that_a_help_text_names_is_there() -> None:
    found = {path for text in help_texts(parser()) for path in named(" ".join(text.split()))}
    assert "docs/guide/midi.md" in found
    assert not {path for path in found if not (ROOT / path).exists()}


def test_every_page_of_the_guide_is_on_its_first_page() -> None:
    first = ROOT / "docs" / "guide" / "index.md"
    pages = {page.name for page in first.parent.glob("*.md")} - {first.name}
    assert pages <= {link.partition("#")[0] for link in links(first)}


def listed(entries: list[dict[str, object]]) -> Iterator[object]:
    """The pages of the site's list."""
    for entry in entries:
        for there in entry.values():
            yield from listed(there) if isinstance(there, list) else [there]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_and_module_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    files = CODE.findall(text) + [f"{module.replace('.', '/')}.py" for module in MODULE.findall(text)]
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_every_page_is_in_the_list_of_the_site() -> None:
    there = {name(page) for page in PAGES if page.parent == ROOT or page.is_relative_to(ROOT / "docs")}
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert set(listed(site["nav"])) == {page.removeprefix("docs/") for page in there - {"README.md"}} | {"index.md"}
