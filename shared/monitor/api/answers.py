"""What the monitor's views share: envelopes, bodies, and how refusals become answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.api.texts import ERROR_FIELD
from shared.monitor.errors import MonitorError
from shared.monitor.sessions import Caller
from shared.monitor.store import NodeBusy
from shared.monitor.store_settings import SettingsBusy
from shared.security.vault import SealBroken
from shared.web.application import FailureMapping
from shared.web.catalogue import Catalogue
from shared.web.envelopes import ErrorAnswer, error_params
from shared.web.errors import ApiError, invalid_parameter
from shared.web.language import Language

# Set by the front door, which reaches the API under the API's own host and from an address of its own.
ORIGINAL_HOST_HEADER = "X-Relay-Original-Host"
CLIENT_ADDRESS_HEADER = "X-Relay-Client-Address"
_MAX_WEIGHT = 2**31 - 1


class MonitorEnvelope:
    """``{status: "error", message}``, for some errors ``{status: "error", error}``."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        text = self._catalogue.error(error.code)
        said = text.message.fill(language, error_params(error, self._catalogue, language))
        name = "error" if error.code in ERROR_FIELD else "message"
        return ErrorAnswer(error.status or text.status, {"status": "error", name: said, **error.extra}, error.headers)


def success(data: Any = None) -> Response:
    """``{status: "success", message: "", data}``; ``data`` is left out when there is none."""
    body: dict[str, Any] = {"status": "success", "message": ""}
    return jsonify(body if data is None else {**body, "data": data})


def flat_success(**fields: Any) -> Response:
    """``{status: "success", …fields}``."""
    return jsonify({"status": "success", **fields})


def caller() -> Caller:
    """Who asks, as far as that can be known."""
    address = request.headers.get(CLIENT_ADDRESS_HEADER, "") or request.remote_addr or ""
    return Caller(address, request.headers.get("User-Agent", ""))


def failures() -> FailureMapping:
    """How the area's exceptions are answered."""
    return {
        MonitorError: _refusal,
        StoreUnavailable: lambda _: ApiError("STORE_UNAVAILABLE", headers={"Retry-After": "1"}),
        SealBroken: lambda _: ApiError("SECRETS_UNREADABLE"),
        NodeBusy: lambda _: ApiError("BUSY"),
        SettingsBusy: lambda _: ApiError("BUSY"),
    }


def _refusal(error: MonitorError) -> ApiError:
    headers: Mapping[str, str] = {}
    if "retry_after_seconds" in error.params:
        headers = {"Retry-After": str(error.params["retry_after_seconds"])}
    return ApiError(error.code, error.params, headers=headers)


def weights(body: Mapping[str, Any], maximum: int) -> dict[str, int]:
    """``{id: weight}``. Raises ApiError INVALID_PARAMETER naming the first that is none."""
    if len(body) > maximum:
        raise invalid_parameter("", "too_long", max_length=maximum)
    for name, weight in body.items():
        if isinstance(weight, bool) or not isinstance(weight, int):
            raise invalid_parameter(name[:64], "int_type")
        if abs(weight) > _MAX_WEIGHT:
            raise invalid_parameter(name[:64], "out_of_range", minimum=-_MAX_WEIGHT, maximum=_MAX_WEIGHT)
    return dict(body)
