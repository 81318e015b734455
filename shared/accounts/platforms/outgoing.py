"""Requests to content platforms: a browser's headers, cookies in a header, and where a platform's addresses lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from shared.web.cookies import Cookie

MAX_ANSWER_BYTES = 524_288
# Some of the platforms answer a client without one of these by an error page.
BROWSER_HEADERS: Mapping[str, str] = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Accept": "application/json, text/plain, */*",
    "Accept-Language": "zh-CN,zh;q=0.9",
}


@dataclass(frozen=True)
class PlatformAddresses:
    """``bases`` gives, by platform name, an address that takes the place of scheme and host of everything the
    platform is asked; path and query stay. Stand-ins and proxies come in by it."""

    bases: Mapping[str, str] = field(default_factory=dict)

    def address(self, platform: str, url: str) -> str:
        base = self.bases.get(platform)
        if not base:
            return url
        parts, place = urlsplit(url), urlsplit(base)
        return urlunsplit((place.scheme, place.netloc, place.path.rstrip("/") + parts.path, parts.query, ""))


def request_headers(own: Mapping[str, str], cookies: Mapping[str, str]) -> dict[str, str]:
    """The platform file's headers over a browser's, and the cookies."""
    headers = {**BROWSER_HEADERS, **own}
    if cookies:
        text = "; ".join(f"{name}={value}" for name, value in cookies.items())
        # A header is bytes to the other side. http.client writes Latin-1; browsers send UTF-8.
        headers["Cookie"] = text.encode("utf-8", "replace").decode("latin-1")
    return headers


def cookies_for(domains: Sequence[str], cookies: Iterable[Cookie]) -> dict[str, str]:
    """Those of the cookies that belong to one of the domains, or do not say where they belong, by name.

    An export of a whole browser must not go to every platform. Of two with one name, that of a domain counts.
    """
    chosen: dict[str, Cookie] = {}
    for cookie in cookies:
        domain = cookie.domain.lstrip(".").lower()
        if domain and not is_within(domain, domains):
            continue
        present = chosen.get(cookie.name)
        if present is None or domain or not present.domain:
            chosen[cookie.name] = cookie
    return {name: cookie.value for name, cookie in chosen.items()}


def is_within(host: str, domains: Iterable[str]) -> bool:
    """Whether a host is one of the domains or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
