"""The collection for HTTP clients: in Postman's format, complete, and with bodies that the documents allow."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from scripts.http_collection import FORMAT
from scripts.make_openapi import COLLECTION, DOCUMENTS

COLLECTED = json.loads((DOCUMENTS / COLLECTION).read_text("utf-8"))
AREAS = ("relay.openapi.json", "accounts.json", "robots.json", "monitor.json")
_TEXT = {"type": "string"}
_ENTRIES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "value"],
        "properties": {"key": _TEXT, "value": _TEXT, "type": _TEXT, "description": _TEXT, "disabled": {"const": True}},
        "additionalProperties": False,
    },
}
# The part of the format (2.1.0) that is used here, and nothing beside it.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["info", "item", "variable"],
    "additionalProperties": False,
    "properties": {
        "info": {
            "type": "object",
            "required": ["name", "schema"],
            "properties": {"name": _TEXT, "schema": {"const": FORMAT}, "description": _TEXT, "version": _TEXT},
            "additionalProperties": False,
        },
        "item": {"type": "array", "items": {"$ref": "#/$defs/folder"}, "minItems": 1},
        "variable": _ENTRIES,
    },
    "$defs": {
        "folder": {
            "type": "object",
            "required": ["name", "item"],
            "additionalProperties": False,
            "properties": {
                "name": _TEXT,
                "description": _TEXT,
                "auth": {"$ref": "#/$defs/auth"},
                "item": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"anyOf": [{"$ref": "#/$defs/folder"}, {"$ref": "#/$defs/request"}]},
                },
            },
        },
        "auth": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": ["apikey", "bearer", "noauth"]}, "apikey": _ENTRIES, "bearer": _ENTRIES},
            "additionalProperties": False,
        },
        "request": {
            "type": "object",
            "required": ["name", "request", "response"],
            "additionalProperties": False,
            "properties": {
                "name": _TEXT,
                "response": {"const": []},
                "request": {
                    "type": "object",
                    "required": ["method", "header", "url"],
                    "additionalProperties": False,
                    "properties": {
                        "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
                        "header": _ENTRIES,
                        "description": _TEXT,
                        "auth": {"$ref": "#/$defs/auth"},
                        "url": {
                            "type": "object",
                            "required": ["raw", "host", "path"],
                            "properties": {
                                "raw": _TEXT,
                                "host": {"type": "array", "items": _TEXT},
                                "path": {"type": "array", "items": _TEXT},
                                "query": _ENTRIES,
                                "variable": _ENTRIES,
                            },
                            "additionalProperties": False,
                        },
                        "body": {
                            "type": "object",
                            "required": ["mode"],
                            "properties": {
                                "mode": {"enum": ["raw", "file"]},
                                "raw": _TEXT,
                                "file": {"type": "object"},
                                "options": {"type": "object"},
                            },
                            "additionalProperties": False,
                        },
                    },
                },
            },
        },
    },
}


def requests_of(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "request" in item:
        yield item["request"]
    for below in item.get("item", ()):
        yield from requests_of(below)


def label(request: dict[str, Any]) -> str:
    path = re.sub(r":(\w+)", r"{\1}", "/".join(request["url"]["path"]))
    return f"{request['method']} /{path}"


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DOCUMENTS / name).read_text("utf-8"))
    return document


def operations(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in read(name)["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def test_the_collection_fits_its_format() -> None:
    problems = [
        f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(SCHEMA).iter_errors(COLLECTED)
    ]
    assert problems == []


def test_every_operation_is_in_it_once() -> None:
    documented = Counter(name for area in AREAS for name, _ in operations(area))
    assert Counter(label(request) for request in requests_of(COLLECTED)) == documented


def test_every_variable_is_declared_and_no_credential_is_in_it() -> None:
    declared = {entry["key"]: entry["value"] for entry in COLLECTED["variable"]}
    assert set(re.findall(r"{{(\w+)}}", json.dumps(COLLECTED))) == set(declared)
    assert {name for name, value in declared.items() if value} == {"baseUrl"}


def test_what_is_open_asks_for_no_credential() -> None:
    open_ones = {name for area in AREAS for name, operation in operations(area) if operation.get("security") == []}
    without = {label(request) for request in requests_of(COLLECTED) if request.get("auth") == {"type": "noauth"}}
    assert without == open_ones
    assert all("auth" in folder for folder in COLLECTED["item"])


@pytest.mark.parametrize("area", AREAS)
def test_every_body_is_one_that_the_document_allows(area: str) -> None:
    document = read(area)
    registry = Registry().with_resource("urn:area", Resource(contents=document, specification=DRAFT202012))
    sent = {label(request): request.get("body") for request in requests_of(COLLECTED)}
    checked = 0
    for name, operation in operations(area):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        schema = json.loads(json.dumps(content["application/json"]["schema"]).replace('"#/', '"urn:area#/'))
        problems = list(Draft202012Validator(schema, registry=registry).iter_errors(json.loads(sent[name]["raw"])))
        assert problems == [], (name, problems[0].message)
        checked += 1
    assert checked
