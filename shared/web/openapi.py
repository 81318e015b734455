"""An OpenAPI 3.1 document from a Flask application and the declarations of its routes (shared.web.operations).

The application is the truth: a route that nobody declared, a declaration without a route, an error code without a
text and a path parameter without a type each fail the generation. Texts are English, with Chinese beside them in
``x-summary-zh`` and ``x-description-zh``.

Errors that follow from a route's form are added to the declared ones: 401 unless the view is open, 400 for parameters
and bodies, 413 for bodies, 500, and on routes that ask for a token whatever ``guarded_errors`` says (reading the token
can fail).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from shared.web.authentication import is_open
from shared.web.catalogue import Catalogue, Text
from shared.web.operations import Answer, Operation, QueryParameter, RequestBody

OPENAPI_VERSION = "3.1.0"
REFERENCE = "#/components/schemas/{model}"
_RULE_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_TEMPLATE_VARIABLE = re.compile(r"\{([^{}]+)\}")
_UNLISTED_METHODS = frozenset({"HEAD", "OPTIONS"})

_SECURITY_SCHEMES = {
    "apiToken": {"type": "apiKey", "in": "header", "name": "X-API-Token", "description": "The operator's API token"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The API token, or a token from the login"},
}
_ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Chinese (zh) or English (en) texts; without it the installation's own language",
    "schema": {"type": "string", "examples": ["en", "zh-CN"]},
}
# Words of our own: those of the http module change between versions of Python.
_STATUSES = {
    400: Text("请求有误", "Bad request"),
    401: Text("未授权", "Unauthorized"),
    403: Text("禁止访问", "Forbidden"),
    404: Text("不存在", "Not found"),
    409: Text("冲突", "Conflict"),
    413: Text("请求体过大", "Body too large"),
    422: Text("值无法使用", "A value cannot be used"),
    429: Text("请求过于频繁", "Too many requests"),
    500: Text("服务器内部错误", "Internal error"),
    502: Text("上游服务出错", "A service behind this one failed"),
    503: Text("服务暂时不可用", "Unavailable for the moment"),
}
_RETRY_AFTER = Text("多少秒后可以重试", "Seconds after which to try again")
_TOKEN_ERRORS = ("UNAUTHORIZED", "INVALID_TOKEN")
_CHALLENGE = Text("需要哪种凭据", "Which kind of credential is asked for")


class DeclarationsWrong(ValueError):
    """Routes and declarations do not match; the text lists every mismatch."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What stands at the head of the document, and what is the same for all operations of a contract. ``tags``
    describe the groups of operations, in order; ``token_errors`` are what a missing or wrong token is answered with."""

    title: str
    version: str
    description: Text
    server_url: str
    tags: Mapping[str, Text]
    security_schemes: Mapping[str, Any] = field(default_factory=lambda: _SECURITY_SCHEMES)
    token_errors: tuple[str, ...] = _TOKEN_ERRORS
    # The field of the error body that holds the code; "" where a contract has none.
    error_code_field: str = "error_code"


def openapi_document(
    app: Flask,
    operations: Sequence[Operation],
    *,
    info: DocumentInfo,
    catalogue: Catalogue,
    error_body: type[BaseModel],
    guarded_errors: Sequence[str] = (),
    error_codes: Callable[[Sequence[str], int], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The document, ready for JSON and the same for the same code.

    ``error_codes`` gives the schema that limits ``error_body`` to the codes of one HTTP status; without it they are in
    ``error_code``.

    Raises:
        DeclarationsWrong: a route without a declaration, a declaration without a route, an unknown error code or tag,
            a path parameter without a type
    """
    open_routes = _open_by_route(app)
    _check(operations, open_routes, info, catalogue)
    schemas = _Schemas(operations, error_body)
    writer = _Writer(schemas, catalogue, error_body, guarded_errors, info, error_codes or _in_error_code)
    paths: dict[str, Any] = {}
    for operation in operations:
        item = paths.setdefault(operation.path, {"parameters": [{"$ref": "#/components/parameters/AcceptLanguage"}]})
        for position, method in enumerate(operation.methods):
            item[method.lower()] = writer.operation(
                operation,
                is_open=open_routes[operation.served_by, method],
                operation_id=operation.id if position == 0 else f"{operation.id}.{method.lower()}",
            )
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": info.title, "version": info.version, **_described(info.description)},
        "servers": [{"url": info.server_url}],
        "security": [{name: []} for name in info.security_schemes],
        "tags": [{"name": name, **_described(text)} for name, text in info.tags.items()],
        "paths": paths,
        "components": {
            "securitySchemes": dict(info.security_schemes),
            "parameters": {"AcceptLanguage": _ACCEPT_LANGUAGE},
            "responses": writer.error_responses,
            "schemas": schemas.components,
        },
    }


def _open_by_route(app: Flask) -> dict[tuple[str, str], bool]:
    """(path template, method) of every route, and whether its view answers without a token."""
    return {
        (_RULE_VARIABLE.sub(r"{\1}", rule.rule), method): is_open(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _UNLISTED_METHODS
    }


def _check(
    operations: Sequence[Operation],
    routes: Collection[tuple[str, str]],
    info: DocumentInfo,
    catalogue: Catalogue,
) -> None:
    declared = [(operation.path, method) for operation in operations for method in operation.methods]
    served = {(operation.served_by, method) for operation in operations for method in operation.methods}
    wrong = [f"{method} {path} has no declaration" for path, method in sorted(set(routes) - served)]
    wrong += [f"{method} {path} is declared and has no route" for path, method in sorted(served - set(routes))]
    wrong += [f"{method} {path} is declared twice" for path, method in _repeated(declared)]
    wrong += [f"the id {name} is used twice" for name in _repeated([operation.id for operation in operations])]
    for operation in operations:
        wrong += [f"{operation.id}: {problem}" for problem in _wrong_errors(operation, catalogue)]
        if operation.tag not in info.tags:
            wrong.append(f"{operation.id}: no text for the tag {operation.tag}")
        if set(_TEMPLATE_VARIABLE.findall(operation.path)) != set(operation.path_kinds):
            wrong.append(f"{operation.id}: path_kinds do not name the parameters of {operation.path}")
    if wrong:
        raise DeclarationsWrong("\n".join(wrong))


def _wrong_errors(operation: Operation, catalogue: Catalogue) -> list[str]:
    unknown = [f"no text for {code}" for code in operation.errors if code not in catalogue]
    statuses = {catalogue.error(code).status for code in operation.errors} | set(operation.error_shapes)
    return unknown + [f"no words for status {status}" for status in sorted(statuses - set(_STATUSES))]


def _repeated(values: Sequence[Any]) -> list[Any]:
    return sorted({value for value in values if values.count(value) > 1})


class _Schema(GenerateJsonSchema):
    """Without titles: they repeat the names they stand under."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _Schemas:
    """The schemas of all models, under names of their own in the components. Two models of one name are told apart by
    the modules they are from."""

    def __init__(self, operations: Iterable[Operation], error_body: type[BaseModel]) -> None:
        requests = [operation.body.model for operation in operations if operation.body and operation.body.model]
        answers = [answer.body for operation in operations for answer in operation.answers if answer.body is not None]
        own_errors = [shape for operation in operations for shape in operation.error_shapes.values()]
        mode: JsonSchemaMode = "validation"
        references, definitions = models_json_schema(
            [(model, mode) for model in dict.fromkeys([*requests, *answers, *own_errors, error_body])],
            ref_template=REFERENCE,
            schema_generator=_Schema,
        )
        self._references: dict[Any, Any] = {model: reference for (model, _), reference in references.items()}
        self.components = dict(sorted(definitions["$defs"].items()))

    def reference(self, model: type[BaseModel]) -> dict[str, Any]:
        return dict(self._references[model])


class _Writer:
    """One operation's part of the document."""

    def __init__(
        self,
        schemas: _Schemas,
        catalogue: Catalogue,
        error_body: type[BaseModel],
        guarded_errors: Sequence[str],
        info: DocumentInfo,
        error_codes: Callable[[Sequence[str], int], dict[str, Any]],
    ) -> None:
        self._error_codes_schema = error_codes
        self._schemas = schemas
        self._catalogue = catalogue
        self._error_body = error_body
        self._guarded_errors = tuple(guarded_errors)
        self._token_errors = info.token_errors
        self._error_code_field = info.error_code_field
        # Errors that say the same on several routes are written once, under the name of the first.
        self._names = {
            ("BODY_TOO_LARGE",): "BodyTooLarge",
            self._token_errors: "Unauthorized",
            ("INTERNAL_ERROR",): "InternalError",
            self._guarded_errors: "Unavailable",
        }
        self._responses: dict[str, Any] = {}

    @property
    def error_responses(self) -> dict[str, Any]:
        return dict(sorted(self._responses.items()))

    def operation(self, operation: Operation, *, is_open: bool, operation_id: str) -> dict[str, Any]:
        written: dict[str, Any] = {
            "operationId": operation_id,
            "tags": [operation.tag],
            "summary": operation.summary.en,
            "x-summary-zh": operation.summary.zh,
        }
        if operation.description is not None:
            written |= _described(operation.description)
        if is_open:
            written["security"] = []
        parameters = [_path_parameter(name, operation.path_kinds[name]) for name in _variables(operation)]
        parameters += [_query_parameter(parameter) for parameter in operation.query]
        if parameters:
            written["parameters"] = parameters
        if operation.body is not None:
            written["requestBody"] = self._request_body(operation.body)
        written["responses"] = {
            **{str(answer.status): self._answer(answer) for answer in operation.answers},
            **self._errors(operation, self._error_codes(operation, is_open)),
        }
        return written

    def _request_body(self, body: RequestBody) -> dict[str, Any]:
        content: dict[str, Any] = {"schema": self._schemas.reference(body.model)} if body.model is not None else {}
        if body.examples:
            content["examples"] = {name: {"value": value} for name, value in body.examples.items()}
        return {"required": body.required, "content": {body.media_type: content}}

    def _answer(self, answer: Answer) -> dict[str, Any]:
        written = _described(answer.text)
        if answer.headers:
            written["headers"] = {name: _header(text) for name, text in answer.headers.items()}
        if answer.media_type != "application/json":
            written["content"] = {answer.media_type: {}}
        elif answer.body is not None:
            written["content"] = {"application/json": {"schema": self._schemas.reference(answer.body)}}
        return written

    def _error_codes(self, operation: Operation, is_open: bool) -> list[str]:
        json_body = operation.body is not None and operation.body.model is not None
        codes: list[str] = []
        if operation.path_kinds or operation.query or json_body:
            codes.append("INVALID_PARAMETER")
        if json_body or any(parameter.required for parameter in operation.query):
            codes.append("MISSING_PARAMETER")
        if operation.body is not None:
            codes += ["BODY_MISSING"] if operation.body.required else []
            codes += ["BODY_NOT_JSON", "BODY_NOT_OBJECT"] if json_body else []
            codes.append("BODY_TOO_LARGE")
        if not is_open:
            codes += [*self._token_errors, *self._guarded_errors]
        return list(dict.fromkeys([*codes, *operation.errors, "INTERNAL_ERROR"]))

    def _errors(self, operation: Operation, codes: Sequence[str]) -> dict[str, Any]:
        by_status: dict[int, list[str]] = {status: [] for status in operation.error_shapes}
        for code in codes:
            by_status.setdefault(self._catalogue.error(code).status, []).append(code)
        references = {}
        for status in sorted(by_status):
            own = operation.error_shapes.get(status)
            name = f"{operation.id}.{status}"
            if own is None:
                name = self._names.setdefault(tuple(by_status[status]), name)
            self._responses.setdefault(name, self._error(status, by_status[status], own))
            references[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return references

    def _error(self, status: int, codes: Sequence[str], own: type[BaseModel] | None) -> dict[str, Any]:
        texts = {code: self._catalogue.error(code).message for code in codes}
        heading = _STATUSES[status]
        written: dict[str, Any] = {
            "description": _listed(heading.en, {code: text.en for code, text in texts.items()}),
            "x-description-zh": _listed(heading.zh, {code: text.zh for code, text in texts.items()}),
        }
        if status in (429, 503):
            written["headers"] = {"Retry-After": _header(_RETRY_AFTER)}
        if status == 401:
            written["headers"] = {"WWW-Authenticate": _header(_CHALLENGE)}
        schema: dict[str, Any] = self._schemas.reference(self._error_body)
        if self._error_code_field:
            schema = {"allOf": [schema, self._error_codes_schema(codes, status)]}
        if own is not None:
            shapes = [self._schemas.reference(own), *([schema] if codes else [])]
            schema = {"anyOf": shapes} if len(shapes) > 1 else shapes[0]
        written["content"] = {"application/json": {"schema": schema}}
        return written


def _in_error_code(codes: Sequence[str], status: int) -> dict[str, Any]:
    return {"properties": {"error_code": {"enum": list(codes)}}}


def _variables(operation: Operation) -> list[str]:
    """The parameters of the path, in its order."""
    return _TEMPLATE_VARIABLE.findall(operation.path)


def _path_parameter(name: str, kind: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _schema_of(kind)}


def _query_parameter(parameter: QueryParameter) -> dict[str, Any]:
    schema = _schema_of(parameter.kind)
    if parameter.default is not None:
        schema["default"] = parameter.default
    written = {"name": parameter.name, "in": "query", "required": parameter.required, **_described(parameter.text)}
    if not parameter.required:
        # Absent and empty are the same: shared.web.parameters.
        written["allowEmptyValue"] = True
    return {**written, "schema": schema}


def _schema_of(kind: Any) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema(schema_generator=_Schema)


def _header(text: Text) -> dict[str, Any]:
    return {**_described(text), "schema": {"type": "string"}}


def _described(text: Text) -> dict[str, Any]:
    return {"description": text.en, "x-description-zh": text.zh}


def _listed(heading: str, messages: Mapping[str, str]) -> str:
    return "\n".join([heading, "", *(f"- `{code}`: {message}" for code, message in messages.items())])
