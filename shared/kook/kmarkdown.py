"""KMarkdown, KOOK's markup, to the neutral tree.

Syntax as documented in kaiheila/api-docs (docs/zh-cn/kmarkdown.md, kmarkdown-desc.md). What the documentation leaves
open follows Markdown, with one exception: whatever does not pair up is shown as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.kook.kmarkdown_scanner import Scanner
from shared.kook.kmarkdown_tokens import CloseSpan, Delimiter, Names, OpenSpan, Token
from shared.message.text import clean_text
from shared.message.tree import (
    Block,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Document,
    Emphasis,
    Gap,
    Heading,
    Inline,
    Link,
    Mention,
    Paragraph,
    Quote,
    Rule,
    SmallText,
    Spoiler,
    Strike,
    Strong,
    Text,
    Underline,
)

__all__ = ["Names", "parse_kmarkdown"]

_ATOMS = (Code, CustomEmoji, Mention)
_BLOCKS = (CodeBlock, Gap, Heading, Paragraph, Quote, Rule, SmallText)


def parse_kmarkdown(source: str, names: Names, *, in_card: bool = False) -> Document:
    """Parse KMarkdown; never raises, and takes time linear in the length of ``source``.

    ``names`` gives mentions their display names. ``(font)`` colours are honoured with ``in_card`` only; elsewhere the
    tags are dropped and the text stays.
    """
    text = clean_text(source).lstrip("\n").rstrip()

    def parse_quote(inner: str) -> Quote:
        return Quote(_build_blocks(Scanner(inner, names, None).scan(), in_card))

    return Document(_build_blocks(Scanner(text, names, parse_quote).scan(), in_card))


@dataclass(slots=True)
class _Frame:
    """A span being built, or the paragraph itself (``span`` is None)."""

    span: OpenSpan | None
    children: list[Inline] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, node: Inline) -> None:
        if isinstance(node, Text):
            self.texts.append(node.text)
        else:
            self.finish_text()
            self.children.append(node)

    def finish_text(self) -> None:
        if not self.texts:
            return
        text = "".join(self.texts)
        self.texts.clear()
        if text:
            self.children.append(Text(text))


class _TreeBuilder:
    def __init__(self, in_card: bool) -> None:
        self._in_card = in_card
        self._blocks: list[Block] = []
        self._frames = [_Frame(None)]

    def build(self, tokens: Iterable[Token]) -> tuple[Block, ...]:
        for token in tokens:
            if isinstance(token, str):
                self._frames[-1].texts.append(token)
            elif isinstance(token, Delimiter):
                self._frames[-1].texts.append(token.literal)
                self._frames.extend(_Frame(span) for span in token.spans)
            elif isinstance(token, CloseSpan):
                self._close_span()
            elif isinstance(token, _ATOMS):  # before the blocks, of which there are fewer and more kinds
                self._frames[-1].add(token)
            elif isinstance(token, _BLOCKS):
                self._add_block(token)
            else:
                self._frames[-1].add(token)
        self._end_paragraph()
        return tuple(self._blocks)

    def _close_span(self) -> None:
        frame = self._frames.pop()
        frame.finish_text()
        parent = self._frames[-1]
        if frame.span is not None and frame.children:
            for node in _span_nodes(frame.span, tuple(frame.children), self._in_card):
                parent.add(node)

    def _end_paragraph(self) -> None:
        while len(self._frames) > 1:
            self._close_span()
        paragraph = self._frames.pop()
        paragraph.finish_text()
        if paragraph.children:
            self._blocks.append(Paragraph(tuple(paragraph.children)))

    def _add_block(self, block: Block) -> None:
        """A block inside a span parts it: the span ends before the block and starts anew after it."""
        spans = [frame.span for frame in self._frames]
        if isinstance(block, CodeBlock) and any(span and span.kind == "spoiler" for span in spans):
            self._frames[-1].add(Code(block.text))  # as a block of its own it would no longer be hidden
            return
        self._end_paragraph()
        self._blocks.append(block)
        self._frames = [_Frame(span) for span in spans]


def _build_blocks(tokens: Iterable[Token], in_card: bool) -> tuple[Block, ...]:
    return _TreeBuilder(in_card).build(tokens)


def _span_nodes(span: OpenSpan, children: tuple[Inline, ...], in_card: bool) -> tuple[Inline, ...]:
    match span.kind:
        case "strong":
            return (Strong(children),)
        case "emphasis":
            return (Emphasis(children),)
        case "underline":
            return (Underline(children),)
        case "strike":
            return (Strike(children),)
        case "spoiler":
            return (Spoiler(children),)
        case "link":
            return (Link(span.value, children),)
        case "color":
            return (Color(span.value, children),) if in_card else children
