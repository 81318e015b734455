"""What the robots API's views share: the envelope of a success, shown times, and how refusals become answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, jsonify

from shared.aws.store_failures import StoreUnavailable
from shared.robots import errors
from shared.robots.pages import MAX_WALKED, Wanted
from shared.robots.robots import MAX_ROBOTS_PER_USER
from shared.robots.statistics import MAX_PERIOD_DAYS
from shared.security.jwt_tokens import TokenInvalid
from shared.security.vault import SealBroken
from shared.web.application import FailureMapping, current_language
from shared.web.catalogue import Text
from shared.web.errors import ApiError, FieldProblem, invalid_parameter
from shared.web.parameters import query_integer

MAX_PAGE_SIZE = 100
_DEFAULT_PAGE_SIZE = 20
_MAX_PAGE_NUMBER = 1_000_000
# How long to wait where a robot's commands are too many: until a try without a result has failed.
ROOM_AFTER_SECONDS = 60


def said(text: Text, **params: Any) -> str:
    """A text in the language of the request."""
    return text.fill(current_language(), params)


def success(message: Text, data: Any = None, code: int = 0) -> Response:
    """``{code, message, data}``. A ``code`` other than 0 is the HTTP status too."""
    response = jsonify({"code": code, "message": said(message), "data": data})
    response.status_code = code or 200
    return response


def shown_moment(epoch_ms: int | None) -> str | None:
    """``2024-12-01T10:30:00Z``, to the second; null for what has not happened."""
    return None if epoch_ms is None else _utc(epoch_ms).isoformat(timespec="seconds").replace("+00:00", "Z")


def shown_exactly(epoch_ms: int) -> str:
    """``2024-12-01T10:30:00.000Z``, to the millisecond."""
    return _utc(epoch_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown_device(details: dict[str, Any], device_id: str, *names: str) -> dict[str, Any]:
    return {"deviceId": device_id, **{name: details.get(name, "") for name in names}}


def wanted_page() -> Wanted:
    """``page`` and ``pageSize`` of the query."""
    return Wanted(
        number=query_integer("page", minimum=1, maximum=_MAX_PAGE_NUMBER) or 1,
        size=query_integer("pageSize", minimum=1, maximum=MAX_PAGE_SIZE) or _DEFAULT_PAGE_SIZE,
    )


def failures() -> FailureMapping:
    """How the area's exceptions are answered."""
    plain: dict[type[Exception], str] = {
        errors.CodeUnknown: "CODE_UNKNOWN",
        errors.CodeDisabled: "CODE_DISABLED",
        errors.CodeExpired: "CODE_EXPIRED",
        errors.CodeNotBound: "CODE_NOT_BOUND",
        errors.CommandUnknown: "COMMAND_UNKNOWN",
        errors.CommandNotDelivered: "COMMAND_NOT_DELIVERED",
        errors.LoginCodeWrong: "LOGIN_CODE_WRONG",
        errors.UserDisabled: "USER_DISABLED",
        errors.RobotUnknown: "ROBOT_UNKNOWN",
        errors.UserUnknown: "USER_UNKNOWN",
        errors.OwnAccount: "OWN_ACCOUNT",
        TokenInvalid: "INVALID_TOKEN",
        SealBroken: "SECRETS_UNREADABLE",
    }
    return {
        **{failure: _plainly(code) for failure, code in plain.items()},
        errors.RobotBusy: lambda _: ApiError("BUSY", headers={"Retry-After": "1"}),
        errors.SmsNotSent: lambda _: ApiError("SMS_NOT_SENT", headers={"Retry-After": "60"}),
        errors.PicturesUnavailable: lambda _: ApiError("PICTURES_UNAVAILABLE", headers={"Retry-After": "1"}),
        StoreUnavailable: lambda _: ApiError("STORE_UNAVAILABLE", headers={"Retry-After": "1"}),
        errors.TooManyRobots: lambda _: ApiError("TOO_MANY_ROBOTS", {"limit": MAX_ROBOTS_PER_USER}),
        errors.TooManyRequests: lambda error: _too_many(error.retry_after_seconds),
        errors.TooManyOpenCommands: _too_many_open,
        errors.LoginCodeTooSoon: lambda error: _too_many(error.retry_after_seconds),
        errors.CodeBoundElsewhere: _bound_elsewhere,
        errors.DelaysReversed: lambda _: invalid_parameter("replyDelayMin", "delays"),
        errors.PeriodInvalid: lambda _: invalid_parameter("endDate", "period", max_days=MAX_PERIOD_DAYS),
        errors.PageTooFar: lambda _: invalid_parameter("page", "page", max_rows=MAX_WALKED),
        errors.SecretMissing: lambda _: ApiError(
            "MISSING_PARAMETER", problems=[FieldProblem("secretKey", "secret_missing")]
        ),
    }


def _plainly(code: str) -> Any:
    return lambda _: ApiError(code)


def _too_many(retry_after_seconds: int) -> ApiError:
    return ApiError(
        "TOO_MANY_REQUESTS",
        extra={"retryAfter": retry_after_seconds},
        headers={"Retry-After": str(retry_after_seconds)},
    )


def _too_many_open(error: errors.TooManyOpenCommands) -> ApiError:
    return ApiError(
        "TOO_MANY_OPEN_COMMANDS",
        {"limit": error.limit},
        extra={"retryAfter": ROOM_AFTER_SECONDS},
        headers={"Retry-After": str(ROOM_AFTER_SECONDS)},
    )


def _bound_elsewhere(error: errors.CodeBoundElsewhere) -> ApiError:
    return ApiError(
        "CODE_BOUND_ELSEWHERE",
        extra={
            "existingDeviceId": error.device_id,
            "existingRobotId": error.robot_id,
            "activatedAt": shown_exactly(error.activated_at_ms),
        },
    )


def _utc(epoch_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(epoch_ms / 1000, dt.UTC)
