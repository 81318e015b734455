"""Errors as the Bot API answers them."""

from __future__ import annotations

from typing import Any

from tests.standins.server import Answer


class Refused(Exception):
    """An answer that is not ``ok``."""

    def __init__(self, error_code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.error_code = error_code
        self.description = description
        self.parameters = parameters


def refusal(error_code: int, description: str, **parameters: int) -> Answer:
    """An error as the Bot API words it; a ``retry_after`` is in the header too, as on the real server."""
    body: dict[str, Any] = {"ok": False, "error_code": error_code, "description": description}
    if parameters:
        body["parameters"] = parameters
    headers = {"Retry-After": str(parameters["retry_after"])} if "retry_after" in parameters else {}
    return Answer.of_json(body, error_code, headers)


def flood_answer(retry_after_seconds: int) -> Answer:
    text = f"Too Many Requests: retry after {retry_after_seconds}"
    return refusal(429, text, retry_after=retry_after_seconds)


def hidden_flood_answer(retry_after_seconds: int) -> Answer:
    """The flood limit as sendMediaGroup reports it."""
    inner = f"Too Many Requests: retry after {retry_after_seconds}"
    return refusal(400, f'Bad Request: failed to send message #1 with the error message "{inner}"')
