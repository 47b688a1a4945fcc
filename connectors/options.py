"""A connector's options and what each must look like -> every fault as a sentence, for its `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Shape = Callable[[Any], bool]


def _strings(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) and item.strip() for item in value)


def _table(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(item, str) for pair in value.items() for item in pair)


STRINGS = "a list of strings"
TABLE = "a table of strings"
STRING = "a string"
SWITCH = "true or false"
NUMBER = "a whole number"

SHAPES: dict[str, Shape] = {
    STRINGS: _strings,
    TABLE: _table,
    STRING: lambda value: isinstance(value, str),
    SWITCH: lambda value: isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def faults(options: Mapping[str, Any], known: Mapping[str, str]) -> list[str]:
    """Every fault of `options`. `known` maps each option to one of the expectations above, for example
    `{"agents": STRINGS}`."""
    return [fault for name, value in options.items() if (fault := _fault(name, value, known))]


def _fault(name: str, value: Any, known: Mapping[str, str]) -> str:
    if name not in known:
        return f"{name}: no such option; known: {', '.join(sorted(known)) or 'none'}"
    return "" if SHAPES[known[name]](value) else f"{name}: found {value!r}; expected {known[name]}"
