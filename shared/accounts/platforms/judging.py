"""What a platform's answer means, by its platform file: logged in, must log in again, or nothing certain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from shared.accounts.models import Identity
from shared.accounts.platforms.definition import Condition, PlatformDefinition
from shared.accounts.probing import ProbeOutcome, ProbeResult
from shared.platforms.http import HttpResponse

MAX_IDENTITY_CHARACTERS = 100
MAX_AVATAR_CHARACTERS = 1000
_TOO_MANY_REQUESTS = 429
_REDIRECTED = "not logged in: the platform sends the cookie to its login page"
_SAID = "not logged in: the platform says so"
_MISSING = object()


@dataclass(frozen=True)
class ReadAnswer:
    """An answer taken apart. ``document`` is its JSON, a marker of this module when it has none."""

    status: int
    location: str
    document: Any

    @property
    def is_json(self) -> bool:
        return self.document is not _MISSING

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400

    def value(self, path: str) -> Any:
        """What stands at a path; a marker of this module when nothing does."""
        found = self.document
        for key in path.split("."):
            if isinstance(found, dict):
                found = found.get(key, _MISSING)
            elif isinstance(found, list) and key.isascii() and key.isdigit() and int(key[:9]) < len(found):
                found = found[int(key[:9])]
            else:
                return _MISSING
        return found


def read_answer(response: HttpResponse, url: str) -> ReadAnswer:
    """``url`` is where the request went: a redirect may be relative to it."""
    location = response.headers.get("Location", "")[:2000]
    try:
        location = urljoin(url, location) if location else ""
    except ValueError:
        location = ""
    try:
        document = response.json()
    except ValueError:
        document = _MISSING
    return ReadAnswer(response.status, location, document)


def judge(definition: PlatformDefinition, answer: ReadAnswer) -> ProbeResult:
    """A server in trouble proves nothing, whatever its body says; neither does an answer that says both things."""
    if answer.status >= 500:
        return _unknown(f"the platform is in trouble (HTTP {answer.status})")
    if answer.status == _TOO_MANY_REQUESTS:
        return _unknown("the platform asks for fewer requests (HTTP 429)")
    if _any(definition.risk_control, answer):
        return _unknown(f"the platform's risk control did not answer the question (HTTP {answer.status})")
    logged_in = 200 <= answer.status < 300 and all(_holds(condition, answer) for condition in definition.logged_in)
    expired = _any(definition.expired, answer)
    if logged_in and not expired:
        return ProbeResult(ProbeOutcome.LOGGED_IN, identity=_identity(definition, answer))
    if expired and not logged_in:
        return ProbeResult(ProbeOutcome.MUST_LOG_IN, _REDIRECTED if answer.is_redirect else _SAID)
    if logged_in:
        return _unknown("the answer looks both logged in and expired: the platform file needs a correction")
    if answer.is_redirect:
        return _unknown(f"the platform redirects to somewhere that is no login page (HTTP {answer.status})")
    if not answer.is_json:
        return _unknown(f"the platform answered something else than JSON (HTTP {answer.status})")
    return _unknown(f"the platform answered something the platform file does not describe (HTTP {answer.status})")


def _unknown(reason: str) -> ProbeResult:
    return ProbeResult(ProbeOutcome.UNKNOWN, reason)


def _any(conditions: Iterable[Condition], answer: ReadAnswer) -> bool:
    return any(_holds(condition, answer) for condition in conditions)


def _holds(condition: Condition, answer: ReadAnswer) -> bool:
    if condition.status is not None:
        return answer.status in condition.status
    if condition.redirect_matches is not None:
        return answer.is_redirect and _place_matches(condition.redirect_matches, answer.location)
    assert condition.path is not None, "a condition has exactly one subject"
    value = answer.value(condition.path)
    if condition.exists is not None:
        return _is_there(value) == condition.exists
    wanted = condition.one_of if condition.one_of is not None else (condition.equals,)
    # true is no 1 here: to Python it is.
    return any(type(value) is type(candidate) and value == candidate for candidate in wanted)


def _place_matches(pattern: str, location: str) -> bool:
    try:
        parts = urlsplit(location)
        host = parts.hostname or ""
    except ValueError:
        return False
    return re.search(pattern, host + parts.path, re.IGNORECASE) is not None


def _is_there(value: Any) -> bool:
    """Nothing, null, 0 and everything empty count as absent: platforms write an absent id in all of these ways."""
    return value is not _MISSING and bool(value)


def _identity(definition: PlatformDefinition, answer: ReadAnswer) -> Identity:
    paths = definition.identity
    return Identity(
        _first(paths.id, answer), _first(paths.name, answer), _first(paths.avatar, answer, MAX_AVATAR_CHARACTERS)
    )


def _first(paths: Iterable[str], answer: ReadAnswer, max_characters: int = MAX_IDENTITY_CHARACTERS) -> str:
    for path in paths:
        value = answer.value(path)
        if isinstance(value, str | int) and not isinstance(value, bool) and _is_there(value):
            return str(value)[:max_characters]
    return ""
