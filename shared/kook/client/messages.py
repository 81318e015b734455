"""message/*: messages in a guild's channels (message.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from shared.kook.client import arguments
from shared.kook.client.errors import InvalidCall
from shared.kook.client.paging import iterate_messages
from shared.kook.client.results import (
    Message,
    SentMessage,
    read_items,
    read_message,
    read_nothing,
    read_sent_message,
)
from shared.kook.client.transport import KookTransport


class MessageCalls:
    _transport: KookTransport

    def message_create(
        self,
        target_id: str,
        content: str,
        *,
        type: arguments.MessageType = 9,
        quote: str | None = None,
        nonce: str | None = None,
        temp_target_id: str | None = None,
        template_id: str | None = None,
        reply_msg_id: str | None = None,
    ) -> SentMessage:
        """Send to a channel: KMarkdown (9), a card's JSON (10), or the address of a file uploaded by the same bot.

        ``nonce`` comes back in the event, which makes it a loop marker; KOOK does not drop repeats by it.
        ``temp_target_id`` shows the message to one user without storing it. ``reply_msg_id`` is undocumented and
        seen in KOOK's own plugins: an answer within five minutes costs less of the daily quota.
        """
        body = {
            "target_id": arguments.identity("target_id", target_id),
            "type": arguments.message_type(type),
            "content": arguments.content(content),
            "quote": arguments.optional_identity("quote", quote),
            "nonce": arguments.nonce(nonce),
            "temp_target_id": arguments.optional_identity("temp_target_id", temp_target_id),
            "template_id": arguments.optional_identity("template_id", template_id),
            "reply_msg_id": arguments.optional_identity("reply_msg_id", reply_msg_id),
        }
        return self._transport.post("message/create", read_sent_message, body)

    def message_update(
        self,
        msg_id: str,
        content: str,
        *,
        quote: str | None = None,
        temp_target_id: str | None = None,
        template_id: str | None = None,
    ) -> None:
        """Change a KMarkdown or card message. ``quote`` "" takes the quote away, None leaves it."""
        body = {
            "msg_id": arguments.identity("msg_id", msg_id),
            "content": arguments.content(content),
            "quote": arguments.quote(quote),
            "temp_target_id": arguments.optional_identity("temp_target_id", temp_target_id),
            "template_id": arguments.optional_identity("template_id", template_id),
        }
        self._transport.post("message/update", read_nothing, body)

    def message_delete(self, msg_id: str) -> None:
        """Remove a message: one's own, or anybody's with the permission to manage messages."""
        self._transport.post("message/delete", read_nothing, {"msg_id": arguments.identity("msg_id", msg_id)})

    def message_add_reaction(self, msg_id: str, emoji: str) -> None:
        """React as the bot; ``emoji`` is a character, or the id of a guild's own emoji."""
        body = {"msg_id": arguments.identity("msg_id", msg_id), "emoji": arguments.emoji(emoji)}
        self._transport.post("message/add-reaction", read_nothing, body)

    def message_delete_reaction(self, msg_id: str, emoji: str) -> None:
        """Take the bot's own reaction back."""
        body = {"msg_id": arguments.identity("msg_id", msg_id), "emoji": arguments.emoji(emoji)}
        self._transport.post("message/delete-reaction", read_nothing, body)

    def message_pin(self, msg_id: str, target_id: str) -> None:
        """Pin a message in its channel, with the permission to manage messages."""
        self._transport.post("message/pin", read_nothing, _pinned(msg_id, target_id))

    def message_unpin(self, msg_id: str, target_id: str) -> None:
        self._transport.post("message/unpin", read_nothing, _pinned(msg_id, target_id))

    def message_list(
        self,
        target_id: str,
        *,
        msg_id: str | None = None,
        flag: arguments.ListFlag | None = None,
        pin: Literal[0, 1] | None = None,
        page_size: int = 50,
    ) -> list[Message]:
        """One batch of a channel's messages: the newest, or those before, around or after ``msg_id``.

        ``pin`` 1 gives the pinned ones, and only the newest of them.
        """
        arguments.list_position(msg_id, flag)
        if pin not in (None, 0, 1):
            raise InvalidCall("pin", "must be 0 or 1")
        parameters = {
            "target_id": arguments.identity("target_id", target_id),
            "msg_id": arguments.optional_identity("msg_id", msg_id),
            "flag": flag,
            "pin": pin,
            "page_size": arguments.page_size(page_size),
        }
        return self._transport.get("message/list", lambda data: read_items(data, read_message), parameters)

    def messages(
        self,
        target_id: str,
        *,
        start: str | None = None,
        direction: Literal["before", "after"] = "before",
        max_messages: int = 1000,
        page_size: int = 50,
    ) -> Iterator[Message]:
        """A channel's messages one by one; see iterate_messages."""
        return iterate_messages(
            lambda msg_id, flag, size: self.message_list(target_id, msg_id=msg_id, flag=flag, page_size=size),
            start=start,
            direction=direction,
            max_messages=max_messages,
            page_size=page_size,
        )

    def message_view(self, msg_id: str) -> Message:
        """One message, with its ``channel_id``."""
        return self._transport.get("message/view", read_message, {"msg_id": arguments.identity("msg_id", msg_id)})


def _pinned(msg_id: str, target_id: str) -> dict[str, str]:
    return {
        "msg_id": arguments.identity("msg_id", msg_id),
        "target_id": arguments.identity("target_id", target_id),
    }
