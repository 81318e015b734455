"""Card messages (type 10): a JSON string of cards, to one neutral document and the media it shows.

Shapes as documented in kaiheila/api-docs (docs/zh-cn/cardmessage.md), read leniently: a part of an unexpected shape is
read as far as it makes sense, else left out; a note says where more was left out than KOOK lets a sender write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from shared.kook.card_elements import (
    as_list,
    as_mapping,
    as_number,
    as_text,
    button_inlines,
    file_item,
    image_item,
    inlines_joined,
    text_blocks,
    web_url,
)
from shared.kook.kmarkdown import Names
from shared.message.inlines import inline_plain_text
from shared.message.model import MediaItem
from shared.message.render_plain import render_plain
from shared.message.text import one_line
from shared.message.tree import Block, Document, Gap, Heading, Inline, Link, Paragraph, Rule, SmallText, Text

# KOOK takes 5 cards, 50 modules and 9 images per group; the bounds leave room for what it may allow later.
MAX_CONTENT_CHARACTERS = 1_048_576
MAX_CARDS = 20
MAX_MODULES = 200
MAX_ELEMENTS = 50
MAX_MEDIA = 100
MAX_TEXT_CHARACTERS = 100_000
MAX_DEPTH = 4

_OMITTED = "[卡片过长，余下内容已省略]"
_COUNTDOWN_WITHOUT_END = "[倒计时]"
_INVITE_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEDIA_LABELS = {"file": "文件", "audio": "音频", "video": "视频"}


class CardsUnreadable(ValueError):
    """The content is not the JSON of cards, or nothing in it can be shown."""


@dataclass(frozen=True, slots=True)
class CardContent:
    """What the cards say, and their pictures, files, sounds and videos in order.

    ``cuts`` are the places where text goes on below pictures or files that have text above them, each as how many
    blocks and how many media come before it. A picture beside a text (an accessory, one in a small line) makes none,
    nor do buttons and small lines that end the message.
    """

    document: Document
    media: tuple[MediaItem, ...]
    cuts: tuple[tuple[int, int], ...] = ()


def parse_cards(content: str, names: Names) -> CardContent:
    """Parse the ``content`` of a card message: the JSON of a list of cards or of a single card.

    Raises:
        CardsUnreadable: it is no such JSON, or holds nothing to show.
    """
    reader = _CardReader(names)
    cards = _decoded(content)
    for card in cards[:MAX_CARDS]:
        reader.read_card(as_mapping(card))
    if len(cards) > MAX_CARDS:
        reader.omitted = True
    parsed = reader.content()
    if not parsed.document.blocks and not parsed.media:
        raise CardsUnreadable("no card holds anything to show")
    return parsed


def _decoded(content: str) -> list[Any]:
    if not isinstance(content, str) or len(content) > MAX_CONTENT_CHARACTERS:
        raise CardsUnreadable("card content is not a string of an acceptable length")
    try:
        decoded = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CardsUnreadable("card content is not JSON") from error
    if isinstance(decoded, dict):
        return [decoded]
    if not isinstance(decoded, list):
        raise CardsUnreadable("card content is neither a list nor an object")
    return decoded


@dataclass(slots=True)
class _CardReader:
    names: Names
    omitted: bool = False
    _cards: list[list[Block]] = field(default_factory=list)
    _blocks: list[Block] = field(default_factory=list)
    _media: list[MediaItem] = field(default_factory=list)
    _modules: int = 0
    _characters: int = 0
    # Where text follows media: (card, block in the card, media before it). ``_below`` is the first block after media
    # that have text above them, as long as it is not known whether it belongs to further text.
    _cuts: list[tuple[int, int, int]] = field(default_factory=list)
    _below: tuple[int, int, int] | None = None
    _has_text: bool = False
    _has_media_below_text: bool = False

    def content(self) -> CardContent:
        blocks: list[Block] = []
        starts: list[int] = []
        for card in self._cards:
            if blocks:
                blocks.append(Gap())
            starts.append(len(blocks))
            blocks.extend(card)
        if self.omitted:
            blocks.append(Paragraph((Text(_OMITTED),)))
        cuts = tuple((starts[card] + block, media) for card, block, media in self._cuts)
        return CardContent(Document(tuple(blocks)), tuple(self._media), cuts)

    def read_card(self, card: Mapping[str, Any]) -> None:
        self._blocks = []
        for module in as_list(card.get("modules")):
            if self._modules == MAX_MODULES:
                self.omitted = True
                break
            self._modules += 1
            self._read_module(as_mapping(module), depth=0)
        if self._blocks:
            self._cards.append(self._blocks)

    def _read_module(self, module: Mapping[str, Any], depth: int) -> None:
        kind = module.get("type")
        read = self._MODULES.get(kind) if isinstance(kind, str) else None
        if read is None:
            self._unknown(module, depth)
        else:
            read(self, module)

    # Output

    def _add(self, *blocks: Block, is_footer: bool = False) -> None:
        """A footer (buttons, a small line) below a picture stays with the text above it unless more text follows."""
        for block in blocks:
            self._characters += len(render_plain(Document((block,))))
            if self._characters > MAX_TEXT_CHARACTERS:
                self.omitted = True
                return
            if self._has_media_below_text and self._below is None:
                self._below = (len(self._cards), len(self._blocks), len(self._media))
            self._blocks.append(block)
            if not isinstance(block, Rule):
                self._has_text = True
                if not is_footer:
                    self._cut_below_media()

    def _cut_below_media(self) -> None:
        """Text goes on: it and what stands between the media and it begin anew."""
        if self._below is not None:
            self._cuts.append(self._below)
        self._below, self._has_media_below_text = None, False

    def _add_media(self, item: MediaItem | None, *, is_module: bool = True) -> None:
        """``is_module`` is False for a picture beside a text, which leaves the text in one piece."""
        if item is None:
            return
        if len(self._media) == MAX_MEDIA:
            self.omitted = True
            return
        self._media.append(item)
        self._has_media_below_text |= is_module and self._has_text
        if is_module:
            self._below = None

    def _elements(self, module: Mapping[str, Any]) -> list[Any]:
        elements = module.get("elements")
        found = list(elements) if isinstance(elements, list) else list(as_list(elements))
        if len(found) > MAX_ELEMENTS:
            self.omitted = True
        return found[:MAX_ELEMENTS]

    # Modules

    def _header(self, module: Mapping[str, Any]) -> None:
        for block in text_blocks(module.get("text"), self.names):
            self._add(Heading(block.children) if isinstance(block, Paragraph) else block)

    def _section(self, module: Mapping[str, Any]) -> None:
        self._add(*text_blocks(module.get("text"), self.names))
        accessory = as_mapping(module.get("accessory"))
        if accessory.get("type") == "button":
            self._add_line(button_inlines(accessory, self.names))
        elif accessory.get("type") == "image-group":
            for element in self._elements(accessory):
                self._add_media(image_item(as_mapping(element)), is_module=False)
        else:
            self._add_media(image_item(accessory), is_module=False)

    def _images(self, module: Mapping[str, Any]) -> None:
        for element in self._elements(module):
            self._add_media(image_item(as_mapping(element)))

    def _actions(self, module: Mapping[str, Any]) -> None:
        buttons = [button_inlines(as_mapping(element), self.names) for element in self._elements(module)]
        self._add_line(inlines_joined(buttons, " "), is_footer=True)

    def _context(self, module: Mapping[str, Any]) -> None:
        """One small line; what is not a line of text (code, a quote) follows as it is."""
        line: list[tuple[Inline, ...]] = []
        others: list[Block] = []
        for element in self._elements(module):
            if as_mapping(element).get("type") == "image":
                self._add_media(image_item(element), is_module=False)
                continue
            for block in text_blocks(element, self.names):
                if isinstance(block, Paragraph):
                    line.append(block.children)
                else:
                    others.append(block)
        children = inlines_joined(line, " ")
        if inline_plain_text(children).strip():
            self._add(SmallText(children), is_footer=True)
        self._add(*others, is_footer=True)

    def _divider(self, _module: Mapping[str, Any]) -> None:
        self._add(Rule())

    def _file(self, module: Mapping[str, Any]) -> None:
        self._media_module("file", module)

    def _audio(self, module: Mapping[str, Any]) -> None:
        self._media_module("audio", module)

    def _video(self, module: Mapping[str, Any]) -> None:
        self._media_module("video", module)

    def _media_module(self, kind: Any, module: Mapping[str, Any]) -> None:
        item = file_item(kind, module)
        self._add_media(item)
        title = one_line(as_text(module.get("title")))
        if item is None and title:
            self._add_line((Text(f"[{_MEDIA_LABELS[kind]}] {title}"),))

    def _countdown(self, module: Mapping[str, Any]) -> None:
        end_ms = as_number(module.get("endTime"))
        try:
            end = None if end_ms is None else datetime.fromtimestamp(end_ms / 1000, UTC)
        except (ValueError, OverflowError, OSError):  # beyond the calendar
            end = None
        self._add_line(
            (Text(f"⏳ ends at {end:%Y-%m-%d %H:%M:%S} UTC" if end else _COUNTDOWN_WITHOUT_END),), is_footer=True
        )

    def _invite(self, module: Mapping[str, Any]) -> None:
        code = as_text(module.get("code")).strip()
        url = web_url(code) or (f"https://kook.top/{code}" if _INVITE_CODE.fullmatch(code) else "")
        if url:
            self._add_line((Link(url, (Text(url),)),), is_footer=True)

    def _unknown(self, module: Mapping[str, Any], depth: int) -> None:
        """A bare element, or a module KOOK added later: whatever it holds in the usual places."""
        match module.get("type"):
            case "plain-text" | "kmarkdown" | "paragraph":
                self._add(*text_blocks(module, self.names))
            case "button":
                self._add_line(button_inlines(module, self.names))
            case "image":
                self._add_media(image_item(module))
            case _:
                item = file_item("file", module)
                self._add_media(item)
                for key in ("text", "content") if item else ("title", "text", "content"):
                    self._add(*text_blocks(module.get(key), self.names))
                self._inner_elements(module, depth)

    def _inner_elements(self, module: Mapping[str, Any], depth: int) -> None:
        for element in self._elements(module):
            if not isinstance(element, dict):
                self._add(*text_blocks(element, self.names))
            elif depth < MAX_DEPTH:
                self._read_module(element, depth + 1)
            else:
                self.omitted = True

    def _add_line(self, children: tuple[Inline, ...], *, is_footer: bool = False) -> None:
        if children:
            self._add(Paragraph(children), is_footer=is_footer)

    _MODULES: ClassVar[Mapping[str, Callable[[_CardReader, Mapping[str, Any]], None]]] = {
        "header": _header,
        "section": _section,
        "image-group": _images,
        "container": _images,
        "action-group": _actions,
        "context": _context,
        "divider": _divider,
        "file": _file,
        "audio": _audio,
        "video": _video,
        "countdown": _countdown,
        "invite": _invite,
    }
