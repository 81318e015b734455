"""/api/auth: signing in and out, and the password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from shared.relay.administrator import (
    MAX_PASSWORD_CHARACTERS,
    MIN_PASSWORD_CHARACTERS,
    Administrator,
    OpenedSession,
)
from shared.relay.api import control_texts as texts
from shared.relay.api.answers import success
from shared.relay.errors import Refusal, RelayError
from shared.relay.session_verifier import SESSION_CREDENTIAL
from shared.security.passwords import MAX_PASSWORD_BYTES
from shared.web.application import current_principal
from shared.web.authentication import MAX_TOKEN_CHARACTERS, open_route, presented_token
from shared.web.client_address import client_address
from shared.web.errors import ApiError
from shared.web.request_json import json_object
from shared.web.validation import validated


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Login(_Request):
    password: str = Field(min_length=1, max_length=MAX_PASSWORD_BYTES, repr=False)


class TokenToVerify(_Request):
    token: str = Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS, repr=False)


class NewPassword(_Request):
    new_password: str = Field(min_length=MIN_PASSWORD_CHARACTERS, max_length=MAX_PASSWORD_CHARACTERS, repr=False)


class PasswordChange(NewPassword):
    old_password: str = Field(min_length=1, max_length=MAX_PASSWORD_BYTES, repr=False)


# What else a sign-in opens: fields for its answer, such as another area's token.
SignInExtras = Callable[[OpenedSession], Mapping[str, Any]]


class AuthViews:
    """``extras`` and ``beside_login`` add to the answer of a login what opens other areas: fields, and what a browser
    keeps."""

    def __init__(
        self,
        administrator: Administrator,
        extras: SignInExtras = lambda _: {},
        beside_login: Callable[[Response], None] = lambda response: None,
    ) -> None:
        self._administrator = administrator
        self._extras = extras
        self._beside_login = beside_login

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("auth", __name__, url_prefix="/api/auth")
        blueprint.post("/login")(self.log_in)
        blueprint.post("/verify")(self.verify)
        blueprint.post("/logout")(self.log_out)
        blueprint.post("/change-password")(self.change_password)
        blueprint.post("/reset-password")(self.reset_password)
        return blueprint

    @open_route
    def log_in(self) -> Response:
        wanted = validated(Login, json_object())
        session = self._administrator.log_in(wanted.password, client_address())
        response = success(
            texts.LOGGED_IN, token=session.token, expires_in=session.expires_in_seconds, **self._extras(session)
        )
        self._beside_login(response)
        return response

    @open_route
    def verify(self) -> Response:
        left = self._administrator.seconds_left(validated(TokenToVerify, json_object()).token)
        if left is None:
            raise ApiError("INVALID_TOKEN", extra={"valid": False})
        return success(valid=True, expires_in=left)

    def log_out(self) -> Response:
        if current_principal().credential != SESSION_CREDENTIAL:
            raise RelayError(Refusal.NO_SESSION)
        self._administrator.log_out(presented_token(request))
        return success(texts.LOGGED_OUT)

    def change_password(self) -> Response:
        wanted = validated(PasswordChange, json_object())
        self._administrator.change_password(wanted.old_password, wanted.new_password, client_address())
        return success(texts.PASSWORD_CHANGED)

    def reset_password(self) -> Response:
        # A stolen session must not be able to lock its owner out.
        if current_principal().credential == SESSION_CREDENTIAL:
            raise RelayError(Refusal.API_TOKEN_REQUIRED)
        self._administrator.reset_password(validated(NewPassword, json_object()).new_password)
        return success(texts.PASSWORD_CHANGED)
