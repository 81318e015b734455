"""/api/v1/login."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, Response

from shared.accounts.api import texts
from shared.accounts.api.accounts import health_message
from shared.accounts.api.answers import said, shown_time, success, why
from shared.accounts.logins import LoginDesk, LoginSession, LoginStatus
from shared.accounts.requests import LoginCallback
from shared.web.errors import ApiError, FieldProblem
from shared.web.parameters import query_text
from shared.web.request_json import json_object
from shared.web.validation import validated


class LoginViews:
    def __init__(self, desk: LoginDesk) -> None:
        self._desk = desk

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("login", __name__, url_prefix="/api/v1/login")
        blueprint.get("/status")(self.status)
        blueprint.get("/qrcode")(self.begin)
        blueprint.post("/callback")(self.finish)
        return blueprint

    def status(self) -> Response:
        found = self._desk.status(_platform(), query_text("session_id"))
        return success({**_shown_status(found), **_shown_session(found.session)})

    def begin(self) -> Response:
        platform = _platform()
        begun = self._desk.begin(platform, query_text("account_id"))
        picture: dict[str, str] = {}
        if begun.qrcode_png is not None:
            encoded = base64.b64encode(begun.qrcode_png).decode("ascii")
            picture["qrcode_image"] = f"data:image/png;base64,{encoded}"
        message = texts.SCAN_QRCODE if picture else texts.USE_BROWSER
        return success(
            {
                "platform": platform,
                "qrcode_url": begun.qrcode_url,
                **picture,
                "expires_in": begun.expires_in_seconds,
                "session_id": begun.session_id,
                "message": said(message),
            }
        )

    def finish(self) -> Response:
        account, is_check_ordered = self._desk.finish(validated(LoginCallback, json_object()))
        return success(
            {
                "account_id": account.account_id,
                "platform": account.platform,
                "account_name": account.account_name,
                "status": str(account.status),
                "message": said(texts.LOGIN_KEPT if is_check_ordered else texts.LOGIN_KEPT_UNCHECKED),
            }
        )


def _platform() -> str:
    platform = query_text("platform")
    if platform is None:
        raise ApiError("MISSING_PARAMETER", problems=[FieldProblem("platform", "missing")])
    return platform


def _shown_status(status: LoginStatus) -> dict[str, Any]:
    checked = status.checked
    if checked is None:
        session = status.session
        message = said(texts.NO_ACTIVE_ACCOUNT) if session is None or session.account_id else _state_text(session)
        return {"is_logged_in": False, "platform": status.platform, "status": "unhealthy", "message": message}
    return {
        "is_logged_in": checked.is_healthy,
        "platform": status.platform,
        "account_id": checked.account.account_id,
        "account_name": checked.account.account_name,
        "last_check": shown_time(checked.account.last_check_at_ms),
        "status": "healthy" if checked.is_healthy else "unhealthy",
        "outcome": str(checked.outcome),
        "message": said(texts.HEALTHY_AND_LOGGED_IN) if checked.is_healthy else health_message(checked),
    }


def _shown_session(session: LoginSession | None) -> dict[str, Any]:
    """The login that is under way, beside what the contract shows."""
    if session is None:
        return {}
    shown = {
        "session_id": session.session_id,
        "state": str(session.outcome),
        "message": _state_text(session),
        "reason": why(session.reason),
        "account_id": session.account_id or None,
        "expires_at": shown_time(session.expires_at_seconds * 1000),
    }
    return {"session": shown}


def _state_text(session: LoginSession) -> str:
    return said(texts.SESSION_STATES[str(session.outcome)])
