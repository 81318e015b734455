"""A Discord webhook's configuration: the forms its URL is pasted in, and the threads it may post to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import rate_limits_setting

# Discord's limit per file for a server without boosts.
DEFAULT_MAX_FILE_BYTES = 10 * 1024 * 1024
LARGEST_MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_URL_CHARACTERS = 2048
MAX_USERNAME_CHARACTERS = 80
MAX_THREAD_NAME_CHARACTERS = 100

_HOSTS = frozenset(
    f"{prefix}{domain}" for domain in ("discord.com", "discordapp.com") for prefix in ("", "ptb.", "canary.")
)
_PATH = re.compile(r"/api(?:/v\d{1,3})?/webhooks/(?P<id>\d{1,20})/(?P<token>[A-Za-z0-9_.~-]{1,200})/?")
_SNOWFLAKE = re.compile(r"\d{1,20}")
_THREAD_TARGET = re.compile(r"thread:(\d{1,20})")


@dataclass(frozen=True, slots=True)
class Webhook:
    """``id`` may be shown; ``token`` is the credential."""

    id: str
    token: str

    @property
    def url(self) -> str:
        return f"https://discord.com/api/webhooks/{self.id}/{self.token}"


def parse_webhook_url(url: Any) -> Webhook:
    """Read a webhook URL in any form Discord ever handed out: discord.com or discordapp.com, the ptb and canary
    hosts, with or without the API version. Raises InvalidConfig, which never holds the URL."""
    if not url:
        raise InvalidConfig("webhook_url", "missing", "the webhook URL from the channel's integrations is required")
    if not isinstance(url, str):
        raise InvalidConfig("webhook_url", "malformed", "must be a string")
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InvalidConfig("webhook_url", "malformed", "is not a readable URL") from None
    if parts.scheme != "https":
        raise InvalidConfig("webhook_url", "malformed", "must start with https://discord.com/api/webhooks/")
    if host not in _HOSTS or port not in (None, 443) or "@" in parts.netloc:
        raise InvalidConfig("webhook_url", "host_not_allowed", "must be on discord.com")
    match = _PATH.fullmatch(parts.path)
    if match is None or not match["token"].strip("."):
        raise InvalidConfig(
            "webhook_url", "malformed", "must look like https://discord.com/api/webhooks/<number>/<token>"
        )
    return Webhook(match["id"], match["token"])


def validate_discord_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """``webhook_url``, and optionally ``thread_id`` or ``thread_name``, ``channel_id``, ``username``,
    ``avatar_url``, ``max_file_bytes``, ``silent``, ``suppress_embeds`` and ``rate_limits``.

    ``thread_name`` is for forum channels: the first message opens a post of that name, the others go into it.
    Raises InvalidConfig.
    """
    checked: dict[str, Any] = {"webhook_url": parse_webhook_url(config.get("webhook_url")).url}
    for field in ("thread_id", "channel_id"):
        _keep(checked, field, _snowflake(config, field))
    if "thread_id" not in checked:
        _keep(checked, "thread_id", _thread_in_url(str(config["webhook_url"])))
    _keep(checked, "thread_name", _text(config, "thread_name", MAX_THREAD_NAME_CHARACTERS))
    if "thread_id" in checked and "thread_name" in checked:
        raise InvalidConfig("thread_name", "conflict", "cannot be combined with a thread_id")
    _keep(checked, "username", _text(config, "username", MAX_USERNAME_CHARACTERS))
    _keep(checked, "avatar_url", _web_address(config, "avatar_url"))
    _keep(checked, "max_file_bytes", _max_file_bytes(config))
    for field in ("silent", "suppress_embeds"):
        _keep(checked, field, _flag(config, field))
    return checked | rate_limits_setting(config)


def thread_of_target(target_channel_id: str) -> str | None:
    """The thread a mapping names as ``thread:<id>``. Anything else is a label: a webhook is tied to its channel."""
    match = _THREAD_TARGET.fullmatch(target_channel_id.strip())
    return match[1] if match else None


def _keep(checked: dict[str, Any], field: str, value: Any) -> None:
    if value is not None:
        checked[field] = value


def _thread_in_url(url: str) -> str | None:
    thread_id = parse_qs(urlsplit(url.strip()).query).get("thread_id", [""])[0]
    return thread_id if _SNOWFLAKE.fullmatch(thread_id) else None


def _snowflake(config: Mapping[str, Any], field: str) -> str | None:
    value = config.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not _SNOWFLAKE.fullmatch(str(value).strip()):
        raise InvalidConfig(field, "malformed", "must be a Discord id, a number of up to 20 digits")
    return str(value).strip()


def _text(config: Mapping[str, Any], field: str, max_characters: int) -> str | None:
    value = config.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidConfig(field, "malformed", "must be a text that is not blank")
    if len(value.strip()) > max_characters:
        raise InvalidConfig(field, "too_long", f"must have at most {max_characters} characters")
    return value.strip()


def _web_address(config: Mapping[str, Any], field: str) -> str | None:
    value = config.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not is_web_address(value.strip()):
        raise InvalidConfig(
            field, "malformed", f"must be an http(s) address of at most {MAX_URL_CHARACTERS} characters"
        )
    return value.strip()


def is_web_address(url: str) -> bool:
    """Whether Discord takes it where it asks for a URL."""
    if len(url) > MAX_URL_CHARACTERS or not url.isascii() or re.search(r"[\s<>\"\\^`{|}]", url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _max_file_bytes(config: Mapping[str, Any]) -> int | None:
    value = config.get("max_file_bytes")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_MAX_FILE_BYTES:
        raise InvalidConfig("max_file_bytes", "out_of_range", f"must be from 1 to {LARGEST_MAX_FILE_BYTES}")
    return value


def _flag(config: Mapping[str, Any], field: str) -> bool | None:
    value = config.get(field)
    if value is not None and not isinstance(value, bool):
        raise InvalidConfig(field, "malformed", "must be true or false")
    return value
