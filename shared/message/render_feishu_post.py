"""Feishu's ``post`` messages: rows of tagged elements. Nothing in a ``text`` element is markup, so nothing is escaped
but ``<at``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from shared.message.inlines import SPOILER_PREFIX, emoji_label, inline_plain_text, mention_label
from shared.message.text import ZERO_WIDTH_SPACE
from shared.message.tree import (
    Block,
    Code,
    CodeBlock,
    CustomEmoji,
    Document,
    Emphasis,
    Gap,
    Heading,
    Inline,
    Link,
    Mention,
    Quote,
    Rule,
    Spoiler,
    Strike,
    Strong,
    Text,
    Underline,
)

Element: TypeAlias = dict[str, Any]
Row: TypeAlias = list[Element]

# In the order in which Feishu lists them.
_STYLES: tuple[tuple[type, str], ...] = (
    (Strong, "bold"),
    (Emphasis, "italic"),
    (Underline, "underline"),
    (Strike, "lineThrough"),
)
_STYLED = frozenset(span for span, _ in _STYLES)
# Feishu's names of languages (case does not matter) for what people write after a fence; others go without.
_LANGUAGES = {
    **{name: name.upper() for name in ("bash", "c", "cpp", "css", "dart", "diff", "go", "graphql", "html", "http")},
    **{name: name.upper() for name in ("java", "javascript", "json", "julia", "kotlin", "latex", "lua", "makefile")},
    **{name: name.upper() for name in ("markdown", "matlab", "nginx", "perl", "php", "powershell", "python", "r")},
    **{name: name.upper() for name in ("ruby", "rust", "scala", "shell", "sql", "swift", "toml", "typescript")},
    **{name: name.upper() for name in ("xml", "yaml")},
    "c#": "C_SHARP",
    "c++": "CPP",
    "cs": "C_SHARP",
    "js": "JAVASCRIPT",
    "kt": "KOTLIN",
    "md": "MARKDOWN",
    "py": "PYTHON",
    "rb": "RUBY",
    "rs": "RUST",
    "sh": "SHELL",
    "ts": "TYPESCRIPT",
    "yml": "YAML",
}
_AT_TAG = re.compile(r"<(?=/?at\b)", re.IGNORECASE)


def render_feishu_post(document: Document) -> list[list[dict[str, Any]]]:
    """The ``content`` of one language of a post: a row per line, each a list of elements."""
    rows: list[Row] = []
    for block in document.blocks:
        rows.extend(_block(block))
    return rows


def _block(block: Block) -> list[Row]:
    match block:
        case Quote():
            return _quote(block)
        case CodeBlock():
            element: Element = {"tag": "code_block", "text": _inert(block.text)}
            if language := _LANGUAGES.get(block.language.lower()):
                element["language"] = language
            return [[element]]
        case Rule():
            return [[{"tag": "hr"}]]
        case Gap():
            return [[_text(" ", frozenset())]]
        case Heading():
            return _rows(block.children, frozenset({Strong}))
        case _:
            return _rows(block.children, frozenset())


def _quote(quote: Quote) -> list[Row]:
    """Posts have no quotes: each line is prefixed. Code becomes lines too, since its element stands alone in a row."""
    rows: list[Row] = []
    for block in quote.blocks:
        inner = _rows((Text(block.text),), frozenset()) if isinstance(block, CodeBlock) else _block(block)
        for row in inner:
            is_rule = row[0]["tag"] == "hr"
            rows.append(row if is_rule else [_text("> ", frozenset()), *row])
    return rows


def _rows(children: Iterable[Inline], spans: frozenset[type]) -> list[Row]:
    """A row per line; what differs neither in style nor in address is one element."""
    row = _RowBuilder()
    rows: list[Row] = []
    for text, around, url in _runs(children, spans, ""):
        first, *more = text.split("\n")
        row.add(first, around, url)
        for line in more:
            rows.append(row.finish())
            row.add(line, around, url)
    rows.append(row.finish())
    return rows


class _RowBuilder:
    def __init__(self) -> None:
        self._row: Row = []
        self._texts: list[str] = []
        self._kind: tuple[frozenset[type], str] = (frozenset(), "")

    def add(self, text: str, spans: frozenset[type], url: str) -> None:
        kind = (spans & _STYLED, url)
        if kind != self._kind:
            self._end_element()
            self._kind = kind
        self._texts.append(text)

    def _end_element(self) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if text:
            spans, url = self._kind
            element = _text(text, spans)
            self._row.append({**element, "tag": "a", "href": url} if url else element)

    def finish(self) -> Row:
        """The row so far, which starts a new one. Feishu is given a space where a line is empty."""
        self._end_element()
        row, self._row = self._row, []
        return row or [_text(" ", frozenset())]


def _text(text: str, spans: frozenset[type]) -> Element:
    element: Element = {"tag": "text", "text": _inert(text)}
    if style := [name for span, name in _STYLES if span in spans]:
        element["style"] = style
    return element


def _runs(children: Iterable[Inline], spans: frozenset[type], url: str) -> Iterable[tuple[str, frozenset[type], str]]:
    """The texts in order, each with the spans around it and the address it leads to."""
    for node in children:
        match node:
            case Text():
                yield node.text, spans, url
            case Code():
                yield f"`{node.text}`", spans, url
            case Mention():
                yield mention_label(node), spans, url
            case CustomEmoji():
                yield emoji_label(node), spans, url
            case Link():
                yield from _link_runs(node, spans)
            case Spoiler():
                if Spoiler not in spans:
                    yield SPOILER_PREFIX, spans, url
                yield from _runs(node.children, spans | {Spoiler}, url)
            case _:
                yield from _runs(node.children, spans | {type(node)}, url)


def _link_runs(link: Link, spans: frozenset[type]) -> Sequence[tuple[str, frozenset[type], str]]:
    if not inline_plain_text(link.children).strip():
        return [(link.url, spans, link.url)]
    return list(_runs(link.children, spans, link.url))


def _inert(text: str) -> str:
    return _AT_TAG.sub("<" + ZERO_WIDTH_SPACE, text)
