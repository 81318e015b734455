"""The agents' protocol v2: JSON-RPC 2.0 (https://www.jsonrpc.org/specification) over WebSocket and POST.

An agent's messages are notifications on a socket and carry an id by POST. Over a socket only what has an id is
answered; by POST everything is, without an id where none was sent (as the reference server does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shared.monitor.agent_bodies import UnreadableBody, json_object
from shared.monitor.agent_messages import AgentOrder
from shared.monitor.times import rfc3339_ms

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

_MAX_ID_CHARACTERS = 128

RpcId: TypeAlias = str | int | float | None


class RpcFault(Exception):
    """Answered as a JSON-RPC error. The text quotes nothing that was sent."""

    def __init__(self, code: int, message: str, request_id: RpcId = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One call of an agent. ``id`` is None for a notification."""

    method: str
    params: Mapping[str, Any] = field(repr=False)
    id: RpcId = None


def read_call(body: str | bytes) -> AgentCall:
    """Raises RpcFault (-32700, -32600, -32602)."""
    try:
        message = json_object(body)
    except UnreadableBody as unreadable:
        raise RpcFault(PARSE_ERROR, str(unreadable)) from None
    request_id = message.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, str | int | float | None):
        raise RpcFault(INVALID_REQUEST, "id must be a string, a number or null")
    if isinstance(request_id, str) and len(request_id) > _MAX_ID_CHARACTERS:
        raise RpcFault(INVALID_REQUEST, f"id is over {_MAX_ID_CHARACTERS} characters")
    if message.get("jsonrpc") != "2.0":
        raise RpcFault(INVALID_REQUEST, 'jsonrpc must be "2.0"', request_id)
    method = message.get("method")
    if not isinstance(method, str) or not method:
        raise RpcFault(INVALID_REQUEST, "method must be a string", request_id)
    params = message.get("params")
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise RpcFault(INVALID_PARAMS, "params must be an object", request_id)
    return AgentCall(method, params, request_id)


def success(request_id: RpcId, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", **_identified(request_id), "result": dict(result)}


def failure(fault: RpcFault) -> dict[str, Any]:
    error = {"code": fault.code, "message": fault.message}
    return {"jsonrpc": "2.0", **_identified(fault.request_id), "error": error}


def notification(order: AgentOrder) -> dict[str, Any]:
    """An order as it is pushed over a socket."""
    return {"jsonrpc": "2.0", "method": order.rpc_method, "params": order.fields()}


def events(orders: Sequence[AgentOrder], now: float) -> list[dict[str, Any]]:
    """Orders as the events of a POST's answer; ``now`` is epoch seconds. An id is that of the task and its round, so an
    agent that is given one twice knows it again."""
    return [
        {
            "id": order.event_id,
            "method": order.rpc_method,
            "params": order.fields(),
            "created_at": rfc3339_ms(round(now * 1000)),
            "expires_at": rfc3339_ms(round((now + order.lifetime_seconds) * 1000)),
        }
        for order in orders
    ]


def _identified(request_id: RpcId) -> dict[str, Any]:
    return {} if request_id is None else {"id": request_id}
