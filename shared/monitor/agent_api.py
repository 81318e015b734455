"""The agents' HTTP routes. Answers and their shapes of error are the reference server's.

A route that is absent here (terminal, file transfer) is 404, which is what makes an agent fall back.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, jsonify, request

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.agent_bodies import MAX_OUTPUT_BODY_BYTES, UnreadableBody, inflated, json_object
from shared.monitor.agent_calls import AgentCalls, Outcome
from shared.monitor.agent_messages import UnusableMessage
from shared.monitor.agent_rpc import (
    INTERNAL_ERROR,
    PARSE_ERROR,
    RpcFault,
    events,
    failure,
    read_call,
    success,
)
from shared.monitor.agent_sockets import agent_token
from shared.monitor.agents import Agents, RegistrationRefused, UnknownCommand, UnknownNode
from shared.monitor.held_pulls import HeldPulls
from shared.monitor.models import PingTask
from shared.monitor.store import NodeBusy
from shared.web.authentication import open_route

logger = logging.getLogger("kook_relay.monitor")

_CLIENT_ADDRESS_HEADER = "X-Relay-Client-Address"
_RETRY_AFTER = {"Retry-After": "3"}


class AgentViews:
    """``clock`` gives epoch seconds."""

    def __init__(self, agents: Agents, calls: AgentCalls, pulls: HeldPulls, clock: Any) -> None:
        self._agents = agents
        self._calls = calls
        self._pulls = pulls
        self._clock = clock

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("monitor_agents", __name__, url_prefix="/api/clients")
        for path, method, view in (
            ("/register", "POST", self.register),
            ("/uploadBasicInfo", "POST", self.basic_info),
            ("/report", "POST", self.report),
            ("/ping/tasks", "GET", self.ping_tasks),
            ("/ping/result", "POST", self.ping_result),
            ("/task/result", "POST", self.command_result),
            ("/v2/rpc", "POST", self.rpc),
        ):
            # Each checks the agent's token (or the auto-discovery key) itself: it is no credential of the relay's.
            blueprint.add_url_rule(path, view.__name__, _open(view), methods=[method])
        for path in ("", "/report", "/v2/rpc"):
            name = f"socket{path.replace('/', '_')}"
            blueprint.add_url_rule(path, name, open_route(_upgrade_required), methods=["GET"])
        blueprint.register_error_handler(UnknownNode, lambda _: _unauthorized())
        blueprint.register_error_handler(UnknownCommand, lambda _: _unknown_command())
        blueprint.register_error_handler(UnreadableBody, _refused)
        blueprint.register_error_handler(UnusableMessage, _refused)
        blueprint.register_error_handler(StoreUnavailable, _unavailable)
        blueprint.register_error_handler(NodeBusy, _unavailable)
        return blueprint

    def register(self) -> tuple[Response, int]:
        """200 with the new node's uuid and token. The body's key is ignored; the header decides."""
        scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
        try:
            node = self._agents.register(
                key.strip() if scheme.lower() == "bearer" else "", request.args.get("name", "")
            )
        except RegistrationRefused:
            return jsonify(status="error", message="Invalid AutoDiscovery Key"), 403
        return jsonify(status="success", message="", data={"uuid": node.uuid, "token": node.token}), 200

    def basic_info(self) -> Response:
        uuid = self._uuid()
        self._agents.basic_info(uuid, json_object(_body()), _client_address())
        return jsonify(status="success")

    def report(self) -> tuple[Response, int]:
        uuid = self._uuid()
        try:
            self._agents.report(uuid, json_object(_body()), via="post")
        except (UnreadableBody, UnusableMessage) as unusable:
            # This route's own shape of error, and the reference server's text for what is no JSON.
            text = "Invalid request body" if isinstance(unusable, UnreadableBody) else str(unusable)
            return jsonify(error=text), _status_of(unusable)
        return jsonify(status="success"), 200

    def ping_tasks(self) -> Response:
        """A bare array: for agents that keep the schedule themselves."""
        return jsonify([_task(task) for task in self._agents.ping_tasks(self._uuid())])

    def ping_result(self) -> Response:
        uuid = self._uuid()
        self._agents.ping_result(uuid, json_object(_body()))
        return jsonify(status="success")

    def command_result(self) -> Response:
        uuid = self._uuid()
        body = inflated(request.get_data(), request.headers.get("Content-Encoding", ""), MAX_OUTPUT_BODY_BYTES)
        self._agents.command_result(uuid, json_object(body))
        return jsonify(status="success", message="Task result updated successfully")

    def rpc(self) -> tuple[Response, int] | tuple[Response, int, dict[str, str]]:
        """One JSON-RPC call, gzip or not. Always answered: 200, or 400 with ``error``."""
        uuid = self._uuid()
        try:
            call = read_call(_body())
            outcome = self._calls.carry_out(uuid, call, via="post", client_address=_client_address())
            if outcome.waits and not outcome.orders:
                orders = self._pulls.until_due(lambda: self._agents.due_orders(uuid))
                outcome = Outcome(outcome.result, orders, takes_events=True)
        except UnreadableBody as unreadable:
            return jsonify(failure(RpcFault(PARSE_ERROR, str(unreadable)))), _status_of(unreadable)
        except RpcFault as fault:
            if fault.code == INTERNAL_ERROR:
                return jsonify(failure(fault)), 503, _RETRY_AFTER
            return jsonify(failure(fault)), 400
        result = dict(outcome.result)
        if outcome.takes_events:
            result["events"] = events(outcome.orders, self._clock())
        return jsonify(success(call.id, result)), 200

    def _uuid(self) -> str:
        """The node whose agent is calling. Raises UnknownNode."""
        uuid = self._agents.node_of_token(agent_token(request.args))
        if uuid is None:
            raise UnknownNode
        return uuid


def _open(view: Any) -> Any:
    def opened(**path: Any) -> Any:
        return view(**path)

    return open_route(opened)


def _upgrade_required() -> tuple[Response, int]:
    return jsonify(status="error", error="Require WebSocket upgrade"), 400


def _body() -> bytes:
    return inflated(request.get_data(), request.headers.get("Content-Encoding", ""))


def _unknown_command() -> tuple[Response, int]:
    return jsonify(status="error", message="Task not found"), 404


def _client_address() -> str:
    return request.headers.get(_CLIENT_ADDRESS_HEADER) or request.remote_addr or ""


def _task(task: PingTask) -> dict[str, Any]:
    return {
        "id": task.task_id,
        "weight": task.weight,
        "name": task.name,
        "clients": list(task.clients),
        "type": task.kind,
        "target": task.target,
        "interval": task.interval_seconds,
    }


def _status_of(problem: Exception) -> int:
    return 413 if isinstance(problem, UnreadableBody) and problem.too_large else 400


def _unauthorized() -> tuple[Response, int]:
    return jsonify(status="error", message="Unauthorized."), 401


def _refused(problem: Exception) -> tuple[Response, int]:
    return jsonify(status="error", error=str(problem)), _status_of(problem)


def _unavailable(failure_: Exception) -> tuple[Response, int, dict[str, str]]:
    logger.warning("an agent's call was not carried out", extra={"exception": type(failure_).__name__})
    return jsonify(status="error", error="the service is unavailable for the moment"), 503, _RETRY_AFTER
