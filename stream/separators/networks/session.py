"""ONNX Runtime's sessions: a model file, opened for certain sizes on one provider. [opening-thread]"""

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import onnxruntime as ort

from stream.common.claim import write_atomically
from stream.separators.fusion.passes import fused, revision
from stream.separators.networks import diskcache
from stream.separators.networks.catalogue import BUILT_IN, reason
from stream.separators.networks.denormals import unchanged
from stream.separators.networks.providers import elsewhere, give

READY = 8  # graphs that are kept ready in the cache, 170 MB each
# a thread looks for its next part so long before it sleeps: over any gap within a run (docs/notes/speed.md)
WAIT_US = "1000"
CPU = ["CPUExecutionProvider"]
log = logging.getLogger(__name__)  # says at once what a provider leaves to another; nobody has to be asked for it
once = logging.getLogger("stream.once")  # and what takes seconds

ort.set_default_logger_severity(3)  # warnings about graphs are for developers; errors are raised


def session(path: Path, sizes: Mapping[str, int], threads: int, provider: str) -> Any:
    """An InferenceSession; takes a second or more. One at a time (onnxruntime#27063).

    sizes: of the file's symbolic dimensions, for providers that compile a graph; those that it has not are left
    provider: as `provider_name` gives it; the rest as for `Network`
    Raises ValueError for a file that is no model, Failure for a provider that cannot be loaded.
    """
    options = _options(threads)
    if provider != "cpu":  # which is no faster for it, and then runs other sizes too
        for name, size in sizes.items():
            options.add_free_dimension_override_by_name(name, size)
    providers = give(options, provider, threads)
    try:
        with unchanged():
            if provider == "cpu" and path.suffix == ".onnx":
                return _opened(path, options)
            # onnxruntime would step back to the CPU by itself, and tell so on stdout only
            made = ort.InferenceSession(str(path), options, providers=providers, enable_fallback=False)
    except Exception as error:  # onnx and onnxruntime raise a class of their own for each kind of damage
        how = "" if provider == "cpu" else f" with provider {provider}"
        raise ValueError(f"{path} is not a model that ONNX Runtime can open{how}: {reason(error)}") from error
    left = elsewhere(made, provider) if provider in BUILT_IN and provider != "cpu" else None
    if left:
        log.warning("%s", left)
    return made


def metadata_of(path: Path) -> Mapping[str, str]:
    """What a model file says of itself, read without making anything ready; a second or less.

    Raises ValueError for a file that is no model.
    """
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        found: Mapping[str, str] = ort.InferenceSession(str(path), options, providers=CPU).get_modelmeta(
        ).custom_metadata_map
    except Exception as error:  # onnx and onnxruntime raise a class of their own for each kind of damage
        raise ValueError(f"{path} is not a model that ONNX Runtime can open: {reason(error)}") from error
    return found


def run_options() -> Any:
    """Of a session's runs, by which they can be ended while they are under way (`terminate`)."""
    return ort.RunOptions()


def _options(threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.spin_duration_us", WAIT_US)
    options.enable_mem_pattern = False  # planning it costs the second run 1.7 s at 336 columns and gains nothing
    # a tensor's buffer would be kept for later ones of its size: 1 GB (docs/notes/speed.md)
    options.enable_mem_reuse = False
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return options


def _opened(path: Path, options: Any) -> Any:
    """A session of the graph made ready for this processor, out of the cache; made there, if need be."""
    target = _target(path)
    if target is not None and target.is_file():
        try:
            return ort.InferenceSession(str(target), options, providers=CPU)
        except Exception:  # a damaged one is made again
            target.unlink(missing_ok=True)
    once.warning("making %s ready for this processor (once) ...", path.name)
    graph = fused(path)
    if target is None:
        return ort.InferenceSession(graph, options, providers=CPU)
    try:
        write_atomically(target, partial(_write, graph))
    except Exception:  # a full disk; or the model itself is at fault, and tells so below
        return ort.InferenceSession(graph, options, providers=CPU)
    diskcache.keep_newest(list(target.parent.glob("*.ort")), READY)
    return ort.InferenceSession(str(target), options, providers=CPU)


def _target(path: Path) -> Path | None:
    """Where the ready graph of a model file is kept, one for all window lengths; None where nothing can be kept."""
    try:
        made_of = diskcache.tag(path, ort.__version__.encode(), revision())
        return diskcache.folder("cpu") / f"{path.stem}-{made_of}.ort"
    except OSError:
        return None


def _write(graph: bytes, to: Path) -> None:
    """The graph as ONNX Runtime runs it, layouts and all; opening it takes a third of the time."""
    options = _options(threads=1)
    options.optimized_model_filepath = str(to)
    options.add_session_config_entry("session.save_model_format", "ORT")
    ort.InferenceSession(graph, options, providers=CPU)
