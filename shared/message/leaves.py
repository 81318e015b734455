"""A document as a row of leaves, and back: the form in which it can be cut anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from shared.message.inlines import emoji_label, inline_plain_text, mention_label
from shared.message.tree import (
    Block,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Document,
    Gap,
    Inline,
    Link,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Text,
)

LinkFits: TypeAlias = Callable[[Document], bool]
# How much of its text a link must be able to carry; below that every piece would be little but the address.
_LINK_SAMPLE_CHARACTERS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One node around a leaf, compared by identity. ``node`` gives its type and data, not its content."""

    node: Any

    def rebuilt(self, content: Sequence[Any]) -> Any:
        match self.node:
            case Link(url=url):
                return Link(url, tuple(content))
            case Color(theme=theme):
                return Color(theme, tuple(content))
            case _:
                return type(self.node)(tuple(content))


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """``text`` is what a reader sees (one stand-in character for a rule or a gap). ``node`` is the whole leaf."""

    node: Any
    text: str
    path: tuple[Branch, ...]
    # The innermost block: two leaves of one block carry the same object.
    block: object

    @property
    def is_whole(self) -> bool:
        """Whether the leaf should not be cut though it can be."""
        return isinstance(self.node, (Mention, CustomEmoji))

    @property
    def is_code_block(self) -> bool:
        return isinstance(self.node, CodeBlock)

    def part(self, start: int, end: int) -> Any:
        if start == 0 and end == len(self.text):
            return self.node
        piece = self.text[start:end]
        match self.node:
            case Code():
                return Code(piece)
            case CodeBlock(language=language):
                return CodeBlock(language, piece.removesuffix("\n"))
            case _:
                return Text(piece)


def document_leaves(document: Document, link_fits: LinkFits) -> list[Leaf]:
    """All leaves in order. A link that ``link_fits`` refuses (its address is too long) becomes text and address."""
    return [leaf for block in document.blocks for leaf in _block_leaves(block, (), link_fits)]


def _block_leaves(block: Block, path: tuple[Branch, ...], link_fits: LinkFits) -> Iterator[Leaf]:
    match block:
        case Quote():
            branch = Branch(block)
            for inner in block.blocks:
                yield from _block_leaves(inner, (*path, branch), link_fits)
        case CodeBlock():
            if block.text:
                yield Leaf(block, block.text, path, block=object())
        case Rule():
            yield Leaf(block, "─", path, block=object())
        case Gap():
            yield Leaf(block, "\n", path, block=object())
        case _:
            branch = Branch(block)
            yield from _inline_leaves(block.children, (*path, branch), branch, link_fits)


def _inline_leaves(
    children: Iterable[Inline], path: tuple[Branch, ...], block: object, link_fits: LinkFits
) -> Iterator[Leaf]:
    for node in children:
        match node:
            case Text() | Code():
                text = node.text
            case Mention():
                text = mention_label(node)
            case CustomEmoji():
                text = emoji_label(node)
            case Link() if not inline_plain_text(node.children):
                yield from _inline_leaves((replace(node, children=(Text(node.url),)),), path, block, link_fits)
                continue
            case Link() if not _is_carried(node, link_fits):
                says_more = inline_plain_text(node.children).strip() != node.url
                shown = (*node.children, Text(f" ({node.url})")) if says_more else (Text(node.url),)
                yield from _inline_leaves(shown, path, block, link_fits)
                continue
            case _:
                yield from _inline_leaves(node.children, (*path, Branch(node)), block, link_fits)
                continue
        if text:
            yield Leaf(node, text, path, block)


def _is_carried(link: Link, link_fits: LinkFits) -> bool:
    sample = "x" * min(len(inline_plain_text(link.children)), _LINK_SAMPLE_CHARACTERS)
    return link_fits(Document((Paragraph((Link(link.url, (Text(sample),)),)),)))


@dataclass(slots=True)
class _Level:
    branch: Branch | None
    content: list[Any] = field(default_factory=list)


def build_document(parts: Iterable[tuple[Leaf, int, int]]) -> Document:
    """The document of these leaves, each from its first to its second offset. Gaps at either end are dropped."""
    levels = [_Level(None)]

    def close_to(depth: int) -> None:
        while len(levels) > depth:
            level = levels.pop()
            assert level.branch is not None
            levels[-1].content.append(level.branch.rebuilt(level.content))

    for leaf, start, end in parts:
        kept = 0
        while kept < min(len(leaf.path), len(levels) - 1) and levels[kept + 1].branch is leaf.path[kept]:
            kept += 1
        close_to(kept + 1)
        levels.extend(_Level(branch) for branch in leaf.path[kept:])
        levels[-1].content.append(leaf.part(start, end))
    close_to(1)
    blocks = levels[0].content
    while blocks and isinstance(blocks[0], Gap):
        del blocks[0]
    while blocks and isinstance(blocks[-1], Gap):
        del blocks[-1]
    return Document(tuple(blocks))
