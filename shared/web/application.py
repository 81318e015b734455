"""The Flask application every HTTP function is: authentication, error answers, headers and one log line a request."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from flask import Blueprint, Flask, Request, Response, current_app, g, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as RouteNotFound

from shared.stack_traces import failure_fields
from shared.web.authentication import Authenticator, Principal, is_open
from shared.web.envelopes import Envelope
from shared.web.errors import ApiError
from shared.web.language import Language, choose_language
from shared.web.validation import api_error

MAX_BODY_BYTES = 1024 * 1024
LOGGER_NAME = "kook_relay.web"


class RequestLog(Protocol):
    """The part of a logger that is used here."""

    def info(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None: ...

    def error(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None: ...


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Flask asks this of every hook and view in every request. None of ours is a coroutine."""
        return func


FailureMapping = Mapping[type[Exception], Callable[[Any], ApiError]]


def create_app(
    name: str,
    blueprints: Sequence[Blueprint],
    *,
    envelope: Envelope,
    authenticator: Authenticator,
    shown_time: Callable[[float], str],
    failures: FailureMapping | None = None,
    default_language: Language = "zh",
    max_body_bytes: int = MAX_BODY_BYTES,
    log: RequestLog | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """An application that answers every failure in its contract's envelope.

    Args:
        name: the function's name, also the log's service name.
        envelope: how errors are worded.
        shown_time: epoch seconds to the form in which the contract shows times.
        failures: exception types of the areas' services and how each is answered; anything else is a 500.
        log: where the request lines go; by default the logger that shared.aws.logging makes JSON of.
    """
    app = _Application(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    # Paths work with and without a trailing slash, and nothing is ever answered with a redirect.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    request_log: RequestLog = log if log is not None else logging.getLogger(LOGGER_NAME)

    def answer(error: ApiError) -> Response:
        words = envelope.answer(error, current_language(), shown_time(clock()))
        response = current_app.json.response(words.body)
        response.status_code = words.status
        response.headers.update(words.headers)
        return cast(Response, response)

    _register_hooks(app, authenticator, default_language, request_log)
    _register_error_answers(app, answer, max_body_bytes, request_log)
    for failure, to_api_error in (failures or {}).items():
        app.register_error_handler(failure, _mapped(to_api_error, answer))
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _register_hooks(
    app: Flask, authenticator: Authenticator, default_language: Language, request_log: RequestLog
) -> None:
    @app.before_request
    def before() -> None:
        started_at = time.perf_counter()
        # The names of flask look up the request's context at every mention: once is enough.
        asked, kept = request._get_current_object(), g._get_current_object()  # type: ignore[attr-defined]
        kept.started_at = started_at
        kept.language = choose_language(asked.headers.get("Accept-Language", ""), default_language)
        # An unknown route or method goes on to its 404 or 405: routes are no secret, and 401 would mislead.
        if asked.url_rule is None or is_open(app.view_functions.get(asked.endpoint or "")):
            return
        kept.principal = authenticator.authenticate(asked)

    @app.after_request
    def after(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Language"] = current_language()
        headers.add("Vary", "Accept-Language")
        asked = request._get_current_object()  # type: ignore[attr-defined]
        request_log.info("request", extra=_request_fields(asked, g.get("started_at"), response))
        return response


def _register_error_answers(
    app: Flask, answer: Callable[[ApiError], Response], max_body_bytes: int, request_log: RequestLog
) -> None:
    def unexpected(error: Exception) -> Response:
        error_id = secrets.token_hex(8)
        request_log.error("unexpected failure", extra=failure_fields(error, error_id=error_id))
        return answer(ApiError("INTERNAL_ERROR", {"error_id": error_id}, extra={"error_id": error_id}))

    app.register_error_handler(ApiError, answer)
    app.register_error_handler(ValidationError, lambda error: answer(api_error(error)))
    app.register_error_handler(HTTPException, lambda error: answer(_http_error(error, max_body_bytes)))
    app.register_error_handler(Exception, unexpected)


def current_language() -> Language:
    """The language of the request being answered."""
    return cast(Language, g.get("language", "zh"))


def current_principal() -> Principal:
    """Who the request being answered speaks for. Only for views that are not open."""
    return cast(Principal, g.principal)


def _mapped(
    to_api_error: Callable[[Any], ApiError], answer: Callable[[ApiError], Response]
) -> Callable[[Exception], Response]:
    return lambda error: answer(to_api_error(error))


def _http_error(error: HTTPException, max_body_bytes: int) -> ApiError:
    """Werkzeug's own refusals: unknown routes, wrong methods, oversized and unreadable requests."""
    if isinstance(error, RouteNotFound):
        return ApiError("NOT_FOUND")
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return ApiError(
            "METHOD_NOT_ALLOWED", {"method": request.method, "allowed": allowed}, headers={"Allow": allowed}
        )
    if isinstance(error, RequestEntityTooLarge):
        # A view may have allowed its own request more than the others have.
        return ApiError("BODY_TOO_LARGE", {"limit_bytes": request.max_content_length or max_body_bytes})
    status = error.code or 500
    return ApiError("BAD_REQUEST", status=status) if status < 500 else ApiError("SERVICE_UNAVAILABLE", status=status)


def _request_fields(asked: Request, started_at: float | None, response: Response) -> dict[str, object]:
    """One log line's fields. The route's pattern stands for the path; queries and bodies stay out."""
    rule = asked.url_rule.rule if asked.url_rule is not None else ""
    elapsed_ms = (time.perf_counter() - started_at) * 1000 if started_at is not None else 0.0
    fields: dict[str, object] = {
        "method": asked.method,
        "route": rule,
        "status": response.status_code,
        "elapsed_ms": round(elapsed_ms, 1),
    }
    request_id = getattr(asked.environ.get("aws.context"), "aws_request_id", None)
    if request_id:
        fields["aws_request_id"] = request_id
    return fields
