"""The monitor's routes in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.monitor.api.openapi import shapes
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, RequestBody

DONE = Text("完成", "Done")
_FOUND = Text("内容", "What was asked for")
_REDIRECT = Text("重定向", "A redirect")


def operation(
    operation_id: str,
    method: str,
    path: str,
    zh: str,
    en: str,
    answer: type[BaseModel] | None = shapes.Success,
    **more: Any,
) -> Operation:
    """One route that succeeds with 200 and a JSON body."""
    answers = more.pop("answers", (Answer(200, _FOUND if method == "GET" else DONE, answer),))
    return Operation(id=operation_id, methods=(method,), path=path, summary=Text(zh, en), answers=answers, **more)


def redirect() -> tuple[Answer, ...]:
    return (Answer(302, _REDIRECT, headers={"Location": Text("去处", "Where to")}),)


def query(name: str, kind: Any, zh: str, en: str, *, required: bool = False, default: Any = None) -> QueryParameter:
    return QueryParameter(name, kind, Text(zh, en), required=required, default=default)


def body(model: type[BaseModel], *, required: bool = True) -> RequestBody:
    return RequestBody(model, required=required)
