"""What the two ways of logging in by QR code have in common: their steps, and reading an answer's fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from shared.accounts.platforms.budget import BudgetedGets, StepFailed, host_of
from shared.accounts.platforms.definition import QrLogin
from shared.accounts.platforms.outgoing import is_within
from shared.accounts.platforms.set_cookies import with_set_cookies
from shared.accounts.probing import LoginOutcome
from shared.platforms.http import HttpResponse

MAX_FIELD_CHARACTERS = 4_000
MAX_REDIRECTS = 6


@dataclass(frozen=True, slots=True)
class NewCode:
    """``content`` is what the QR code says, "" when only the platform knows, which then sends ``picture`` (PNG).
    ``cookies`` belong to every later request of this login."""

    token: str
    content: str = ""
    picture: bytes | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "NewCode()"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a code stands. DONE comes with the ``cookies`` so far and, if the rest is elsewhere, ``follow_url``."""

    outcome: LoginOutcome
    reason: str = ""
    cookies: Mapping[str, str] | None = None
    follow_url: str = ""

    def __repr__(self) -> str:
        return f"Progress(outcome={self.outcome!r})"


class QrFlow(Protocol):
    """The protocol of one family of sites. Every method may raise StepFailed."""

    def generate(self, gets: BudgetedGets, login: QrLogin) -> NewCode: ...

    def look(self, gets: BudgetedGets, login: QrLogin, token: str, cookies: Mapping[str, str]) -> Progress:
        """``cookies`` are those that came with the code."""

    def is_complete(self, cookies: Mapping[str, str]) -> bool:
        """Whether these cookies are a login."""


class RedirectRefused(Exception):
    """The login leads to a host that the platform file does not name: its cookies are not taken there."""


class CollectionInterrupted(Exception):
    """A step on the way to the session failed; ``url`` and ``cookies`` are where to go on from."""

    def __init__(self, reason: str, url: str, cookies: Mapping[str, str]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.url = url
        self.cookies = cookies


def collect(
    gets: BudgetedGets, login: QrLogin, url: str, cookies: Mapping[str, str], now_seconds: Callable[[], float]
) -> dict[str, str]:
    """Follow a chain of redirects and gather the cookies on the way.

    Raises CollectionInterrupted and RedirectRefused.
    """
    gathered = dict(cookies)
    for _ in range(MAX_REDIRECTS):
        check_host(login, url)
        try:
            response = gets.get(url, gathered)
            check_status(response)
        except StepFailed as failure:
            raise CollectionInterrupted(failure.reason, url, gathered) from None
        gathered = with_set_cookies(gathered, response.set_cookies, now_seconds())
        location = response.headers.get("Location", "")
        if not 300 <= response.status < 400 or not location or len(location) > MAX_FIELD_CHARACTERS:
            break
        try:
            url = urljoin(url, location)
        except ValueError:
            break
    return gathered


def check_status(response: HttpResponse) -> None:
    """Raises StepFailed for a server in trouble: what it would have answered is not known."""
    if response.status >= 500 or response.status == 429:
        raise StepFailed(f"the platform did not hand out the login (HTTP {response.status})")


def check_host(login: QrLogin, url: str) -> None:
    """Raises RedirectRefused."""
    if not is_within(host_of(url), login.hosts):
        raise RedirectRefused


def with_query(url: str, fields: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(fields))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def data_of(response: HttpResponse, code_field: str) -> dict[str, Any]:
    """The ``data`` of an answer whose code is 0. Raises StepFailed."""
    if response.status != 200:
        raise StepFailed(f"the platform answered with HTTP {response.status}")
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise StepFailed("the platform answered something else than a JSON object")
    code, data = document.get(code_field), document.get("data")
    if type(code) is not int or code != 0 or not isinstance(data, dict):
        shown = f" (code {code})" if type(code) is int else ""
        raise StepFailed(f"the platform refused the request{shown}")
    return data


def text_of(data: Mapping[str, Any], field: str, longest: int = MAX_FIELD_CHARACTERS) -> str:
    """ "" for what is absent, no text or too long."""
    value = data.get(field)
    return value if isinstance(value, str) and len(value) <= longest else ""
