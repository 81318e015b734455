"""public:* of RPC2: what REST answers, over RPC2 (komari-document, dev/rpc.md).

Those that read the metric store of later servers (queryMetrics and its like) are not here: to front ends that ask for
them an unknown method means to draw common:getRecords instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.monitor.errors import MonitorError
from shared.monitor.profile import me
from shared.monitor.public_queries import PublicQueries
from shared.monitor.rpc.common import ReadsProfile, RpcCaller
from shared.monitor.rpc.protocol import INVALID_PARAMS, Method, Parameter, RpcError
from shared.monitor.settings import SiteSettings, public_info

_UUID = Parameter("uuid", description="one node")
_HOURS = Parameter("hours", "scalar", "the last hours, four by default")
# As REST words them.
_REFUSALS = {
    "UUID_REQUIRED": "UUID is required",
    "INVALID_HOURS": "Invalid hours parameter",
    "INVALID_LOAD_TYPE": "Invalid load_type parameter",
    "UUID_OR_TASK_REQUIRED": "UUID or task_id is required",
    "INVALID_TASK_ID": "Invalid task_id parameter",
}


class PublicMethods:
    """Every method may raise StoreUnavailable."""

    def __init__(
        self,
        queries: PublicQueries,
        site: Callable[[], SiteSettings],
        profiles: ReadsProfile,
        version: Mapping[str, str],
    ) -> None:
        self._queries = queries
        self._site = site
        self._profiles = profiles
        self._version = version

    def methods(self) -> Sequence[Method]:
        queries = self._queries
        return (
            Method("public:getMe", "Who the caller is", self._me, returns="Me"),
            Method("public:getVersion", "Version of the server", lambda c, p: dict(self._version), returns="Version"),
            Method("public:getPublicSettings", "The site", self._settings, returns="PublicInfo"),
            Method(
                "public:getNodesInformation",
                "All nodes",
                lambda caller, params: queries.nodes(sees_hidden=caller.is_admin),
                returns="[Client]",
            ),
            Method(
                "public:getClientRecentRecords",
                "Reports of the last minute",
                _refusing(lambda caller, given: queries.recent(given("uuid"), sees_hidden=caller.is_admin)),
                (Parameter("uuid", required=True),),
                "[Report]",
            ),
            Method(
                "public:getRecordsByUUID",
                "Load records of a node",
                _refusing(
                    lambda caller, given: queries.load_records(
                        given("uuid"), given("hours"), given("load_type"), sees_hidden=caller.is_admin
                    )
                ),
                (_UUID, Parameter("load_type"), _HOURS),
                "{count, records, …}",
            ),
            Method(
                "public:getPingRecords",
                "Ping records of a node or a task",
                _refusing(
                    lambda caller, given: queries.ping_records(
                        given("uuid"), given("task_id"), given("hours"), sees_hidden=caller.is_admin
                    )
                ),
                (_UUID, Parameter("task_id", "scalar"), _HOURS),
                "{count, records, …}",
            ),
            Method(
                "public:getPublicPingTasks",
                "Ping tasks without their targets",
                lambda caller, params: queries.ping_tasks(sees_hidden=caller.is_admin),
                returns="[PingTask]",
            ),
        )

    def _me(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        return me(self._profiles.profile() if caller.signed_in else None)

    def _settings(self, caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        site = self._site()
        return public_info(site, private=site.private_site and not caller.shared)


def _refusing(ask: Callable[[RpcCaller, Callable[[str], str]], Any]) -> Callable[[RpcCaller, Mapping[str, Any]], Any]:
    """``ask`` gets each parameter as a text, "" for one that was not given; what it refuses is -32602."""

    def call(caller: RpcCaller, params: Mapping[str, Any]) -> Any:
        try:
            return ask(caller, lambda name: str(params.get(name, "")))
        except MonitorError as refused:
            raise RpcError(INVALID_PARAMS, _REFUSALS[refused.code]) from None

    return call
