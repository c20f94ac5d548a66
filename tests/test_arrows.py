"""Who may import whom, read from the source; and what the command line loads before it is asked for anything."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("dsp", "export", "stream")
FILES = sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TRACING = {Path(f"export/{name}.py") for name in ("traceable", "graph", "parity", "checkpoint", "verify")}
TRACING |= {file for file in FILES if file.parent == Path("export/stateful")}


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, `from a import b` as `a.b`; a relative one starts with a dot."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def imported(file: Path, package: str) -> list[str]:
    return [name for name in imports(file) if name.split(".")[0] == package]


def importers(package: str, room: str = "") -> set[Path]:
    return {file for file in FILES if str(file).startswith(room) and imported(file, package)}


def test_all_rooms_are_read() -> None:
    assert {file.parts[0] for file in FILES} == set(ROOMS)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_import_is_relative(file: Path) -> None:
    assert not [name for name in imports(file) if name.startswith(".")]


@pytest.mark.parametrize(("room", "stranger"), [
    ("dsp", "export"), ("dsp", "stream"), ("stream/disk", "dsp"), ("stream/disk", "export")])
def test_a_room_does_not_know_who_uses_it(room: str, stranger: str) -> None:
    assert importers(stranger, room) == set()


@pytest.mark.parametrize("room", ["export", "stream/disk"])
def test_of_stream_only_the_places_on_the_disk_are_known_to_all(room: str) -> None:
    known = {name for file in importers("stream", room) for name in imported(file, "stream")}
    assert known
    assert all(name.startswith("stream.disk.") for name in known)


def test_only_the_command_line_asks_export_and_only_for_a_model_file() -> None:
    assert importers("export", "stream") == {Path("stream/cli.py")}
    asked = imported(Path("stream/cli.py"), "export")
    assert asked
    assert {name.rpartition(".")[0] for name in asked} == {"export.store", "export.command"}


@pytest.mark.parametrize("package", ["torch", "demucs", "onnxscript"])
def test_only_what_traces_and_verifies_knows_the_published_network(package: str) -> None:
    assert importers(package) <= TRACING


def test_three_files_are_the_door_to_onnxruntime() -> None:
    assert importers("onnxruntime", "stream") == {
        Path(f"stream/separators/{name}.py") for name in ("session", "providers", "state")}


def test_one_room_draws() -> None:
    assert {file.parent for file in importers("textual")} == {Path("stream/screen")}


@pytest.mark.parametrize("package", ["sounddevice", "soundfile", "rtmidi", "pythonosc", "pedalboard", "textual_serve",
                                     "aiohttp", "jack"])
def test_one_file_is_the_door_to_a_library(package: str) -> None:
    assert len(importers(package, "stream")) == 1


@pytest.mark.parametrize("package", ["sounddevice", "soundfile", "onnxruntime", "rtmidi", "threading", "time"])
def test_dsp_knows_neither_devices_nor_files_nor_threads_nor_clocks(package: str) -> None:
    assert importers(package, "dsp") == set()


def test_the_command_line_loads_neither_torch_nor_demucs() -> None:
    code = "import sys, stream.cli; print(sorted({'torch', 'demucs', 'onnxscript'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_engines_process_loads_nothing_that_draws_or_serves() -> None:
    code = ("import sys, stream.command.run, stream.command.served; "
            "print(sorted({'textual', 'textual_serve', 'aiohttp'} & sys.modules.keys()))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_commands_that_play_nothing_do_not_compile_the_audio_thread() -> None:
    code = ("import sys, stream.cli, stream.command.separate, stream.command.models, stream.command.midi, "
            "stream.screen.app; print('stream.live.callback' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
