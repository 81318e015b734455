"""/health: whether the API answers at all. Open, and therefore without detail."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from shared.web.authentication import open_route


def health_blueprint() -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    @open_route
    def health() -> Response:
        return jsonify({"status": "healthy"})

    return blueprint
