"""Checks requests against the Bot API's description (tests/data/specs/telegram_bot_api.min.json, version 10.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SPEC_FILE = Path(__file__).parent.parent / "data" / "specs" / "telegram_bot_api.min.json"

_LENGTH = re.compile(r"(\d+)-(\d+) (?:characters|bytes|items)")
_ARRAY = "Array of "
_PRIMITIVES: Mapping[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Boolean": bool,
    "Float": (int, float),
}


@cache
def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(SPEC_FILE.read_text("utf-8"))
    return spec


def is_method(name: str) -> bool:
    return name in _spec()["methods"]


def form_value(method: str, name: str, text: str) -> Any:
    """A field of a multipart form as the value it stands for: everything but strings is JSON there.

    ``text`` itself when it is no JSON, which the check then refuses by its type.
    """
    field = next((field for field in _spec()["methods"][method].get("fields", []) if field["name"] == name), None)
    if field is None or field["types"] == ["String"]:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def violations(method: str, arguments: Mapping[str, Any], files: Sequence[str] = ()) -> list[str]:
    """What is wrong with a call, one line each. ``files`` are the names of uploaded parts.

    Lengths that count "after entities parsing" are for the server to check.
    """
    description = _spec()["methods"][method]
    fields = description.get("fields", [])
    inputs = {field["name"] for field in fields if "InputFile" in field["types"]}
    given = dict(arguments) | {name: _Uploaded() for name in files if name in inputs}
    problems = _object(method, fields, given)
    attached = set(_attached(arguments))
    problems += [f"{method}: the uploaded part {name} is not used" for name in files if name not in inputs | attached]
    problems += [f"{method}: attach://{name} has no uploaded part" for name in attached - set(files)]
    return problems


class _Uploaded:
    """Stands for the content of a multipart part."""


def _attached(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [name for entry in value.values() for name in _attached(entry)]
    if isinstance(value, list):
        return [name for entry in value for name in _attached(entry)]
    if isinstance(value, str) and value.startswith("attach://"):
        return [value.removeprefix("attach://")]
    return []


def _object(where: str, fields: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> list[str]:
    known = {field["name"]: field for field in fields}
    problems = [f"{where}: unknown field {name}" for name in given if name not in known]
    problems += [f"{where}: {name} is required" for name in known if known[name]["required"] and name not in given]
    for name, value in given.items():
        if name in known:
            problems += _value(f"{where}.{name}", known[name], value)
    return problems


def _value(where: str, field: Mapping[str, Any], value: Any) -> list[str]:
    types = field["types"]
    arrays = [kind.removeprefix(_ARRAY) for kind in types if kind.startswith(_ARRAY)]
    if isinstance(value, list) and arrays:
        problems = [
            problem for number, entry in enumerate(value) for problem in _typed(f"{where}[{number}]", arrays, entry)
        ]
        return problems + _length(where, field, value)
    plain = [kind for kind in types if not kind.startswith(_ARRAY)]
    if not plain:
        return [f"{where}: expected {' or '.join(types)}"]
    problems = _typed(where, plain, value)
    return problems or _length(where, field, value)


def _typed(where: str, types: Sequence[str], value: Any) -> list[str]:
    """No line when the value is of one of the types, else the shortest list of reasons."""
    named = [kind for kind in types if _is_told_by_type(kind, value)]
    return min((_one_type(where, kind, value) for kind in named or types), key=len)


def _is_told_by_type(kind: str, value: Any) -> bool:
    """Whether the value says by its ``type`` that it is of this kind."""
    description = _spec()["types"].get(kind)
    if description is None or not isinstance(value, Mapping) or "type" not in value:
        return False
    return _discriminator(description) == value["type"]


def _one_type(where: str, kind: str, value: Any) -> list[str]:
    if isinstance(value, _Uploaded):
        return [] if kind == "InputFile" else [f"{where}: a file where {kind} is expected"]
    if kind in _PRIMITIVES:
        fits = isinstance(value, _PRIMITIVES[kind]) and (kind == "Boolean") == isinstance(value, bool)
        return [] if fits else [f"{where}: expected {kind}"]
    if kind == "InputFile":
        return [f"{where}: expected a file"]
    if kind.startswith(_ARRAY):
        inner = [kind.removeprefix(_ARRAY)]
        if not isinstance(value, list):
            return [f"{where}: expected {kind}"]
        return [problem for number, entry in enumerate(value) for problem in _typed(f"{where}[{number}]", inner, entry)]
    return _named_type(where, kind, value)


def _named_type(where: str, kind: str, value: Any) -> list[str]:
    description = _spec()["types"].get(kind)
    if description is None:
        return [f"{where}: the specification has no type {kind}"]
    if not isinstance(value, Mapping):
        return [f"{where}: expected {kind}"]
    if description.get("subtypes"):
        return _typed(where, description["subtypes"], value)
    problems = _object(f"{where}<{kind}>", description.get("fields", []), value)
    discriminator = _discriminator(description)
    if discriminator is not None and value.get("type") != discriminator:
        problems.append(f"{where}: type must be {discriminator} for {kind}")
    return problems


def _discriminator(description: Mapping[str, Any]) -> str | None:
    for field in description.get("fields", []):
        if field["name"] == "type":
            told = re.search(r"must be (?:always )?[“\"*]*(\w+)", field["description"])
            return told.group(1) if told else None
    return None


def _length(where: str, field: Mapping[str, Any], value: Any) -> list[str]:
    told = _LENGTH.search(field["description"])
    if told is None or "after entit" in field["description"] or not isinstance(value, str | list):
        return []
    least, most = int(told.group(1)), int(told.group(2))
    return [] if least <= len(value) <= most else [f"{where}: has {len(value)}, allowed {told.group(0)}"]
