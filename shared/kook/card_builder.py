"""Card messages to send (type 10): typed modules and cards, checked against KOOK's limits before anything is sent.

    content = cards_content([Card((Section(KMarkdown("**hi**")), Container((Image(url),))))])

Limits: kaiheila/api-docs, docs/zh-cn/cardmessage.md. cards.py is the reading half.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from shared.kook.card_builder_elements import (
    SIZES,
    THEMES,
    Button,
    Columns,
    Image,
    InvalidCard,
    KMarkdown,
    PlainText,
    Size,
    Theme,
    check_address,
    check_count,
    check_length,
    check_one_of,
)

__all__ = [
    "ActionGroup",
    "Audio",
    "Button",
    "Card",
    "Columns",
    "Container",
    "Context",
    "Countdown",
    "Divider",
    "File",
    "Header",
    "Image",
    "ImageGroup",
    "InvalidCard",
    "Invite",
    "KMarkdown",
    "PlainText",
    "Section",
    "Video",
    "cards_content",
]

MAX_CARDS = 5
MAX_MODULES = 50
MAX_HEADER_CHARACTERS = 100
MAX_IMAGES = 9
MAX_BUTTONS = 4
MAX_CONTEXT_ELEMENTS = 10

_COLOR = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?")
_COUNTDOWN_MODES = frozenset({"day", "hour", "second"})


@dataclass(frozen=True, slots=True)
class Header:
    text: PlainText

    def __post_init__(self) -> None:
        check_length("header.text", self.text.content, MAX_HEADER_CHARACTERS)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "header", "text": self.text.to_dict()}


@dataclass(frozen=True, slots=True)
class Section:
    """``accessory`` stands beside the text; a button only to its right."""

    text: PlainText | KMarkdown | Columns
    accessory: Image | Button | None = None
    mode: Literal["left", "right"] = "right"

    def __post_init__(self) -> None:
        check_one_of("section.mode", self.mode, frozenset({"left", "right"}))
        if self.mode == "left" and isinstance(self.accessory, Button):
            raise InvalidCard("section.mode", "a button cannot be on the left")

    def to_dict(self) -> dict[str, Any]:
        section: dict[str, Any] = {"type": "section", "text": self.text.to_dict()}
        if self.accessory is not None:
            section |= {"mode": self.mode, "accessory": self.accessory.to_dict()}
        return section


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """One to nine pictures as cropped squares."""

    images: tuple[Image, ...]

    def __post_init__(self) -> None:
        check_count("image-group.elements", self.images, 1, MAX_IMAGES)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "image-group", "elements": [image.to_dict() for image in self.images]}


@dataclass(frozen=True, slots=True)
class Container:
    """One to nine pictures, each whole."""

    images: tuple[Image, ...]

    def __post_init__(self) -> None:
        check_count("container.elements", self.images, 1, MAX_IMAGES)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "container", "elements": [image.to_dict() for image in self.images]}


@dataclass(frozen=True, slots=True)
class ActionGroup:
    buttons: tuple[Button, ...]

    def __post_init__(self) -> None:
        check_count("action-group.elements", self.buttons, 1, MAX_BUTTONS)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "action-group", "elements": [button.to_dict() for button in self.buttons]}


@dataclass(frozen=True, slots=True)
class Context:
    elements: tuple[PlainText | KMarkdown | Image, ...]

    def __post_init__(self) -> None:
        check_count("context.elements", self.elements, 1, MAX_CONTEXT_ELEMENTS)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "context", "elements": [element.to_dict() for element in self.elements]}


@dataclass(frozen=True, slots=True)
class Divider:
    def to_dict(self) -> dict[str, Any]:
        return {"type": "divider"}


@dataclass(frozen=True, slots=True)
class File:
    source: str
    title: str
    size_bytes: int | None = None

    def __post_init__(self) -> None:
        check_address("file.src", self.source)

    def to_dict(self) -> dict[str, Any]:
        file: dict[str, Any] = {"type": "file", "src": self.source, "title": self.title}
        if self.size_bytes is not None:
            file["size"] = self.size_bytes
        return file


@dataclass(frozen=True, slots=True)
class Video:
    source: str
    title: str

    def __post_init__(self) -> None:
        check_address("video.src", self.source)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "video", "src": self.source, "title": self.title}


@dataclass(frozen=True, slots=True)
class Audio:
    """``cover`` is the address of a picture."""

    source: str
    title: str
    cover: str = ""

    def __post_init__(self) -> None:
        check_address("audio.src", self.source)
        if self.cover:
            check_address("audio.cover", self.cover)

    def to_dict(self) -> dict[str, Any]:
        audio = {"type": "audio", "src": self.source, "title": self.title}
        return audio | {"cover": self.cover} if self.cover else audio


@dataclass(frozen=True, slots=True)
class Countdown:
    """Times are milliseconds since the epoch; only the mode ``second`` has a start."""

    ends_at_ms: int
    mode: Literal["day", "hour", "second"] = "day"
    starts_at_ms: int | None = None

    def __post_init__(self) -> None:
        check_one_of("countdown.mode", self.mode, _COUNTDOWN_MODES)
        if self.starts_at_ms is not None and self.mode != "second":
            raise InvalidCard("countdown.startTime", "is for the mode second only")
        if self.starts_at_ms is not None and self.starts_at_ms >= self.ends_at_ms:
            raise InvalidCard("countdown.endTime", "must be after startTime")

    def to_dict(self) -> dict[str, Any]:
        countdown: dict[str, Any] = {"type": "countdown", "mode": self.mode, "endTime": self.ends_at_ms}
        if self.starts_at_ms is not None:
            countdown["startTime"] = self.starts_at_ms
        return countdown


@dataclass(frozen=True, slots=True)
class Invite:
    """``code`` is an invitation's code or its link."""

    code: str

    def __post_init__(self) -> None:
        check_length("invite.code", self.code, 200)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "invite", "code": self.code}


Module: TypeAlias = (
    Header
    | Section
    | ImageGroup
    | Container
    | ActionGroup
    | Context
    | Divider
    | File
    | Video
    | Audio
    | Countdown
    | Invite
)

_IN_INVISIBLE = (Header, Section, Container, ActionGroup, Context, Divider, File, Video, Audio)


@dataclass(frozen=True, slots=True)
class Card:
    """``color`` (#rrggbb) takes the place of the theme's; ``size`` sm is for narrow cards."""

    modules: tuple[Module, ...]
    theme: Theme = "secondary"
    size: Size = "lg"
    color: str = ""

    def __post_init__(self) -> None:
        check_count("card.modules", self.modules, 1, MAX_MODULES)
        check_one_of("card.theme", self.theme, THEMES)
        check_one_of("card.size", self.size, SIZES)
        if self.color and not _COLOR.fullmatch(self.color):
            raise InvalidCard("card.color", "must look like #rrggbb")
        if self.theme == "invisible":
            self._check_invisible()

    def _check_invisible(self) -> None:
        for module in self.modules:
            if not isinstance(module, _IN_INVISIBLE):
                raise InvalidCard("card.modules", f"an invisible card cannot hold a {module.to_dict()['type']}")
            if isinstance(module, Section) and module.accessory is not None:
                raise InvalidCard("card.modules", "a section in an invisible card cannot have an accessory")

    def to_dict(self) -> dict[str, Any]:
        card: dict[str, Any] = {
            "type": "card",
            "theme": self.theme,
            "size": self.size,
            "modules": [module.to_dict() for module in self.modules],
        }
        return card | {"color": self.color} if self.color else card


def cards_content(cards: Sequence[Card]) -> str:
    """The ``content`` of a message of type 10. Raises InvalidCard."""
    check_count("cards", cards, 1, MAX_CARDS)
    check_count("cards.modules", [module for card in cards for module in card.modules], 1, MAX_MODULES)
    return json.dumps([card.to_dict() for card in cards], ensure_ascii=False, separators=(",", ":"))
