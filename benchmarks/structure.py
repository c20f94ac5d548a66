"""How is the program built: which rooms are there, on how many floors, and how many arrows lead from room to room?

    python -m benchmarks.structure [DIR] [--arrows]

A room is a folder directly under `stream/`, a file directly in it, or one of the folders `dsp`, `export` and
`benchmarks` with all below. An arrow leads from a room to one that it imports. A room stands one floor above the
highest that it imports; an arrow of a circle leads up as well as down, so that every circle is counted as one arrow up
at the least.
DIR is the root of another checkout, so that two of them can be compared.
"""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

TOPS = ("dsp", "export", "stream", "benchmarks")


def room_of(module: Path) -> str | None:
    """The room that a file (relative to the root) is in; None for a package's own, nearly empty, `__init__.py`."""
    if module.parts[0] != "stream":
        return module.parts[0]
    if len(module.parts) > 2:
        return "/".join(module.parts[:2])
    return None if module.name == "__init__.py" else str(module)


def imported(file: Path, root: Path) -> Iterator[Path]:
    """The files under `root` that `file` imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] in TOPS:
                yield from _found(parts, root)


def _found(parts: list[str], root: Path) -> Iterator[Path]:
    for end in range(len(parts), 1, -1):
        path = Path(*parts[:end])
        if (root / path).with_suffix(".py").is_file():
            yield path.with_suffix(".py")
            return
        if (root / path / "__init__.py").is_file():
            yield path / "__init__.py"
            return


def arrows(root: Path) -> dict[str, set[str]]:
    """Every room, and the rooms that it imports."""
    found: dict[str, set[str]] = {}
    for top in TOPS:
        for file in sorted((root / top).rglob("*.py")):
            here = room_of(file.relative_to(root))
            if here is None:
                continue
            there = {room_of(module) for module in imported(file, root)}
            found.setdefault(here, set()).update(room for room in there if room and room != here)
    return found


def circles(rooms: dict[str, set[str]]) -> list[set[str]]:
    """Rooms that can reach each other, and so have no floors."""
    reach = {room: _reached(room, rooms) for room in rooms}
    found = [{other for other in rooms if other in reach[room] and room in reach[other]} for room in rooms]
    return [circle for at, circle in enumerate(found) if len(circle) > 1 and circle not in found[:at]]


def _reached(room: str, rooms: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [room]
    while waiting:
        for other in rooms[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def floors(rooms: dict[str, set[str]]) -> dict[str, int]:
    """The floor of every room, from 1; rooms of a circle share one."""
    together = {room: frozenset({room}) for room in rooms}
    for circle in circles(rooms):
        together.update(dict.fromkeys(circle, frozenset(circle)))
    known: dict[frozenset[str], int] = {}

    def floor(group: frozenset[str]) -> int:
        if group not in known:
            below = {together[other] for room in group for other in rooms[room]} - {group}
            known[group] = 1 + max((floor(other) for other in below), default=0)
        return known[group]

    return {room: floor(together[room]) for room in rooms}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1], metavar="DIR")
    parser.add_argument("--arrows", action="store_true", help="every arrow as well")
    words = parser.parse_args()
    rooms = arrows(words.root)
    stands = floors(rooms)
    for floor in range(max(stands.values()), 0, -1):
        print(f"floor {floor:2}  {', '.join(room for room in sorted(rooms) if stands[room] == floor)}")
    if words.arrows:
        for room in sorted(rooms):
            print(f"{room} -> {', '.join(sorted(rooms[room])) or 'nothing'}")
    print(f"{len(rooms)} rooms, {max(stands.values())} floors, {sum(map(len, rooms.values()))} arrows, "
          f"{len(circles(rooms))} circles")
    for circle in circles(rooms):
        print("circle: " + ", ".join(sorted(circle)))


if __name__ == "__main__":
    main()
