"""Signing in and out with a password, and through a provider."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, Response, redirect, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as AnyResponse

from shared.monitor.api.answers import caller, success
from shared.monitor.api.identity import MonitorGate
from shared.monitor.api.oauth_redirects import callback_url, to_provider
from shared.monitor.audit import AuditLog
from shared.monitor.errors import MonitorError
from shared.monitor.identity import SESSION_COOKIE
from shared.monitor.oauth import STATE_COOKIE, OAuthSignIn
from shared.monitor.sessions import SESSION_SECONDS, OpenedSession, Sessions, SignIn
from shared.web.authentication import open_route
from shared.web.request_json import json_object
from shared.web.validation import validated

AnAnswer = TypeVar("AnAnswer", bound=AnyResponse)
_AFTER_OAUTH = "/admin/dashboard"


class LoginRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    username: str = Field("", max_length=256)
    password: str = Field("", max_length=1024, repr=False)
    code: str = Field("", alias="2fa_code", max_length=32, repr=False)


class SignInViews:
    """``public_url`` is where the world reaches the site, "" to take each request's own address."""

    def __init__(
        self,
        gate: MonitorGate,
        sign_in: SignIn,
        sessions: Sessions,
        oauth: OAuthSignIn,
        audit: AuditLog,
        public_url: str,
    ) -> None:
        self._gate = gate
        self._sign_in = sign_in
        self._sessions = sessions
        self._oauth = oauth
        self._audit = audit
        self._public_url = public_url

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("sign_in", __name__, url_prefix="/api")
        blueprint.post("/login")(self.log_in)
        blueprint.get("/logout")(self.log_out)
        blueprint.get("/oauth")(self.oauth)
        blueprint.get("/oauth_callback")(self.oauth_callback)
        return blueprint

    @open_route
    def log_in(self) -> Response:
        wanted = validated(LoginRequest, json_object())
        if not wanted.username or not wanted.password:
            raise MonitorError("LOGIN_FIELDS_REQUIRED")
        session = self._sign_in.log_in(wanted.username, wanted.password, wanted.code, caller())
        self._audit.note("login", "logged in (password)", caller(), self._sign_in.profile().uuid)
        return with_session(success({"set-cookie": {"session_token": session.token}}), session)

    @open_route
    def log_out(self) -> AnyResponse:
        identity = self._gate.identity()
        if identity.session is not None:
            self._sessions.end(identity.session.digest)
            self._audit.note("logout", "logged out", caller(), self._sign_in.profile().uuid)
        response = redirect("/")
        response.set_cookie(SESSION_COOKIE, "", max_age=0, path="/", httponly=True, samesite="Lax")
        return response

    @open_route
    def oauth(self) -> AnyResponse:
        return to_provider(self._oauth.start(callback_url(self._public_url)))

    @open_route
    def oauth_callback(self) -> AnyResponse:
        outcome = self._oauth.finish(
            state=request.args.get("state", ""),
            state_cookie=request.cookies.get(STATE_COOKIE, ""),
            code=request.args.get("code", ""),
            redirect_uri=callback_url(self._public_url),
            signed_in=self._gate.identity().session is not None,
            caller=caller(),
        )
        response: AnyResponse = redirect(_AFTER_OAUTH)
        if outcome is not None:
            response = with_session(response, outcome)
            self._audit.note("login", "logged in (OAuth)", caller(), self._sign_in.profile().uuid)
        response.delete_cookie(STATE_COOKIE, path="/")
        return response


def with_session(response: AnAnswer, session: OpenedSession) -> AnAnswer:
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.scheme == "https",
    )
    return response
