"""Several requests within one time limit: what one step takes, the next ones do not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from shared.accounts.platforms.outgoing import MAX_ANSWER_BYTES, PlatformAddresses, request_headers
from shared.platforms.http import HttpClient, HttpResponse, NoAnswer, NotSent


class StepFailed(Exception):
    """A request of a login had no usable answer. ``reason`` is an English sentence without anything secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BudgetedGets:
    """GET requests of one login, to one platform, until ``seconds`` of ``monotonic`` have passed."""

    def __init__(
        self,
        http: HttpClient,
        addresses: PlatformAddresses,
        platform: str,
        headers: Mapping[str, str],
        seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._http = http
        self._addresses = addresses
        self._platform = platform
        self._headers = headers
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds

    def get(self, url: str, cookies: Mapping[str, str] | None = None) -> HttpResponse:
        """Redirects are answers. Raises StepFailed."""
        remaining_seconds = self._ends_at - self._monotonic()
        if remaining_seconds <= 0:
            raise StepFailed("the platform took too long")
        try:
            return self._http.request(
                "GET",
                self._addresses.address(self._platform, url),
                headers=request_headers(self._headers, cookies or {}),
                timeout_seconds=remaining_seconds,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
        except (NotSent, NoAnswer) as failure:
            reason = failure.detail
        raise StepFailed(f"the platform could not be asked: {reason}")


def host_of(url: str) -> str:
    """In lower case; "" when the address is not http(s), names a user, or cannot be read."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme in ("http", "https") and parts.username is None else ""
