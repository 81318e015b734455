"""Plain text: the fallback wherever markup cannot be used, and the text of the log."""

from __future__ import annotations

from collections.abc import Sequence

from shared.message.blocks import joined_blocks, quotes_apart
from shared.message.inlines import inline_plain_text
from shared.message.tree import Block, CodeBlock, Document, Gap, Quote, Rule

PLAIN_RULE = "-" * 10


def render_plain(document: Document) -> str:
    """The document as plain text: quotes keep their ``> ``, links show their address, other markup is gone."""
    return _blocks(document.blocks)


def _blocks(blocks: Sequence[Block]) -> str:
    return joined_blocks(blocks, _block, quotes_apart)


def _block(block: Block) -> str:
    match block:
        case Quote():
            return quoted_lines(_blocks(block.blocks))
        case CodeBlock():
            return block.text
        case Rule():
            return PLAIN_RULE
        case Gap():
            return ""
        case _:
            return inline_plain_text(block.children)


def quoted_lines(text: str) -> str:
    """``text`` with ``> `` before each line."""
    return "\n".join(f"> {line}" for line in text.split("\n"))
