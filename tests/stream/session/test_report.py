"""The report of a run, and the JSON object of it that users' programs read."""

import json
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest
import soundfile as sf

from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.report import Absence, HopTime, InsertReport, RunReport
from stream.session.request import RunRequest
from tests.rig.byhand import noise

# as they were before there was a dataclass: who reads the object reads these, and who prints it prints this order
KEYS = ["model", "provider", "samplerate", "separator", "sources", "latency_s", "latency_parts_s", "latency_frames",
        "window_s", "preferred", "expected_loss_db", "heard_s", "hops", "eased_hops", "blocks", "misses",
        "late_frames", "underruns", "overruns", "insert_misses", "cleaned", "xruns", "gaps", "hop_time_s", "files",
        "absences", "inserts"]
PARTS = ["device_in", "resampler", "hop", "lookahead", "crossfade", "budget", "device_out", "drift", "insert",
         "limiter"]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    sf.write(tmp_path / "song.wav", noise(30_000), 44_100, "FLOAT")
    return Host(RunRequest(Opening("center"), tmp_path / "song.wav", None, "virtual", latency_s=0.5,
                           recording=RecordingOptions(tmp_path / "out")), lambda _text: None)


@pytest.fixture
def report(host: Host) -> RunReport:
    host.run(lambda: True)
    return host.report()


def test_the_object_has_the_keys_that_it_had_in_the_order_that_it_had(report: RunReport) -> None:
    found = json.loads(json.dumps(report.json()))
    assert list(found) == KEYS
    assert list(found["latency_parts_s"]) == PARTS
    assert list(found["hop_time_s"]) == ["median", "p99", "max"]


def test_the_object_holds_what_the_attributes_hold(report: RunReport) -> None:
    found = report.json()
    nested = ("hop_time_s", "absences", "inserts")
    assert {name: found[name] for name in KEYS if name not in nested} == {
        name: getattr(report, name) for name in KEYS if name not in nested}
    assert found["hop_time_s"] == vars(report.hop_time_s)
    assert report.hop_time_s.max >= report.hop_time_s.p99 >= report.hop_time_s.median > 0


def test_who_was_gone_and_what_stems_were_sent_through_are_objects_of_it_too(report: RunReport) -> None:
    found = replace(report, absences=[Absence("audio device", "box", 2, 1.5)],
                    inserts=[InsertReport("vocals", "Gain", 480, 0.001, None)]).json()
    assert found["absences"] == [{"what": "audio device", "device": "box", "times": 2, "seconds": 1.5}]
    assert found["inserts"] == [{"stem": "vocals", "effects": "Gain", "latency_frames": 480, "block_s": 0.001,
                                 "trouble": None}]
    assert list(found["inserts"][0]) == ["stem", "effects", "latency_frames", "block_s", "trouble"]


def test_before_anything_is_heard_it_is_whole_too_and_nobody_changes_it(host: Host) -> None:
    before = host.report()
    assert (before.heard_s, before.hops, before.hop_time_s) == (0.0, 0, HopTime(0.0, 0.0, 0.0))
    with pytest.raises(FrozenInstanceError):
        before.hops = 1  # type: ignore[misc]
    host.run(lambda: True)
    assert (before.hops, host.report().hops > 0) == (0, True)


def test_every_count_of_the_engine_has_its_place(report: RunReport, host: Host) -> None:
    counts = host.engine.counts()
    assert counts.keys() <= {field.name for field in fields(report)}
    assert {name: getattr(report, name) for name in counts} == counts
    assert all(type(count) is int for count in counts.values())
