"""Feishu: the Markdown of cards, and the rows of ``post`` messages.

Sources: Feishu's page on the rich text component of cards (JSON 2.0) for marks, colours and the escaping of marks as
HTML entities; the message content page for the tags of ``post``. The only protection against mentions is that no
``<at`` gets through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from shared.message.blocks import joined_blocks
from shared.message.inlines import SPOILER_PREFIX, inline_plain_text
from shared.message.markdown_writer import MarkdownWriter, Surroundings, code_span, fenced, wrapped
from shared.message.render_feishu_post import render_feishu_post
from shared.message.render_plain import quoted_lines
from shared.message.text import BARE_URL, ZERO_WIDTH_SPACE
from shared.message.tree import (
    Block,
    CodeBlock,
    Color,
    Document,
    Emphasis,
    Gap,
    Heading,
    Inline,
    Link,
    Paragraph,
    Quote,
    Rule,
    SmallText,
    Spoiler,
    Strike,
    Strong,
    Underline,
)

__all__ = ["render_feishu_markdown", "render_feishu_post"]

CARD_RULE = " ---"

# KOOK's themes in Feishu's colour names; a theme that is missing (body) is the default colour.
_COLORS: Mapping[str, str] = {
    "danger": "red",
    "info": "wathet",
    "pink": "carmine",
    "primary": "blue",
    "purple": "purple",
    "secondary": "grey",
    "success": "green",
    "tips": "grey",
    "warning": "orange",
}

_ENTITIES = {ord(character): f"&#{ord(character)};" for character in "*~`[]"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
# A backslash only matters before punctuation or the end of a line; "\_" is shown as it is.
_LIVE_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-^`{-~]|\n|\Z)")
# An underscore inside a word marks nothing; one after a backslash belongs to it.
_LIVE_UNDERSCORE = re.compile(r"(?<![^\W_]|\\)_|_(?![^\W_])")
_LINE_START = re.compile(
    r"^(?P<indent>[ \t]{0,3})(?:(?P<bullet>[-+](?=\s|[-+]|\Z))|(?P<number>[0-9]{1,9})(?P<dot>[.)])(?=\s)"
    r"|(?P<underline>=(?=[= \t]*$))|(?P<table>[|:](?=[|:\- \t]*$)))",
    re.MULTILINE,
)
_DEEP_INDENT = re.compile(r"^(?: {0,3}\t| {4})[ \t]*", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]{1,32};)")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,32}")
_UNSAFE_IN_LINK = {ord(character): f"%{ord(character):02X}" for character in '()<>"\\`*| '}
_AT_TAG = re.compile(r"<(?=/?at\b)", re.IGNORECASE)


def render_feishu_markdown(document: Document) -> str:
    """The document in the Markdown of a card's ``markdown`` element."""
    return _blocks(document.blocks)


def _blocks(blocks: Sequence[Block]) -> str:
    return joined_blocks(blocks, _block, _separator)


def _separator(previous: Block, block: Block) -> str:
    """A quote goes on over the next line, and a rule right below a line makes it a heading: both need a blank one."""
    after_quote = isinstance(previous, Quote) and not isinstance(block, Gap)
    before_rule = isinstance(block, Rule) and not isinstance(previous, Gap)
    return "\n\n" if after_quote or before_rule else "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph() | SmallText():
            return _WRITER.inline(block.children, Surroundings())
        case Heading():
            return _WRITER.inline((Strong(block.children),), Surroundings())
        case Quote():
            return quoted_lines(_blocks(block.blocks))
        case CodeBlock():
            language = block.language if _LANGUAGE.fullmatch(block.language) else ""
            return fenced(language, _without_at_tag(block.text))
        case Rule():
            return CARD_RULE
        case Gap():
            return ""


class _FeishuWriter(MarkdownWriter):
    marks: ClassVar[Mapping[type, str]] = {Strong: "**", Emphasis: "*", Strike: "~~"}
    transparent: ClassVar[tuple[type, ...]] = (Underline,)

    def code(self, text: str) -> str:
        return code_span(_without_at_tag(text))

    def escape(self, text: str, around: Surroundings) -> str:
        pieces: list[str] = []
        end = 0
        for url in BARE_URL.finditer(text):
            pieces.append(_escape_words(text, end, url.start(), around))
            pieces.append(_address(url[0], around))
            end = url.end()
        pieces.append(_escape_words(text, end, len(text), around))
        return "".join(pieces)

    def link(self, link: Link, around: Surroundings) -> str:
        if not inline_plain_text(link.children).strip():
            return _address(link.url, around)
        inside = around.inside(Link)
        text = " ".join(self.inline(link.children, inside).split("\n")).strip()
        return f"[{text}]({_address(link.url, around).translate(_UNSAFE_IN_LINK)})"

    def other_span(self, node: Inline, around: Surroundings) -> str:
        match node:
            case Spoiler():
                inside = around.inside(Spoiler)
                return SPOILER_PREFIX + self.inline(node.children, inside)
            case Color():
                color = _COLORS.get(node.theme)
                # Coloured text does not work inside links.
                if color is None or Link in around.spans:
                    return self.inline(node.children, around)
                inside = around.inside(Color)
                return wrapped(f"<font color='{color}'>", self.inline(node.children, inside), "</font>")
        return super().other_span(node, around)


def _escape_words(text: str, start: int, end: int, around: Surroundings) -> str:
    """Escape ``text[start:end]``, which holds no address."""
    words = text[start:end]
    at_line_start = text[start - 1] == "\n" if start else around.at_line_start
    words = _LIVE_BACKSLASH.sub("\0", words)
    words = _LIVE_UNDERSCORE.sub("\1", words)
    escaped = words.translate(_ENTITIES).replace("\0", "&#92;").replace("\1", "&#95;")
    if escaped.endswith("!"):
        escaped = escaped[:-1] + "&#33;"  # before a link it would make a picture of it
    first_line_end = 0 if at_line_start else escaped.find("\n") + 1 or len(escaped)
    lines = _LINE_START.sub(_escape_line_start, escaped[first_line_end:])
    lines = _DEEP_INDENT.sub(lambda indent: "&nbsp;" * len(indent[0].expandtabs(4)), lines)
    return escaped[:first_line_end] + lines


def _escape_line_start(found: re.Match[str]) -> str:
    indent = found["indent"]
    if found["number"]:
        return f"{indent}{found['number']}&#{ord(found['dot'])};"
    mark = found["bullet"] or found["underline"] or found["table"]
    return f"{indent}&#{ord(mark)};"


def _address(url: str, around: Surroundings) -> str:
    """An address, left alone but for what would end a mark around it or be read as an entity."""
    url = url.replace("*", "%2A").replace("|", "%7C").replace("`", "%60")
    url = _ENTITY.sub("&amp;", url)
    return url.replace("~~", "%7E%7E") if Strike in around.spans else url


def _without_at_tag(text: str) -> str:
    return _AT_TAG.sub("<" + ZERO_WIDTH_SPACE, text)


_WRITER = _FeishuWriter()
