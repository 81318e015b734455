"""/api/ws in the OpenAPI document. OpenAPI has no words for the WebSocket itself: see docs/websocket.md."""

from __future__ import annotations

from pydantic import Field

from shared.relay.api.openapi.shapes import Succeeded
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation


class TicketIssued(Succeeded):
    ticket: str = Field(description="Opens one connection: /ws?ticket=…")
    expires_in: int = Field(description="Seconds within which it has to be used")


OPERATIONS = (
    Operation(
        id="websocket.ticket",
        methods=("POST",),
        path="/api/ws/ticket",
        summary=Text("领取一次性的 WebSocket 凭据", "Get a one-time ticket for the WebSocket"),
        description=Text(
            "浏览器无法给 WebSocket 加请求头；一次性的 ticket 出现在日志里也无妨。",
            "A browser cannot add headers to a WebSocket; a ticket that works once may end up in a log.",
        ),
        answers=(Answer(200, Text("ticket 已签发", "The ticket"), TicketIssued),),
        errors=("SERVICE_UNAVAILABLE",),
    ),
)
