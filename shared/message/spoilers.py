"""Documents without what their authors have hidden, for places that show a text to those who did not ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.message.inlines import SPAN_TYPES, SPOILER_PREFIX
from shared.message.tree import Block, CodeBlock, Document, Gap, Inline, Quote, Rule, Spoiler, Text

_HIDDEN = Text(SPOILER_PREFIX.strip())


def without_spoilers(document: Document) -> Document:
    """The document with a word in place of each spoiler."""
    return Document(tuple(map(_block, document.blocks)))


def _block(block: Block) -> Block:
    match block:
        case Quote():
            return Quote(tuple(map(_block, block.blocks)))
        case CodeBlock() | Rule() | Gap():
            return block
        case _:
            return replace(block, children=_inlines(block.children))


def _inlines(children: Iterable[Inline]) -> tuple[Inline, ...]:
    result: list[Inline] = []
    for node in children:
        if isinstance(node, Spoiler):
            result.append(_HIDDEN)
        elif isinstance(node, SPAN_TYPES):
            result.append(replace(node, children=_inlines(node.children)))
        else:
            result.append(node)
    return tuple(result)
