"""What is left out of an answer that a socket must carry, and that nothing is left out over POST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.monitor.charts import Charts
from shared.monitor.dashboard import Dashboard
from shared.monitor.fitting import MAX_SOCKET_RESULT_BYTES, encoded_bytes
from shared.monitor.models import LiveReport, LoadRecord, Node, PingRecord, PingTask
from shared.monitor.ping_board import PingBoard
from shared.monitor.rpc.common import CommonMethods, RpcCaller
from shared.monitor.settings import SiteSettings
from shared.monitor.store_settings import Profile
from tests.unit.monitor.agent_doubles import REPORT, node

NOW = 1_800_000_000
NODES = 400
OVER_SOCKET = RpcCaller(max_answer_bytes=MAX_SOCKET_RESULT_BYTES)


def uuid(number: int) -> str:
    return f"{number:036d}"


class ManyNodes:
    """Every second of them is offline."""

    def all(self) -> Sequence[Node]:
        return [node(uuid(number)) for number in range(NODES)]

    def get(self, wanted: str) -> Node | None:
        return node(wanted)


class TheirReports:
    def all(self) -> Mapping[str, LiveReport]:
        return {
            uuid(number): LiveReport(uuid(number), (NOW - 3_600 * (number % 2)) * 1000, REPORT, "post")
            for number in range(NODES)
        }

    def recent(self, wanted: str, now_ms: int) -> Sequence[tuple[int, dict[str, Any]]]:
        return ()


class FullRecords:
    def between(self, wanted: str, resolution: int, from_seconds: int, to_seconds: int) -> Sequence[LoadRecord]:
        return [LoadRecord(wanted, at, cpu=12.3456, ram=2**40) for at in range(from_seconds, to_seconds, resolution)]


class FullPings:
    def between(self, wanted: str, task_id: int, from_ms: int, to_ms: int, now_ms: int) -> Sequence[PingRecord]:
        return [PingRecord(wanted, task_id, at_ms, 5) for at_ms in range(to_ms, from_ms, -1_000)]

    def latest(self) -> Mapping[str, Mapping[int, Sequence[PingRecord]]]:
        return {uuid(number): self.latest_of(uuid(number)) for number in range(NODES)}

    def latest_of(self, wanted: str) -> Mapping[int, Sequence[PingRecord]]:
        return {1: [PingRecord(wanted, 1, NOW * 1000, 5)]}


class OneTask:
    def all(self) -> Sequence[PingTask]:
        return [PingTask(1, "gateway", tuple(map(uuid, range(NODES))), "icmp", "192.0.2.1", 1)]


class NobodysProfile:
    def profile(self) -> Profile:
        return Profile()


def call(method: str, caller: RpcCaller, **params: Any) -> Any:
    charts = Charts(FullRecords(), FullPings(), OneTask(), lambda: NOW)
    dashboard = Dashboard(ManyNodes(), TheirReports(), charts, OneTask(), lambda: NOW)
    methods = CommonMethods(dashboard, PingBoard(FullPings(), OneTask()), SiteSettings, NobodysProfile(), {})
    return next(each for each in methods.methods() if each.name == method).call(caller, params)


@pytest.mark.parametrize(
    "params",
    [
        {"type": "load", "hours": 24},
        {"type": "load", "hours": 24, "maxCount": -1},
        {"type": "ping", "hours": 1, "uuid": uuid(1)},
    ],
)
def test_records_over_a_socket_are_thinned_until_they_fit(params: dict[str, Any]) -> None:
    whole = call("common:getRecords", RpcCaller(), **params)
    fitting = call("common:getRecords", OVER_SOCKET, **params)
    assert encoded_bytes(whole) > MAX_SOCKET_RESULT_BYTES
    # As many as fit, not just a few.
    assert 0.8 * MAX_SOCKET_RESULT_BYTES < encoded_bytes(fitting) <= MAX_SOCKET_RESULT_BYTES
    assert 0 < fitting["count"] < whole["count"]
    assert (fitting["from"], fitting["to"]) == (whole["from"], whole["to"])


def test_a_chart_of_one_node_keeps_its_ends_over_a_socket() -> None:
    params = {"uuid": uuid(3), "hours": 24, "maxCount": -1}
    whole = call("common:getRecords", RpcCaller(), **params)["records"][uuid(3)]
    fitting = call("common:getRecords", RpcCaller(max_answer_bytes=20_000), **params)["records"][uuid(3)]
    assert (fitting[0], fitting[-1]) == (whole[0], whole[-1])


def test_statuses_over_a_socket_leave_out_pings_then_nodes_that_are_offline() -> None:
    whole = call("common:getNodesLatestStatus", RpcCaller())
    assert len(whole) == NODES and all(each["ping"] for each in whole.values())
    fitting = call("common:getNodesLatestStatus", OVER_SOCKET)
    assert encoded_bytes(fitting) <= MAX_SOCKET_RESULT_BYTES
    online = [uuid(number) for number in range(0, NODES, 2)]
    assert set(online) <= set(fitting), "all that are online are there"
    assert len(online) < len(fitting) < NODES and not any(each["ping"] for each in fitting.values())
    some = call("common:getNodesLatestStatus", OVER_SOCKET, uuids=online[:9])
    assert all(each["ping"] for each in some.values())
