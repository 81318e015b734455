"""What the views share: the contract's envelope, shown times, and how refusals become answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request

from shared.accounts import errors
from shared.accounts.api.reasons import worded
from shared.aws.store_failures import StoreUnavailable
from shared.security.vault import DataKeyUnavailable
from shared.web.application import FailureMapping, current_language
from shared.web.catalogue import Catalogue, Text
from shared.web.envelopes import ErrorAnswer, error_params, field_errors
from shared.web.errors import ApiError
from shared.web.language import Language

# The web layer's codes that this contract has one name for; which of them it was stays in the details.
_INVALID_REQUEST = frozenset(
    {"INVALID_PARAMETER", "MISSING_PARAMETER", "BODY_MISSING", "BODY_NOT_JSON", "BODY_NOT_OBJECT", "BAD_REQUEST"}
)


def contract_code(code: str) -> str:
    """The contract's name for an error."""
    return "INVALID_REQUEST" if code in _INVALID_REQUEST else code


class AccountsEnvelope:
    """``{success:false, error:{code, message, details}}``; the details say what to do and which fields are wrong."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        text = self._catalogue.error(error.code)
        params = error_params(error, self._catalogue, language)
        details: dict[str, Any] = {"hint": text.solution.fill(language, params)}
        code = contract_code(error.code)
        if code != error.code:
            details["reason"] = error.code
        if errors := field_errors(error, self._catalogue, language):
            details["errors"] = errors
        details.update(error.extra)
        message = text.message.fill(language, params)
        body = {"success": False, "error": {"code": code, "message": message, "details": details}}
        return ErrorAnswer(error.status or text.status, body, error.headers)


# Longer than any id that is given out, and short enough for a key of the table.
_MAX_ID_BYTES = 200
_UNKNOWN: Mapping[str, str] = {
    "account_id": "ACCOUNT_NOT_FOUND",
    "pool_id": "POOL_NOT_FOUND",
    "job_id": "JOB_NOT_FOUND",
}


def refuse_long_ids() -> None:
    """Before a view, after authentication: what is longer than any id is nobody's. Raises ApiError (404)."""
    ids: Mapping[str, str] = request.view_args or {}
    for name, value in ids.items():
        if len(value.encode("utf-8", "surrogatepass")) > _MAX_ID_BYTES:
            is_member = name == "account_id" and "pool_id" in ids
            raise ApiError("MEMBER_NOT_FOUND" if is_member else _UNKNOWN[name])


def said(text: Text, **params: Any) -> str:
    """A text in the language of the request."""
    return text.fill(current_language(), params)


def why(reason: str) -> str | None:
    """A reason in the language of the request; None for none."""
    return worded(reason, current_language()) or None


def success(data: Any) -> Response:
    """``{success: true, data}``."""
    return jsonify({"success": True, "data": data})


def shown_time(moment_ms: int | None) -> str | None:
    """``2026-02-21T16:00:00Z``; None for what has not happened."""
    return None if moment_ms is None else shown_epoch(moment_ms / 1000)


def shown_epoch(epoch_seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(int(epoch_seconds), dt.UTC)
    return moment.isoformat().replace("+00:00", "Z")


_PLAIN: Mapping[type[Exception], str] = {
    errors.AccountUnknown: "ACCOUNT_NOT_FOUND",
    errors.PoolUnknown: "POOL_NOT_FOUND",
    errors.MemberUnknown: "MEMBER_NOT_FOUND",
    errors.JobUnknown: "JOB_NOT_FOUND",
    errors.LoginUnknown: "LOGIN_SESSION_NOT_FOUND",
    errors.CookieUnreadableNow: "COOKIE_UNREADABLE",
    errors.PlatformDiffers: "PLATFORM_MISMATCH",
    errors.LoginElsewhere: "PLATFORM_MISMATCH",
    errors.AlreadyMember: "ALREADY_MEMBER",
}
_TRY_AGAIN: Mapping[type[Exception], str] = {
    errors.NoAvailableAccount: "NO_AVAILABLE_ACCOUNT",
    errors.RecordBusy: "RECORD_BUSY",
    errors.QueueFailed: "QUEUE_UNAVAILABLE",
    StoreUnavailable: "STORE_UNAVAILABLE",
    DataKeyUnavailable: "STORE_UNAVAILABLE",
}


def failures() -> FailureMapping:
    """How the area's exceptions are answered."""
    plain = {failure: _constant(code) for failure, code in _PLAIN.items()}
    again = {failure: _constant(code, {"Retry-After": "1"}) for failure, code in _TRY_AGAIN.items()}
    return {
        **plain,
        **again,
        errors.PlatformUnknown: lambda error: ApiError(
            "INVALID_PLATFORM", {"known": ", ".join(error.known)}, extra={"field": error.field}
        ),
        errors.CookieRefused: lambda _: ApiError("INVALID_COOKIE", extra={"field": "cookie_data"}),
        errors.PageTooFar: lambda error: ApiError(
            "OFFSET_TOO_LARGE", {"max_offset": error.max_offset}, extra={"field": "offset"}
        ),
        errors.PoolFull: lambda error: ApiError("POOL_FULL", {"max_size": error.max_size}),
        errors.PoolLimit: lambda error: ApiError("TOO_MANY_POOLS", {"limit": error.limit}),
        errors.LoginUnavailable: lambda error: ApiError("LOGIN_UNAVAILABLE", {"reason": why(error.reason)}),
    }


def _constant(code: str, headers: Mapping[str, str] | None = None) -> Any:
    return lambda _: ApiError(code, headers=headers)
