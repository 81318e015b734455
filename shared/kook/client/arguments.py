"""What a call's arguments may be: checked before anything is sent, with an error that names the argument."""

from __future__ import annotations

from typing import Literal, TypeAlias

from shared.kook.client.errors import InvalidCall

ListFlag: TypeAlias = Literal["before", "around", "after"]
MessageType: TypeAlias = Literal[1, 2, 3, 4, 8, 9, 10]

# 1 text, 2 image, 3 video, 4 file, 8 audio, 9 KMarkdown, 10 card (event-introduction.md).
_MESSAGE_TYPES = frozenset({1, 2, 3, 4, 8, 9, 10})
MAX_PAGE_SIZE = 50
# KOOK asks for at most 8,000 characters and is seen to take 20,000; what is longer cannot be a message.
MAX_CONTENT_CHARACTERS = 20_000
MAX_NONCE_CHARACTERS = 256
_MAX_ID_CHARACTERS = 128


def identity(name: str, value: str) -> str:
    """An id or code KOOK gave out: letters, digits and a few signs, never empty. Raises InvalidCall."""
    if not isinstance(value, str) or not value:
        raise InvalidCall(name, "is missing")
    if len(value) > _MAX_ID_CHARACTERS or not value.isascii() or not value.isprintable() or " " in value:
        raise InvalidCall(name, "is not an id KOOK gives out")
    return value


def optional_identity(name: str, value: str | None) -> str | None:
    return None if value is None else identity(name, value)


def text(name: str, value: str, max_characters: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidCall(name, "is empty")
    if len(value) > max_characters:
        raise InvalidCall(name, f"is longer than {max_characters} characters")
    return value


def content(value: str) -> str:
    return text("content", value, MAX_CONTENT_CHARACTERS)


def nonce(value: str | None) -> str | None:
    return None if value is None else text("nonce", value, MAX_NONCE_CHARACTERS)


def emoji(value: str) -> str:
    return text("emoji", value, _MAX_ID_CHARACTERS)


def quote(value: str | None) -> str | None:
    """A message id; in updates the empty string takes the quote away and None leaves it."""
    return value if value == "" else optional_identity("quote", value)


def message_type(value: int) -> int:
    if isinstance(value, bool) or value not in _MESSAGE_TYPES:
        raise InvalidCall("type", "must be 1, 2, 3, 4, 8, 9 or 10")
    return value


def whole_number(name: str, value: int, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise InvalidCall(name, f"must be a whole number from {lowest} to {highest}")
    return value


def page(value: int) -> int:
    return whole_number("page", value, 1, 1_000_000)


def page_size(value: int) -> int:
    return whole_number("page_size", value, 1, MAX_PAGE_SIZE)


def list_position(msg_id: str | None, flag: ListFlag | None) -> None:
    """``flag`` says where to look from ``msg_id``, so it needs one."""
    if flag is not None and flag not in ("before", "around", "after"):
        raise InvalidCall("flag", "must be before, around or after")
    if flag is not None and msg_id is None:
        raise InvalidCall("flag", "needs msg_id")
