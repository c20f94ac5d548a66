"""The configuration: one TOML file whose keys are the command line's words; the command line wins.

    device = "Scarlett"
    latency = "balanced"
    midi = ["nanoKONTROL2"]
    out = ["mix=1-2", "vocals=3-4"]
    gain = ["vocals=-6"]

    [scenes.karaoke.vocals]
    mute = true
"""

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from stream.common.text import read_text
from stream.mixer.players import parameter
from stream.mixer.strip import Strips

SPOKEN = ("config", "json", "attachable", "host", "port", "token", "songs", "clear")  # what only the command line says

NOTHING: Mapping[str, bool] = {}


def usual() -> Path:
    """Where it is looked for without being asked to."""
    return platformdirs.user_config_path("demucs-stream") / "config.toml"


@dataclass(frozen=True)
class Config:
    """words: of the command line      scenes: by name, stem and parameter"""

    words: tuple[str, ...] = ()
    scenes: dict[str, Strips] = field(default_factory=dict)


def read(path: Path, words: Mapping[str, bool]) -> Config:
    """Read a file. Raises ValueError, which names it and what is wrong with it.

    words: what it may say, and whether it may say so more than once
    """
    try:
        found = tomllib.loads(read_text(path))
        scenes = found.pop("scenes", {})
        said = [word for key, value in found.items() for word in _word(key, value, words)]
        return Config(tuple(said), {str(name): _scene(name, scene) for name, scene in _table("scenes", scenes).items()})
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # tomllib's own too, and what is no text
        raise ValueError(f"{path}: {error}") from error


def _word(key: str, value: Any, words: Mapping[str, bool]) -> list[str]:
    if key not in words:
        raise ValueError(f"no setting {key}; there are scenes and {', '.join(sorted(words))}")
    values = value if isinstance(value, list) else [value]
    if len(values) != 1 and not words[key]:
        raise ValueError(f"{key} is one value, not {value!r}")
    if not all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in values):
        raise ValueError(f"{key} is text or a number{', or a list of them' if words[key] else ''}, not {value!r}")
    return [f"--{key}={one}" for one in values]


def _scene(name: str, scene: Any) -> Strips:
    strips = {stem: _table(f"scenes.{name}.{stem}", strip) for stem, strip in _table(f"scenes.{name}", scene).items()}
    return {stem: {key: _number(f"scenes.{name}.{stem}.{key}", stem, key, value) for key, value in strip.items()}
            for stem, strip in strips.items()}


def _table(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is a table, not {value!r}")
    return value


def _number(name: str, stem: str, key: str, value: Any) -> float:
    if not isinstance(value, bool | int | float):
        raise ValueError(f"{name} is a number, not {value!r}")
    checked = parameter(stem, key)
    return float(value) if checked.switch else checked.check(name, value)


def words(parser: argparse.ArgumentParser) -> dict[str, bool]:
    """What a configuration may say of a command, and whether it may say so more than once."""
    defaults = vars(parser.parse_args([]))
    return {name.replace("_", "-"): isinstance(value, list) for name, value in defaults.items()
            if name not in SPOKEN}


def merged(parser: argparse.ArgumentParser, spoken: list[str],
           elsewhere: Mapping[str, bool] = NOTHING) -> argparse.Namespace:
    """What a parser makes of the command line's words and, where they say nothing, of the configuration.

    elsewhere: what the configuration may say of other commands, which is passed over, as of `words`
    `configured` of what it gives are the names of those that only the configuration says; `scenes` are its scenes;
    `said` is what there is to say of it, where it is passed over. Raises ValueError for one that was asked for and is
    wrong, and for what is wrong with the words.
    """
    arguments, said = parser.parse_args([]), _given(parser, spoken)
    asked = said.get("config")
    arguments.said, settled, scenes = "", {}, {}
    if asked is not None or usual().exists():
        try:
            config = read(asked or usual(), {**elsewhere, **words(parser)})
            settled, scenes = _settled(parser, config, asked or usual()), config.scenes
        except ValueError as error:
            if asked is not None:
                raise
            arguments.said = f"{error}; going on without the configuration"
    if "device" in said:  # both sides of it, whatever the configuration has for one
        settled = {name: value for name, value in settled.items() if name not in ("input_device", "output_device")}
    vars(arguments).update(settled | said, scenes=scenes, configured=settled.keys() - said.keys())
    return arguments


def _settled(parser: argparse.ArgumentParser, config: Config, path: Path) -> dict[str, Any]:
    known = words(parser)
    try:
        return _given(parser, [word for word in config.words if word.partition("=")[0].removeprefix("--") in known])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _given(parser: argparse.ArgumentParser, spoken: list[str]) -> dict[str, Any]:
    """Only what words say, without anybody's defaults."""
    # argparse leaves what is there alone, and copies a list before it adds to it
    unsaid = {name: [] if isinstance(value, list) else object() for name, value in vars(parser.parse_args([])).items()}
    found = vars(parser.parse_args(spoken, argparse.Namespace(**unsaid)))
    return {name: value for name, value in found.items() if value is not unsaid[name]}
