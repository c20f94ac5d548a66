"""What ONNX Runtime computes with: providers that are built into it, and plugins, which are packages of their own."""

import importlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import onnxruntime as ort

from stream.errors import Failure
from stream.separators import derived

BUILT_IN = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "coreml": "CoreMLExecutionProvider",
            "dml": "DmlExecutionProvider"}
BLOBS = 8  # networks that stay compiled, 180 to 210 MB each: one per file and window length
KEY = "OPTIMIZATION_CAPABILITIES"


@dataclass(frozen=True)
class Plugin:
    """A provider in a package of its own, which knows where its library is.

    package, extra: what is installed, and which of our extras installs it
    fits: whether a device of the provider is meant
    options: the provider's own, for a device and so many threads (0: as it thinks best)
    """

    package: str
    extra: str
    fits: Callable[[Any], bool]
    options: Callable[[Any, int], dict[str, str]]

    @property
    def module(self) -> str:
        """The package's name in Python."""
        return self.package.replace("-", "_")

    def device(self) -> Any:
        """The device that is meant, after the library was loaded into this process. Raises Failure."""
        package = importlib.import_module(self.module)
        try:
            if package.get_ep_name() not in {device.ep_name for device in ort.get_ep_devices()}:
                ort.register_execution_provider_library(self.module, package.get_library_path())
        except Exception as error:  # onnxruntime raises a class of its own for each kind of damage
            raise Failure(f"{self.package} cannot be loaded: {reason(error)}") from error
        for device in ort.get_ep_devices():
            if device.ep_name == package.get_ep_name() and self.fits(device):
                return device
        raise Failure(f"{self.package} finds nothing on this machine that it can compute with")


def _openvino(device: Any, threads: int, exact: bool) -> dict[str, str]:
    """One stream over all threads; bfloat16 where the processor multiplies it, unless it shall be `exact`."""
    # float16 is offered as well, but came out wrong and 50 times slower (docs/speed.md)
    half = not exact and "BF16" in device.ep_metadata.get(KEY, "").split()
    config = {"INFERENCE_PRECISION_HINT": "bf16" if half else "f32", "NUM_STREAMS": "1",
              "ENABLE_CPU_PINNING": "NO"}  # a pinned thread waits for whoever has its core, and audio waits for it
    if threads:
        config["INFERENCE_NUM_THREADS"] = str(threads)
    with suppress(OSError):  # without the folder it is only slower to start
        blobs = derived.folder("openvino")
        derived.keep_newest(list(blobs.glob("*.blob")), BLOBS - 1)  # room for the one to come
        config["CACHE_DIR"] = str(blobs)  # it makes a damaged blob again
    return {"load_config": json.dumps({"CPU": config})}


def _is_cpu(device: Any) -> bool:
    return bool(device.ep_metadata.get("ov_device") == "CPU")


PLUGINS = {name: Plugin("onnxruntime-ep-openvino", "openvino", _is_cpu, partial(_openvino, exact=exact))
           for name, exact in (("openvino", False), ("openvino-f32", True))}


def provider_name(wish: str) -> str:
    """The provider for a wish; `auto` is the CPU until something else has been timed. Raises ValueError."""
    name = "cpu" if wish == "auto" else wish
    built_in = ort.get_available_providers()
    here = [key for key, value in BUILT_IN.items() if value in built_in]
    here += [key for key, plugin in PLUGINS.items() if find_spec(plugin.module)]
    if name in here:
        return name
    if name in PLUGINS:
        raise ValueError(f"provider {name} needs the package {PLUGINS[name].package}: "
                         f"install demucs-stream[{PLUGINS[name].extra}]")
    raise ValueError(f"provider {wish} is not in this onnxruntime; here are: {', '.join(here)}")


def give(options: Any, provider: str, threads: int) -> list[str] | None:
    """Let a session's options have a provider; what its `providers` must be. [main-thread, one at a time]

    options: SessionOptions
    provider: as `provider_name` gives it
    threads: of the provider; 0 is as it thinks best
    Raises Failure for a plugin that cannot be loaded.
    """
    if provider in BUILT_IN:
        return [BUILT_IN[provider]]
    plugin = PLUGINS[provider]
    device = plugin.device()
    options.add_provider_for_devices([device], plugin.options(device, threads))
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")  # all of the graph, or none: said aloud
    return None


def reason(error: Exception) -> str:
    """What onnx, onnxruntime or a plugin says of an error, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # OpenVINO begins with the place in its own source, and ends with what happened
    told = [line for line in lines if "Exception from " not in line]
    return (told or lines or [type(error).__name__])[0]
