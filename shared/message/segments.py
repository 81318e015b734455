"""A message of text, pictures, more text and more pictures, as several of text with its pictures below."""

from __future__ import annotations

from dataclasses import replace

from shared.message.model import RelayMessage
from shared.message.tree import Block, Document, Gap

# Each segment may cost a request, and groups take some twenty a minute: what is left over stays in the last one.
MAX_SEGMENTS = 10


def message_segments(message: RelayMessage, at_most: int = MAX_SEGMENTS) -> list[RelayMessage]:
    """The message in order as at least one message, of which each shows its media below its text. Only the first
    carries the quote; ``plain_text`` stays that of the whole message."""
    block_count, media_count = len(message.body.blocks), len(message.media)
    # Cuts that lie elsewhere belong to a body or to media that were replaced.
    cuts = [cut for cut in message.cuts if 0 < cut[0] < block_count and 0 < cut[1] <= media_count]
    starts = [(0, 0), *cuts[: at_most - 1]]
    ends = [*starts[1:], (block_count, media_count)]
    return [
        replace(
            message,
            body=_without_outer_gaps(message.body.blocks[first_block:block_end]),
            media=message.media[first_item:item_end],
            cuts=(),
            quote=None if first_block else message.quote,
        )
        for (first_block, first_item), (block_end, item_end) in zip(starts, ends, strict=True)
    ]


def _without_outer_gaps(blocks: tuple[Block, ...]) -> Document:
    first, end = 0, len(blocks)
    while first < end and isinstance(blocks[first], Gap):
        first += 1
    while end > first and isinstance(blocks[end - 1], Gap):
        end -= 1
    return Document(blocks[first:end])
