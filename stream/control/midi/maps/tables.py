"""Values out of a TOML table, checked; whatever is wrong is a ValueError that says what was wanted. [any-thread]"""

from collections.abc import Iterable, Mapping
from typing import Any

Table = Mapping[str, Any]


def known(table: Table, keys: Iterable[str]) -> None:
    """Raise for a key that means nothing."""
    for key in table:
        if key not in keys:
            raise ValueError(f"unknown key {key}; the known keys are {', '.join(keys)}")


def integer(table: Table, key: str, least: int, most: int, default: int = 0) -> int:
    """A whole number."""
    return _checked(key, table.get(key, default), least, most)


def integers(table: Table, key: str, least: int, most: int) -> list[int]:
    """A whole number, or a list of them."""
    value = table[key]
    if value == []:
        raise ValueError(f"{key} is an empty list")
    return [_checked(key, one, least, most) for one in (value if isinstance(value, list) else [value])]


def number(table: Table, key: str, least: float, most: float) -> float:
    """Any number; 0 where there is none."""
    value = table.get(key, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{key} must be {least:g} to {most:g}, not {value!r}")
    return float(value)


def flag(table: Table, key: str, default: bool) -> bool:
    """True or false."""
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false, not {value!r}")
    return value


def text(table: Table, key: str) -> str:
    """A text; empty where there is none."""
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text, not {value!r}")
    return value


def choice(table: Table, key: str, choices: Iterable[str], default: str) -> str:
    """One of these texts."""
    value = table.get(key, default)
    if value not in choices:
        raise ValueError(f"{key} must be one of {', '.join(choices)}, not {value!r}")
    return str(value)


def _checked(key: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{key} must be {least} to {most}, not {value!r}")
    return value
