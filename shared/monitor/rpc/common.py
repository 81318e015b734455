"""The methods every visitor may call: common:* (komari-document, dev/rpc.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.monitor.dashboard import Dashboard
from shared.monitor.fitting import as_many_as_fit, encoded_bytes
from shared.monitor.models import Node, is_online
from shared.monitor.ping_board import PingBoard
from shared.monitor.profile import me_over_rpc
from shared.monitor.rpc.protocol import INVALID_PARAMS, Method, Parameter, RpcError
from shared.monitor.rpc.records import RecordQueries, record_parameters
from shared.monitor.settings import SiteSettings, public_info
from shared.monitor.shown import flat_report, live_status, public_node, whole_node
from shared.monitor.store_settings import Profile


@dataclass(frozen=True, slots=True)
class RpcCaller:
    """``signed_in`` by a session; an API key is admin without it. ``max_answer_bytes`` is what carries the answer, None
    for more than any answer has."""

    is_admin: bool = False
    signed_in: bool = False
    shared: bool = False
    max_answer_bytes: int | None = None


class ReadsProfile(Protocol):
    def profile(self) -> Profile: ...


class CommonMethods:
    """Every method may raise StoreUnavailable."""

    def __init__(
        self,
        dashboard: Dashboard,
        pings: PingBoard,
        site: Callable[[], SiteSettings],
        profiles: ReadsProfile,
        version: Mapping[str, str],
    ) -> None:
        self._dashboard = dashboard
        self._pings = pings
        self._site = site
        self._profiles = profiles
        self._version = version

    def methods(self) -> Sequence[Method]:
        uuid = Parameter("uuid", description="one node")
        records = RecordQueries(self._dashboard, self._site)
        return (
            Method("rpc.ping", "Whether the server answers", lambda caller, params: "pong", returns="pong"),
            Method("rpc.version", "Version of the protocol", lambda caller, params: "2.0", returns="string"),
            Method("common:getMe", "Who the caller is", self._me, returns="Me"),
            Method("common:getVersion", "Version of the server", lambda c, p: dict(self._version), returns="Version"),
            Method("common:getPublicInfo", "The site", self._public_info, returns="PublicInfo"),
            Method("common:getNodes", "All nodes by uuid, or one", self._nodes, (uuid,), "Client | {uuid: Client}"),
            Method(
                "common:getNodesLatestStatus",
                "What nodes reported last",
                self._latest_status,
                (uuid, Parameter("uuids", "array", "several nodes")),
                "Status | {uuid: Status}",
            ),
            Method(
                "common:getNodeRecentStatus",
                "What a node reported in the last minute",
                self._recent_status,
                (Parameter("uuid", required=True),),
                "{count, records}",
            ),
            Method(
                "common:getRecords", "Load or ping records", records.get, record_parameters(), "{count, records, …}"
            ),
        )

    def _me(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        return me_over_rpc(self._profiles.profile() if caller.signed_in else None)

    def _public_info(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        site = self._site()
        return public_info(site, private=site.private_site and not caller.shared)

    def _nodes(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        masked = not caller.is_admin and self._site().send_ip_addr_to_guest

        def shown(node: Node) -> dict[str, Any]:
            return whole_node(node) if caller.is_admin else public_node(node, masked_addresses=masked)

        if "uuid" in params:
            return shown(self._visible(params["uuid"], caller))
        return {node.uuid: shown(node) for node in self._dashboard.nodes(with_hidden=caller.is_admin)}

    def _latest_status(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        now_ms = self._dashboard.now_ms()
        if "uuid" in params:
            wanted = [self._visible(params["uuid"], caller).uuid]
        else:
            visible = [node.uuid for node in self._dashboard.nodes(with_hidden=caller.is_admin)]
            asked = set(params.get("uuids") or visible)
            wanted = [uuid for uuid in visible if uuid in asked]
        live = self._dashboard.live()
        pings = {params["uuid"]: self._pings.of(params["uuid"])} if "uuid" in params else self._pings.all()
        shown = {
            uuid: {**live_status(live[uuid], online=is_online(live[uuid], now_ms)), "ping": pings.get(uuid, {})}
            for uuid in wanted
            if uuid in live
        }
        return shown.get(params["uuid"]) if "uuid" in params else _fitting(shown, caller.max_answer_bytes)

    def _recent_status(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        node = self._visible(params["uuid"], caller)
        reports = self._dashboard.recent_reports(node.uuid)
        return {
            "count": len(reports),
            "records": [flat_report(node.uuid, report, at_ms) for at_ms, report in reports],
        }

    def _visible(self, uuid: str, caller: RpcCaller) -> Node:
        node = self._dashboard.node(uuid, with_hidden=caller.is_admin)
        if node is None:
            raise RpcError(INVALID_PARAMS, "Node not found", uuid[:64])
        return node


def _fitting(statuses: Mapping[str, Any], max_bytes: int | None) -> Mapping[str, Any]:
    """Where not all fit, pings go first, then nodes that are offline, then those added last."""
    if max_bytes is None or encoded_bytes(statuses) <= max_bytes:
        return statuses
    short = {uuid: {**status, "ping": {}} for uuid, status in statuses.items()}
    online = frozenset(uuid for uuid, status in short.items() if status["online"])
    return as_many_as_fit(short, online, max_bytes)
