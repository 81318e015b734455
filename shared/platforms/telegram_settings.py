"""A Telegram bot's configuration and the addresses of its chats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import rate_limits_setting

# The numeric id of the bot, a colon and a secret. Real secrets have 35 characters; the check only has to keep
# anything out that could change the path of the request. A mistyped token is answered with 401 or 404.
_BOT_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-][A-Za-z0-9_.-]{5,255}")
_CHAT = re.compile(r"-?[1-9][0-9]{0,18}|@[A-Za-z][A-Za-z0-9_]{2,31}")
_THREAD = re.compile(r"[1-9][0-9]{0,18}")

# A forum's "General" topic has this id and is addressed by leaving the thread out.
GENERAL_TOPIC_ID = 1


@dataclass(frozen=True, slots=True)
class Chat:
    """``chat_id`` is a number (negative: a group or channel) or @name; ``thread_id`` is None outside of topics."""

    chat_id: str
    thread_id: int | None = None

    @property
    def target_id(self) -> str:
        return self.chat_id if self.thread_id is None else f"{self.chat_id}/{self.thread_id}"

    @property
    def is_group(self) -> bool:
        """Groups, supergroups and channels; a bot cannot address a person by @name."""
        return self.chat_id.startswith(("-", "@"))

    @property
    def request_chat_id(self) -> int | str:
        return self.chat_id if self.chat_id.startswith("@") else int(self.chat_id)


def parse_chat(text: str) -> Chat | None:
    """Read ``chat`` or ``chat/thread``; None when it is no address of a Telegram chat."""
    chat_id, slash, thread = text.strip().partition("/")
    if not _CHAT.fullmatch(chat_id) or (slash and not _THREAD.fullmatch(thread)):
        return None
    thread_id = int(thread) if thread else None
    return Chat(chat_id, None if thread_id == GENERAL_TOPIC_ID else thread_id)


def validate_telegram_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """``bot_token`` (or ``token``), ``chat_id``, and optionally ``message_thread_id``, ``disable_notification`` and
    ``rate_limits``. Raises InvalidConfig."""
    checked: dict[str, Any] = {"bot_token": _bot_token(config), "chat_id": _chat_id(config)}
    thread_id = _thread_id(config)
    if thread_id is not None:
        checked["message_thread_id"] = thread_id
    silent = config.get("disable_notification")
    if silent is not None:
        if not isinstance(silent, bool):
            raise InvalidConfig("disable_notification", "malformed", "must be true or false")
        checked["disable_notification"] = silent
    return checked | rate_limits_setting(config)


def _bot_token(config: Mapping[str, Any]) -> str:
    token = config.get("bot_token") or config.get("token")
    if not token:
        raise InvalidConfig("bot_token", "missing", "the token given by @BotFather is required")
    if not isinstance(token, str) or not _BOT_TOKEN.fullmatch(token.strip()):
        raise InvalidConfig("bot_token", "malformed", "must look like 123456:ABC-DEF, as given by @BotFather")
    return token.strip()


def _chat_id(config: Mapping[str, Any]) -> str:
    chat_id = config.get("chat_id")
    if chat_id is None or chat_id == "":
        raise InvalidConfig("chat_id", "missing", "the numeric id or the @name of the chat is required")
    chat = None
    if isinstance(chat_id, int | str) and not isinstance(chat_id, bool) and "/" not in str(chat_id):
        chat = parse_chat(str(chat_id))
    if chat is None:
        raise InvalidConfig("chat_id", "malformed", "must be a number such as -1001234567890 or a @name")
    return chat.chat_id


def _thread_id(config: Mapping[str, Any]) -> int | None:
    thread_id = config.get("message_thread_id")
    if thread_id is None or thread_id == "":
        return None
    if isinstance(thread_id, bool) or not isinstance(thread_id, int | str) or not _THREAD.fullmatch(str(thread_id)):
        raise InvalidConfig("message_thread_id", "malformed", "must be the number of a topic")
    return int(thread_id)


def resolve_chat(config: Mapping[str, Any], target_channel_id: str) -> Chat:
    """The chat a mapping leads to: its own when ``target_channel_id`` is a Telegram address, else the bot's.

    The bot's topic belongs to the bot's chat and does not follow to another one. Raises InvalidConfig when there is
    neither.
    """
    own_thread = _thread_id(config)
    own = Chat(_chat_id(config), None if own_thread == GENERAL_TOPIC_ID else own_thread)
    target = parse_chat(target_channel_id)
    if target is None:
        return own
    if target.chat_id == own.chat_id and "/" not in target_channel_id:
        return own
    return target
