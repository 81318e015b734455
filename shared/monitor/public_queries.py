"""What every visitor may ask of nodes, records and pings, as REST and the public:* methods of RPC2 answer it alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.monitor.charts import shown_pings
from shared.monitor.dashboard import Dashboard
from shared.monitor.errors import MonitorError
from shared.monitor.settings import SiteSettings
from shared.monitor.shown import LOAD_TYPES, integer, public_node, shown_record

DEFAULT_HOURS = 4
_MAX_UUID_CHARACTERS = 64


class PublicQueries:
    """Every method may raise StoreUnavailable. ``sees_hidden`` is whether hidden nodes are shown to the caller; numbers
    come as texts, as in a query."""

    def __init__(self, dashboard: Dashboard, site: Callable[[], SiteSettings]) -> None:
        self._dashboard = dashboard
        self._site = site

    def nodes(self, *, sees_hidden: bool) -> list[dict[str, Any]]:
        return [public_node(node) for node in self._dashboard.nodes(with_hidden=sees_hidden)]

    def recent(self, uuid: str, *, sees_hidden: bool) -> list[dict[str, Any]]:
        """Raises MonitorError UUID_REQUIRED for a node that is hidden from the caller."""
        if self._is_hidden(uuid, sees_hidden):
            raise MonitorError("UUID_REQUIRED")
        return self._dashboard.shown_recent(uuid)

    def load_records(self, uuid: str, hours_text: str, load_type: str, *, sees_hidden: bool) -> dict[str, Any]:
        """Raises MonitorError: UUID_REQUIRED, INVALID_HOURS, INVALID_LOAD_TYPE."""
        if not uuid or self._is_hidden(uuid, sees_hidden):
            raise MonitorError("UUID_REQUIRED")
        hours = integer(hours_text or str(DEFAULT_HOURS))
        if hours is None:
            raise MonitorError("INVALID_HOURS")
        if load_type and load_type not in LOAD_TYPES:
            raise MonitorError("INVALID_LOAD_TYPE")
        preserved = min(hours, self._site().record_preserve_time)
        records = self._dashboard.charts.load_of_last_hours(uuid[:_MAX_UUID_CHARACTERS], preserved)
        shown = {
            "count": len(records),
            "records": [shown_record(record, load_type) for record in records],
            "has_gpu_data": any(record.gpu for record in records),
        }
        return {**shown, "load_type": load_type} if load_type else shown

    def ping_records(self, uuid: str, task_text: str, hours_text: str, *, sees_hidden: bool) -> dict[str, Any]:
        """Raises MonitorError: UUID_OR_TASK_REQUIRED, INVALID_TASK_ID."""
        if not uuid and not task_text:
            raise MonitorError("UUID_OR_TASK_REQUIRED")
        task_id = integer(task_text) if task_text else None
        if task_text and task_id is None:
            raise MonitorError("INVALID_TASK_ID")
        if uuid and self._is_hidden(uuid, sees_hidden):
            return {"count": 0, "records": []}
        # Hours that are no integer silently count as four, as on the real server.
        hours = integer(hours_text) or DEFAULT_HOURS
        hidden = () if uuid or sees_hidden else {n.uuid for n in self._dashboard.nodes(with_hidden=True) if n.hidden}
        charts = self._dashboard.charts.pings_of_last_hours(
            min(hours, self._site().ping_record_preserve_time),
            uuid=uuid[:_MAX_UUID_CHARACTERS],
            task_id=task_id,
            hidden=hidden,
        )
        shown = shown_pings(charts, with_clients=not uuid)
        if not uuid:
            for task in shown.get("tasks", ()):
                task["clients"] = [client for client in task["clients"] if client not in hidden]
        return shown

    def ping_tasks(self, *, sees_hidden: bool) -> list[dict[str, Any]]:
        return self._dashboard.shown_ping_tasks(with_hidden=sees_hidden)

    def _is_hidden(self, uuid: str, sees_hidden: bool) -> bool:
        return self._dashboard.is_hidden(uuid[:_MAX_UUID_CHARACTERS], with_hidden=sees_hidden)
