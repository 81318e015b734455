"""The providers an administrator may sign in through: KOOK and GitHub.

https://developer.kookapp.cn/doc/oauth2 and
https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from shared.kook.client.errors import InvalidCall, KookError
from shared.kook.client.oauth import KookOAuth
from shared.monitor.errors import MonitorError
from shared.monitor.store_settings import Provider
from shared.platforms.http import HttpClient, HttpResponse, NoAnswer, NotSent

_TIMEOUT_SECONDS = 8.0
_MAX_ANSWER_BYTES = 64 * 1024
GITHUB_BASE, GITHUB_API_BASE = "https://github.com", "https://api.github.com"


class KookAccounts:
    """Implements shared.monitor.oauth.OAuthProvider."""

    def __init__(self, http: HttpClient, api_base: str) -> None:
        self._http = http
        self._api_base = api_base

    def authorize_url(self, client: Provider, redirect_uri: str, state: str) -> str:
        try:
            return self._oauth(client).authorize_url(redirect_uri, ["get_user_info"], state)
        except InvalidCall:
            raise MonitorError("OAUTH_NOT_CONFIGURED") from None

    def account_id(self, client: Provider, code: str, redirect_uri: str) -> str:
        try:
            token = self._oauth(client).exchange_code(code, redirect_uri)
        except InvalidCall:
            raise MonitorError("OAUTH_NO_CODE") from None
        except KookError as failure:
            # The type says what went wrong; the text may quote what KOOK said, which is shown nowhere else.
            raise MonitorError("OAUTH_REFUSED", reason=type(failure).__name__) from None
        answer = _get(self._http, f"{self._api_base}/user/me", token.access_token)
        data = answer.get("data")
        return _account_id(data if isinstance(data, dict) else {})

    def _oauth(self, client: Provider) -> KookOAuth:
        return KookOAuth(self._http, self._api_base, client.client_id, client.client_secret)


class GithubAccounts:
    """Implements shared.monitor.oauth.OAuthProvider."""

    def __init__(self, http: HttpClient, base: str = GITHUB_BASE, api_base: str = GITHUB_API_BASE) -> None:
        self._http = http
        self._base = base
        self._api_base = api_base

    def authorize_url(self, client: Provider, redirect_uri: str, state: str) -> str:
        parameters = {"client_id": client.client_id, "redirect_uri": redirect_uri, "scope": "read:user", "state": state}
        return f"{self._base}/login/oauth/authorize?{urlencode(parameters)}"

    def account_id(self, client: Provider, code: str, redirect_uri: str) -> str:
        fields = {
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "code": code,
            "redirect_uri": redirect_uri,
        }
        url = f"{self._base}/login/oauth/access_token"
        answer = _object(_request(self._http, "POST", url, {"Accept": "application/json"}, data=fields))
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise MonitorError("OAUTH_REFUSED", reason="no access_token in the answer")
        return _account_id(_get(self._http, f"{self._api_base}/user", token))


def _get(http: HttpClient, url: str, access_token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    return _object(_request(http, "GET", url, headers))


def _request(
    http: HttpClient, method: str, url: str, headers: dict[str, str], data: dict[str, str] | None = None
) -> HttpResponse:
    try:
        return http.request(
            method,
            url,
            headers=headers,
            data=data,
            timeout_seconds=_TIMEOUT_SECONDS,
            max_response_bytes=_MAX_ANSWER_BYTES,
        )
    except (NotSent, NoAnswer) as failure:
        raise MonitorError("OAUTH_UNREACHABLE", reason=failure.code) from None


def _object(response: HttpResponse) -> dict[str, Any]:
    if response.status != 200:
        raise MonitorError("OAUTH_REFUSED", reason=f"HTTP {response.status}")
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise MonitorError("OAUTH_REFUSED", reason="the answer is no JSON object")
    return answer


def _account_id(account: dict[str, Any]) -> str:
    account_id = account.get("id")
    if isinstance(account_id, bool) or not isinstance(account_id, int | str) or account_id in ("", 0):
        raise MonitorError("OAUTH_REFUSED", reason="the answer names no account")
    return str(account_id)
