"""What `mkdocs build` does here beyond mkdocs: the files at the root are pages, and nothing is fetched from elsewhere.

README.md is the front page. Links are written as they lead in the repository, `docs/guide/midi.md` in README.md and
`../../CONTRIBUTING.md` in docs/guide/midi.md, and are made to lead to the same places in the site.
"""

import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\()([^)#\s]+)")
FETCHED = {"src", "srcset", "data", "poster", "background"}  # attributes whose address a browser fetches by itself
LOADED = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")  # in style sheets and SVG


def pages() -> list[str]:
    """The Markdown files at the root that git would keep, README.md first."""
    return sorted((path.name for path in ROOT.glob("*.md")), key=lambda name: (name != "README.md", name))


def named(page: str) -> str:
    """Where a file of the repository lies in the site."""
    if page == "README.md":
        return "index.md"
    return page.removeprefix("docs/")


def moved(text: str, source: str) -> str:
    """The links of a page as they lead in the site.

    source: the page's path in the repository
    """
    here = posixpath.dirname(source)
    there = posixpath.dirname(named(source))

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, found[2]))
        if ":" in found[2] or not (target.startswith("docs/") or target in pages()):
            return found[0]
        return found[1] + posixpath.relpath(named(target), there or ".")

    return LINK.sub(link, text)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of the root."""
    for page in pages():
        files.append(File.generated(config, named(page), content=(ROOT / page).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_more: Any) -> str:
    """Make links lead to where pages are in the site."""
    name = page.file.src_uri
    if name == "index.md":
        return moved(markdown, "README.md")
    return moved(markdown, name if name in pages() else f"docs/{name}")


class Fetches(HTMLParser):
    """The addresses elsewhere that a browser fetches when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's."""
        for name, value in attrs:
            fetched = name in FETCHED or (name in ("href", "xlink:href") and tag in ("link", "use", "image"))
            canonical = tag == "link" and ("rel", "canonical") in attrs
            if fetched and not canonical and re.search(r"(^|[\s,])(https?:)?//", value or ""):
                self.found.append(str(value))
            if name == "style":
                self.found += LOADED.findall(value or "")


def fetched(file: Path) -> list[str]:
    """The addresses elsewhere that a file of the site has a browser fetch."""
    text = file.read_text(encoding="utf-8")
    found = LOADED.findall(text)
    if file.suffix in (".html", ".svg"):
        parser = Fetches()
        parser.feed(text)
        found += parser.found
    return found


def on_post_build(config: Any) -> None:
    """Refuse a site that would have a browser fetch something from elsewhere. Raises PluginError."""
    for file in sorted(Path(config.site_dir).rglob("*")):
        if file.suffix in (".html", ".css", ".svg") and (found := fetched(file)):
            raise PluginError(f"{file}: a browser would fetch {', '.join(sorted(set(found)))}")
