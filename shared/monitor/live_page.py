"""What a page that watches the nodes gets for its ``get``: one answer, never over what a socket carries. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.monitor.fitting import MAX_SOCKET_RESULT_BYTES, as_many_as_fit, encoded_bytes
from shared.monitor.models import LiveReport, is_online
from shared.monitor.times import rfc3339_ms

_SMALLEST_SHOWN_CPU = 0.01


def live_answer(reports: Sequence[LiveReport], now_ms: int, max_bytes: int = MAX_SOCKET_RESULT_BYTES) -> dict[str, Any]:
    """``{"data": {"online": [uuid], "data": {uuid: report}}, "status": "success"}``.

    ``reports`` are in the order of their importance. Where all of them do not fit, the detail of graphics cards and
    messages goes first, then the reports of nodes that are offline, then those at the end; ``online`` stays whole as
    long as it fits itself. A page that misses a report can ask for it with ``get <uuid>``.
    """
    online = [live.uuid for live in reports if is_online(live, now_ms)]
    shown = {live.uuid: shown_report(live) for live in reports}
    room = max_bytes - encoded_bytes(online)
    if encoded_bytes(shown) > room:
        shown = {uuid: _without_detail(report) for uuid, report in shown.items()}
    if encoded_bytes(shown) > room:
        shown = as_many_as_fit(shown, frozenset(online), room)
    return {"data": {"online": online, "data": shown}, "status": "success"}


def shown_report(live: LiveReport) -> dict[str, Any]:
    """A report with the server's time; a processor at rest is shown as 0.01 %, because pages take 0 for no data."""
    report = {**live.report, "updated_at": rfc3339_ms(live.received_at_ms)}
    cpu = dict(report.get("cpu") or {})
    return {**report, "cpu": {**cpu, "usage": cpu.get("usage") or _SMALLEST_SHOWN_CPU}}


def _without_detail(report: Mapping[str, Any]) -> dict[str, Any]:
    short = {**report, "message": ""}
    if isinstance(report.get("gpu"), Mapping):
        short["gpu"] = {**report["gpu"], "detailed_info": []}
    return short
