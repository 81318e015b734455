"""Plain text that came from outside: cleaning it, and finding the web addresses in it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

ZERO_WIDTH_SPACE = "\u200b"

# ASCII only, so that Chinese text glued to an address is not taken for a part of it. Square brackets are left out:
# targets with [text](address) links would let an address swallow the end of one.
BARE_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+", re.IGNORECASE)

_URL_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}\u0080-\u00a0\u2028\u2029]")
_UNUSABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_text(text: str) -> str:
    """``text`` with newlines as ``\\n`` and without what cannot be sent on: control characters are dropped, lone
    surrogates (JSON can carry them, UTF-8 cannot) become U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNUSABLE.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "", text)


def one_line(text: str) -> str:
    """``text`` cleaned, with every run of white space as one space: for names, which must not forge a new line."""
    return " ".join(clean_text(text).split())


def is_web_url(url: str) -> bool:
    """Whether ``url`` is an http or https address with a host, free of white space and quoting characters."""
    if _URL_FORBIDDEN.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # for instance an unfinished IPv6 address
        return False
