"""What the Markdown of Discord and of Feishu have in common: paired marks around inline nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from shared.message.inlines import SPAN_TYPES, joined
from shared.message.text import ZERO_WIDTH_SPACE
from shared.message.tree import Code, Inline, Link, Text

_MARKED = (Code, *SPAN_TYPES)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a node stands: the types of the spans around it, and whether its output begins a line."""

    spans: frozenset[type] = frozenset()
    at_line_start: bool = True

    def moved(self, at_line_start: bool) -> Surroundings:
        return self if at_line_start == self.at_line_start else _surroundings(self.spans, at_line_start)

    def inside(self, span: type) -> Surroundings:
        """Within a span of that type, whose mark has already begun the line."""
        return _surroundings(self.spans | {span}, at_line_start=False)


@cache
def _surroundings(spans: frozenset[type], at_line_start: bool) -> Surroundings:
    """There are few of them, and one is asked for at every node."""
    return Surroundings(spans, at_line_start)


class MarkdownWriter(ABC):
    """Writes inline nodes. ``marks`` are the delimiters by node type; a span without a mark is ``transparent``."""

    marks: ClassVar[Mapping[type, str]]
    transparent: ClassVar[tuple[type, ...]]

    @abstractmethod
    def escape(self, text: str, around: Surroundings) -> str:
        """``text`` so that the target shows it as it is."""

    @abstractmethod
    def code(self, text: str) -> str:
        """Inline code."""

    @abstractmethod
    def link(self, link: Link, around: Surroundings) -> str:
        """A link, or its text and address where the target's links cannot hold them."""

    def other_span(self, node: Inline, around: Surroundings) -> str:
        """A span that is neither marked nor transparent."""
        raise TypeError(f"no way to write {type(node).__name__}")

    def inline(self, children: Sequence[Inline], around: Surroundings) -> str:
        if len(children) == 1 and isinstance(children[0], Text):
            return self.escape(children[0].text, around)
        pieces: list[str] = []
        last = ""
        last_node: Inline | None = None
        # A span inside one of its own kind says nothing new, and its marks would end the outer one.
        for node in joined(children, (*self.transparent, *around.spans)):
            line_start = last.endswith("\n") if last else around.at_line_start
            piece = self._node(node, around.moved(line_start))
            if not piece:
                continue
            if last_node is not None:
                pieces.append(self.separator(last_node, last, node, piece))
            pieces.append(piece)
            last, last_node = piece, node
        return "".join(pieces)

    def separator(self, before: Inline, written: str, node: Inline, piece: str) -> str:
        """What keeps ``piece``, which is ``node``, apart from ``written``, which is the node before it."""
        are_marked = isinstance(before, _MARKED) and isinstance(node, _MARKED)
        # Or the marks of two neighbours would read as one.
        return ZERO_WIDTH_SPACE if are_marked and written[-1] == piece[0] and not piece[0].isspace() else ""

    def _node(self, node: Inline, around: Surroundings) -> str:
        match node:
            case Text():
                return self.escape(node.text, around)
            case Code():
                return self.code(node.text)
            case Link():
                return self.link(node, around)
        assert isinstance(node, SPAN_TYPES)  # mentions and emoji have become text
        mark = self.marks.get(type(node))
        if mark is None:
            return self.other_span(node, around)
        text = self.inline(node.children, around.inside(type(node)))
        return wrapped(mark, text, mark)


def wrapped(before: str, text: str, after: str) -> str:
    """Put marks around ``text`` but inside its outer white space, where marks would not count."""
    core = text.strip()
    if not core:
        return text
    start = text.index(core)
    return f"{text[:start]}{before}{core}{after}{text[start + len(core) :]}"


def fenced(language: str, text: str) -> str:
    """A fenced code block; backticks inside that would end it are parted by a zero-width space."""
    body = text.replace("```", f"``{ZERO_WIDTH_SPACE}`")
    return f"```{language}\n{body}\n```"


def code_span(text: str) -> str:
    """Inline code of one or two backticks; longer runs inside are parted by zero-width spaces."""
    if "`" not in text:
        return f"`{text}`" if text else ""
    while "``" in text:
        text = text.replace("``", f"`{ZERO_WIDTH_SPACE}`")
    return f"`` {text} ``"
