"""Plain text: the fallback wherever markup cannot be used, and the text of the log."""

from __future__ import annotations

from collections.abc import Sequence

from shared.message.inlines import inline_plain_text
from shared.message.tree import Block, CodeBlock, Document, Gap, Quote, Rule

PLAIN_RULE = "-" * 10


def render_plain(document: Document) -> str:
    """The document as plain text: quotes keep their ``> ``, links show their address, other markup is gone."""
    return _blocks(document.blocks)


def _blocks(blocks: Sequence[Block]) -> str:
    pieces: list[str] = []
    previous: Block | None = None
    for block in blocks:
        if previous is not None:
            pieces.append("\n\n" if isinstance(block, Quote) and isinstance(previous, Quote) else "\n")
        pieces.append(_block(block))
        previous = block
    return "".join(pieces)


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
