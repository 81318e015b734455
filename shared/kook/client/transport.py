"""How a call travels: address, credential, envelope, rate limits, and failures by type."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import quote, quote_plus, urlencode

from shared.kook.client.errors import InvalidCall, KookAnswerUnreadable, KookApiError, KookUnreachable
from shared.kook.client.rate_limits import RateLimitMemory
from shared.kook.client.results import WHOLE_NUMBER, Malformed
from shared.platforms.http import HttpClient, HttpResponse, NoAnswer, NotSent

Result = TypeVar("Result")
CredentialKind: TypeAlias = Literal["Bot", "Bearer", "access_token"]
Language: TypeAlias = Literal["zh", "en"]
Parameters: TypeAlias = Mapping[str, str | int | None]
Envelope: TypeAlias = tuple[int, str, Any]

CALL_TIMEOUT_SECONDS = 10.0
# guild/view brings every role and channel of a guild along, far more than a page of fifty.
MAX_ANSWER_BYTES = 4 * 1024 * 1024
_MAX_REASON_CHARACTERS = 300
_ACCEPT_LANGUAGE = {"zh": "zh-CN", "en": "en-US"}


@dataclass(frozen=True, slots=True)
class Credential:
    """``Bot`` and ``Bearer`` tokens go into the Authorization header (reference.md), the ``access_token`` of a
    message pipe goes into the query (message.md, send-pipemsg)."""

    kind: CredentialKind
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        # Checked here because an HTTP library that refuses such a header prints it.
        if not self.secret:
            raise InvalidCall("token", "is empty")
        if len(self.secret) > 4096 or not self.secret.isascii() or not self.secret.isprintable() or " " in self.secret:
            raise InvalidCall("token", "has characters or a length no KOOK token has")

    def headers(self) -> dict[str, str]:
        return {} if self.kind == "access_token" else {"Authorization": f"{self.kind} {self.secret}"}

    def query(self) -> dict[str, str]:
        return {"access_token": self.secret} if self.kind == "access_token" else {}


class KookTransport:
    """Makes calls with one credential. ``api_base`` ends in ``/api/v3``; ``clock`` gives monotonic seconds.

    Every method raises KookApiError, KookUnreachable or KookAnswerUnreadable, and nothing else for
    what the outside does.
    """

    def __init__(
        self,
        http: HttpClient,
        api_base: str,
        credential: Credential,
        *,
        language: Language = "zh",
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._api_base = api_base.rstrip("/")
        self._credential = credential
        self._headers = {**credential.headers(), "Accept": "application/json"}
        self._headers["Accept-Language"] = _ACCEPT_LANGUAGE[language]
        self._timeout_seconds = timeout_seconds
        self._rate_limits = RateLimitMemory(clock)

    def get(self, call: str, read: Callable[[Any], Result], parameters: Parameters | None = None) -> Result:
        """Ask KOOK; parameters that are None are left out."""
        return self._call("GET", call, read, query=parameters)

    def post(
        self,
        call: str,
        read: Callable[[Any], Result],
        body: Mapping[str, Any] | None = None,
        *,
        query: Parameters | None = None,
        keep_nulls: bool = False,
    ) -> Result:
        """Tell KOOK; fields of the JSON body that are None are left out unless ``keep_nulls``."""
        fields = {name: value for name, value in (body or {}).items() if keep_nulls or value is not None}
        return self._call("POST", call, read, query=query, json=fields)

    def upload(self, call: str, read: Callable[[Any], Result], files: Any, *, timeout_seconds: float) -> Result:
        """Send multipart/form-data; ``files`` as requests takes them."""
        return self._call("POST", call, read, files=files, timeout_seconds=timeout_seconds)

    def _call(
        self,
        method: str,
        call: str,
        read: Callable[[Any], Result],
        *,
        query: Parameters | None = None,
        timeout_seconds: float | None = None,
        **content: Any,
    ) -> Result:
        reservation = self._rate_limits.begin(call)
        try:
            response = self._http.request(
                method,
                self._url(call, query),
                headers=self._headers,
                timeout_seconds=timeout_seconds or self._timeout_seconds,
                max_response_bytes=MAX_ANSWER_BYTES,
                **content,
            )
        except NotSent as failure:
            self._rate_limits.abandon(reservation)
            raise KookUnreachable(
                call, failure.code, self.without_credential(failure.detail), maybe_done=False
            ) from None
        except NoAnswer as failure:
            self._rate_limits.abandon(reservation)
            raise KookUnreachable(
                call, failure.code, self.without_credential(failure.detail), maybe_done=True
            ) from None
        except BaseException:
            self._rate_limits.abandon(reservation)
            raise
        envelope = _envelope(response)
        status = 429 if envelope and envelope[0] == 429 else response.status
        self._rate_limits.finish(reservation, status, response.headers)
        data = self._data(call, response, envelope)
        try:
            return read(data)
        except Malformed as problem:
            raise KookAnswerUnreadable(call, f"the result is incomplete: {problem}") from None

    def _url(self, call: str, query: Parameters | None) -> str:
        named = {name: value for name, value in (query or {}).items() if value is not None}
        encoded = urlencode({**named, **self._credential.query()})
        return f"{self._api_base}/{call}" + (f"?{encoded}" if encoded else "")

    def _data(self, call: str, response: HttpResponse, envelope: Envelope | None) -> Any:
        """The ``data`` of the envelope; ``code`` ≠ 0 is a failure even with HTTP 200."""
        if envelope is None:
            raise _unwrapped(call, response)
        code, message, data = envelope
        if code != 0:
            raise KookApiError(call, code, self.without_credential(message), response.status)
        if not 200 <= response.status < 300:
            raise _unwrapped(call, response)
        return data

    def without_credential(self, text: str) -> str:
        """One short line of what the other side said, without the credential should it echo it."""
        return one_line(text, hide=(self._credential.secret,))


def one_line(text: str, *, hide: Sequence[str]) -> str:
    """The text on one line of at most 300 characters, with every secret (plain or percent-encoded) as ``***``."""
    for secret in hide:
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***").replace(quote_plus(secret), "***")
    return " ".join(text.split())[:_MAX_REASON_CHARACTERS]


def _envelope(response: HttpResponse) -> Envelope | None:
    """The ``{code, message, data}`` every call answers with (reference.md), or None when this is no such thing."""
    try:
        answer = response.json()
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    code = answer.get("code")
    if isinstance(code, str) and WHOLE_NUMBER.fullmatch(code):
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    message = answer.get("message")
    return code, message if isinstance(message, str) else "", answer.get("data")


def _unwrapped(call: str, response: HttpResponse) -> KookApiError | KookUnreachable:
    """An answer without an envelope: from a proxy, a gateway or a page in between."""
    status = response.status
    if status >= 500:
        return KookUnreachable(call, "server_error", f"HTTP {status}", maybe_done=True)
    if 200 <= status < 300:
        return KookAnswerUnreadable(call, f"HTTP {status} without KOOK's envelope")
    return KookApiError(call, status, "the answer is not KOOK's", status)
