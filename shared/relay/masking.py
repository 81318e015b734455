"""Showing that a secret is set, and which one, without showing it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

MASK = "***"

# A Telegram token begins with the bot's id, which anyone who writes to the bot knows.
_PUBLIC_PREFIX = re.compile(r"([0-9]{1,20}):")


def mask_secret(value: Any) -> str:
    """The part of a secret that identifies it: a URL without its last path segment, the id before a token's colon,
    else nothing. An empty value stays empty, so that "not set" can be told from "set"."""
    if value in ("", None):
        return ""
    if not isinstance(value, str):
        return MASK
    if value.startswith(("http://", "https://")):
        return _mask_url(value)
    prefix = _PUBLIC_PREFIX.match(value)
    return f"{prefix[1]}:{MASK}" if prefix else MASK


def masked_config(config: Mapping[str, Any], secret_fields: Collection[str]) -> dict[str, Any]:
    """A configuration fit for an answer."""
    return {name: mask_secret(value) if name in secret_fields else value for name, value in config.items()}


def keep_masked_secrets(
    changes: Mapping[str, Any], present: Mapping[str, Any], secret_fields: Collection[str]
) -> dict[str, Any]:
    """The changes without secrets that came back masked, as from a form that was filled from an answer."""
    return {
        name: value
        for name, value in changes.items()
        if not (name in secret_fields and value and name in present and value == mask_secret(present[name]))
    }


def _mask_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return MASK
    kept = parts.path.rstrip("/").rpartition("/")[0]
    return f"{parts.scheme}://{host}{port}{kept}/{MASK}"
