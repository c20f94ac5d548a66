"""An XML file of any size, one element after the other. [any-thread]"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from stream.library.librarysong import LibraryFailure


def elements(path: Path, kind: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, Element]]:
    """("start", root), and each wanted element with all that is in it as ("end", element), which is emptied then.

    wanted: paths below the root, such as `COLLECTION/TRACK`
    Raises LibraryFailure for what is no XML, or is cut off.
    """
    names: list[str] = []
    parents: list[Element] = []
    try:
        for event, element in ElementTree.iterparse(path, ("start", "end")):
            if event == "start":
                names.append(element.tag)
                parents.append(element)
                if len(names) == 1:
                    yield "start", element
                continue
            if "/".join(names[1:]) in wanted:
                yield "end", element
                parents[-2].remove(element)
            names.pop()
            parents.pop()
    except (ElementTree.ParseError, ValueError) as error:
        raise LibraryFailure(f"{path} is damaged, or is no library of {kind}: {error}") from error
    except OSError as error:
        raise LibraryFailure(f"{path} cannot be read: {error.strerror or error}") from error


def number(element: Element | None, name: str) -> float | None:
    """An attribute's number; None where there is none."""
    with suppress(ValueError):
        return float("" if element is None else element.get(name, ""))
    return None


def integer(element: Element | None, name: str) -> int | None:
    """As `number`, for whole numbers."""
    with suppress(ValueError):
        return int("" if element is None else element.get(name, ""))
    return None


def file_url(text: str) -> Path:
    """The file of a `file://localhost/...` address."""
    rest = unquote(text.removeprefix("file://localhost").removeprefix("file://"), errors="surrogateescape")
    return Path(rest[1:] if len(rest) > 2 and rest[2] == ":" else rest)  # /C:/song.mp3
