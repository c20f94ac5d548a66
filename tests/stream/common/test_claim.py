"""Places that one process writes at a time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from stream.common import claim as module
from stream.common.claim import Claim, Taken, write_atomically

HOLDS = """
import sys, time
from pathlib import Path
from stream.common.claim import Claim
claim = Claim(Path(sys.argv[1]))
claim.part.write_text("half")
print("held", flush=True)
sys.stdin.read()
claim.keep()
"""


@contextmanager
def another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a place until its input ends."""
    with subprocess.Popen([sys.executable, "-c", HOLDS, os.fspath(path)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ways(folder: Path) -> dict[str, Path]:
    """One place, by several ways."""
    (folder / "linked").symlink_to(folder)
    return {"itself": folder / "a.wav", "a linked folder": folder / "linked" / "a.wav",
            "dots": folder / "linked" / ".." / folder.name / "a.wav"}


@pytest.mark.parametrize("way", ["itself", "a linked folder", "dots"])
def test_a_place_is_one_processs_at_a_time(tmp_path: Path, way: str) -> None:
    place = ways(tmp_path)[way]
    with another(tmp_path / "a.wav") as process:
        with pytest.raises(Taken, match=r"a\.wav cannot be written: it is being written already"):
            Claim(place)
        process.communicate()
    assert (tmp_path / "a.wav").read_text() == "half"
    Claim(place).drop()
    assert names(tmp_path) == ["a.wav", "linked"]


def test_a_place_is_taken_once_by_one_process_too(tmp_path: Path) -> None:
    first = Claim(tmp_path / "a.wav")
    with pytest.raises(Taken):
        Claim(tmp_path / "a.wav")
    first.drop()
    assert names(tmp_path) == []


def test_what_a_killed_process_leaves_is_taken_over_or_swept_away(tmp_path: Path) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(another(tmp_path / name)) for name in ("a.wav", "b.flac", "x" * 251 + ".mp3")]
        for process in held:
            process.send_signal(signal.SIGKILL)
    (tmp_path / ".film.mkv.part").write_text("another program's")
    (tmp_path / ".a.wav").write_text("hidden, and whole")
    assert len(names(tmp_path)) == 5
    write_atomically(tmp_path / "a.wav", lambda part: part.write_text("whole"), alone=True)
    assert names(tmp_path) == [".a.wav", ".film.mkv.part", "a.wav"]
    assert (tmp_path / "a.wav").read_text() == "whole"


def test_whats_being_written_beside_is_not_swept_away(tmp_path: Path) -> None:
    with another(tmp_path / "a.wav") as process:
        write_atomically(tmp_path / "b.wav", lambda part: part.write_text("b"))
        process.communicate()
    assert (tmp_path / "a.wav").read_text() == "half"


def test_where_each_may_write_each_is_whole(tmp_path: Path) -> None:
    one, other = Claim(tmp_path / "a.json", alone=False), Claim(tmp_path / "a.json", alone=False)
    one.part.write_text("one")
    other.part.write_text("other")
    other.keep()
    one.keep()
    assert (tmp_path / "a.json").read_text() == "one"
    assert names(tmp_path) == ["a.json"]


def test_what_is_kept_is_not_dropped_afterwards_from_under_the_next(tmp_path: Path) -> None:
    first = Claim(tmp_path / "a.wav")
    first.keep()
    second = Claim(tmp_path / "a.wav")
    first.drop()
    second.keep()
    assert names(tmp_path) == ["a.wav"]


def test_on_a_disk_without_locks_each_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "lock", lambda _file: None)  # as NFS without its lock server; none is at hand
    one, other = Claim(tmp_path / "a.wav"), Claim(tmp_path / "a.wav")
    assert one.part != other.part
    one.part.write_text("one")
    other.part.write_text("other")
    one.keep()
    other.keep()
    assert (tmp_path / "a.wav").read_text() == "other"
    assert names(tmp_path) == ["a.wav"]


@pytest.mark.parametrize("name", ["x" * 251 + ".wav", "é" * 125 + ".wav", os.fsdecode(b"\xe9" * 251) + ".wav",
                                  "y" * 255], ids=["long", "two bytes", "Latin-1", "no extension"])
def test_the_longest_names_have_a_part_too(tmp_path: Path, name: str) -> None:
    one = Claim(tmp_path / name)
    with pytest.raises(Taken):
        Claim(tmp_path / name)
    other = Claim(tmp_path / (name[:-5] + "#" + name[-4:]))  # cut off at the same place, and another
    other.drop()
    one.part.write_text("whole")
    one.keep()
    assert names(tmp_path) == [name]


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        Claim(tmp_path)
