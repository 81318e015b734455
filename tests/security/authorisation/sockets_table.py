"""Who may open which WebSocket, and call which JSON-RPC method. HTTP routes: tests.security.authorisation.table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.security.authorisation import access
from tests.security.authorisation.access import Access, Caller


@dataclass(frozen=True)
class Socket:
    """``kind`` is its name in the composition root; ``first_message`` is answered like ``answer`` to who is let in."""

    kind: str
    path: str
    access: Access
    query: Mapping[str, str] = field(default_factory=dict)
    first_message: str = ""
    answer: str = ""
    when_private: Access | None = None


SOCKETS = [
    # Who shows nothing may still send a token as the first message: the handshake succeeds, and tells nothing.
    Socket("relay", "/ws", access.RELAY, first_message='{"type": "ping"}', answer='"pong"'),
    Socket(
        "robot",
        "/ws",
        Access("the robot itself", frozenset({Caller.ROBOT})),
        query={"robotId": "{robot_id}"},
        first_message='{"type": "ping"}',
        answer='"pong"',
    ),
    Socket("worktool", "/webserver/wework/{worktool_robot_id}", access.WORKTOOL),
    Socket(
        "monitor_rpc",
        "/api/rpc2",
        access.MONITOR_PAGE,
        first_message='{"jsonrpc": "2.0", "id": 1, "method": "rpc.ping"}',
        answer='"pong"',
        when_private=access.PRIVATE_RPC,
    ),
    Socket("monitor-agent-v1", "/api/clients/report", access.MONITOR_AGENT, first_message="{", answer='"error"'),
    Socket("monitor-agent-v2", "/api/clients/v2/rpc", access.MONITOR_AGENT, first_message="{", answer='"error"'),
    Socket(
        "monitor-page",
        "/api/clients",
        access.MONITOR_PAGE,
        first_message="get",
        answer='"data"',
        when_private=access.PRIVATE_PAGE,
    ),
]

# Methods of /api/rpc2, with parameters that everybody may send; hidden nodes are the administrator's alone.
RPC_METHODS: dict[str, dict[str, Any]] = {
    "rpc.methods": {},
    "rpc.help": {},
    "rpc.ping": {},
    "rpc.version": {},
    "common:getMe": {},
    "common:getVersion": {},
    "common:getPublicInfo": {},
    "common:getNodes": {},
    "common:getNodesLatestStatus": {},
    "common:getNodeRecentStatus": {"uuid": "{uuid}"},
    "common:getRecords": {"uuid": "{uuid}", "type": "load", "hours": 1},
    "public:getMe": {},
    "public:getVersion": {},
    "public:getPublicSettings": {},
    "public:getNodesInformation": {},
    "public:getClientRecentRecords": {"uuid": "{uuid}"},
    "public:getRecordsByUUID": {"uuid": "{uuid}", "hours": "1"},
    "public:getPingRecords": {"uuid": "{uuid}", "hours": "1"},
    "public:getPublicPingTasks": {},
}
# Of these a caller may ask about one node, and is refused for a hidden one (public:getPingRecords tells nothing of it).
RPC_METHODS_OF_ONE_NODE = (
    "common:getNodes",
    "common:getNodesLatestStatus",
    "common:getNodeRecentStatus",
    "common:getRecords",
    "public:getClientRecentRecords",
    "public:getRecordsByUUID",
)
AGENT_METHODS = ("agent.basicInfo", "agent.pingResult", "agent.pull", "agent.report")
