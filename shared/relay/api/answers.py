"""What the relay API's views share: success bodies, shown times, addresses, and how refusals become answers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request

from shared.aws.store_failures import StoreUnavailable
from shared.relay.accounts import Notice
from shared.relay.api.texts import NOTICES, REASONS
from shared.relay.errors import Refusal, RelayError, SecretsUnreadable
from shared.relay.logs import MAX_WALKED_ROWS, InvalidCursor, PageTooFar
from shared.web.application import FailureMapping, current_language
from shared.web.catalogue import Text
from shared.web.errors import ApiError

# Set by the front door, which reaches the API under the API's own host.
ORIGINAL_HOST_HEADER = "X-Relay-Original-Host"
_PASSED_ON = ("reason", "reason_code", "latency_ms", "call", "kook_code", "maybe_done", "allowed")
_HOST = re.compile(r"[A-Za-z0-9._\-]{1,253}(:[0-9]{1,5})?\Z|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?\Z")


def said(text: Text, **params: Any) -> str:
    """A text in the language of the request."""
    return text.fill(current_language(), params)


def success(
    message: Text | None = None, status: int = 200, /, *, params: Mapping[str, Any] | None = None, **fields: Any
) -> Response:
    """``{success: true, message, …fields}``."""
    body: dict[str, Any] = {"success": True}
    if message is not None:
        body["message"] = said(message, **(params or {}))
    response = jsonify({**body, **fields})
    response.status_code = status
    return response


def shown_notices(notices: Sequence[Notice]) -> dict[str, Any]:
    """``{"warnings": [{code, message}]}``, nothing when there is nothing to warn of."""
    if not notices:
        return {}
    return {
        "warnings": [
            {"code": notice.kind.value, "message": said(NOTICES[notice.kind], detail=notice.detail)}
            for notice in notices
        ]
    }


@dataclass(frozen=True, slots=True)
class ShownTimes:
    """Times in the form the contract shows, ``2025-10-19T15:30:00``: the operator's zone, to the second."""

    zone: dt.tzinfo

    def of_epoch(self, epoch_seconds: float) -> str:
        return self._shown(dt.datetime.fromtimestamp(epoch_seconds, dt.UTC))

    def of_iso(self, stored: str) -> str:
        """For a stored UTC time (ISO 8601 with Z); a text that is none is shown as it is."""
        try:
            return self._shown(dt.datetime.fromisoformat(stored))
        except ValueError:
            return stored

    def _shown(self, moment: dt.datetime) -> str:
        return moment.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class WebhookAddresses:
    """The URL to paste into KOOK's console.

    ``public_url`` is the operator's setting; without it the address the caller used is taken. On AWS the HTTP API
    hands a body over as text, which would ruin KOOK's compression: ``compressed`` False asks KOOK for none.
    """

    public_url: str
    compressed: bool

    def of_account(self, account_id: int) -> str:
        query = "" if self.compressed else "?compress=0"
        return f"{self.public_url or request_base()}/webhook/{account_id}{query}"


def request_base() -> str:
    """Scheme and host as the caller wrote them."""
    original = request.headers.get(ORIGINAL_HOST_HEADER, "")
    host = original if _HOST.match(original) else request.host
    return f"{request.scheme}://{host}"


def failures() -> FailureMapping:
    """How the area's exceptions are answered."""
    return {
        RelayError: refusal_error,
        StoreUnavailable: lambda _: ApiError(Refusal.STORE_UNAVAILABLE, headers={"Retry-After": "1"}),
        SecretsUnreadable: lambda error: ApiError(Refusal.SECRETS_UNREADABLE, {"fields": ", ".join(error.fields)}),
        InvalidCursor: lambda _: ApiError(Refusal.INVALID_CURSOR, extra={"field": "cursor"}),
        PageTooFar: lambda _: ApiError(Refusal.PAGE_TOO_FAR, {"max_rows": MAX_WALKED_ROWS}, extra={"field": "page"}),
    }


def refusal_error(error: RelayError) -> ApiError:
    """A service's refusal as an error answer. Some of what it knows is passed on as fields of their own."""
    reason_code = error.params.get("reason_code")
    label = REASONS.get(str(reason_code))
    params = {
        **error.params,
        "field": error.field,
        "reason_label": said(label) if label is not None else reason_code,
    }
    extra: dict[str, Any] = {"field": error.field} if error.field else {}
    for name in _PASSED_ON:
        if error.params.get(name) is not None:
            extra[name] = error.params[name]
    seconds = error.params.get("retry_after_seconds")
    headers = {"Retry-After": str(max(1, round(seconds)))} if seconds is not None else {}
    return ApiError(error.refusal.value, params, extra=extra, headers=headers)
