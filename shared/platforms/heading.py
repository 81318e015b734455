"""The first lines of a relayed message on platforms that have no author name of their own."""

from __future__ import annotations

from shared.message.model import RelayMessage
from shared.message.render_plain import render_plain
from shared.message.tree import Block, Document, Paragraph, Quote, Strong, Text, plain_document
from shared.platforms.unicode_text import one_line

MAX_AUTHOR_CHARACTERS = 100


def document_with_heading(message: RelayMessage, author_label: str) -> Document:
    """The author in bold, the message replied to as a quote, then the message.

    Never blank: a message with neither text nor media is shown by its plain text, else by its kind.
    """
    blocks: list[Block] = []
    author = one_line(author_label, MAX_AUTHOR_CHARACTERS)
    if author:
        blocks.append(Paragraph((Strong((Text(author),)),)))
    if message.quote is not None:
        quoted_author = one_line(message.quote.author_name, MAX_AUTHOR_CHARACTERS)
        label = (Strong((Text(quoted_author),)), Text(": ")) if quoted_author else ()
        excerpt = Text(one_line(message.quote.excerpt, MAX_AUTHOR_CHARACTERS))
        blocks.append(Quote((Paragraph((Text("↩ "), *label, excerpt)),)))
    return Document((*blocks, *_body(message).blocks))


def _body(message: RelayMessage) -> Document:
    if message.media or render_plain(message.body).strip():
        return message.body
    return plain_document(message.plain_text.strip() or f"[{message.kind}]")
