"""Tenant access tokens of Feishu apps: kept until shortly before they end, fetched once however many ask."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.platforms.answer_text import presentable
from shared.platforms.feishu_answers import feishu_outcome, read_feishu_answer
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.outcomes import Outcome, Permanent, RetryAfter, Unknown

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105 (a path)
# A token with less than 30 minutes left is followed by a new one while the old stays valid; 10 minutes before the
# end are what the vendor's SDK leaves too.
RENEW_BEFORE_END_SECONDS = 600.0


class TokenUnavailable(Exception):
    """No token could be had; ``outcome`` says why. Nothing has been sent."""

    def __init__(self, outcome: Permanent | RetryAfter) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class AppCredentials:
    api_base: str
    app_id: str
    app_secret: str = field(repr=False)


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = field(default="", repr=False)
    valid_until: float = 0.0


class TenantTokens:
    """Shared by all threads of a process: each app has one token and at most one request for it under way."""

    def __init__(self, http: HttpClient, clock: Callable[[], float]) -> None:
        self._http = http
        self._clock = clock
        self._slots: dict[tuple[str, str, str], _Slot] = {}
        self._slots_lock = threading.Lock()

    def token(self, app: AppCredentials) -> str:
        """The kept token, or a fresh one. Raises TokenUnavailable."""
        slot = self._slot(app)
        with slot.lock:
            if not slot.token or self._clock() >= slot.valid_until:
                slot.token, expire_seconds = self._fetch(app)
                slot.valid_until = self._clock() + expire_seconds - RENEW_BEFORE_END_SECONDS
            return slot.token

    def drop(self, app: AppCredentials, token: str) -> None:
        """Forget a token the platform refused, unless another thread has replaced it already."""
        slot = self._slot(app)
        with slot.lock:
            if slot.token == token:
                slot.token = ""

    def _slot(self, app: AppCredentials) -> _Slot:
        # A corrected secret must not get the token of the wrong one's app, nor hide that it is wrong.
        secret_hash = hashlib.sha256(app.app_secret.encode()).hexdigest()
        with self._slots_lock:
            return self._slots.setdefault((app.api_base, app.app_id, secret_hash), _Slot())

    def _fetch(self, app: AppCredentials) -> tuple[str, float]:
        try:
            response = self._http.request(
                "POST", app.api_base + TOKEN_PATH, json={"app_id": app.app_id, "app_secret": app.app_secret}
            )
        except NotSent as failure:
            detail = presentable(failure.detail, (app.app_secret,))
            raise TokenUnavailable(
                Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
            ) from None
        except NoAnswer as failure:
            raise TokenUnavailable(RetryAfter(failure.code, presentable(failure.detail, (app.app_secret,)))) from None
        answer = read_feishu_answer(response)
        if not answer.ok:
            raise TokenUnavailable(nothing_sent(feishu_outcome(answer, (app.app_secret,))))
        token, expire = answer.body.get("tenant_access_token"), answer.body.get("expire")
        if not isinstance(token, str) or not token or isinstance(expire, bool) or not isinstance(expire, int | float):
            raise TokenUnavailable(RetryAfter("unexpected_answer", "Feishu's token answer holds no token"))
        return token, float(expire)


def nothing_sent(outcome: Outcome) -> Permanent | RetryAfter:
    """The outcome of a request that shows nothing in the chat, for the message that waits for it."""
    if isinstance(outcome, Permanent | RetryAfter):
        return outcome
    assert isinstance(outcome, Unknown)
    return RetryAfter(outcome.code, outcome.detail)
