"""What would help a machine most, in one line."""

import platform
import shutil
from collections.abc import Sequence
from pathlib import Path

from stream.separators.networks.catalogue import BUILT_IN, PLUGINS
from stream.separators.networks.providers import here
from stream.tuning.load import Load
from stream.tuning.sustainable import SustainedLatency

CPUINFO = Path("/proc/cpuinfo")


def advice(rows: Sequence[SustainedLatency], load: Load, fault: str | None) -> str:
    """What to do first.

    load: while the latencies were timed
    fault: what is wrong with sound devices, if anything is
    """
    if load.stolen > load.others and load.busy:
        return f"a machine of your own, or a quieter hour: {load}"
    if load.busy:
        return f"close other programs: {load}"
    faster = _faster()
    if faster and not all(row.holds for row in rows):
        return faster
    if not all(row.holds for row in rows):
        return "a GPU, or more and faster cores" if any(row.holds for row in rows) else \
            "a GPU, or faster cores: none of the latencies is held (--model center needs next to nothing)"
    if fault:
        return f"a sound device: {fault}"
    return f"nothing: every latency is held{'; faster still: ' + faster if faster else ''}"


def _faster() -> str | None:
    """A provider for what is in this machine, that is not installed."""
    installed = here()
    if "cuda" not in installed and (shutil.which("nvidia-smi") or Path("/proc/driver/nvidia").exists()):
        return f"the NVIDIA GPU: {BUILT_IN['cuda'].install}"
    if "openvino" not in installed and "Intel" in processor() and platform.machine() in ("x86_64", "AMD64"):
        return f"Intel's OpenVINO: {PLUGINS['openvino'].install}"
    return None


def processor() -> str:
    """What the processor calls itself."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(models, platform.processor() or platform.machine())
