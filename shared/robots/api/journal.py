"""The API's entries in the activity log. What was asked for is done, or refused, whether it can be noted or not."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Response, g, request

from shared.aws.store_failures import StoreUnavailable
from shared.robots.activity_log import ActivityLog, Level, LogType
from shared.robots.api.access import current_bearer
from shared.robots.errors import RobotBusy
from shared.stack_traces import failure_fields
from shared.web.application import LOGGER_NAME, RequestLog
from shared.web.client_address import client_address
from shared.web.envelopes import CodeEnvelope, ErrorAnswer
from shared.web.errors import ApiError
from shared.web.language import Language

_TOO_MANY_REQUESTS = 429


class Journal:
    """``control_plane_name`` is what the control plane's administrator is called."""

    def __init__(self, log: ActivityLog, control_plane_name: str, failures: RequestLog | None = None) -> None:
        self._log = log
        self._control_plane_name = control_plane_name
        self._failures: RequestLog = failures or logging.getLogger(LOGGER_NAME)

    def audit(self, message: str, **details: Any) -> None:
        """Note what somebody has done."""
        self._note("audit", "info", message, {"by": self._actor(), **details})

    def note_refusals(self, app: Flask) -> None:
        """Note every error answer, but not what the rate limit refuses: it keeps floods from costing anything."""

        @app.after_request
        def note(response: Response) -> Response:
            if response.status_code >= 400 and response.status_code != _TOO_MANY_REQUESTS:
                log_type: LogType = "error" if response.status_code >= 500 else "api"
                body = response.get_json(silent=True) or {}
                self._note(log_type, "error", str(body.get("message", "")), self._refusal(response.status_code))
            return response

    def _refusal(self, status: int) -> dict[str, Any]:
        request_id = getattr(request.environ.get("aws.context"), "aws_request_id", "") or secrets.token_hex(8)
        return {
            "code": g.get("error_code", ""),
            "requestId": f"req_{request_id}",
            "status": status,
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule is not None else "",
            "by": self._actor(),
        }

    def _actor(self) -> str:
        """Who asks; empty without a good token."""
        if g.get("principal") is None:
            return ""
        bearer = current_bearer()
        nobody = bearer.user is None and bearer.robot is None
        return self._control_plane_name if nobody else bearer.name

    def _note(self, log_type: LogType, level: Level, message: str, details: dict[str, Any]) -> None:
        try:
            self._log.note(log_type, level, message, details, client_address())
        except (StoreUnavailable, RobotBusy) as error:
            self._failures.error("activity not noted", extra=failure_fields(error, log_type=log_type))


class NotedEnvelope(CodeEnvelope):
    """Leaves the error's code for the journal."""

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        g.error_code = error.code
        return super().answer(error, language, timestamp)
