"""The sockets of agents: /api/clients/report (protocol v1) and /api/clients/v2/rpc (v2).

No extension is ever agreed to in the handshake: the official agent ends a connection whose permessage-deflate was
agreed to without both no_context_takeover parameters. The handshake's Origin is not looked at: agents send none, and
the token in the query is what lets them in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.agent_bodies import UnreadableBody, json_object
from shared.monitor.agent_calls import AgentCalls
from shared.monitor.agent_messages import UnusableMessage, is_ping_result
from shared.monitor.agent_rpc import RpcFault, failure, notification, read_call, success
from shared.monitor.agents import Agents, UnknownNode
from shared.push.connections import CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal, Reply

logger = logging.getLogger("kook_relay.monitor")

V1_PATH = "/api/clients/report"
V2_PATH = "/api/clients/v2/rpc"
V1_KIND = "monitor-agent-v1"
V2_KIND = "monitor-agent-v2"


class _AgentSocket:
    """What both protocols have in common: who is let in, and what happens when the socket closes."""

    name = ""
    path = ""

    def __init__(self, agents: Callable[[], Agents]) -> None:
        """``agents`` is asked for with the first agent: a page's socket needs none of it."""
        self._agents = agents

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path == self.path

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        uuid = self._agents().node_of_token(agent_token(handshake.query))
        return Refusal(401) if uuid is None else Admission(CONNECTION_LIFETIME_SECONDS, principal=uuid)

    def disconnected(self, connection: Connection) -> None:
        self._agents().disconnected(connection.principal, connection.connection_id)


class AgentSocketV1(_AgentSocket):
    """Implements shared.push.sockets.SocketKind: plain objects, answered only when something is wrong with them."""

    name = V1_KIND
    path = V1_PATH

    def receive(self, connection: Connection, text: str) -> Reply:
        agents = self._agents()
        try:
            message = json_object(text)
            if is_ping_result(message):
                agents.ping_result(connection.principal, message)
                return Reply()
            agents.report(connection.principal, message, via="websocket", connection_id=connection.connection_id)
            orders = agents.due_orders(connection.principal)
        except UnknownNode:
            return Reply(_error("this node was removed"), forget=True, ends=True)
        except StoreUnavailable as unavailable:
            logger.warning("an agent's message was not kept", extra={"operation": str(unavailable)})
            return Reply(_error("not kept, the service is unavailable for the moment"))
        except (UnreadableBody, UnusableMessage) as unusable:
            return Reply(_error(str(unusable)))
        return Reply(following=tuple(order.message() for order in orders))


class AgentSocketV2(_AgentSocket):
    """Implements shared.push.sockets.SocketKind: JSON-RPC, of which only what has an id is answered."""

    name = V2_KIND
    path = V2_PATH

    def __init__(self, agents: Callable[[], Agents], calls: Callable[[], AgentCalls]) -> None:
        super().__init__(agents)
        self._calls = calls

    def receive(self, connection: Connection, text: str) -> Reply:
        try:
            call = read_call(text)
            outcome = self._calls().carry_out(
                connection.principal, call, via="websocket", connection_id=connection.connection_id
            )
        except UnknownNode:
            return Reply(_error("this node was removed"), forget=True, ends=True)
        except RpcFault as fault:
            return Reply(failure(fault))
        answer = None if call.id is None else success(call.id, outcome.result)
        return Reply(answer, following=tuple(notification(order) for order in outcome.orders))


def agent_token(query: Mapping[str, str]) -> str:
    """Agents present their token in the query, by one of two names."""
    return query.get("token") or query.get("Authorization") or ""


def _error(text: str) -> dict[str, Any]:
    return {"status": "error", "error": text}
