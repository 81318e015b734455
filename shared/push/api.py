"""POST /api/ws/ticket: a one-time ticket that opens a WebSocket connection."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from shared.push.connections import ConnectionsUnavailable
from shared.push.tickets import Tickets
from shared.web.application import current_principal
from shared.web.errors import ApiError


def tickets_blueprint(tickets: Tickets) -> Blueprint:
    """For whoever is signed in; the connection speaks for the same principal."""
    blueprint = Blueprint("websocket_tickets", __name__, url_prefix="/api/ws")

    @blueprint.post("/ticket")
    def issue_ticket() -> Response:
        try:
            issued = tickets.issue(current_principal().name)
        except ConnectionsUnavailable:
            raise ApiError("SERVICE_UNAVAILABLE", headers={"Retry-After": "1"}) from None
        return jsonify({"success": True, "ticket": issued.ticket, "expires_in": issued.expires_in_seconds})

    return blueprint
