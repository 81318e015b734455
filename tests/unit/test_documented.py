"""The checker of answers against the OpenAPI document finds what it is for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.documented import Documented, Undocumented

THING = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
    },
}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/things/{thing_id}": {
            "get": {
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "404": {"$ref": "#/components/responses/NotFound"},
                }
            },
            "delete": {"responses": {"204": {"description": "Gone"}}},
        },
        "/things/export": {"get": {"responses": {"200": {"content": {"application/zip": {}}}}}},
    },
    "components": {
        "responses": {
            "NotFound": {
                "content": {
                    "application/json": {
                        "schema": {
                            "allOf": [
                                {"$ref": "#/components/schemas/Error"},
                                {"properties": {"error_code": {"enum": ["THING_GONE"]}}},
                            ]
                        }
                    }
                }
            }
        },
        "schemas": {
            "Thing": THING,
            "Part": {"type": "object", "properties": {"name": {"type": "string"}}},
            "Error": {"type": "object", "properties": {"error_code": {"type": "string"}}},
        },
    },
}


def check(method: str, path: str, status: int, body: Any, media_type: str = "application/json") -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    Documented(DOCUMENT).check(method, path, status, media_type, content)


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "media_type"),
    [
        ("GET", "/things/1", 200, {"id": 1, "parts": [{"name": "a"}, {}]}, "application/json; charset=utf-8"),
        ("GET", "/things/1/", 200, {"id": 1}, "application/json"),
        ("GET", "/things/1", 404, {"error_code": "THING_GONE"}, "application/json"),
        ("GET", "/things/export", 200, b"PK", "application/zip"),
        ("DELETE", "/things/1", 204, b"", ""),
    ],
)
def test_documented_answers_pass(method: str, path: str, status: int, body: Any, media_type: str) -> None:
    check(method, path, status, body, media_type)


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "complaint"),
    [
        ("GET", "/others", 200, {}, "there is no GET /others"),
        ("POST", "/things/1", 200, {}, "there is no POST"),
        ("GET", "/things/1", 409, {}, "409 is not among"),
        ("GET", "/things/1", 200, {}, "'id' is a required property"),
        ("GET", "/things/1", 200, {"id": "1"}, "is not of type 'integer'"),
        ("GET", "/things/1", 200, {"id": 1, "extra": 2}, "'extra' was unexpected"),
        ("GET", "/things/1", 200, {"id": 1, "parts": [{"weight": 1}]}, "'weight' was unexpected"),
        ("GET", "/things/1", 404, {"error_code": "THING_BUSY"}, "is not one of"),
        ("GET", "/things/1", 404, {"error_code": "THING_GONE", "hint": ""}, "'hint' was unexpected"),
        ("GET", "/things/export", 200, {"id": 1}, "is application/json"),
        ("DELETE", "/things/1", 204, {"success": True}, "has a body"),
    ],
)
def test_undocumented_answers_are_told(method: str, path: str, status: int, body: Any, complaint: str) -> None:
    with pytest.raises(Undocumented, match=complaint):
        check(method, path, status, body)
