"""Effects, loaded. Only this file imports `pedalboard`, when one is asked for that it has: it is GPL-3, an extra."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from stream.inserts.naming import Effect, Value

Frames = npt.NDArray[np.float32]
FILES = (".vst3", ".component")
UNFIT = ("PitchShift", "GSMFullRateCompressor")  # pedalboard 0.9.26: block by block they give silence
LISTED = 30  # names of a plugin's parameters that are said; some have thousands


class Processor(Protocol):
    """What an effect is, whoever has made it: pedalboard's own way. `reset` and `reported_latency_samples` may lack."""

    def process(self, block: Frames, samplerate: float, buffer_size: int, reset: bool) -> Frames:
        """float32 (2, n) to float32 (2, about n): what it owes now it gives later. [the process's main thread]"""


class Sides:
    """Two of a mono effect, one for each side."""

    def __init__(self, left: Any, right: Any) -> None:
        self._both = left, right

    @property
    def reported_latency_samples(self) -> int:
        """Frames, as the plugin says."""
        return int(self._both[0].reported_latency_samples)

    def reset(self) -> None:
        """Forget what was heard."""
        for side in self._both:
            side.reset()

    def process(self, block: Frames, samplerate: float, buffer_size: int, reset: bool) -> Frames:
        """As `Processor.process`."""
        made = [side.process(np.ascontiguousarray(part[None]), samplerate, buffer_size, reset)
                for side, part in zip(self._both, block, strict=True)]
        return np.concatenate(made)


def load(effect: Effect) -> Processor:
    """An effect, ready to process. Raises ValueError. [the process's main thread: plugins want no other]"""
    path, _, name = effect.what.partition("#")
    try:
        if Path(path).suffix.lower() in FILES:
            return _plugin(Path(path), name, effect.settings)
        return _imported(effect) if "." in effect.what else _built_in(effect)
    except Exception as error:  # whatever a plugin, or somebody's own code, raises is the reason
        kind = "" if isinstance(error, ValueError | ImportError) else f"{type(error).__name__}: "
        raise ValueError(f"{kind}{' '.join(str(error).split())}") from error


def _pedalboard() -> Any:
    try:
        import pedalboard
    except ModuleNotFoundError as error:
        raise ValueError("pedalboard is not installed: install this program with its extra `vst`, for example "
                         "`pip install '.[vst]'` in its folder (it is GPL-3)") from error
    return pedalboard


def _plugin(path: Path, name: str, settings: Any) -> Processor:
    if not path.exists():
        raise ValueError("no such file")
    pedalboard = _pedalboard()
    try:
        kind = pedalboard.VST3Plugin if path.suffix.lower() == ".vst3" else pedalboard.AudioUnitPlugin
        names = kind.get_plugin_names_for_file(str(path))
    except (AttributeError, ImportError) as error:
        raise ValueError("it is not a plugin that can be loaded here") from error
    if (name and name not in names) or (not name and len(names) > 1):
        raise ValueError(f"it has {', '.join(names)}; say which, as {path}#{names[0]}")

    def made() -> Any:
        plugin = kind(str(path), plugin_name=name or names[0])
        if not plugin.is_effect:
            raise ValueError("it is an instrument, not an effect")
        for setting, value in settings.items():
            _set(plugin, setting, value)
        return plugin

    return _stereo(made)


def _set(plugin: Any, name: str, value: Value) -> None:
    if name not in plugin.parameters:
        raise ValueError(f"it has no parameter {name}; it has {', '.join(list(plugin.parameters)[:LISTED])}")
    setattr(plugin, name, value)


def _stereo(made: Any) -> Processor:
    """A plugin that takes both sides, or two that take one each. Raises ValueError for one that takes neither."""
    plugin, silence = made(), np.zeros((2, 512), np.float32)
    try:
        plugin.process(silence, 44_100, 512, False)
    except ValueError:
        plugin.process(silence[:1], 44_100, 512, False)
        return Sides(plugin, made())
    return plugin  # type: ignore[no-any-return]


def built_ins() -> Sequence[str]:
    """Names of pedalboard's own effects. Raises ValueError where it is not installed."""
    board = _pedalboard()
    named = {name: kind for name, kind in vars(board).items() if isinstance(kind, type) and name[0] != "_"}
    none = (board.ExternalPlugin, board.PluginContainer)
    return sorted(name for name, kind in named.items() if name not in UNFIT
                  and issubclass(kind, board.Plugin) and kind is not board.Plugin and not issubclass(kind, none))


def _built_in(effect: Effect) -> Processor:
    if effect.what in UNFIT:
        raise ValueError("pedalboard's effect of this name does not work block by block")
    if effect.what not in built_ins():
        raise ValueError(f"there is no such effect; here are {', '.join(built_ins())}, or a plugin's file")
    kind = getattr(_pedalboard(), effect.what)
    # what is one of a few is an enumeration inside of the class
    words = {word: member for inner in vars(kind).values()
             for word, member in getattr(inner, "__members__", {}).items()}
    settings = {name: words.get(str(value), value) for name, value in effect.settings.items()}
    try:
        return kind(**settings)  # type: ignore[no-any-return]
    except TypeError as error:
        takes = kind.__init__.__doc__.partition(", ")[2].partition(") ->")[0]
        raise ValueError(f"it takes {takes}") from error


def _imported(effect: Effect) -> Processor:
    module, _, name = effect.what.rpartition(".")
    return getattr(import_module(module), name)(**effect.settings)  # type: ignore[no-any-return]
