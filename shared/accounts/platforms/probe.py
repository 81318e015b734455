"""Asking a platform whether a cookie is still logged in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.accounts.platforms.catalogue import PlatformCatalogue
from shared.accounts.platforms.definition import PlatformDefinition
from shared.accounts.platforms.judging import judge, read_answer
from shared.accounts.platforms.outgoing import MAX_ANSWER_BYTES, PlatformAddresses, cookies_for, request_headers
from shared.accounts.probing import ProbeOutcome, ProbeResult
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.web.cookies import Cookie


class PlatformProbe:
    """shared.accounts.probing.Probe over the platform files. Safe to share between threads."""

    def __init__(self, catalogue: PlatformCatalogue, http: HttpClient, addresses: PlatformAddresses) -> None:
        self._catalogue = catalogue
        self._http = http
        self._addresses = addresses

    def check(self, platform: str, cookies: Sequence[Cookie]) -> ProbeResult:
        """One request, its redirect not followed. Raises PlatformUnknown (a LookupError)."""
        definition = self._catalogue.definition(platform)
        usable = cookies_for(definition.cookie_domains, cookies)
        missing = missing_cookies(definition, usable)
        if missing:
            return ProbeResult(ProbeOutcome.MUST_LOG_IN, f"not logged in: the cookie lacks {missing}")
        return self._ask(definition, usable)

    def _ask(self, definition: PlatformDefinition, cookies: Mapping[str, str]) -> ProbeResult:
        request = definition.probe
        try:
            response = self._http.request(
                request.method,
                self._addresses.address(definition.name, request.url),
                data=request.body.encode() if request.body else None,
                headers=request_headers(request.headers, cookies),
                timeout_seconds=request.timeout_seconds,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
        except (NotSent, NoAnswer) as failure:
            return ProbeResult(ProbeOutcome.UNKNOWN, f"the platform could not be asked: {failure.detail}")
        return judge(definition, read_answer(response, request.url))


def missing_cookies(definition: PlatformDefinition, cookies: Mapping[str, str]) -> str:
    """The names a cookie lacks, for a sentence; "" when it lacks none. An empty value is none."""
    lacking = [name for name in definition.required_cookies if not cookies.get(name)]
    if lacking:
        return ", ".join(lacking)
    choices = definition.required_cookies_any
    if choices and not any(cookies.get(name) for name in choices):
        return f"any of {', '.join(choices)}"
    return ""
