"""A signed webhook's configuration: where it is, and the secrets it is signed with."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import rate_limits_setting
from shared.platforms.webhook_signing import (
    MAX_SECRET_BYTES,
    MIN_SECRET_BYTES,
    MalformedSecret,
    canonical_secret,
    new_secret,
)
from shared.security.outbound import DestinationRefused, OutboundGuard

MAX_URL_CHARACTERS = 2048
# Shorter pieces of an address are words such as "api" or "hooks", and taking them out would make answers unreadable.
_MIN_SECRET_PIECE_CHARACTERS = 8


def validate_webhook_config(config: Mapping[str, Any], allowed_networks: Sequence[str]) -> dict[str, Any]:
    """``url``, and optionally ``secret`` (one is made when it is missing), ``previous_secret`` and ``rate_limits``.

    ``allowed_networks`` are the private networks (CIDR) the operator opened. Raises InvalidConfig.
    """
    checked: dict[str, Any] = {
        "url": parse_url(config.get("url"), allowed_networks),
        "secret": _secret(config, "secret") or new_secret(),
    }
    previous = _secret(config, "previous_secret")
    if previous is not None and previous != checked["secret"]:
        checked["previous_secret"] = previous
    return checked | rate_limits_setting(config)


def parse_url(value: Any, allowed_networks: Sequence[str]) -> str:
    """The receiver's address without its fragment. Raises InvalidConfig, which never holds the address.

    Plain http would show every message to the networks in between: it is for an address (not a name) in
    ``allowed_networks`` only. What a name resolves to is judged at each connection, not here.
    """
    if value is None or value == "":
        raise InvalidConfig("url", "missing", "the address that messages are posted to is required")
    if not isinstance(value, str):
        raise InvalidConfig("url", "malformed", "must be a string")
    url = value.strip()
    if len(url) > MAX_URL_CHARACTERS:
        raise InvalidConfig("url", "too_long", f"must have at most {MAX_URL_CHARACTERS} characters")
    if not url.isascii():
        raise InvalidConfig("url", "malformed", "must be ASCII: international names in punycode, paths percent-encoded")
    parts = _split(url)
    if parts.scheme not in ("http", "https"):
        raise InvalidConfig("url", "scheme_not_allowed", "must start with https://")
    try:
        OutboundGuard(allowed_networks).check_url(url)
    except DestinationRefused as refused:
        raise InvalidConfig("url", refused.reason, refused.detail) from None
    if parts.scheme == "http" and not _is_allowed_address(parts.hostname or "", allowed_networks):
        raise InvalidConfig(
            "url", "scheme_not_allowed", "must start with https://; http is for addresses in OUTBOUND_ALLOW only"
        )
    return parts._replace(fragment="").geturl()


def url_fingerprint(url: str) -> str:
    """Names an address without giving it away."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def signing_secrets(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The secret in force, then the one it takes the place of while receivers change over."""
    return tuple(config[name] for name in ("secret", "previous_secret") if config.get(name))


def secrets_to_hide(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Everything of a configuration that must not be repeated to anybody, longest first."""
    url = str(config.get("url", ""))
    parts = urlsplit(url)
    pieces = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    hidden = {url, parts.path, parts.query, *pieces}
    for secret in signing_secrets(config):
        hidden |= {secret, secret.removeprefix("whsec_")}
    return tuple(
        sorted((piece for piece in hidden if len(piece) >= _MIN_SECRET_PIECE_CHARACTERS), key=len, reverse=True)
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read now: a port that is no number raises here
        return parts
    except ValueError:
        raise InvalidConfig("url", "malformed", "is not a readable address") from None


def _is_allowed_address(host: str, allowed_networks: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    networks = [ipaddress.ip_network(network, strict=False) for network in allowed_networks]
    return any(address.version == network.version and address in network for network in networks)


def _secret(config: Mapping[str, Any], field: str) -> str | None:
    value = config.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidConfig(field, "malformed", "must be a string")
    try:
        return canonical_secret(value.strip())
    except MalformedSecret:
        raise InvalidConfig(
            field, "malformed", f"must be whsec_ and the base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes"
        ) from None
