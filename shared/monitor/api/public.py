"""What every visitor may ask: the site, the machines, their reports and records."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from shared.monitor.api.answers import success
from shared.monitor.api.identity import MonitorGate
from shared.monitor.profile import me
from shared.monitor.public_queries import PublicQueries
from shared.monitor.sessions import SignIn
from shared.monitor.settings import public_info
from shared.web.authentication import open_route


class PublicViews:
    """``version`` is what GET /api/version tells: ``{hash, version}``."""

    def __init__(self, gate: MonitorGate, queries: PublicQueries, sign_in: SignIn, version: dict[str, str]) -> None:
        self._gate = gate
        self._queries = queries
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
        return success(self._queries.nodes(sees_hidden=self._sees_hidden()))

    @open_route
    def recent(self, uuid: str) -> Response:
        return success(self._queries.recent(uuid, sees_hidden=self._sees_hidden()))

    @open_route
    def load_records(self) -> Response:
        given = request.args
        uuid, hours, load_type = given.get("uuid", ""), given.get("hours", ""), given.get("load_type", "")
        return success(self._queries.load_records(uuid, hours, load_type, sees_hidden=self._sees_hidden()))

    @open_route
    def ping_records(self) -> Response:
        given = request.args
        uuid, task_id, hours = given.get("uuid", ""), given.get("task_id", ""), given.get("hours", "")
        return success(self._queries.ping_records(uuid, task_id, hours, sees_hidden=self._sees_hidden()))

    @open_route
    def ping_tasks(self) -> Response:
        return success(self._queries.ping_tasks(sees_hidden=self._sees_hidden()))

    def _sees_hidden(self) -> bool:
        return self._gate.identity().sees_hidden
