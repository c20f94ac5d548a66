"""What ONNX Runtime computes with here: providers built into it, plugins beside it, and who runs which node."""

import importlib
import io
from collections import Counter
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import onnxruntime as ort

from stream.common.errors import Failure
from stream.separators.networks.catalogue import BUILT_IN, CPU, CUDA, ORDER, PLUGINS, Plugin, reason

ALREADY = "already registered"
NAMED_NODES = 4  # kinds of nodes that are named, of those that run elsewhere


def here() -> list[str]:
    """Names of the providers that are installed, in `ORDER`; whether they work is another question. [any-thread]"""
    built_in = ort.get_available_providers()
    return [name for name in ORDER if (BUILT_IN[name].names[0] in built_in if name in BUILT_IN
                                       else find_spec(PLUGINS[name].module))]


def versions() -> dict[str, str | None]:
    """Of onnxruntime and every plugin's package; None for one that is not installed. [any-thread]"""
    found: dict[str, str | None] = {"onnxruntime": ort.__version__}
    for plugin in PLUGINS.values():
        try:
            found[plugin.package] = version(plugin.package)
        except PackageNotFoundError:
            found[plugin.package] = None
    return found


def missing(name: str) -> str:
    """What to do about a provider that is not here, in one line. [any-thread]"""
    if name in PLUGINS:
        return f"provider {name} needs the package {PLUGINS[name].package}: {PLUGINS[name].install}"
    if name in BUILT_IN:
        return f"provider {name} is not in this onnxruntime: {BUILT_IN[name].install}"
    return f"provider {name} is not in this onnxruntime; it has auto, {', '.join(here())}"


def provider_name(requested: str) -> str:
    """The provider asked for; `auto` is the CPU until something else was timed. Raises ValueError. [any-thread]"""
    name = "cpu" if requested == "auto" else requested
    if name in here():
        return name
    raise ValueError(missing(name))


def give(options: Any, provider: str, threads: int) -> list[Any] | None:
    """Let a session's options have a provider; what its `providers` must be. One at a time.

    options: SessionOptions
    provider: as `provider_name` gives it
    threads: of the provider; 0 is as it thinks best
    Raises Failure for a plugin that cannot be loaded.
    [opening-thread]
    """
    if provider == "cpu":
        return [CPU]
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if provider in BUILT_IN:
        built_in = BUILT_IN[provider]
        if CUDA in built_in.names:
            with redirect_stdout(io.StringIO()):  # it prints what it does not find
                ort.preload_dlls()  # CUDA's libraries, where they are installed as packages
        return [(built_in.names[0], built_in.options()), *built_in.names[1:], CPU]
    plugin = PLUGINS[provider]
    found = device(plugin)
    options.add_provider_for_devices([found], plugin.options(found, threads))
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")  # all of the graph, or none: said aloud
    return None


def device(plugin: Plugin) -> Any:
    """The device that is meant, after the library was loaded into this process. Raises Failure. [opening-thread]"""
    package = importlib.import_module(plugin.module)
    try:
        if package.get_ep_name() not in {found.ep_name for found in ort.get_ep_devices()}:
            ort.register_execution_provider_library(plugin.module, package.get_library_path())
    except Exception as error:  # onnxruntime raises a class of its own for each kind of damage
        if ALREADY not in str(error):  # one that lists no device leaves no other trace of having been loaded
            raise Failure(f"{plugin.package} cannot be loaded: {reason(error)}") from error
    for found in ort.get_ep_devices():
        if found.ep_name == package.get_ep_name() and plugin.fits(found):
            return found
    raise Failure(f"{plugin.package} finds no device on this machine to compute with{plugin.wants}")


def elsewhere(session: Any, provider: str) -> str | None:
    """What of a built-in provider's graph runs on another one, in one line; None where nothing does.

    session: InferenceSession, whose options `give` was given
    Raises Failure for a provider that does not start, or runs nothing.
    [any-thread]
    """
    name = BUILT_IN[provider].names[0]
    if name not in session.get_providers():
        raise Failure(f"provider {provider} is in this onnxruntime, but does not start on this machine: its driver or "
                      "its libraries are missing")
    parts = session.get_provider_graph_assignment_info()
    own = [part for part in parts if part.ep_name == name]
    strange = [node.op_type for part in parts if part.ep_name != name for node in part.get_nodes()]
    nodes = sum(len(part.get_nodes()) for part in own)
    if not nodes:
        raise Failure(f"provider {provider} can run no node of the model")
    if not strange:
        return None
    kinds = Counter(strange).most_common()
    named = ", ".join(f"{kind} {count}" for kind, count in kinds[:NAMED_NODES])
    return (f"provider {provider} runs {nodes} nodes of the model in {len(own)} parts; {len(strange)} run on "
            f"another one ({named}{', ...' if len(kinds) > NAMED_NODES else ''})")
