"""direct-message/* and user-chat/*: private chats (direct-message.md, user-chat.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from shared.kook.client import arguments
from shared.kook.client.errors import InvalidCall
from shared.kook.client.paging import MAX_PAGES, iterate_messages, iterate_pages
from shared.kook.client.results import (
    Message,
    Page,
    SentMessage,
    UserChat,
    read_items,
    read_message,
    read_nothing,
    read_page,
    read_sent_message,
    read_user_chat,
)
from shared.kook.client.transport import KookTransport


class DirectMessageCalls:
    _transport: KookTransport

    def direct_message_create(
        self,
        content: str,
        *,
        target_id: str | None = None,
        chat_code: str | None = None,
        type: arguments.MessageType = 9,
        quote: str | None = None,
        nonce: str | None = None,
        template_id: str | None = None,
    ) -> SentMessage:
        """Send to a user (``target_id``; KOOK opens the chat) or into an open chat (``chat_code``): one of the two.

        KOOK's own default type is 1 here and 9 in channels; this client always says which, and means 9.
        """
        body = {
            **_chat(target_id, chat_code),
            "type": arguments.message_type(type),
            "content": arguments.content(content),
            "quote": arguments.optional_identity("quote", quote),
            "nonce": arguments.nonce(nonce),
            "template_id": arguments.optional_identity("template_id", template_id),
        }
        return self._transport.post("direct-message/create", read_sent_message, body)

    def direct_message_update(
        self, msg_id: str, content: str, *, quote: str | None = None, template_id: str | None = None
    ) -> None:
        """Change one's own KMarkdown or card message. ``quote`` "" takes the quote away, None leaves it."""
        body = {
            "msg_id": arguments.identity("msg_id", msg_id),
            "content": arguments.content(content),
            "quote": arguments.quote(quote),
            "template_id": arguments.optional_identity("template_id", template_id),
        }
        self._transport.post("direct-message/update", read_nothing, body)

    def direct_message_delete(self, msg_id: str) -> None:
        """Remove one's own message."""
        self._transport.post("direct-message/delete", read_nothing, {"msg_id": arguments.identity("msg_id", msg_id)})

    def direct_message_list(
        self,
        *,
        target_id: str | None = None,
        chat_code: str | None = None,
        msg_id: str | None = None,
        flag: arguments.ListFlag | None = None,
        page_size: int = 50,
    ) -> list[Message]:
        """One batch of a chat's messages: the newest, or those before, around or after ``msg_id``."""
        arguments.list_position(msg_id, flag)
        parameters = {
            **_chat(target_id, chat_code),
            "msg_id": arguments.optional_identity("msg_id", msg_id),
            "flag": flag,
            "page_size": arguments.page_size(page_size),
        }
        return self._transport.get("direct-message/list", lambda data: read_items(data, read_message), parameters)

    def direct_messages(
        self,
        *,
        target_id: str | None = None,
        chat_code: str | None = None,
        start: str | None = None,
        direction: Literal["before", "after"] = "before",
        max_messages: int = 1000,
        page_size: int = 50,
    ) -> Iterator[Message]:
        """A chat's messages one by one; see iterate_messages."""
        return iterate_messages(
            lambda msg_id, flag, size: self.direct_message_list(
                target_id=target_id, chat_code=chat_code, msg_id=msg_id, flag=flag, page_size=size
            ),
            start=start,
            direction=direction,
            max_messages=max_messages,
            page_size=page_size,
        )

    def direct_message_view(self, chat_code: str, msg_id: str) -> Message:
        """One message of a chat."""
        parameters = {
            "chat_code": arguments.identity("chat_code", chat_code),
            "msg_id": arguments.identity("msg_id", msg_id),
        }
        return self._transport.get("direct-message/view", read_message, parameters)

    def user_chat_create(self, target_id: str) -> UserChat:
        """Open a chat with a user, or find the open one."""
        body = {"target_id": arguments.identity("target_id", target_id)}
        return self._transport.post("user-chat/create", read_user_chat, body)

    def user_chat_list(self, page: int = 1, page_size: int = 50) -> Page[UserChat]:
        """One page of the open chats."""
        parameters = {"page": arguments.page(page), "page_size": arguments.page_size(page_size)}
        return self._transport.get("user-chat/list", lambda data: read_page(data, read_user_chat), parameters)

    def user_chats(self, *, page_size: int = 50, max_pages: int = MAX_PAGES) -> Iterator[UserChat]:
        """All of them, page by page."""
        return iterate_pages(
            "user-chat/list",
            lambda page, size: self.user_chat_list(page, size),
            lambda chat: chat["code"],
            page_size=page_size,
            max_pages=max_pages,
        )


def _chat(target_id: str | None, chat_code: str | None) -> dict[str, str | None]:
    if (target_id is None) == (chat_code is None):
        raise InvalidCall("chat_code", "give either chat_code or target_id")
    return {
        "target_id": arguments.optional_identity("target_id", target_id),
        "chat_code": arguments.optional_identity("chat_code", chat_code),
    }
