"""The markup tree between KOOK and the platforms.

KMarkdown and cards are parsed into this tree once; every destination renders it in its own markup. The tree is
immutable and carries no source syntax: text is already un-escaped, links are already checked to be http(s).

Shape: a ``Document`` is a sequence of blocks; blocks hold inline nodes (``Quote`` holds blocks). A newline inside
``Text`` is a hard line break. Renderers decide what separates two blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

MentionKind: TypeAlias = Literal["user", "role", "channel", "everyone", "online"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, un-escaped; may contain newlines."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Emphasis:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Underline:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strike:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Spoiler:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Color:
    """Coloured text. ``theme`` is a KOOK theme name (primary, success, danger, …); honoured inside cards only."""

    theme: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose ``url`` is http or https."""

    url: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Inline code: nothing inside is markup."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention that must stay inert on the target. ``name`` is the display name, or the id when none is known.

    ``everyone`` is (met)all(met), ``online`` is (met)here(met); their name is empty.
    """

    kind: MentionKind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomEmoji:
    """A guild emoji; shown as ``:name:`` everywhere."""

    name: str
    id: str


Inline: TypeAlias = (
    Text | Strong | Emphasis | Underline | Strike | Spoiler | Color | Link | Code | Mention | CustomEmoji
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of inline nodes. Two neighbouring paragraphs are separated by one newline in every target."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A card header: rendered as one bold line."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class SmallText:
    """A card's context line: rendered small where the target can, else as it is."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Fenced code. ``language`` is empty when the author gave none; ``text`` has no trailing newline."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One empty line, for instance between two cards."""


Block: TypeAlias = Paragraph | Heading | SmallText | Quote | CodeBlock | Rule | Gap


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...] = ()


def plain_document(text: str) -> Document:
    """A document of one paragraph of plain text (empty text: no block)."""
    return Document((Paragraph((Text(text),)),)) if text else Document()
