"""Requests in the name of a Feishu app, and what is known of the part they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.platforms.feishu_answers import TOKEN_CODES, FeishuAnswer, read_feishu_answer
from shared.platforms.feishu_parts import serialised
from shared.platforms.feishu_settings import Receiver
from shared.platforms.feishu_token import AppCredentials, TenantTokens
from shared.platforms.http import HttpClient
from shared.platforms.outcomes import Permanent, RetryAfter

REQUEST_SECONDS = 10.0

_JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


class Stopped(Exception):
    """Sending cannot go on; nothing of the part has been shown."""

    def __init__(self, outcome: Permanent | RetryAfter) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(slots=True)
class FeishuSession:
    """One part on its way: for whom, under which key, and what was degraded so far."""

    app: AppCredentials
    receiver: Receiver
    idempotency_key: str
    secrets: list[str] = field(repr=False)
    notes: list[str] = field(default_factory=list)
    reply_to: str = ""
    # Addresses of pictures whose keys are from earlier uploads; with ``uploads_all`` there are to be none.
    reused: set[str] = field(default_factory=set)
    uploads_all: bool = False


class FeishuRequests:
    """Every method raises TokenUnavailable, NotSent and NoAnswer."""

    def __init__(self, http: HttpClient, tokens: TenantTokens) -> None:
        self._http = http
        self._tokens = tokens

    def send_json(
        self, session: FeishuSession, path: str, body: Mapping[str, Any], *, method: str = "POST"
    ) -> FeishuAnswer:
        # Serialised here: the limits are on these very bytes, and \\u escapes would double those of Chinese text.
        return self.send(session, path, method=method, data=serialised(body).encode(), headers=_JSON_HEADERS)

    def send(
        self,
        session: FeishuSession,
        path: str,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = REQUEST_SECONDS,
        **request: Any,
    ) -> FeishuAnswer:
        """Send with the app's token; once more with a fresh one when it is refused."""
        for is_last_try in (False, True):
            token = self._tokens.token(session.app)
            session.secrets.append(token)
            answer = read_feishu_answer(
                self._http.request(
                    method,
                    session.app.api_base + path,
                    headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                    timeout_seconds=timeout_seconds,
                    **request,
                )
            )
            if answer.code not in TOKEN_CODES or is_last_try:
                break
            self._tokens.drop(session.app, token)
        return answer
