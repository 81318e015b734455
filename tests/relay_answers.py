"""What every test of the relay's control API goes by: the token, the moment it is, and the form of an error."""

from __future__ import annotations

from typing import Any

TOKEN = "operators-token"
NOW = "2025-10-19T15:30:00"  # in Shanghai
NOW_EPOCH = 1_760_859_000


def error_of(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body of an error answer, whose form is checked."""
    assert response.status_code == status, response.get_data(as_text=True)
    body: dict[str, Any] = response.get_json()
    assert {"success", "error_code", "error_message", "solution", "timestamp"} <= set(body)
    assert (body["success"], body["error_code"], body["timestamp"]) == (False, code, NOW)
    assert "?" not in body["error_message"] + body["solution"], body
    return body
