"""One path, several areas: which of them answers is decided by what the caller presents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.web.lambda_bridge import LambdaHandler

# Told the request's headers, lower case, and its cookies, one ``name=value`` each.
Claims = Callable[[Mapping[str, str], Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Claim:
    """An area's claim to a path. ``handler`` makes or gives the area's handler, when the claim first holds."""

    path: str
    claims: Claims
    handler: Callable[[], LambdaHandler]


def with_claims(own: LambdaHandler, claims: Sequence[Claim]) -> LambdaHandler:
    """The area's own handler, except for requests that another area claims: the first claim that holds gets it."""
    if not claims:
        return own

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        path = str(event.get("rawPath", "")).rstrip("/")
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        for claim in claims:
            if claim.path == path and claim.claims(headers, event.get("cookies") or ()):
                return claim.handler()(event, context)
        return own(event, context)

    return handle


def bearer_token(headers: Mapping[str, str]) -> str:
    """The token of an Authorization header, "" without one."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
