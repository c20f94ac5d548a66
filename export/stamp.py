"""What the kept graphs were made of: `graphs.json`, which `make graph` writes after it has traced them, for a test.

Tracing them takes minutes. As long as nothing has changed that decides a byte of them, they are what tracing gives.
"""

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from export.bind import BARE_NETWORKS, STATEFUL, WINDOWED, bare_path
from export.files import atomic_file

ROOT = Path(__file__).parents[1]
FILE = Path("export/graphs.json")
TRACERS = (Path("export/graph.py"), Path("export/stateful/trace.py"))
PACKAGES = ("torch", "demucs", "onnxscript", "onnx-ir", "onnx")  # the published network, and what exports it


def made_of(root: Path = ROOT) -> dict[str, str]:
    """All that decides the graphs, and they themselves: the sha256 of each file, the version of each package.

    `root` is the folder that `export/` and `pyproject.toml` lie in.
    """
    graphs = {bare_path(name, form).relative_to(ROOT) for name in BARE_NETWORKS for form in (WINDOWED, STATEFUL)}
    found = {path.as_posix(): _sha256(root / path) for path in sorted(graphs | set(_sources(root)))}
    found |= {package: version(package).partition("+")[0] for package in PACKAGES}  # without `+cpu`
    return found | {"pinned": ", ".join(_pins(root))}


def changed(root: Path = ROOT) -> list[str]:
    """What is no longer as it was when the graphs were made, by its name in the stamp; empty if all is."""
    text = (root / FILE).read_text(encoding="utf-8") if (root / FILE).exists() else "{}"
    stamp, found = json.loads(text), made_of(root)
    return sorted(name for name in stamp.keys() | found.keys() if stamp.get(name) != found.get(name))


def _sources(root: Path) -> Iterator[Path]:
    """The files that trace, and those of `export` that they import, directly or not."""
    waiting, seen = list(TRACERS), set(TRACERS)
    while waiting:
        yield (path := waiting.pop())
        new = {file for file in _imported(root, path) if file not in seen}
        waiting.extend(new)
        seen |= new


def _imported(root: Path, path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            file = Path(*name.split(".")).with_suffix(".py")
            if file.parts[0] == "export" and (root / file).is_file():
                yield file


def _pins(root: Path) -> list[str]:
    """What the extra `export` asks for, which the makers of an environment go by."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins: list[str] = project["optional-dependencies"]["export"]
    return pins


def _sha256(path: Path) -> str:
    """Of its bytes, but for how lines end: git may change that."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def main() -> None:
    """Write the stamp. The graphs must have been traced just now: `make graph` does both."""
    with atomic_file(ROOT / FILE) as file:
        file.write((json.dumps(made_of(), indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
