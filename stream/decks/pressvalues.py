"""What may be pressed on a deck with which values, before it is pressed: hands elsewhere send whatever they like.

[any-thread]
"""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from math import isfinite
from typing import Any

from stream.decks.transport import VERBS

_Values = list[tuple[str, Any, bool]]  # name, type, and whether it can be left out


def _of(verb: Callable[..., Any]) -> _Values:
    _, *values = signature(verb).parameters.values()
    return [(value.name, value.annotation, value.default is not Parameter.empty) for value in values]


_KNOWN: Mapping[str, _Values] = {name: _of(verb) for name, verb in VERBS.items()}


def most_values(name: str) -> int:
    """How many values a press takes at most."""
    return len(_KNOWN[name])


def press_values(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a press as its verb takes them. Raises ValueError: no such verb, too few, too many, or wrong ones.

    Whether a number is in the range of its verb, only that knows.
    """
    if name not in _KNOWN:
        raise ValueError(f"there is nothing called {name} on a deck; there is {', '.join(_KNOWN)}")
    known = _KNOWN[name]
    if not sum(not optional for _, _, optional in known) <= len(values) <= len(known):
        raise ValueError(f"{name} takes {', '.join(each for each, _, _ in known) or 'no value'}, not {values!r:.60}")
    return tuple(_checked(f"{each} of {name}", kind, value)
                 for (each, kind, _), value in zip(known, values, strict=False))


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind is bool:
        if value in (0, 1):
            return bool(value)
        raise ValueError(f"{name} must be true or false, not {value!r:.40}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{name} must be a number, not {value!r:.40}")
    if kind is int and value != int(value):
        raise ValueError(f"{name} must be a whole number, not {value!r:.40}")
    return int(value) if kind is int else value
