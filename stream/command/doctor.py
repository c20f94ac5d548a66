"""The command `doctor`: what is here, what it computes with and how fast, what it holds, and what would help most."""

import math
import platform
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from stream.command.advice import advice, processor
from stream.command.choosing import asked_live
from stream.common.errors import Failure
from stream.common.priority import NICE, preferred
from stream.devices import portaudio
from stream.latency.geometry import DeviceTiming
from stream.separators.networks.catalogue import ORDER
from stream.separators.networks.providers import here, missing, versions
from stream.separators.opening import Opening
from stream.session.request import Say
from stream.terminal.answers import tell
from stream.tuning.cache import cores
from stream.tuning.candidates import Asked, Outcome, candidates
from stream.tuning.load import watched
from stream.tuning.select import select_provider, timed_settings
from stream.tuning.sustainable import NONE_S, SustainedLatency, best_sustainable, sustainable

REFUSED = f"refused; the line `@audio - nice {NICE}` in limits.conf allows it, and fewer hops are late then"
LIBRARIES = ("numba", "numpy", "sounddevice", "soundfile", "soxr", "python-rtmidi", "python-osc")


def doctor(arguments: Namespace, opening: Callable[[], Opening], say: Say) -> dict[str, Any]:
    """Look at everything and time it; what is found is kept for the next start.

    opening: as for `run`; a separator without weights where none can be had
    """
    devices, fault = _devices()
    chosen = opening()
    with preferred() as granted, watched() as load:
        outcomes, chosen = _providers(asked_live(chosen, None, say))
        rows, least_s = sustainable(chosen, _timing(devices), say, again=True)
    installed = {name: version(name) for name in LIBRARIES}
    report = {
        "version": version("demucs-stream"), "python": platform.python_version(), "system": platform.platform(),
        "processor": processor(), "cores": cores(), "installed": versions() | installed,
        "preferred": granted, "devices": [asdict(device) for device in devices], "devices_fault": fault,
        "model": chosen.model,
        "providers": [_provider(name, outcomes.get(name)) for name in ORDER],
        "chosen": {"provider": chosen.provider, "threads": chosen.threads},
        "load": asdict(load), "latencies": [_latency(row) for row in rows],
        "least_s": None if least_s == NONE_S else least_s, "best": best_sustainable(rows),
        "advice": advice(rows, load, fault),
    }
    if not arguments.json:
        tell(*_lines(report))
    return report


def _devices() -> tuple[list[portaudio.Device], str | None]:
    """Sound devices, and what is wrong where there are none."""
    try:
        found = portaudio.devices()
    except Failure as error:
        return [], str(error)
    return found, None if found else "there are no sound devices"


def _timing(devices: list[portaudio.Device]) -> DeviceTiming:
    """The rate of the default output; what a device itself adds is only known when it is open."""
    rates = [device.samplerate for device in devices if "default output" in device.default]
    return DeviceTiming(rates[0]) if rates else DeviceTiming()


def _providers(asked: Asked) -> tuple[dict[str, Outcome], Opening]:
    """What became of each that is installed, and what is chosen; nothing to choose without a model file."""
    if not asked.opening.files:
        return {}, replace(asked.opening, provider="cpu")
    outcomes: dict[str, Outcome] = {}

    def seen() -> Iterator[Outcome]:
        for outcome in candidates(asked):
            outcomes[outcome.provider] = outcome
            yield outcome

    settings = timed_settings(replace(asked, opening=replace(asked.opening, provider="auto")), seen())
    return outcomes, settings.of(asked.opening) if asked.opening.provider == "auto" else select_provider(asked)


def _provider(name: str, outcome: Outcome | None) -> dict[str, Any]:
    """A provider's row: its times in seconds, or why there are none."""
    row: dict[str, Any] = {"name": name, "installed": name in here(), "median_s": None, "p99_s": None, "ratio": None,
                           "agrees_db": None, "why": "", "notes": []}
    if not row["installed"]:
        return row | {"why": missing(name).removeprefix(f"provider {name} ")}
    if outcome is None:
        return row | {"why": "not timed: this model does not use it"}
    row |= {"why": outcome.why, "notes": outcome.notes}
    if outcome.trial is None:
        return row
    trial = outcome.trial
    agrees_db = trial.agrees_db if math.isfinite(trial.agrees_db) else None
    return row | {"median_s": trial.median_s, "p99_s": trial.p99_s, "ratio": trial.ratio, "agrees_db": agrees_db}


def _latency(row: SustainedLatency) -> dict[str, Any]:
    return asdict(row) | {"margin": row.margin, "holds": row.holds}


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """The report for a person."""
    yield f"demucs-stream {report['version']}, Python {report['python']}, {report['system']}"
    yield f"{report['processor']}, {report['cores']} cores"
    yield "installed: " + ", ".join(f"{name} {found}" if found else f"no {name}"
                                    for name, found in report["installed"].items())
    yield "priority over other programs: " + ("granted" if report["preferred"] else REFUSED)
    yield f"devices:{' ' + report['devices_fault'] if report['devices_fault'] else ''}"
    for device in report["devices"]:
        yield f"  {portaudio.Device(**device)}, {device['samplerate']} Hz"
    yield f"providers for {report['model']}, and their time for a hop at the default latency (median, p99):"
    yield from map(_provider_line, report["providers"])
    chosen = report["chosen"]
    yield (f"latencies with provider {chosen['provider']}, {chosen['threads'] or 'all'} threads, "
           "without the device's own part:")
    for row in report["latencies"]:
        verdict = "held" if row["holds"] else "not held"
        took_ms, room_ms = row["hop_time_s"] * 1000, max(0, row["room_s"]) * 1000
        yield (f"  {row['name']:12} {row['latency_s']:5.2f} s  {verdict}: a hop takes {took_ms:.1f} ms and may take "
               f"{room_ms:.1f} ({row['margin']:.1f} times)")
    least_s = report["least_s"]
    yield f"  {'least':12} {least_s:5.2f} s" if least_s else "  no latency can be held"
    yield f"best held: {report['best'] or 'none'}"
    yield f"what would help most: {report['advice']}"


def _provider_line(row: dict[str, Any]) -> str:
    if row["median_s"] is None:
        return f"  {row['name']:12} {row['why']}"
    agrees = "" if row["agrees_db"] is None else f", stems agree with the CPU provider's to {row['agrees_db']:.0f} dB"
    distrust = f"; not trusted: {row['why']}" if row["why"] else ""
    notes = "".join(f"; {note}" for note in row["notes"])
    return f"  {row['name']:12} {row['median_s'] * 1000:.0f} ms, {row['p99_s'] * 1000:.0f} ms{agrees}{distrust}{notes}"
