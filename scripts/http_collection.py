"""A collection for HTTP clients from the OpenAPI documents: Postman's format 2.1, which Bruno, Insomnia and Hoppscotch
import as well (https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html).

One folder an area, one in it for each group of operations. Requests stand on variables: the address, and one credential
an area, which are empty until the user fills them in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
BASE_URL = "{{baseUrl}}"
# The variable that holds the credential of each security scheme, by the document it is named in.
_CREDENTIALS: Mapping[str, tuple[str, str]] = {
    "relay": ("apiToken", "apiToken"),
    "accounts": ("apiToken", "apiToken"),
    "robots": ("bearer", "robotsToken"),
    "monitor": ("apiKey", "monitorApiKey"),
}
_VARIABLES = {
    "baseUrl": "http://localhost:9527",
    "apiToken": "",
    "robotsToken": "",
    "monitorApiKey": "",
}
_MAX_DEPTH = 6


def collection(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """``documents`` by area: relay, robots, accounts, monitor."""
    first = next(iter(documents.values()))
    return {
        "info": {
            "name": "KOOK Relay",
            "description": "Generated from the OpenAPI documents. Fill in the variables of the collection first.",
            "version": first["info"]["version"],
            "schema": FORMAT,
        },
        "item": [_area(name, document) for name, document in documents.items()],
        "variable": [{"key": name, "value": value, "type": "string"} for name, value in _VARIABLES.items()],
    }


def _area(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    scheme, variable = _CREDENTIALS[name]
    folders: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for method, path, operation in _operations(document):
        folders[operation["tags"][0]].append(_request(document, method, path, operation))
    texts = {tag["name"]: tag["description"] for tag in document["tags"]}
    return {
        "name": document["info"]["title"],
        "description": document["info"]["description"],
        "auth": _auth(document["components"]["securitySchemes"][scheme], variable),
        "item": [{"name": tag, "description": texts[tag], "item": items} for tag, items in folders.items() if items],
    }


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def _auth(scheme: Mapping[str, Any], variable: str) -> dict[str, Any]:
    value = "{{" + variable + "}}"
    if scheme["type"] == "http":
        return {"type": "bearer", "bearer": [{"key": "token", "value": value, "type": "string"}]}
    entries = {"key": scheme["name"], "value": value, "in": scheme["in"]}
    return {
        "type": "apikey",
        "apikey": [{"key": key, "value": text, "type": "string"} for key, text in entries.items()],
    }


def _request(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method,
        "header": [],
        "url": _url(path, operation),
        "description": operation.get("description", operation["summary"]),
    }
    if operation.get("security") == []:
        request["auth"] = {"type": "noauth"}
    media_type, body = _body(document, operation)
    if media_type:
        request["header"].append({"key": "Content-Type", "value": media_type})
        request["body"] = body
    return {"name": operation["summary"], "request": request, "response": []}


def _url(path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    segments = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.lstrip("/").split("/")]
    parameters = operation.get("parameters", [])
    query = [_query(parameter) for parameter in parameters if parameter["in"] == "query"]
    sent = [f"{entry['key']}={entry['value']}" for entry in query if not entry.get("disabled")]
    url: dict[str, Any] = {
        "raw": "/".join([BASE_URL, *segments]) + ("?" + "&".join(sent) if sent else ""),
        "host": [BASE_URL],
        "path": segments,
    }
    if query:
        url["query"] = query
    variables = [{"key": each["name"], "value": ""} for each in parameters if each["in"] == "path"]
    return url | ({"variable": variables} if variables else {})


def _query(parameter: Mapping[str, Any]) -> dict[str, Any]:
    value = parameter["schema"].get("default", "")
    entry = {"key": parameter["name"], "value": str(value), "description": parameter["description"]}
    return entry if parameter["required"] else {**entry, "disabled": True}


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The media type, "" without a body, and the body: the document's example, or one made from the schema."""
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, described in content.items():
        if media_type != "application/json":
            return media_type, {"mode": "file", "file": {"src": None}}
        examples = [example["value"] for example in described.get("examples", {}).values()]
        value = examples[0] if examples else example_of(document, described["schema"])
        text = json.dumps(value, ensure_ascii=False, indent=2)
        return media_type, {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    return "", {}


def example_of(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that fits the schema as far as types, enumerations and lengths go: its required fields only."""
    if "$ref" in schema:
        return example_of(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
    if schema.get("examples"):
        return schema["examples"][0]
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("anyOf", "oneOf"):
        # An object may say in anyOf which of its fields are needed; that is no choice of another kind.
        if name in schema and "properties" not in schema:
            return example_of(document, schema[name][0], depth)
    return _example_of_type(document, schema, depth)


def _example_of_type(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        needed = [*schema.get("required", ()), *schema.get("anyOf", [{}])[0].get("required", ())]
        return {name: example_of(document, properties[name], depth + 1) for name in needed if depth < _MAX_DEPTH}
    if kind == "array":
        items = schema.get("items", {})
        return [example_of(document, items, depth + 1)] if schema.get("minItems", 0) else []
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 0), 1) if "minimum" in schema else 1
    if kind == "boolean":
        return False
    return "text".ljust(schema.get("minLength", 0), "-")[: schema.get("maxLength", 4) or 4]
