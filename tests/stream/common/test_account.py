"""Accounts without a home, or with one that cannot be written: libraries' caches have a place, and nobody is told."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stream.common.account import QUIET
from stream.common.code import code

SETTLED = "import json, os; from stream.common.account import settle; settle(); print(json.dumps(dict(os.environ)))"
MADE_OF = f"{code():014x}"
NOBODY = "import pwd\ndef unknown(uid): raise KeyError(uid)\npwd.getpwuid = unknown\n"
ROOT = Path(__file__).parents[3]


def settled(folder: Path, said: dict[str, str], before: str = "") -> dict[str, str]:
    """The environment that a process of ours has, begun with `said` in a folder."""
    done = subprocess.run([sys.executable, "-c", before + SETTLED], cwd=folder, text=True, capture_output=True,
                          env={"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "TMPDIR": str(folder / "tmp"),
                               **said})
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "file").write_text("no folder can be made in it")
    return tmp_path


@pytest.mark.parametrize("said", [{}, {"HOME": ""}, {"HOME": "~"}, {"HOME": "here"}], ids=repr)
def test_who_has_no_home_is_given_a_private_one_and_nothing_is_made_beside_him(
        folder: Path, said: dict[str, str]) -> None:
    found = settled(folder, said, NOBODY)
    assert Path(found["HOME"] or "/").is_absolute()
    assert Path(found["NUMBA_CACHE_DIR"]).is_dir()
    assert sorted(path.name for path in folder.iterdir()) == ["file", "tmp"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder / "tmp").iterdir())


def test_a_home_that_cannot_be_written_is_done_without(folder: Path) -> None:
    found = settled(folder, {"HOME": str(folder / "file")})
    assert found["HOME"] == str(folder / "file")
    assert Path(found["NUMBA_CACHE_DIR"]).is_relative_to(folder / "tmp")


def test_what_is_compiled_follows_our_cache(folder: Path) -> None:
    found = settled(folder, {"HOME": str(folder), "DEMUCS_STREAM_CACHE": "moved"})
    assert found["NUMBA_CACHE_DIR"] == str(folder / "moved" / "compiled" / MADE_OF)
    found = settled(folder, {"HOME": str(folder), "DEMUCS_STREAM_CACHE": "~/there"})
    assert found["NUMBA_CACHE_DIR"] == str(folder / "there" / "compiled" / MADE_OF)
    found = settled(folder, {"HOME": str(folder), "DEMUCS_STREAM_CACHE": str(folder / "file")})
    assert Path(found["NUMBA_CACHE_DIR"]).is_relative_to(folder / "tmp")


def test_a_users_own_words_are_left(folder: Path) -> None:
    said = {"HOME": str(folder), "HF_XET_CACHE": str(folder / "own"), "ORT_DISABLE_TELEMETRY": "0"}
    assert settled(folder, said).items() >= said.items()
    assert settled(folder, {"HOME": str(folder)}).items() >= QUIET.items()


def test_what_is_compiled_lies_in_a_users_own_folder_if_he_has_one_and_his_children_have_the_same(folder: Path) -> None:
    found = settled(folder, {"HOME": str(folder), "NUMBA_CACHE_DIR": str(folder / "own")})
    assert found["NUMBA_CACHE_DIR"] == str(folder / "own" / MADE_OF)
    assert settled(folder, found)["NUMBA_CACHE_DIR"] == found["NUMBA_CACHE_DIR"]


def test_what_older_code_has_left_is_gone_when_nobody_started_with_it_for_long(folder: Path) -> None:
    compiled = folder / "moved" / "compiled"
    for name, days in (("0" * 14, 40), ("1" * 14, 2), ("a user's", 40)):
        (compiled / name).mkdir(parents=True)
        os.utime(compiled / name, times=(time.time() - 86_400 * days,) * 2)
    settled(folder, {"HOME": str(folder), "DEMUCS_STREAM_CACHE": "moved"})
    assert {path.name for path in compiled.iterdir()} == {MADE_OF, "1" * 14, "a user's"}


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")
def test_a_temporary_folder_that_others_made_or_may_write_to_is_passed_over(folder: Path) -> None:
    name = f"demucs-stream-{os.getuid()}"
    (folder / "tmp" / name).mkdir(mode=0o777)
    (folder / "tmp" / name).chmod(0o777)
    (folder / "tmp" / f"{name}-1").symlink_to(folder)
    found = settled(folder, {"HOME": str(folder / "file")})
    assert found["NUMBA_CACHE_DIR"] == str(folder / "tmp" / f"{name}-2" / "compiled" / MADE_OF)
    assert settled(folder, {"HOME": str(folder / "file")}) == found


@pytest.mark.parametrize("room", ["stream", "export", "benchmarks"])
def test_every_room_settles_before_it_imports_anything_else(room: str) -> None:
    """So no library of any of its files is sooner; the standard library, and what it says of signals, reads nothing."""
    lines = (ROOT / room / "__init__.py").read_text(encoding="utf-8").splitlines()
    before = lines[: lines.index(next(line for line in lines if line.startswith("settle()")))]
    imported = [line.split()[1] for line in before if line.startswith(("import ", "from "))]
    assert "stream.common.account" in imported
    assert set(imported) <= {"stream.common.account", "stream.common.interrupt", "signal", "sys"}
