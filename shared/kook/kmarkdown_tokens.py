"""What the KMarkdown scanner hands to the tree builder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shared.message.tree import Block, Inline

SpanKind: TypeAlias = Literal["strong", "emphasis", "underline", "strike", "spoiler", "color", "link"]


@dataclass(frozen=True, slots=True)
class Names:
    """Display names by id, for mentions; an id that is missing is shown itself."""

    users: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """``value`` is the address of a link, the theme of a colour."""

    kind: SpanKind
    value: str = ""


@dataclass(slots=True, eq=False)
class Delimiter:
    """Something that may open a span. ``literal`` is what is left as text, ``spans`` what it opened, outermost first.

    ``family`` says which closing delimiter it waits for; it counts stars by the length of ``literal``.
    """

    family: str
    literal: str
    spans: list[OpenSpan] = field(default_factory=list)


class CloseSpan:
    """Ends the innermost open span."""


CLOSE_SPAN = CloseSpan()
Token: TypeAlias = str | Delimiter | CloseSpan | Inline | Block
