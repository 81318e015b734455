"""/api/admin/session, 2fa, oauth2 and update/user: how the administrator gets in."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pyotp
import segno
from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as AnyResponse

from shared.monitor.api.answers import caller, flat_success, success
from shared.monitor.api.identity import MonitorGate
from shared.monitor.api.oauth_redirects import callback_url, to_provider
from shared.monitor.audit import AuditLog
from shared.monitor.errors import MonitorError
from shared.monitor.oauth import OAuthSignIn
from shared.monitor.sessions import Session, Sessions, SignIn
from shared.monitor.store_settings import DynamoSettings, Profile
from shared.monitor.times import rfc3339
from shared.web.request_json import json_object
from shared.web.validation import validated

SECRET_COOKIE = "2fa_secret"  # noqa: S105 - a name
_SECRET_SECONDS = 600
_SECRET_CHARACTERS = 32


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class SessionToRemove(_Request):
    session: str = Field(min_length=1, max_length=128)


class UserUpdate(_Request):
    username: str = Field("", max_length=256)
    password: str = Field("", max_length=1024, repr=False)


class AccessViews:
    def __init__(
        self,
        gate: MonitorGate,
        sessions: Sessions,
        sign_in: SignIn,
        store: DynamoSettings,
        oauth: OAuthSignIn,
        audit: AuditLog,
        public_url: str,
    ) -> None:
        self._gate = gate
        self._sessions = sessions
        self._sign_in = sign_in
        self._store = store
        self._oauth = oauth
        self._audit = audit
        self._public_url = public_url

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("admin_access", __name__, url_prefix="/api/admin")
        blueprint.get("/session/get")(self.sessions)
        blueprint.post("/session/remove")(self.remove_session)
        blueprint.post("/session/remove/all")(self.remove_all_sessions)
        blueprint.get("/2fa/generate")(self.generate_second_factor)
        blueprint.post("/2fa/enable")(self.enable_second_factor)
        blueprint.post("/2fa/disable")(self.disable_second_factor)
        blueprint.get("/oauth2/bind")(self.bind)
        blueprint.post("/oauth2/unbind")(self.unbind)
        blueprint.post("/update/user")(self.update_user)
        return blueprint

    def sessions(self) -> Response:
        """Sessions are named by the digest of their token: the token itself is not kept."""
        current = self._gate.identity().session
        shown = [_shown_session(session, self._sign_in.profile().uuid) for session in self._sessions.all()]
        return flat_success(current=current.digest if current else "", data=shown)

    def remove_session(self) -> Response:
        if not self._sessions.end(validated(SessionToRemove, json_object()).session):
            raise MonitorError("SESSION_NOT_FOUND")
        self._audit.note("info", "delete session", caller())
        return success()

    def remove_all_sessions(self) -> Response:
        self._sessions.end_all()
        self._audit.note("warn", "delete all sessions", caller())
        return success()

    def generate_second_factor(self) -> Response:
        """A PNG for an authenticator app; the secret travels in a cookie until it is confirmed with a code."""
        secret = pyotp.random_base32(_SECRET_CHARACTERS)
        site = self._gate.site()
        address = pyotp.TOTP(secret).provisioning_uri(name=self._sign_in.profile().username, issuer_name=site.sitename)
        image = io.BytesIO()
        segno.make(address, micro=False).save(image, kind="png", scale=6)
        response = Response(image.getvalue(), mimetype="image/png")
        response.set_cookie(
            SECRET_COOKIE,
            secret,
            max_age=_SECRET_SECONDS,
            path="/api/admin/2fa",
            httponly=True,
            samesite="Strict",
            secure=request.scheme == "https",
        )
        return response

    def enable_second_factor(self) -> Response:
        secret = request.cookies.get(SECRET_COOKIE, "")
        if len(secret) != _SECRET_CHARACTERS or not set(secret) <= set(_BASE32):
            raise MonitorError("NO_SECOND_FACTOR_SECRET")
        step = self._sign_in.step_of(secret, request.args.get("code", ""))
        self._write(replace(self._sign_in.profile(), second_factor_secret=secret, second_factor_step=step))
        self._audit.note("warn", "2FA enabled", caller())
        response = success()
        response.delete_cookie(SECRET_COOKIE, path="/api/admin/2fa")
        return response

    def disable_second_factor(self) -> Response:
        self._write(replace(self._sign_in.profile(), second_factor_secret="", second_factor_step=0))
        self._audit.note("warn", "2FA disabled", caller())
        return success()

    def bind(self) -> AnyResponse:
        return to_provider(self._oauth.start_binding(callback_url(self._public_url)))

    def unbind(self) -> Response:
        self._oauth.unbind()
        self._audit.note("warn", "external account unbound", caller())
        return success()

    def update_user(self) -> Response:
        """The name only: a stolen session must not be able to lock its owner out."""
        wanted = validated(UserUpdate, json_object())
        if wanted.password:
            raise MonitorError("PASSWORD_CHANGE_REFUSED")
        if wanted.username:
            self._write(replace(self._sign_in.profile(), username=wanted.username))
            self._audit.note("warn", "username changed", caller())
        return success()

    def _write(self, profile: Profile) -> None:
        if not self._store.write_profile(profile):
            raise MonitorError("BUSY")


_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _shown_session(session: Session, uuid: str) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "session": session.digest,
        "user_agent": session.user_agent,
        "ip": session.ip,
        "login_method": session.login_method,
        "latest_online": rfc3339(session.latest_online),
        "latest_user_agent": session.user_agent,
        "latest_ip": session.latest_ip,
        "expires": rfc3339(session.expires_at),
        "created_at": rfc3339(session.created_at),
    }
