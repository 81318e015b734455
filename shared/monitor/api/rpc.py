"""POST /api/rpc2."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from shared.monitor.api.identity import MonitorGate
from shared.monitor.errors import MonitorError
from shared.monitor.rpc.common import RpcCaller
from shared.monitor.rpc.protocol import RpcEndpoint
from shared.web.authentication import open_route


def rpc_blueprint(gate: MonitorGate, endpoint: RpcEndpoint) -> Blueprint:
    blueprint = Blueprint("rpc", __name__, url_prefix="/api")

    @blueprint.post("/rpc2")
    @open_route
    def call() -> Response:
        identity = gate.identity()
        caller = RpcCaller(identity.is_admin, identity.session is not None, gate.is_shared())
        answer = endpoint.answer(request.get_data(), caller, batches=True)
        response = jsonify(answer.body)
        response.status_code = 200 if answer.well_formed else 400
        return response

    @blueprint.get("/rpc2")
    @open_route
    def plain_request() -> Response:
        raise MonitorError("UPGRADE_REQUIRED")

    return blueprint
