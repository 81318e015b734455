"""Discord's Markdown, for the ``content`` of a message (Discord's help on message formatting; discord.py's set of
characters to escape). Nothing in the result pings, whatever ``allowed_mentions`` says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from shared.message.blocks import joined_blocks, quotes_apart
from shared.message.inlines import inline_plain_text
from shared.message.markdown_writer import MarkdownWriter, Surroundings, code_span, fenced
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

RULE_LINE = "─" * 10

_LINE_START = re.compile(r"^([ \t]*)(#{1,3}(?=\s)|-(?=[\s#])|>(?=\s)|>>>(?=\s))", re.MULTILINE)
_NUMBERED_LINE = re.compile(r"^([ \t]*[0-9]{1,10})\.(?=\s)", re.MULTILINE)
# Text without any of these is what Discord shows, whatever stands around it.
_PERHAPS_MARKUP = re.compile(r"[\\_*~|`<@\[\]#>:.\-]")
_MARK = re.compile(r"[\\_*~|`]")
_LIVE_ANGLE = re.compile(r"<(?=[@#:/]|a:|t:|id:|sound:)", re.IGNORECASE)
_MASS_MENTION = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(r"https?://|\bwww\.|^\s*(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#]\S*)?\s*$", re.IGNORECASE)
# What Discord does not take for a part of an address that stands before it.
_ENDS_ADDRESS = re.compile(r"[.,:;\"'\])]*(?:[\s<]|\Z)")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,32}")
_UNSAFE_IN_LINK = {ord(character): f"%{ord(character):02X}" for character in '()<>"\\`*| '}


def render_discord(document: Document) -> str:
    """The document as Discord Markdown. Its length is to be counted in code points."""
    return _blocks(document.blocks)


def _blocks(blocks: Sequence[Block]) -> str:
    return joined_blocks(blocks, _block, quotes_apart)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _WRITER.inline(block.children, Surroundings())
        case Heading():
            return _WRITER.inline((Strong(block.children),), Surroundings())
        case SmallText():
            text = _WRITER.inline(block.children, Surroundings(at_line_start=False))
            return "\n".join(f"-# {line}" if line.strip() else line for line in text.split("\n"))
        case Quote():
            return quoted_lines(_blocks(block.blocks))
        case CodeBlock():
            return fenced(block.language if _LANGUAGE.fullmatch(block.language) else "", block.text)
        case Rule():
            return RULE_LINE
        case Gap():
            return ""


class _DiscordWriter(MarkdownWriter):
    marks: ClassVar[Mapping[type, str]] = {
        Strong: "**",
        Emphasis: "*",
        Underline: "__",
        Strike: "~~",
        Spoiler: "||",
    }
    transparent: ClassVar[tuple[type, ...]] = (Color,)

    def code(self, text: str) -> str:
        return code_span(text)

    def escape(self, text: str, around: Surroundings) -> str:
        if not _PERHAPS_MARKUP.search(text):
            return text
        pieces: list[str] = []
        end = 0
        for url in BARE_URL.finditer(text):
            pieces.append(_escape_words(text, end, url.start(), around))
            pieces.append(_address(url[0], around))
            end = url.end()
        pieces.append(_escape_words(text, end, len(text), around))
        return "".join(pieces)

    def link(self, link: Link, around: Surroundings) -> str:
        if _says_nothing_else(link):
            return _address(link.url, around)
        if not _may_be_masked(link):
            return f"{self.inline(link.children, around)} ({_address(link.url, around)})"
        inside = around.inside(Link)
        text = " ".join(self.inline(link.children, inside).split("\n")).strip()
        return f"[{text}]({_address(link.url, around).translate(_UNSAFE_IN_LINK)})"

    def separator(self, before: Inline, written: str, node: Inline, piece: str) -> str:
        """Discord takes whatever is not white space for a part of an address, Chinese too."""
        is_address = isinstance(before, Link) and (_says_nothing_else(before) or not _may_be_masked(before))
        if is_address and not _ENDS_ADDRESS.match(piece):
            return " "
        return super().separator(before, written, node, piece)


def _says_nothing_else(link: Link) -> bool:
    return inline_plain_text(link.children).strip() in ("", link.url)


def _may_be_masked(link: Link) -> bool:
    """Discord shows no masked link whose text is an address; the reader sees where it really leads."""
    return not _LOOKS_LIKE_ADDRESS.search(inline_plain_text(link.children).strip())


def _escape_words(text: str, start: int, end: int, around: Surroundings) -> str:
    """Escape ``text[start:end]``, which holds no address."""
    words = text[start:end]
    at_line_start = text[start - 1] == "\n" if start else around.at_line_start
    escaped = _MARK.sub(r"\\\g<0>", words)
    escaped = _escape_brackets(escaped, Link in around.spans)
    escaped = _LIVE_ANGLE.sub("<" + ZERO_WIDTH_SPACE, escaped)
    escaped = _MASS_MENTION.sub("@" + ZERO_WIDTH_SPACE, escaped)
    first_line_end = 0 if at_line_start else escaped.find("\n") + 1 or len(escaped)
    head, lines = escaped[:first_line_end], escaped[first_line_end:]
    lines = _LINE_START.sub(r"\1\\\2", lines)
    return head + _NUMBERED_LINE.sub(r"\1\\.", lines)


def _escape_brackets(escaped: str, in_link: bool) -> str:
    if in_link:
        return escaped.replace("[", r"\[").replace("]", r"\]")
    # Brackets are text unless a target in parentheses follows.
    last_link = escaped.rfind("](")
    if last_link < 0:
        return escaped
    return escaped[:last_link].replace("[", r"\[").replace("](", r"\](") + "\\" + escaped[last_link:]


def _address(url: str, around: Surroundings) -> str:
    """An address, left alone but for what would end a mark around it or ping everyone."""
    url = url.replace("*", "%2A").replace("|", "%7C").replace("`", "%60")
    url = _MASS_MENTION.sub("%40", url)
    if Underline in around.spans:
        url = url.replace("__", "%5F%5F")
    if Strike in around.spans:
        url = url.replace("~~", "%7E%7E")
    return url


_WRITER = _DiscordWriter()
