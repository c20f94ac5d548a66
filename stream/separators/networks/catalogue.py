"""What there is for ONNX Runtime to compute with: what each needs, what it is told, how exact it must be.

Built-in providers are part of a build of onnxruntime; plugins are packages that go with any build.
[any-thread]
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from stream.separators.networks import diskcache

BLOBS = 8  # networks that stay compiled, 180 to 210 MB each: one per file and window length
KEY = "OPTIMIZATION_CAPABILITIES"
# least agreement of every stem with the CPU provider's, in dB. float32 in another order of additions measured 89 and
# more. Reduced precision measured 30 and more, 20 below what the network itself gets wrong; at 25 it costs a
# stem of 12 dB SDR 0.2 dB, and what is broken (float16 in OpenVINO: 3 dB) is far below
EXACT_DB, REDUCED_DB = 60.0, 25.0
Options = dict[str, str]


@dataclass(frozen=True)
class BuiltIn:
    """A provider in some builds of onnxruntime.

    names: of the provider in ONNX Runtime, and those that may run what it leaves, before the CPU does
    install: what to do where it is not in this build
    agrees_db: least agreement with the CPU provider
    options: its own
    """

    names: tuple[str, ...]
    install: str
    agrees_db: float
    options: Callable[[], Options] = dict


@dataclass(frozen=True)
class Plugin:
    """A provider in a package of its own, which knows where its library is.

    package, extra: what is installed, and which of our extras installs it
    agrees_db: least agreement with the CPU provider
    fits: whether a device of the provider is meant
    options: the provider's own, for a device and so many threads (0: as it thinks best)
    wants: what it lists as a device, for whoever has none
    """

    package: str
    extra: str
    agrees_db: float
    fits: Callable[[Any], bool]
    options: Callable[[Any, int], Options]
    wants: str = ""

    @property
    def module(self) -> str:
        """The package's name in Python."""
        return self.package.replace("-", "_")

    @property
    def install(self) -> str:
        """What to do where it is not here."""
        return f"run `pip install '.[{self.extra}]'` in demucs-stream's folder"


def _openvino(device: Any, threads: int, exact: bool) -> Options:
    """One stream over all threads; bfloat16 where the processor multiplies it, unless it shall be `exact`."""
    # float16 is offered as well, but came out wrong and 50 times slower (docs/notes/speed.md)
    half = not exact and "BF16" in device.ep_metadata.get(KEY, "").split()
    config = {"INFERENCE_PRECISION_HINT": "bf16" if half else "f32", "NUM_STREAMS": "1",
              "ENABLE_CPU_PINNING": "NO"}  # a pinned thread waits for whoever has its core, and audio waits for it
    if threads:
        config["INFERENCE_NUM_THREADS"] = str(threads)
    with suppress(OSError):  # without the folder it is only slower to start
        blobs = diskcache.folder("openvino")
        diskcache.keep_newest(list(blobs.glob("*.blob")), BLOBS - 1)  # room for the one to come
        config["CACHE_DIR"] = str(blobs)  # it makes a damaged blob again
    return {"load_config": json.dumps({"CPU": config})}


def _is_cpu(device: Any) -> bool:
    return bool(device.ep_metadata.get("ov_device") == "CPU")


def _cached(options: Options, kind: str, *keys: str) -> Options:
    """Options with the folder for what the provider compiles, where there can be one."""
    with suppress(OSError):
        return options | dict.fromkeys(keys, str(diskcache.folder(kind)))
    return options


def _tensorrt() -> Options:
    switches = {"trt_engine_cache_enable": "1", "trt_timing_cache_enable": "1", "trt_fp16_enable": "1"}
    return _cached(switches, "tensorrt", "trt_engine_cache_path", "trt_timing_cache_path")


CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
GPU_BUILD = "run `pip uninstall onnxruntime`, then `pip install onnxruntime-gpu`"
BUILT_IN = {
    "cpu": BuiltIn((CPU,), "run `pip install onnxruntime`", EXACT_DB),
    # searching convolutions' algorithms exhaustively, its default, takes longer than a stream may wait
    "cuda": BuiltIn((CUDA,), GPU_BUILD, REDUCED_DB, lambda: {"cudnn_conv_algo_search": "HEURISTIC"}),
    "tensorrt": BuiltIn(("TensorrtExecutionProvider", CUDA), f"{GPU_BUILD}, and install TensorRT", REDUCED_DB,
                        _tensorrt),
    "coreml": BuiltIn(("CoreMLExecutionProvider",), "only the onnxruntime for macOS has it", REDUCED_DB, lambda:
                      _cached({"ModelFormat": "MLProgram"}, "coreml", "ModelCacheDirectory")),
    "dml": BuiltIn(("DmlExecutionProvider",), "on Windows run `pip uninstall onnxruntime`, "
                   "then `pip install onnxruntime-directml`",
                   REDUCED_DB),
}
INTEL = ": it needs an Intel processor"
PLUGINS = {
    "openvino": Plugin("onnxruntime-ep-openvino", "openvino", REDUCED_DB, _is_cpu, partial(_openvino, exact=False),
                       INTEL),
    "openvino-f32": Plugin("onnxruntime-ep-openvino", "openvino", EXACT_DB, _is_cpu, partial(_openvino, exact=True),
                           INTEL),
    "webgpu": Plugin("onnxruntime-ep-webgpu", "webgpu", EXACT_DB, lambda _device: True, lambda _device, _threads: {},
                     ": it needs a GPU and its driver"),
}
# fastest first, where all of them are here: by what others report, until they are timed
ORDER = ("tensorrt", "cuda", "coreml", "dml", "webgpu", "openvino", "openvino-f32", "cpu")


def least_db(provider: str) -> float:
    """The agreement with the CPU provider below which a provider is not trusted, in dB."""
    return (BUILT_IN | PLUGINS)[provider].agrees_db


def reason(error: Exception) -> str:
    """What onnx, onnxruntime or a plugin says of an error, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # OpenVINO begins with the place in its own source, and ends with what happened
    reasons = [line for line in lines if "Exception from " not in line]
    return re.sub(r"\s+", " ", (reasons or lines or [type(error).__name__])[0])
