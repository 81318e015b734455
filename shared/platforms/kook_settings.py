"""A KOOK bot's configuration as a destination, and the channels it may post to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import rate_limits_setting

# "1/", the base64 of the bot's number, "/" and a secret. The check only has to keep out what is no token at all: a
# mistyped one is answered with 401.
_BOT_TOKEN = re.compile(r"[0-9]{1,3}/[\x21-\x7e]{6,500}")
_CHANNEL_ID = re.compile(r"[1-9][0-9]{0,31}")


def validate_kook_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """``bot_token`` (or ``token``), and optionally ``channel_id`` and ``rate_limits``. Raises InvalidConfig."""
    checked: dict[str, Any] = {"bot_token": _bot_token(config)}
    channel_id = config.get("channel_id")
    if channel_id is not None and channel_id != "":
        is_id = isinstance(channel_id, int | str) and not isinstance(channel_id, bool)
        if not is_id or not _CHANNEL_ID.fullmatch(str(channel_id).strip()):
            raise InvalidConfig("channel_id", "malformed", "must be a KOOK channel's id, a number of up to 32 digits")
        checked["channel_id"] = str(channel_id).strip()
    return checked | rate_limits_setting(config)


def resolve_channel(config: Mapping[str, Any], target_channel_id: str) -> str:
    """The mapping's target when it has the form of a channel's id, else the bot's ``channel_id``.

    Raises InvalidConfig when there is neither.
    """
    target = target_channel_id.strip()
    if _CHANNEL_ID.fullmatch(target):
        return target
    if not config.get("channel_id"):
        raise InvalidConfig("channel_id", "missing", "the bot has no channel_id and the target is no KOOK channel's id")
    return str(config["channel_id"])


def token_fingerprint(bot_token: str) -> str:
    """Names a bot without giving its token away."""
    return hashlib.sha256(bot_token.encode()).hexdigest()[:32]


def _bot_token(config: Mapping[str, Any]) -> str:
    token = config.get("bot_token") or config.get("token")
    if not token:
        raise InvalidConfig("bot_token", "missing", "the token from KOOK's developer console is required")
    if not isinstance(token, str) or not _BOT_TOKEN.fullmatch(token.strip()):
        raise InvalidConfig(
            "bot_token", "malformed", "must look like 1/MTAwMDE=/…, as KOOK's developer console shows it"
        )
    return token.strip()
