"""Reading a pasted cookie: the forms browsers and their extensions export."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

MAX_COOKIE_CHARACTERS = 16_384
MAX_COOKIES = 300

# RFC 6265 4.1.1: a cookie name is an HTTP token; values are looser in the wild, but control characters never occur.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}\Z")
# Lone surrogates, which JSON can spell, are no characters and cannot be kept.
_VALUE = re.compile(r"[^\x00-\x1f\x7f;\ud800-\udfff]*\Z")
_NETSCAPE_FIELDS = 7
_HTTP_ONLY_PREFIX = "#HttpOnly_"


class CookieUnreadable(ValueError):
    """The text is none of the accepted forms. The message never quotes it."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """``domain`` is "" where the form does not say."""

    name: str
    value: str = field(repr=False)
    domain: str = ""


def parse_cookies(text: str, *, skip_nameless: bool = False) -> list[Cookie]:
    """A JSON array of ``{name, value, domain}`` (also as ``cookies`` of an object, as browser automation saves it), a
    JSON object ``{name: value}``, ``name=value; name=value``, or the lines of a Netscape cookie file. Raises
    CookieUnreadable.

    With ``skip_nameless`` a pair without ``=`` is left out, as servers do, instead of refused (``a=1; ...``).
    """
    text = text.strip()
    if not text or len(text) > MAX_COOKIE_CHARACTERS:
        raise CookieUnreadable("empty or too long")
    if text[0] in "[{":
        cookies = _from_json(text)
    elif "\t" in text:
        cookies = _from_netscape(text)
    else:
        cookies = _from_header(text, skip_nameless)
    if not cookies or len(cookies) > MAX_COOKIES:
        raise CookieUnreadable("no cookie, or too many")
    return cookies


def _from_json(text: str) -> list[Cookie]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise CookieUnreadable("not valid JSON") from None
    if isinstance(value, dict) and isinstance(value.get("cookies"), list):
        value = value["cookies"]
    if isinstance(value, dict):
        return [_cookie(name, content) for name, content in value.items()]
    if not all(isinstance(entry, dict) for entry in value):
        raise CookieUnreadable("an entry is not an object")
    return [_cookie(entry.get("name"), entry.get("value"), entry.get("domain", "")) for entry in value]


def _from_netscape(text: str) -> list[Cookie]:
    cookies = []
    for raw_line in text.splitlines():
        line = raw_line.removeprefix(_HTTP_ONLY_PREFIX)
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) != _NETSCAPE_FIELDS:
            raise CookieUnreadable("a line has not seven fields")
        cookies.append(_cookie(fields[5], fields[6], fields[0]))
    return cookies


def _from_header(text: str, skip_nameless: bool) -> list[Cookie]:
    pairs = [pair.strip() for pair in text.removeprefix("Cookie:").split(";")]
    cookies = []
    for pair in filter(None, pairs):
        name, equals, value = pair.partition("=")
        if not equals:
            if skip_nameless:
                continue
            raise CookieUnreadable("a pair without =")
        cookies.append(_cookie(name.strip(), value.strip()))
    return cookies


def _cookie(name: Any, value: Any, domain: Any = "") -> Cookie:
    if not isinstance(name, str) or not _NAME.match(name):
        raise CookieUnreadable("a cookie without a proper name")
    if not isinstance(value, str) or not _VALUE.match(value):
        raise CookieUnreadable("a cookie without a proper value")
    if not isinstance(domain, str) or not _VALUE.match(domain):
        raise CookieUnreadable("a domain that is no text")
    return Cookie(name, value, domain)
