"""How effects are named: `vocals=Reverb.vst3`, `drums=Compressor:threshold_db=-20,ratio=4`, `bass=my.effects.Fuzz`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = bool | int | float | str
_WORDS = {"true": True, "on": True, "false": False, "off": False}
# settings begin at a colon that an equals sign follows: the one of `C:\Plugins\Reverb.vst3` does not
_NOTATION = re.compile(r"(?P<stem>[^=]+)=(?P<what>.+?)(?::(?P<settings>[^:/\\]*=.*))?")


@dataclass(frozen=True)
class Effect:
    """What a stem is sent through.

    what: a plugin's file, with `#NAME` where it holds several; a built-in's name; or `package.module.Factory`
    settings: by name
    """

    what: str
    settings: Mapping[str, Value]


Chains = Mapping[str, Sequence[Effect]]  # by stem, in the order in which they are heard


def chains(texts: Sequence[str]) -> Chains:
    """Effects as the command line has them, several of a stem in order. Raises ValueError."""
    found: dict[str, list[Effect]] = {}
    for text in texts:
        match = _NOTATION.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an insert such as vocals=Reverb.vst3 or drums=Compressor:ratio=4")
        settings = dict(_setting(text, part) for part in (match["settings"] or "").split(",") if part)
        found.setdefault(match["stem"], []).append(Effect(match["what"], settings))
    return found


def _setting(text: str, part: str) -> tuple[str, Value]:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    if not (name and equals and value):
        raise ValueError(f"{part!r} in {text!r} is not NAME=VALUE")
    return name, _value(value)


def _value(text: str) -> Value:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
