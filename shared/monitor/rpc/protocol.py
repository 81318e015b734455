"""JSON-RPC 2.0 as the Komari server speaks it: errors, parameters by name or position, batches. No HTTP in here.

https://www.jsonrpc.org/specification, with Komari's deviations: a notification is answered too (without an id), and
``result`` is left out when it is null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND = -32040, -32041, -32044
VERSION = "2.0"
MAX_BATCH = 100
_ABOUT_METHODS = ("rpc.methods", "rpc.help")

_WORDS = {
    PARSE_ERROR: "Parse error",
    INVALID_REQUEST: "Invalid Request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
    INTERNAL_ERROR: "Internal error",
    UNAUTHENTICATED: "Unauthenticated",
    PERMISSION_DENIED: "Permission denied",
    NOT_FOUND: "Not found",
}


class RpcError(Exception):
    """An error answer. ``data`` never holds a secret."""

    def __init__(self, code: int, message: str = "", data: Any = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or _WORDS[code]
        self.data = data

    def shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"code": self.code, "message": self.message}
        return shown if self.data is None else {**shown, "data": self.data}


@dataclass(frozen=True, slots=True)
class Parameter:
    """``kind`` is the JSON type a value must have: string, number, integer, boolean, array, or scalar for a
    number or a text."""

    name: str
    kind: str = "string"
    description: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One method; ``call`` gets who asks and the parameters that were given, by name."""

    name: str
    summary: str
    call: Callable[[Any, Mapping[str, Any]], Any] = field(repr=False)
    parameters: tuple[Parameter, ...] = ()
    returns: str = ""
    admin_only: bool = False

    def described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "summary": self.summary,
            "params": [
                {"name": each.name, "type": each.kind, "required": each.required, "description": each.description}
                for each in self.parameters
            ],
            "returns": self.returns,
        }

    def bound(self, given: Any) -> Mapping[str, Any]:
        """The parameters by name. Raises RpcError INVALID_PARAMS."""
        if given is None:
            given = {}
        if isinstance(given, list):
            if len(given) > len(self.parameters):
                raise RpcError(INVALID_PARAMS, "Invalid params: too many")
            given = {parameter.name: value for parameter, value in zip(self.parameters, given, strict=False)}
        if not isinstance(given, dict):
            raise RpcError(INVALID_PARAMS, "Invalid params: must be an object or an array")
        bound = {}
        for parameter in self.parameters:
            value = given.get(parameter.name)
            if value is None:
                if parameter.required:
                    raise RpcError(INVALID_PARAMS, f"Invalid params: {parameter.name} is required")
                continue
            if not _is(value, parameter.kind):
                raise RpcError(INVALID_PARAMS, f"Invalid params: {parameter.name} must be of type {parameter.kind}")
            bound[parameter.name] = value
        return bound


@dataclass(frozen=True, slots=True)
class Answer:
    """``well_formed`` False where HTTP answers 400."""

    body: dict[str, Any] | list[dict[str, Any]]
    well_formed: bool = True


class RpcEndpoint:
    """Answers requests by ``methods``. ``is_admin`` tells it of a caller; ``failed`` is told of unexpected failures."""

    def __init__(
        self, methods: Sequence[Method], is_admin: Callable[[Any], bool], failed: Callable[[Exception], None]
    ) -> None:
        self._methods = {method.name: method for method in methods}
        self._is_admin = is_admin
        self._failed = failed

    def method_names(self) -> list[str]:
        return sorted([*self._methods, *_ABOUT_METHODS])

    def answer(self, text: str | bytes, caller: Any, *, batches: bool) -> Answer:
        """Whatever was sent is answered; nothing is raised."""
        if not text.strip():
            return _refused(INVALID_REQUEST, "Invalid Request: the body is empty")
        try:
            request = json.loads(text, parse_constant=_refuse_constant)
            # Half a surrogate pair is JSON, but no text that could be looked up or answered.
            json.dumps(request, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            return _refused(PARSE_ERROR if batches else INVALID_REQUEST)
        if not isinstance(request, list):
            body, well_formed = self._one(request, caller)
            return Answer(body, well_formed)
        if not batches:
            return _refused(INVALID_REQUEST, "Invalid Request: batches are taken by POST only")
        if not 0 < len(request) <= MAX_BATCH:
            return _refused(INVALID_REQUEST, f"Invalid Request: a batch has 1 to {MAX_BATCH} requests")
        return Answer([self._one(each, caller)[0] for each in request])

    def _one(self, request: Any, caller: Any) -> tuple[dict[str, Any], bool]:
        if not isinstance(request, dict) or request.get("jsonrpc") != VERSION:
            return _answer(None, error=RpcError(INVALID_REQUEST, 'Invalid Request: jsonrpc must be "2.0"')), False
        request_id = request.get("id")
        name = request.get("method")
        if isinstance(request_id, dict | list | bool) or not isinstance(name, str) or not name:
            return _answer(None, error=RpcError(INVALID_REQUEST, "Invalid Request: method or id")), False
        try:
            return _answer(request_id, result=self._call(name, request.get("params"), caller)), True
        except RpcError as error:
            return _answer(request_id, error=error), True
        except Exception as error:  # noqa: BLE001 - one call of a batch must not take the others with it
            self._failed(error)
            return _answer(request_id, error=RpcError(INTERNAL_ERROR)), True

    def _call(self, name: str, params: Any, caller: Any) -> Any:
        if name == "rpc.methods":
            return self.method_names()
        if name == "rpc.help":
            return self._help(_HELP.bound(params).get("method"))
        method = self._methods.get(name)
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, data=name[:200])
        if method.admin_only and not self._is_admin(caller):
            raise RpcError(PERMISSION_DENIED)
        return method.call(caller, method.bound(params))

    def _help(self, name: str | None) -> Any:
        if name is None:
            return [method.described() for method in self._methods.values()]
        if name not in self._methods:
            raise RpcError(NOT_FOUND, data=name[:200])
        return self._methods[name].described()


_HELP = Method("rpc.help", "What a method does", lambda caller, params: None, (Parameter("method"),))


def _answer(request_id: Any, *, result: Any = None, error: RpcError | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"jsonrpc": VERSION}
    if error is not None:
        body["error"] = error.shown()
    elif result is not None:
        body["result"] = result
    return body if request_id is None else {**body, "id": request_id}


def refusal(request_id: Any, error: RpcError) -> dict[str, Any]:
    """An error as the answer to a request."""
    return _answer(request_id, error=error)


def _refused(code: int, message: str = "") -> Answer:
    return Answer(_answer(None, error=RpcError(code, message)), well_formed=False)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _is(value: Any, kind: str) -> bool:
    if kind == "array":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "scalar":
        return isinstance(value, str | int | float) and not isinstance(value, bool)
    if kind in ("number", "integer"):
        wanted: Any = int if kind == "integer" else int | float
        return isinstance(value, wanted) and not isinstance(value, bool)
    return isinstance(value, str)
