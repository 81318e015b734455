"""Messages as message/list and direct-message/list give them, in the form of the events that would have brought them.

KOOK stores what its events said under other names: the time is ``create_at``, what a message mentions is in
``mention_info`` instead of ``kmarkdown``, and the nonce is not kept. A private chat's messages name their author by id
alone (direct-message.md).
"""

from __future__ import annotations

from typing import Any

from shared.kook.client.results import Message
from shared.kook.events import PRIVATE_CHANNEL_TYPE, EventType

GROUP_CHANNEL_TYPE = "GROUP"
_CHAT_CODE_CHARACTERS = 32


def is_chat_code(channel_id: str) -> bool:
    """Whether a mapping's channel is a private chat: channels have decimal numbers, chats 32 hexadecimal digits."""
    return len(channel_id) == _CHAT_CODE_CHARACTERS or not channel_id.isdecimal()


def event_of_listed(message: Message, channel_id: str, guild_id: str = "") -> dict[str, Any]:
    """The ``d`` of the event that announced a listed message. ``channel_id`` is where it was listed, a chat code for a
    private chat."""
    is_private = is_chat_code(channel_id)
    author = message["author"] or {"id": message["author_id"]}
    extra: dict[str, Any] = {
        "type": message["type"],
        "author": dict(author),
        "mention": message["mention"],
        "mention_all": message["mention_all"],
        "mention_here": message["mention_here"],
        "mention_roles": message["mention_roles"],
        "attachments": message["attachments"],
        "quote": message["quote"],
        "kmarkdown": message["mention_info"],
        **({"code": channel_id} if is_private else {"guild_id": guild_id}),
    }
    return {
        "channel_type": PRIVATE_CHANNEL_TYPE if is_private else GROUP_CHANNEL_TYPE,
        "type": message["type"],
        "target_id": message["author_id"] if is_private else channel_id,
        "author_id": message["author_id"],
        "content": message["content"],
        "msg_id": message["id"],
        "msg_timestamp": message["create_at"],
        "nonce": "",
        "extra": extra,
    }


def is_relayable(message: Message) -> bool:
    """False for what KOOK itself put into the channel."""
    return message["type"] != EventType.SYSTEM
