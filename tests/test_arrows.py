"""Who may import whom, read from the source; and what the command line loads before it is asked for anything."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from benchmarks.structure import arrows, circles, floors

ROOT = Path(__file__).parents[1]
ROOMS = ("dsp", "export", "stream")
FILES = sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
KNOWN = arrows(ROOT)
# from the top floor down; a room knows rooms of lower floors only (`python -m benchmarks.structure` prints it)
HOUSE = (
    ("benchmarks", "stream/cli.py"),
    ("stream/command",),
    ("stream/terminal",),
    ("stream/screen", "stream/session"),
    ("stream/link",),
    ("stream/decks", "stream/recording", "stream/tuning"),
    ("stream/library",),
    ("stream/live", "stream/tracks"),
    ("stream/callback", "stream/control", "stream/devices", "stream/offline"),
    ("stream/mixer", "stream/separators"),
    ("export", "stream/audiofiles", "stream/inserts", "stream/latency", "stream/native"),
    ("dsp", "stream/common"),
)
TRACING = {Path(f"export/{name}.py") for name in ("traceable", "graph", "parity", "checkpoint", "verify")}
TRACING |= {file for file in FILES if file.parent == Path("export/stateful")}


@lru_cache(None)
def imports(file: Path) -> tuple[str, ...]:
    """Every module that a file imports, `from a import b` as `a.b`; a relative one starts with a dot."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
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


def test_every_room_has_its_place() -> None:
    assert sorted(room for floor in HOUSE for room in floor) == sorted(KNOWN)


@pytest.mark.parametrize("room", [room for floor in HOUSE for room in floor])
def test_arrows_lead_down(room: str) -> None:
    place = {name: -at for at, floor in enumerate(HOUSE) for name in floor}
    assert not {other for other in KNOWN[room] if place[other] >= place[room]}


def test_circles_are_found_and_share_a_floor() -> None:
    rooms = {"a": {"b"}, "b": {"a", "c"}, "c": set()}
    assert circles(rooms) == [{"a", "b"}]
    assert floors(rooms) == {"a": 2, "b": 2, "c": 1}


@pytest.mark.parametrize("room", ["dsp", "stream/common"])
def test_a_room_that_everybody_uses_knows_nobody(room: str) -> None:
    assert KNOWN[room] == set()


@pytest.mark.parametrize("room", ["stream/callback", "stream/live", "stream/mixer"])
def test_the_live_path_knows_neither_devices_nor_files(room: str) -> None:
    assert not KNOWN[room] & {"stream/devices", "stream/audiofiles"}


def test_of_stream_export_knows_the_common_room_only() -> None:
    assert KNOWN["export"] == {"dsp", "stream/common"}


def test_only_the_command_line_asks_export_and_only_for_a_model_file() -> None:
    assert importers("export", "stream") == {Path("stream/command/fetching.py")}
    asked = imported(Path("stream/command/fetching.py"), "export")
    assert asked
    assert {name.rpartition(".")[0] for name in asked} == {"export.store", "export.command"}


def test_no_two_classes_have_one_name() -> None:
    names = Counter(node.name for file in FILES for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body
                    if isinstance(node, ast.ClassDef))
    assert not {name for name, count in names.items() if count > 1}


@pytest.mark.parametrize("package", ["torch", "demucs", "onnxscript"])
def test_only_what_traces_and_verifies_knows_the_published_network(package: str) -> None:
    assert importers(package) <= TRACING


def test_three_files_are_the_door_to_onnxruntime() -> None:
    assert importers("onnxruntime", "stream") == {
        Path(f"stream/separators/networks/{name}.py") for name in ("session", "providers", "state")}


def test_one_room_draws() -> None:
    assert {file.parent for file in importers("textual")} == {Path("stream/screen")}


@pytest.mark.parametrize("package", ["sounddevice", "soundfile", "rtmidi", "pythonosc", "pedalboard", "textual_serve",
                                     "aiohttp", "jack", "tinytag"])
def test_one_file_is_the_door_to_a_library(package: str) -> None:
    assert len(importers(package, "stream")) == 1


@pytest.mark.parametrize("package", ["sounddevice", "soundfile", "onnxruntime", "rtmidi", "threading", "time"])
def test_dsp_knows_neither_devices_nor_files_nor_threads_nor_clocks(package: str) -> None:
    assert importers(package, "dsp") == set()


def test_the_command_line_loads_neither_torch_nor_demucs() -> None:
    code = "import sys, stream.command.main; print(sorted({'torch', 'demucs', 'onnxscript'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_engines_process_loads_nothing_that_draws_or_serves() -> None:
    code = ("import sys, stream.command.run, stream.terminal.pageprocess; "
            "print(sorted({'textual', 'textual_serve', 'aiohttp'} & sys.modules.keys()))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_commands_that_play_nothing_do_not_compile_the_audio_thread() -> None:
    code = ("import sys, stream.command.main, stream.command.separate, stream.command.models, stream.command.midi, "
            "stream.screen.app; print('stream.callback.callback' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_run_without_decks_compiles_nothing_of_them() -> None:
    code = ("import sys, stream.command.run, stream.command.demo, stream.session.host; "
            "print('stream.callback.deckstage' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("words", [["--version"], ["run", "--help"], ["devices"], ["run", "--device"]], ids=" ".join)
def test_a_short_answer_does_not_wait_for_numba_or_onnxruntime(words: list[str]) -> None:
    code = ("import sys; from stream.command.main import main\n"
            f"try: main({words})\nexcept SystemExit: pass\n"
            "print(sorted({'numba', 'scipy', 'onnx', 'onnxruntime'} & sys.modules.keys()))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
