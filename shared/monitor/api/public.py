"""What every visitor may ask: the site, the machines, their reports and records."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from shared.monitor.api.answers import success
from shared.monitor.api.identity import MonitorGate
from shared.monitor.charts import shown_pings
from shared.monitor.dashboard import Dashboard
from shared.monitor.errors import MonitorError
from shared.monitor.profile import me
from shared.monitor.sessions import SignIn
from shared.monitor.settings import public_info
from shared.monitor.shown import LOAD_TYPES, integer, public_node, shown_record
from shared.web.authentication import open_route

DEFAULT_HOURS = 4
_MAX_UUID_CHARACTERS = 64


class PublicViews:
    """``version`` is what GET /api/version tells: ``{hash, version}``."""

    def __init__(self, gate: MonitorGate, dashboard: Dashboard, sign_in: SignIn, version: dict[str, str]) -> None:
        self._gate = gate
        self._dashboard = dashboard
        self._sign_in = sign_in
        self._version = version

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("public", __name__, url_prefix="/api")
        blueprint.get("/me")(self.me)
        blueprint.get("/public")(self.public)
        blueprint.get("/version")(self.version)
        blueprint.get("/nodes")(self.nodes)
        blueprint.get("/recent/<uuid>")(self.recent)
        blueprint.get("/records/load")(self.load_records)
        blueprint.get("/records/ping")(self.ping_records)
        blueprint.get("/task/ping")(self.ping_tasks)
        return blueprint

    @open_route
    def me(self) -> Response:
        signed_in = self._gate.identity().session is not None
        return jsonify(me(self._sign_in.profile() if signed_in else None))

    @open_route
    def public(self) -> Response:
        site = self._gate.site()
        return success(public_info(site, private=site.private_site and not self._gate.is_shared()))

    @open_route
    def version(self) -> Response:
        return success(self._version)

    @open_route
    def nodes(self) -> Response:
        shown = self._dashboard.nodes(with_hidden=self._gate.identity().sees_hidden)
        return success([public_node(node) for node in shown])

    @open_route
    def recent(self, uuid: str) -> Response:
        if self._is_hidden(uuid):
            raise MonitorError("UUID_REQUIRED")
        return success(self._dashboard.shown_recent(uuid))

    @open_route
    def load_records(self) -> Response:
        uuid = request.args.get("uuid", "")
        if not uuid or self._is_hidden(uuid):
            raise MonitorError("UUID_REQUIRED")
        hours = integer(request.args.get("hours", "") or str(DEFAULT_HOURS))
        if hours is None:
            raise MonitorError("INVALID_HOURS")
        load_type = request.args.get("load_type", "")
        if load_type and load_type not in LOAD_TYPES:
            raise MonitorError("INVALID_LOAD_TYPE")
        preserved = min(hours, self._gate.site().record_preserve_time)
        records = self._dashboard.charts.load_of_last_hours(uuid[:_MAX_UUID_CHARACTERS], preserved)
        shown = {
            "count": len(records),
            "records": [shown_record(record, load_type) for record in records],
            "has_gpu_data": any(record.gpu for record in records),
        }
        return success({**shown, "load_type": load_type} if load_type else shown)

    @open_route
    def ping_records(self) -> Response:
        uuid, task_text = request.args.get("uuid", ""), request.args.get("task_id", "")
        if not uuid and not task_text:
            raise MonitorError("UUID_OR_TASK_REQUIRED")
        task_id = integer(task_text) if task_text else None
        if task_text and task_id is None:
            raise MonitorError("INVALID_TASK_ID")
        if uuid and self._is_hidden(uuid):
            return success({"count": 0, "records": []})
        # Hours that are no integer silently count as four, as on the real server.
        hours = integer(request.args.get("hours", "")) or DEFAULT_HOURS
        sees_hidden = self._gate.identity().sees_hidden
        hidden = () if uuid or sees_hidden else {n.uuid for n in self._dashboard.nodes(with_hidden=True) if n.hidden}
        charts = self._dashboard.charts.pings_of_last_hours(
            min(hours, self._gate.site().ping_record_preserve_time),
            uuid=uuid[:_MAX_UUID_CHARACTERS],
            task_id=task_id,
            hidden=hidden,
        )
        shown = shown_pings(charts, with_clients=not uuid)
        if not uuid:
            for task in shown.get("tasks", ()):
                task["clients"] = [client for client in task["clients"] if client not in hidden]
        return success(shown)

    @open_route
    def ping_tasks(self) -> Response:
        return success(self._dashboard.shown_ping_tasks(with_hidden=self._gate.identity().sees_hidden))

    def _is_hidden(self, uuid: str) -> bool:
        return self._dashboard.is_hidden(uuid[:_MAX_UUID_CHARACTERS], with_hidden=self._gate.identity().sees_hidden)
