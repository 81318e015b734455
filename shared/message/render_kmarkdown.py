"""KMarkdown, for what is posted to KOOK itself (kaiheila/api-docs, docs/zh-cn/kmarkdown.md and kmarkdown-desc.md).

The result mentions nobody: mentions have become text, and parentheses are escaped everywhere, so that no name can forge
``(met)all(met)``. KOOK says only that a backslash goes "before a special character"; which ones it takes is known
from programs that talk to it. It does not take one before ``_``, which therefore stays as it is: ``_`` marks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from shared.message.blocks import joined_blocks
from shared.message.inlines import inline_plain_text
from shared.message.markdown_writer import MarkdownWriter, Surroundings, fenced
from shared.message.text import BARE_URL, ZERO_WIDTH_SPACE
from shared.message.tree import (
    Block,
    CodeBlock,
    Color,
    Document,
    Emphasis,
    Gap,
    Heading,
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

_RULE = "---"
_MARK = re.compile(r"[\\*~`()\[\]:]|-{2,}")
_QUOTE_MARK = re.compile(r"^([ \t]*)>", re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,32}")
# A quote ends at a blank line, wherever that comes from.
_BLANK_LINES = re.compile(r"^[ \t]*$", re.MULTILINE)
# What ends a sentence rather than the address in it; a closing parenthesis counts when none is opened in the address.
_AFTER_ADDRESS = re.compile(r"[.,;:!?'*~]+\Z")
_SHORTCODE_IN_ADDRESS = re.compile(r":(?=[A-Za-z0-9_+-]{1,64}:)")
_UNSAFE_IN_ADDRESS = {ord(character): f"%{ord(character):02X}" for character in '()[]<>"\\`*|~ '}


def render_kmarkdown(document: Document) -> str:
    """The document as KMarkdown for a message of type 9 or a card's kmarkdown element."""
    return _blocks(list(_quotes_without_code(document.blocks)))


def _quotes_without_code(blocks: Sequence[Block]) -> Iterator[Block]:
    """Code comes between two halves of its quote: a blank line in it would end the quote in the middle of the code."""
    for block in blocks:
        if not isinstance(block, Quote):
            yield block
            continue
        quoted: list[Block] = []
        for inner in _flat(block.blocks):
            if isinstance(inner, CodeBlock):
                if quoted:
                    yield Quote(tuple(quoted))
                yield inner
                quoted = []
            else:
                quoted.append(inner)
        if quoted:
            yield Quote(tuple(quoted))


def _flat(blocks: Sequence[Block]) -> Iterator[Block]:
    """KOOK has no quotes within quotes."""
    for block in blocks:
        if isinstance(block, Quote):
            yield from _flat(block.blocks)
        else:
            yield block


def _blocks(blocks: Sequence[Block]) -> str:
    return joined_blocks(blocks, _block, _separator)


def _separator(previous: Block, block: Block) -> str:
    """KOOK swallows the blank line that ends a quote."""
    return "\n\n" if isinstance(previous, Quote) else "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph() | SmallText():
            return _WRITER.inline(block.children, Surroundings())
        case Heading():
            return _WRITER.inline((Strong(block.children),), Surroundings())
        case Quote():
            return _quote(block)
        case CodeBlock():
            return _code_block(block)
        case Rule():
            return _RULE
        case Gap():
            return ""


def _quote(quote: Quote) -> str:
    """One mark for all lines, and something invisible in each blank one."""
    inner = _blocks(quote.blocks)
    return f"> {_BLANK_LINES.sub(ZERO_WIDTH_SPACE, inner)}" if inner.strip() else ""


def _code_block(block: CodeBlock) -> str:
    if not block.text.strip():
        return block.text
    return fenced(block.language if _LANGUAGE.fullmatch(block.language) else "", block.text)


class _KMarkdownWriter(MarkdownWriter):
    marks: ClassVar[Mapping[type, str]] = {
        Strong: "**",
        Emphasis: "*",
        Underline: "(ins)",
        Strike: "~~",
        Spoiler: "(spl)",
    }
    transparent: ClassVar[tuple[type, ...]] = (Color,)

    def code(self, text: str) -> str:
        """Only what surely stays inside its marks is written as code: longer fences of backticks are documented
        nowhere, nor is code over several lines."""
        if not text.strip():
            return text
        if "`" in text or "\n" in text:
            return self.escape(text, Surroundings(at_line_start=True))
        return f"`{text}`"

    def escape(self, text: str, around: Surroundings) -> str:
        if Link in around.spans:
            return _escape_words(text, 0, len(text), around)
        pieces: list[str] = []
        end = 0
        for start, url in _addresses(text):
            pieces.append(_escape_words(text, end, start, around))
            pieces.append(_address(url))
            end = start + len(url)
        pieces.append(_escape_words(text, end, len(text), around))
        return "".join(pieces)

    def link(self, link: Link, around: Surroundings) -> str:
        label = inline_plain_text(link.children).strip()
        if label in ("", link.url):
            return _address(link.url)
        if BARE_URL.search(label):
            # The reader sees where it really leads, and no link stands within a link.
            return rf"{self.inline(link.children, around)} \({_address(link.url)}\)"
        inside = Surroundings(around.spans | {Link}, at_line_start=False)
        text = " ".join(self.inline(link.children, inside).split("\n")).strip()
        return f"[{text}]({_address(link.url)})"


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    for found in BARE_URL.finditer(text):
        url = found[0]
        while True:
            trimmed = _AFTER_ADDRESS.sub("", url)
            if trimmed.endswith(")") and trimmed.count(")") > trimmed.count("("):
                trimmed = trimmed[:-1]
            if trimmed == url:
                break
            url = trimmed
        yield found.start(), url


def _escape_words(text: str, start: int, end: int, around: Surroundings) -> str:
    """Escape ``text[start:end]``, which holds no address."""
    words = text[start:end]
    at_line_start = text[start - 1] == "\n" if start else around.at_line_start
    escaped = _MARK.sub(lambda mark: "".join("\\" + character for character in mark[0]), words)
    first_line_end = 0 if at_line_start else escaped.find("\n") + 1 or len(escaped)
    return escaped[:first_line_end] + _QUOTE_MARK.sub(r"\1\\>", escaped[first_line_end:])


def _address(url: str) -> str:
    """An address without anything that KOOK would read as markup: it leads to the same place."""
    return _SHORTCODE_IN_ADDRESS.sub("%3A", url.translate(_UNSAFE_IN_ADDRESS))


_WRITER = _KMarkdownWriter()
