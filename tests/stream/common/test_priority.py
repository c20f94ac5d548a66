"""What separates live goes before other programs, if the system lets it; nobody minds if not."""

import os
import threading
from pathlib import Path

import pytest
import soundfile

from stream.common import priority
from stream.common.priority import NICE, preferred
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.request import RunRequest
from tests.rig.byhand import noise

SYSTEM = hasattr(os, "setpriority")
USUAL = os.getpriority(os.PRIO_PROCESS, 0) if SYSTEM else 0


def granted() -> bool:
    with preferred() as found:
        return found


@pytest.mark.skipif(not SYSTEM or not granted(), reason="this system grants us no priority")
def test_a_thread_that_is_started_meanwhile_goes_before_others_and_later_all_is_as_it_was() -> None:
    found: list[int] = []
    with preferred():
        thread = threading.Thread(target=lambda: found.append(os.getpriority(os.PRIO_PROCESS, 0)))
        thread.start()
        thread.join()
    assert found == [min(USUAL, NICE)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == USUAL


def test_what_is_refused_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_which: int) -> None:
        raise PermissionError

    monkeypatch.setattr(priority.os, "setpriority", refuse, raising=False)
    assert not granted()


def test_a_system_without_such_a_thing_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(priority.os, "setpriority", raising=False)
    assert not granted()


@pytest.mark.parametrize(("clock", "wanted"), [("wall", True), ("virtual", False)])
def test_a_run_asks_for_it_where_somebody_waits(clock: str, wanted: bool, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", noise(30_000), 44_100)
    host = Host(RunRequest(Opening("center"), tmp_path / "song.wav", tmp_path / "out.wav", clock), lambda _text: None)
    assert host.report().preferred == (wanted and granted())
    host.run(lambda: True)
    assert not SYSTEM or os.getpriority(os.PRIO_PROCESS, 0) == USUAL
