"""What card modules are made of: texts, pictures and buttons, each checked against KOOK's limits when it is made.

Limits: kaiheila/api-docs, docs/zh-cn/cardmessage.md; those of a picture's description and a button's text are those
of Kook.Net.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from shared.message.text import is_web_url

MAX_PLAIN_TEXT_CHARACTERS = 2_000
MAX_KMARKDOWN_CHARACTERS = 5_000
MAX_PARAGRAPH_FIELDS = 50
MAX_IMAGE_ALT_CHARACTERS = 20
MAX_BUTTON_TEXT_CHARACTERS = 40

Theme: TypeAlias = Literal["primary", "success", "danger", "warning", "info", "secondary", "none", "invisible"]
Size: TypeAlias = Literal["sm", "lg"]
ImageSize: TypeAlias = Literal["sm", "lg"]
ButtonTheme: TypeAlias = Literal["primary", "success", "danger", "warning", "info", "secondary", "none"]
Click: TypeAlias = Literal["", "link", "return-val"]

THEMES = frozenset({"primary", "success", "danger", "warning", "info", "secondary", "none", "invisible"})
SIZES = frozenset({"sm", "lg"})


class InvalidCard(ValueError):
    """KOOK would refuse the card. ``field`` names what is wrong, ``detail`` says why, without the content."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


def check_length(field: str, text: str, max_characters: int) -> None:
    """Raises InvalidCard."""
    if not text.strip():
        raise InvalidCard(field, "must not be blank")
    if len(text) > max_characters:
        raise InvalidCard(field, f"must have at most {max_characters} characters")


def check_count(field: str, items: Sequence[Any], lowest: int, highest: int) -> None:
    """Raises InvalidCard."""
    if not lowest <= len(items) <= highest:
        raise InvalidCard(field, f"must have from {lowest} to {highest} entries")


def check_one_of(field: str, value: object, allowed: frozenset[str]) -> None:
    """Raises InvalidCard."""
    if value not in allowed:
        raise InvalidCard(field, f"must be one of {', '.join(sorted(allowed))}")


def check_address(field: str, url: str) -> None:
    """Raises InvalidCard."""
    if not is_web_url(url):
        raise InvalidCard(field, "must be an http(s) address")


@dataclass(frozen=True, slots=True)
class PlainText:
    """``emoji``: whether ``:shortcodes:`` in it become emoji."""

    content: str
    emoji: bool = False

    def __post_init__(self) -> None:
        check_length("plain-text.content", self.content, MAX_PLAIN_TEXT_CHARACTERS)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "plain-text", "content": self.content, "emoji": self.emoji}


@dataclass(frozen=True, slots=True)
class KMarkdown:
    content: str

    def __post_init__(self) -> None:
        check_length("kmarkdown.content", self.content, MAX_KMARKDOWN_CHARACTERS)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "kmarkdown", "content": self.content}


@dataclass(frozen=True, slots=True)
class Columns:
    """KOOK's ``paragraph``: fields in one to three columns."""

    fields: tuple[PlainText | KMarkdown, ...]
    count: int = 1

    def __post_init__(self) -> None:
        check_count("paragraph.fields", self.fields, 1, MAX_PARAGRAPH_FIELDS)
        if self.count not in (1, 2, 3):
            raise InvalidCard("paragraph.cols", "must be 1, 2 or 3")

    def to_dict(self) -> dict[str, Any]:
        return {"type": "paragraph", "cols": self.count, "fields": [field.to_dict() for field in self.fields]}


@dataclass(frozen=True, slots=True)
class Image:
    """A jpeg, gif or png. ``source`` should have been uploaded by asset/create: KOOK fetches others itself and may
    fail."""

    source: str
    alt: str = ""
    size: ImageSize = "lg"
    circle: bool = False

    def __post_init__(self) -> None:
        check_address("image.src", self.source)
        check_one_of("image.size", self.size, SIZES)
        if len(self.alt) > MAX_IMAGE_ALT_CHARACTERS:
            raise InvalidCard("image.alt", f"must have at most {MAX_IMAGE_ALT_CHARACTERS} characters")

    def to_dict(self) -> dict[str, Any]:
        image: dict[str, Any] = {"type": "image", "src": self.source, "size": self.size}
        if self.alt:
            image["alt"] = self.alt
        if self.circle:
            image["circle"] = True
        return image


@dataclass(frozen=True, slots=True)
class Button:
    """``click`` "link" opens the address in ``value``, "return-val" sends ``value`` to the bot as an event."""

    text: PlainText | KMarkdown
    theme: ButtonTheme = "primary"
    click: Click = ""
    value: str = ""

    def __post_init__(self) -> None:
        check_length("button.text", self.text.content, MAX_BUTTON_TEXT_CHARACTERS)
        check_one_of("button.theme", self.theme, THEMES - {"invisible"})
        check_one_of("button.click", self.click, frozenset({"", "link", "return-val"}))
        if self.click == "link":
            check_address("button.value", self.value)

    def to_dict(self) -> dict[str, Any]:
        return {
            "type": "button",
            "theme": self.theme,
            "click": self.click,
            "value": self.value,
            "text": self.text.to_dict(),
        }
