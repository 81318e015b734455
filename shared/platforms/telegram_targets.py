"""Telegram: the chats a bot has heard from lately and the one it is set to.

The Bot API has no list of chats. ``getUpdates`` without an offset shows the updates nobody has confirmed yet, at most
the last 24 hours, and confirms none of them; it is refused (409) while a webhook or another program receives them
(https://core.telegram.org/bots/api#getupdates). ``allowed_updates`` is left out: giving it would change the bot's
setting for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.platforms.answer_text import presentable
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.targets import TargetChannel, TargetList, TargetsUnavailable, not_asked, not_listed
from shared.platforms.telegram_answers import read_telegram_answer, telegram_outcome
from shared.platforms.telegram_settings import GENERAL_TOPIC_ID, parse_chat

# A hundred updates with long texts, entities and pictures' sizes.
_MAX_ANSWER_BYTES = 4 * 1024 * 1024
_MAX_NAME_CHARACTERS = 200
# Kinds of updates whose chat the bot is in; those of business accounts are somebody else's.
_OWN_CHAT_UPDATES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "message_reaction",
    "message_reaction_count",
    "chat_boost",
    "removed_chat_boost",
    "callback_query",
)
_GONE = frozenset({"left", "kicked"})
_ONLY_RECENT = "Telegram tells a bot only of chats with recent activity; send a message in a chat to have it listed"


class TelegramTargets:
    """Implements shared.platforms.targets.ListsTargets."""

    def __init__(self, http: HttpClient, api_base: str) -> None:
        self._http = http
        self._api_base = api_base.rstrip("/")

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        """The bot's own chat first, as its configuration writes it, then the others in order of appearance."""
        token, own_id = config.get("bot_token"), str(config.get("chat_id") or "")
        if not isinstance(token, str) or ":" not in token:
            raise TargetsUnavailable("bad_configuration", "bot_token: the token given by @BotFather is required")
        listed: dict[str, str] = {}
        own_numeric_id, problems = "", []
        if own_id:
            try:
                chat = parse_chat(own_id)
                own = self._call(token, "getChat", {"chat_id": chat.request_chat_id if chat else own_id})
                own_numeric_id = str(own.get("id", "")) if isinstance(own, dict) else ""
                listed[own_id] = _title(own) or own_id
            except TargetsUnavailable as failure:
                problems.append(failure)
        try:
            seen = _chats_of(self._call(token, "getUpdates", {"limit": 100, "timeout": 0}))
            seen.pop(own_numeric_id, None)
            listed |= {chat_id: name for chat_id, name in seen.items() if chat_id not in listed}
        except TargetsUnavailable as failure:
            if not listed:
                raise
            problems.append(failure)
        incomplete = "; ".join([*(problem.detail for problem in problems), _ONLY_RECENT])
        return TargetList(tuple(TargetChannel(chat_id, name) for chat_id, name in listed.items()), incomplete)

    def _call(self, token: str, method: str, fields: Mapping[str, Any]) -> Any:
        """The method's result. Raises TargetsUnavailable."""
        secrets = (token, token.partition(":")[2])
        url = f"{self._api_base}/bot{token}/{method}"
        try:
            response = self._http.request("POST", url, json=dict(fields), max_response_bytes=_MAX_ANSWER_BYTES)
        except (NotSent, NoAnswer) as failure:
            raise not_asked(failure, presentable(failure.detail, secrets)) from None
        answer = read_telegram_answer(response)
        if not answer.ok:
            raise not_listed(telegram_outcome(answer, secrets))
        return answer.result


def _chats_of(updates: Any) -> dict[str, str]:
    """Chat id, or chat/topic id → name, of the chats the bot is still in after these updates."""
    chats: dict[str, str] = {}
    for update in updates if isinstance(updates, list) else ():
        for kind in _OWN_CHAT_UPDATES:
            event = update.get(kind) if isinstance(update, dict) else None
            if isinstance(event, dict):
                _follow(kind, event, chats)
    return chats


def _follow(kind: str, event: Mapping[str, Any], chats: dict[str, str]) -> None:
    message = _dict(event.get("message")) if kind == "callback_query" else event
    chat = _dict(message.get("chat"))
    chat_id = chat.get("id")
    if not isinstance(chat_id, int) or isinstance(chat_id, bool):
        return
    membership = _dict(event.get("new_chat_member")).get("status") if kind == "my_chat_member" else None
    if membership in _GONE or "migrate_to_chat_id" in message:
        for known in [known for known in chats if known.partition("/")[0] == str(chat_id)]:
            del chats[known]
        return
    name = _title(chat) or str(chat_id)
    chats[str(chat_id)] = name
    topic_id, topic_name = message.get("message_thread_id"), _topic_name(message)
    if message.get("is_topic_message") is True and isinstance(topic_id, int) and topic_id > GENERAL_TOPIC_ID:
        address = f"{chat_id}/{topic_id}"
        if topic_name or address not in chats:
            chats[address] = f"{name} / {topic_name or topic_id}"


def _topic_name(message: Mapping[str, Any]) -> str:
    """A topic is named in the message that opened or renamed it; the messages in it reply to the former."""
    for carrier in (message, _dict(message.get("reply_to_message"))):
        for service in ("forum_topic_edited", "forum_topic_created"):
            name = _dict(carrier.get(service)).get("name")
            if isinstance(name, str) and name:
                return _one_line(name)
    return ""


def _title(chat: Any) -> str:
    """A group's title, or a person's name."""
    chat = _dict(chat)
    names = [chat.get("title")] if chat.get("title") else [chat.get("first_name"), chat.get("last_name")]
    shown = " ".join(name for name in names if isinstance(name, str) and name)
    user_name = chat.get("username")
    return _one_line(shown) or (f"@{user_name}" if isinstance(user_name, str) and user_name else "")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_NAME_CHARACTERS]


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
