"""/api/admin/client: machines and their tokens."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, ConfigDict, Field

from shared.monitor.api.answers import caller, flat_success, success, weights
from shared.monitor.audit import AuditLog
from shared.monitor.node_administration import NodeAdministration, NodeEdit
from shared.monitor.shown import whole_node
from shared.web.request_json import json_object
from shared.web.validation import validated

_MAX_NODES_ORDERED = 2_000


class NewNode(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    name: str = Field("", max_length=100)


class NodeViews:
    def __init__(self, nodes: NodeAdministration, audit: AuditLog) -> None:
        self._nodes = nodes
        self._audit = audit

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("admin_client", __name__, url_prefix="/api/admin/client")
        blueprint.post("/add")(self.add)
        blueprint.get("/list")(self.list)
        blueprint.post("/order")(self.order)
        blueprint.get("/<uuid>")(self.get)
        blueprint.get("/<uuid>/token")(self.token)
        blueprint.post("/<uuid>/edit")(self.edit)
        blueprint.post("/<uuid>/remove")(self.remove)
        return blueprint

    def add(self) -> Response:
        node = self._nodes.add(validated(NewNode, json_object(optional=True)).name)
        self._audit.note("info", f"create client: {node.uuid}", caller())
        return flat_success(uuid=node.uuid, token=node.token)

    def list(self) -> Response:
        return jsonify([whole_node(node) for node in self._nodes.all()])

    def order(self) -> Response:
        self._nodes.order(weights(json_object(), _MAX_NODES_ORDERED))
        self._audit.note("info", "order clients", caller())
        return success()

    def get(self, uuid: str) -> Response:
        return jsonify(whole_node(self._nodes.get(uuid)))

    def token(self, uuid: str) -> Response:
        node = self._nodes.get(uuid)
        self._audit.note("warn", f"token of a client shown: {node.uuid}", caller())
        return flat_success(token=node.token, message="")

    def edit(self, uuid: str) -> Response:
        edit = validated(NodeEdit, json_object())
        self._nodes.edit(uuid, edit)
        self._audit.note("info", f"edit client: {uuid}", caller())
        return success()

    def remove(self, uuid: str) -> Response:
        self._nodes.remove(uuid)
        self._audit.note("warn", f"delete client: {uuid}", caller())
        return success()
