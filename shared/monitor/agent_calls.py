"""The methods an agent calls by JSON-RPC, the same over a socket and by POST."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.agent_messages import AgentOrder, UnusableMessage
from shared.monitor.agent_rpc import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, AgentCall, RpcFault
from shared.monitor.agents import Agents
from shared.monitor.models import Via
from shared.monitor.store import NodeBusy

logger = logging.getLogger("kook_relay.monitor")

_SUCCESS: Mapping[str, Any] = {"status": "success"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call leads to. ``takes_events``: by POST the orders are part of the answer; ``waits``: it may be held
    until there are some."""

    result: Mapping[str, Any] = field(default_factory=lambda: dict(_SUCCESS))
    orders: tuple[AgentOrder, ...] = ()
    takes_events: bool = False
    waits: bool = False


class AgentCalls:
    """``ack_event_ids`` and ``last_event_id`` are accepted and need nothing: the only events are pings, which are
    handed out once and are stale after three seconds, so none is kept to be sent again."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self._methods: dict[str, Callable[[str, AgentCall, Via, str, str], Outcome]] = {
            "agent.report": self._report,
            "agent.basicInfo": self._basic_info,
            "agent.pingResult": self._ping_result,
            "agent.pull": self._pull,
        }

    def method_names(self) -> list[str]:
        return sorted(self._methods)

    def carry_out(
        self, uuid: str, call: AgentCall, *, via: Via, connection_id: str = "", client_address: str = ""
    ) -> Outcome:
        """Raises RpcFault, and shared.monitor.agents.UnknownNode."""
        method = self._methods.get(call.method)
        if method is None:
            raise RpcFault(METHOD_NOT_FOUND, "no such method", call.id)
        try:
            return method(uuid, call, via, connection_id, client_address)
        except UnusableMessage as unusable:
            raise RpcFault(INVALID_PARAMS, str(unusable), call.id) from None
        except (StoreUnavailable, NodeBusy) as unavailable:
            # Both name an operation at most. The agent goes on and tries again with its next report.
            logger.warning("an agent's call was not carried out", extra={"exception": type(unavailable).__name__})
            raise RpcFault(INTERNAL_ERROR, "the service is unavailable for the moment", call.id) from None

    def _report(self, uuid: str, call: AgentCall, via: Via, connection_id: str, _address: str) -> Outcome:
        self._agents.report(uuid, _object(call, "report"), via=via, connection_id=connection_id)
        return Outcome(orders=tuple(self._agents.due_orders(uuid)), takes_events=True)

    def _basic_info(self, uuid: str, call: AgentCall, _via: Via, _connection_id: str, client_address: str) -> Outcome:
        self._agents.basic_info(uuid, _object(call, "info"), client_address)
        return Outcome()

    def _ping_result(self, uuid: str, call: AgentCall, *_where: str) -> Outcome:
        self._agents.ping_result(uuid, call.params)
        return Outcome()

    def _pull(self, uuid: str, _call: AgentCall, *_where: str) -> Outcome:
        return Outcome({}, tuple(self._agents.due_orders(uuid)), takes_events=True, waits=True)


def _object(call: AgentCall, name: str) -> Mapping[str, Any]:
    value = call.params.get(name)
    if not isinstance(value, dict):
        raise UnusableMessage(f"params.{name} must be an object")
    return value
