"""Holds answers against an OpenAPI document of docs/api: every status, field and error code has to be documented.

DOCUMENTED.check("GET", "/api/accounts/", 200, "application/json", body)
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).parents[1] / "docs" / "api" / "relay.openapi.json"
_URN = "urn:relay"


class Undocumented(AssertionError):
    """An answer is not as the document says."""


class Documented:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = _closed(document)
        resource = Resource(contents=self._document, specification=DRAFT202012)
        self._registry = Registry().with_resource(_URN, resource)
        # Literal paths go before those with parameters: /mappings/export is no mapping.
        self._paths = [
            (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path.rstrip("/")))), path)
            for path in sorted(document["paths"], key=lambda path: ("{" in path, path))
        ]

    def check(self, method: str, path: str, status: int, media_type: str, body: bytes) -> None:
        """``path`` is without the query. Raises Undocumented."""
        name = f"{method} {path}: {status}"
        responses = self._operation(method, path)["responses"]
        if str(status) not in responses:
            raise Undocumented(f"{name} is not among {sorted(responses)}: {body[:500]!r}")
        response = responses[str(status)]
        if "$ref" in response:
            response = self._document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        content = response.get("content", {})
        if not content:
            if body:
                raise Undocumented(f"{name} has a body: {body[:200]!r}")
            return
        if media_type.partition(";")[0] not in content:
            raise Undocumented(f"{name} is {media_type}")
        schema = content[media_type.partition(";")[0]].get("schema")
        if schema is not None:
            self._check_schema(name, schema, json.loads(body))

    def _operation(self, method: str, path: str) -> Mapping[str, Any]:
        for pattern, template in self._paths:
            if pattern.fullmatch(path.rstrip("/")):
                item = self._document["paths"][template]
                if method.lower() in item:
                    found: Mapping[str, Any] = item[method.lower()]
                    return found
        raise Undocumented(f"there is no {method} {path}")

    def _check_schema(self, name: str, schema: Mapping[str, Any], value: Any) -> None:
        absolute = _absolute(schema)
        validator = Draft202012Validator(absolute, registry=self._registry)
        problems = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
        if problems:
            raise Undocumented("\n".join([name, *problems]))


def _closed(node: Any) -> Any:
    """A copy in which objects take no fields beyond those that are named."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, Mapping):
        return copy.copy(node)
    closed = {name: _closed(value) for name, value in node.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    return {name: _URN + value if name == "$ref" else _absolute(value) for name, value in node.items()}


def load(name: str = DOCUMENT.name) -> Documented:
    """``name`` of a document in docs/api."""
    return Documented(json.loads((DOCUMENT.parent / name).read_text("utf-8")))
