"""Compares an answer with the contract's description of it, and with its example.

A description is JSON whose leaves are words for a type (``"int"``, ``"iso datetime"``, ``"string|null"``) or the very
value that is expected. Fields beyond the described ones are allowed, missing ones are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\Z")
_BACKUP_ID = re.compile(r"backup_\d{8}_\d{6}\w*\Z")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_decimal(value: Any, places: int, maximum: float) -> bool:
    return _is_number(value) and 0 <= value <= maximum and round(value, places) == value


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and (value == "" or value.startswith(("http://", "https://")))


_WORDS: Mapping[str, Callable[[Any], bool]] = {
    "int": _is_integer,
    "int 0|1": lambda value: _is_integer(value) and value in (0, 1),
    "string": lambda value: isinstance(value, str),
    "string e.g. online": lambda value: isinstance(value, str) and value != "",
    "string|null": lambda value: value is None or isinstance(value, str),
    "iso datetime": _matches(_TIME),
    "url": _is_url,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "bool": lambda value: isinstance(value, bool),
    "float": _is_number,
    "float 1 decimal": lambda value: _is_decimal(value, 1, float("inf")),
    "float percent 1 decimal (97.2)": lambda value: _is_decimal(value, 1, 100),
    "float 0..1 2 decimals": lambda value: _is_decimal(value, 2, 1),
    "JWT string": lambda value: isinstance(value, str) and value != "",
    "backup_YYYYMMDD_HHMMSS": _matches(_BACKUP_ID),
    "path to .zip": lambda value: isinstance(value, str) and value.endswith(".zip"),
    "text|voice": lambda value: value in ("text", "voice"),
    "log|status": lambda value: value in ("log", "status"),
}


def differences(shape: Any, value: Any, where: str = "body") -> list[str]:
    """In which ways the value is not as described; nothing when it is."""
    if isinstance(shape, dict):
        return _object_differences(shape, value, where, differences)
    if isinstance(shape, list):
        return _array_differences(shape, value, where, differences)
    if isinstance(shape, str) and shape in _WORDS:
        return [] if _WORDS[shape](value) else [f"{where} should be {shape}, not {value!r}"]
    return [] if value == shape and type(value) is type(shape) else [f"{where} should be {shape!r}, not {value!r}"]


def example_differences(example: Any, value: Any, where: str = "body") -> list[str]:
    """In which ways the value is of another make than the example: fields missing, other JSON types, other forms of
    times. An array in the example with something in it wants an array with something in it."""
    if isinstance(example, dict):
        return _object_differences(example, value, where, example_differences)
    if isinstance(example, list):
        return _array_differences(example, value, where, example_differences)
    if example is None:
        return []
    expected = _kind(example)
    found = "number" if expected == "number" and _is_number(value) else _kind(value)
    return [] if found == expected else [f"{where} should be of type {expected}, not {value!r}"]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "time" if _TIME.match(value) else "string"
    return {int: "integer", float: "number", dict: "object", list: "array"}.get(type(value), "null")


def _object_differences(
    shape: Mapping[str, Any], value: Any, where: str, compare: Callable[[Any, Any, str], list[str]]
) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} should be an object, not {value!r}"]
    found = [f"{where}.{name} is missing" for name in shape if name not in value]
    for name in shape.keys() & value.keys():
        found += compare(shape[name], value[name], f"{where}.{name}")
    return found


def _array_differences(
    shape: list[Any], value: Any, where: str, compare: Callable[[Any, Any, str], list[str]]
) -> list[str]:
    if not isinstance(value, list):
        return [f"{where} should be an array, not {value!r}"]
    if shape and not value:
        return [f"{where} is empty"]
    return [
        problem for index, item in enumerate(value) if shape for problem in compare(shape[0], item, f"{where}[{index}]")
    ]
