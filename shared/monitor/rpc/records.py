"""common:getRecords: load and ping records of a stretch of time, thinned to what a chart can show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.monitor.charts import (
    PingFigures,
    TaskChart,
    shown_basic_info,
    shown_ping,
    shown_task_figures,
    span,
)
from shared.monitor.dashboard import Dashboard
from shared.monitor.fitting import encoded_bytes
from shared.monitor.rpc.protocol import INVALID_PARAMS, Parameter, RpcError
from shared.monitor.settings import SiteSettings
from shared.monitor.shown import LOAD_TYPES, shown_record
from shared.monitor.thinning import DEFAULT_MAX_COUNT, thinned
from shared.monitor.times import parsed_rfc3339

_DEFAULT_HOURS = 1
_MAX_NODES = 500


class SeesNodes(Protocol):
    @property
    def is_admin(self) -> bool: ...

    @property
    def max_answer_bytes(self) -> int | None: ...


def record_parameters() -> tuple[Parameter, ...]:
    return (
        Parameter("type", description="load or ping"),
        Parameter("uuid", description="one node"),
        Parameter("hours", "number", "the last hours"),
        Parameter("start", description="RFC 3339"),
        Parameter("end", description="RFC 3339"),
        Parameter("load_type", description=", ".join(LOAD_TYPES)),
        Parameter("task_id", "integer", "one ping task"),
        Parameter(
            "maxCount",
            "integer",
            f"at most so many records, {DEFAULT_MAX_COUNT} by default, -1 for as many as an answer holds",
        ),
    )


class RecordQueries:
    def __init__(self, dashboard: Dashboard, site: Callable[[], SiteSettings]) -> None:
        self._dashboard = dashboard
        self._site = site

    def get(self, caller: SeesNodes, params: Mapping[str, Any]) -> dict[str, Any]:
        """Raises RpcError and StoreUnavailable."""
        uuid = params.get("uuid", "")
        if uuid and self._dashboard.is_hidden(uuid, with_hidden=caller.is_admin):
            raise RpcError(INVALID_PARAMS, "UUID not found", uuid[:64])
        kind = params.get("type") or "load"
        if kind == "load":
            return self._load(caller, uuid, params)
        if kind == "ping":
            return self._pings(caller, uuid, params)
        raise RpcError(INVALID_PARAMS, "Invalid params: type must be load or ping")

    def _load(self, caller: SeesNodes, uuid: str, params: Mapping[str, Any]) -> dict[str, Any]:
        load_type = params.get("load_type", "")
        if load_type and load_type not in (*LOAD_TYPES, "all"):
            raise RpcError(INVALID_PARAMS, f"Invalid params: load_type must be one of {', '.join(LOAD_TYPES)}")
        from_ms, to_ms = self._stretch(params, self._site().record_preserve_time)
        uuids = [uuid] if uuid else [node.uuid for node in self._dashboard.nodes(with_hidden=caller.is_admin)]
        found = {each: self._dashboard.charts.load(each, from_ms / 1000, to_ms / 1000) for each in uuids[:_MAX_NODES]}

        def answer(max_count: int) -> dict[str, Any]:
            kept = thinned(found, max_count)
            return {
                "count": sum(map(len, kept.values())),
                "records": {each: [shown_record(r, load_type) for r in records] for each, records in kept.items()},
                **span(from_ms, to_ms),
                **({"load_type": load_type} if load_type else {}),
            }

        return _fitting(answer, params.get("maxCount", DEFAULT_MAX_COUNT), caller.max_answer_bytes)

    def _pings(self, caller: SeesNodes, uuid: str, params: Mapping[str, Any]) -> dict[str, Any]:
        from_ms, to_ms = self._stretch(params, self._site().ping_record_preserve_time)
        hidden: set[str] = set()
        if not caller.is_admin and not uuid:
            hidden = {node.uuid for node in self._dashboard.nodes(with_hidden=True) if node.hidden}
        charts = self._dashboard.charts.pings(from_ms, to_ms, uuid=uuid, task_id=params.get("task_id"), hidden=hidden)
        by_task = {chart.task.task_id: chart.records for chart in charts}

        def answer(max_count: int) -> dict[str, Any]:
            kept = thinned(by_task, max_count)
            records = sorted((record for found in kept.values() for record in found), key=lambda each: -each.at_ms)
            return {
                "count": len(records),
                "basic_info": shown_basic_info(charts),
                "records": [shown_ping(record) for record in records],
                "tasks": [_task_figures(chart) for chart in charts],
                **span(from_ms, to_ms),
            }

        return _fitting(answer, params.get("maxCount", DEFAULT_MAX_COUNT), caller.max_answer_bytes)

    def _stretch(self, params: Mapping[str, Any], preserve_hours: int) -> tuple[int, int]:
        """(from, to) in milliseconds. Raises RpcError."""
        now_ms = self._dashboard.now_ms()
        to_ms = _moment(params["end"], "end") if "end" in params else now_ms
        if "start" in params:
            from_ms = _moment(params["start"], "start")
        else:
            hours = params.get("hours", _DEFAULT_HOURS)
            from_ms = to_ms - int(min(max(hours, 0), preserve_hours) * 3_600_000)
        if from_ms > to_ms:
            raise RpcError(INVALID_PARAMS, "Invalid params: start is after end")
        earliest_ms = now_ms - preserve_hours * 3_600_000
        return max(earliest_ms, min(from_ms, now_ms)), max(earliest_ms, min(to_ms, now_ms))


def _moment(text: str, name: str) -> int:
    moment = parsed_rfc3339(text)
    if moment is None:
        raise RpcError(INVALID_PARAMS, f"Invalid params: {name} must be an RFC 3339 time")
    return int(moment.timestamp() * 1000)


def _fitting(answer: Callable[[int], dict[str, Any]], max_count: int, max_bytes: int | None) -> dict[str, Any]:
    """The answer with so many records, or with as many as fit."""
    found = answer(max_count)
    while max_bytes is not None and found["count"] > 0 and (size := encoded_bytes(found)) > max_bytes:
        found = answer(min(found["count"] - 1, found["count"] * max_bytes // size))
    return found


def _task_figures(chart: TaskChart) -> dict[str, Any]:
    figures = PingFigures.of(chart.records)
    p50, p99 = figures.percentile_ms(50), figures.percentile_ms(99)
    return {
        **shown_task_figures(chart, with_clients=False),
        "latest": chart.records[0].value_ms if chart.records else 0,
        "p50": p50,
        "p99": p99,
        "p99_p50_ratio": round(p99 / p50, 2) if p50 else 0.0,
    }
