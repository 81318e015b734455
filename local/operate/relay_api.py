"""The control API as the commands call it."""

from __future__ import annotations

from typing import Any

import requests

TIMEOUT_SECONDS = 60.0


class RelayUnreachable(Exception):
    """Nobody answers at the address. It names the address, which holds no secret."""


class RelayRefused(Exception):
    """The relay answered with an error: its code, its message and what it advises."""

    def __init__(self, status: int, code: str, message: str, solution: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.solution = solution


class RelayApi:
    """``base_url`` without a trailing slash; answers come in ``language``."""

    def __init__(self, base_url: str, api_token: str, language: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        # The relay is this machine or the operator's own: no proxy belongs in between.
        self._session.trust_env = False
        self._session.headers.update({"Accept-Language": language, "X-API-Token": api_token})

    def call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """An answer's object. Raises RelayUnreachable, RelayRefused."""
        answer = self._request(method, path, json=body, params=query)
        return dict(answer.json()) if answer.content else {}

    def download(self, path: str) -> bytes:
        """Raises RelayUnreachable, RelayRefused."""
        return self._request("GET", path).content

    def upload(self, path: str, content: bytes, media_type: str) -> dict[str, Any]:
        """Raises RelayUnreachable, RelayRefused."""
        return dict(self._request("POST", path, data=content, headers={"Content-Type": media_type}).json())

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(
                method, self.base_url + path, timeout=TIMEOUT_SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException:
            raise RelayUnreachable(self.base_url) from None
        if answer.status_code < 300:
            return answer
        try:
            error = answer.json()
        except ValueError:
            error = {}
        error = error if isinstance(error, dict) else {}
        raise RelayRefused(
            answer.status_code,
            str(error.get("error_code", f"HTTP {answer.status_code}")),
            str(error.get("error_message", "")),
            str(error.get("solution", "")),
        )
