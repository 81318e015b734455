"""The cookies that an answer sets (RFC 6265, section 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from shared.web.cookies import MAX_COOKIES, CookieUnreadable, parse_cookies


def with_set_cookies(cookies: Mapping[str, str], set_cookies: Iterable[str], now_seconds: float) -> dict[str, str]:
    """The cookies after an answer: set ones added or replaced, those it deletes or that are unreadable left out.

    Values stay as they are on the wire: Bilibili's session holds percent signs that are part of it.
    """
    after = dict(cookies)
    for line in set_cookies:
        pair, _, attributes = line.partition(";")
        try:
            cookie = parse_cookies(pair)[0]
        except CookieUnreadable:
            continue
        if not cookie.value or _is_deletion(attributes, now_seconds):
            after.pop(cookie.name, None)
        elif cookie.name in after or len(after) < MAX_COOKIES:
            after[cookie.name] = cookie.value
    return after


def _is_deletion(attributes: str, now_seconds: float) -> bool:
    """Max-Age counts before Expires."""
    found: dict[str, str] = {}
    for attribute in attributes.split(";"):
        name, _, value = attribute.partition("=")
        found[name.strip().lower()] = value.strip()
    max_age = found.get("max-age", "")
    if max_age.lstrip("-").isdigit():
        return max_age.startswith("-") or not max_age.strip("0")
    try:
        return parsedate_to_datetime(found["expires"]).timestamp() <= now_seconds
    except (KeyError, ValueError, TypeError, OverflowError):
        return False
