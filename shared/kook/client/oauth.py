"""Signing KOOK users in by OAuth2, authorization code only (oauth2.md, http/oauth.md).

Both addresses are on the host of the KOOK base and outside ``/api/v3``. The token answer has no envelope, tells no
refresh token, and calls its lifetime ``expire_in`` in KOOK's table and ``expires_in`` in KOOK's example.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from shared.kook.client.errors import InvalidCall, KookAnswerUnreadable, KookApiError, KookRateLimited, KookUnreachable
from shared.kook.client.rate_limits import refusal_wait_seconds
from shared.kook.client.results import WHOLE_NUMBER
from shared.kook.client.transport import CALL_TIMEOUT_SECONDS, one_line
from shared.platforms.http import HttpClient, HttpResponse, NoAnswer, NotSent

SCOPES = frozenset({"get_user_info", "get_user_guilds"})
_CALL = "oauth2/token"
_API_VERSION = re.compile(r"/api/v\d+$")
_MAX_VALUE_CHARACTERS = 2048
_MAX_ANSWER_BYTES = 64 * 1024
# Answers that say "not like this" rather than "not now": the other encoding is worth one try after them.
_REFUSED_FORM = frozenset({200, 400, 401, 403, 404, 415, 422})


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A user's token. When it expires the user has to sign in again."""

    access_token: str = field(repr=False)
    expires_in_seconds: int
    token_type: str
    scopes: tuple[str, ...]


class KookOAuth:
    """One OAuth2 client of KOOK's developer console."""

    def __init__(self, http: HttpClient, api_base: str, client_id: str, client_secret: str) -> None:
        """``api_base`` is KOOK's API base, as for KookClient. Raises InvalidCall."""
        self._http = http
        self._root = _root(api_base)
        self._client_id = _value("client_id", client_id)
        self._client_secret = _value("client_secret", client_secret)

    def authorize_url(self, redirect_uri: str, scopes: Sequence[str], state: str = "") -> str:
        """Where to send the user's browser; it comes back to ``redirect_uri`` with ``code`` and ``state``.

        Raises InvalidCall for an address that is not http(s) or a scope KOOK does not have.
        """
        if not scopes or not SCOPES.issuperset(scopes):
            raise InvalidCall("scope", f"must be one or more of {', '.join(sorted(SCOPES))}")
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": _address(redirect_uri),
            "scope": " ".join(scopes),
        }
        if state:
            parameters["state"] = _value("state", state)
        return f"{self._root}/app/oauth2/authorize?{urlencode(parameters)}"

    def exchange_code(self, code: str, redirect_uri: str) -> AccessToken:
        """Trade the code for a token: as a form, and once more as JSON when the form is refused, since KOOK documents
        neither (RFC 6749 says form, KOOK's general rule JSON).

        Raises KookApiError, KookRateLimited, KookUnreachable, KookAnswerUnreadable, InvalidCall.
        """
        fields = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code": _value("code", code),
            "redirect_uri": _address(redirect_uri),
        }
        hidden = (self._client_secret, code)
        try:
            return self._token(self._post(hidden, data=fields), hidden)
        except KookApiError as refusal:
            if refusal.http_status not in _REFUSED_FORM:
                raise
        return self._token(self._post(hidden, json=fields), hidden)

    def _post(self, hidden: Sequence[str], **content: Any) -> HttpResponse:
        try:
            return self._http.request(
                "POST",
                f"{self._root}/api/oauth2/token",
                headers={"Accept": "application/json"},
                timeout_seconds=CALL_TIMEOUT_SECONDS,
                max_response_bytes=_MAX_ANSWER_BYTES,
                **content,
            )
        except NotSent as failure:
            raise KookUnreachable(
                _CALL, failure.code, one_line(failure.detail, hide=hidden), maybe_done=False
            ) from None
        except NoAnswer as failure:
            raise KookUnreachable(_CALL, failure.code, one_line(failure.detail, hide=hidden), maybe_done=True) from None

    def _token(self, response: HttpResponse, hidden: Sequence[str]) -> AccessToken:
        if response.status == 429:
            raise KookRateLimited(_CALL, refusal_wait_seconds(response.headers), bucket=_CALL, sent=True)
        if response.status >= 500:
            raise KookUnreachable(_CALL, "server_error", f"HTTP {response.status}", maybe_done=True)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            answer = {}
        token = _read_token(answer) or _read_token(answer.get("data"))
        if token is not None and 200 <= response.status < 300:
            return token
        reason = _refusal(answer)
        if reason is None and 200 <= response.status < 300:
            raise KookAnswerUnreadable(_CALL, "no access_token in the answer")
        code, message = reason or (response.status, "")
        raise KookApiError(_CALL, code, one_line(message, hide=hidden), response.status)


def _read_token(answer: Any) -> AccessToken | None:
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
        return None
    lifetime = str(answer.get("expires_in", answer.get("expire_in", "")))
    scope = answer.get("scope")
    token_type = answer.get("token_type")
    return AccessToken(
        access_token=answer["access_token"],
        expires_in_seconds=int(lifetime) if WHOLE_NUMBER.fullmatch(lifetime) else 0,
        token_type=token_type if isinstance(token_type, str) and token_type else "Bearer",
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
    )


def _refusal(answer: dict[str, Any]) -> tuple[int, str] | None:
    """KOOK's ``{code, message}`` or OAuth2's ``{error, error_description}`` as (code, reason)."""
    code, message = answer.get("code"), answer.get("message")
    if isinstance(code, int) and code != 0:
        return code, message if isinstance(message, str) else ""
    error, description = answer.get("error"), answer.get("error_description")
    if isinstance(error, str) and error:
        return 400, f"{error}: {description}" if isinstance(description, str) and description else error
    return None


def _root(api_base: str) -> str:
    parts = urlsplit(api_base.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidCall("api_base", "is not an http or https address")
    path = _API_VERSION.sub("", parts.path) if _API_VERSION.search(parts.path) else ""
    return f"{parts.scheme}://{parts.netloc}{path}"


def _address(redirect_uri: str) -> str:
    if not _value("redirect_uri", redirect_uri).startswith(("http://", "https://")):
        raise InvalidCall("redirect_uri", "is not an http or https address")
    return redirect_uri


def _value(name: str, value: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidCall(name, "is missing")
    if len(value) > _MAX_VALUE_CHARACTERS or not value.isprintable():
        raise InvalidCall(name, "is too long or has control characters")
    return value
