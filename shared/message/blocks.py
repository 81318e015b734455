"""The blocks of a document one after another, for the renderers that make one text of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.message.tree import Block, Quote


def joined_blocks(
    blocks: Sequence[Block], render: Callable[[Block], str], separator: Callable[[Block, Block], str]
) -> str:
    """``separator`` is given a block and the one after it."""
    pieces: list[str] = []
    previous: Block | None = None
    for block in blocks:
        if previous is not None:
            pieces.append(separator(previous, block))
        pieces.append(render(block))
        previous = block
    return "".join(pieces)


def quotes_apart(previous: Block, block: Block) -> str:
    """A blank line between two quotes, which would else be one."""
    return "\n\n" if isinstance(block, Quote) and isinstance(previous, Quote) else "\n"
