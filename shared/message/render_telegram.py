"""Telegram's HTML (Bot API, formatting options).

Rules kept here: only ``& < >`` are escaped in text (and ``"`` in attributes); code holds no other entity and is held
by none but a quote; quotes do not nest. Text that Telegram would take for a mention by itself is broken up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.message.inlines import emoji_label, inline_plain_text, mention_label
from shared.message.render_discord import RULE_LINE
from shared.message.text import BARE_URL, ZERO_WIDTH_SPACE
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

# Telegram looks at the text without its marks: an @ at the end of one run may belong to the next one.
_USERNAME_MENTION = re.compile(r"(?<![A-Za-z0-9_/])@(?=[A-Za-z0-9_]|\Z)")
_MARKUP = re.compile("[&<>]")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,32}")


@dataclass(frozen=True, slots=True)
class TelegramText:
    """A document for ``parse_mode`` HTML, with what Telegram counts of it.

    ``length`` is the text's after parsing the HTML, in UTF-16 code units: never less than Telegram's own count.
    ``entities`` is how many entities the HTML makes, bare addresses included (Telegram finds those by itself); more
    than 100 per message have no effect.
    """

    html: str
    length: int
    entities: int


def render_telegram(document: Document) -> TelegramText:
    output = _render(document)
    return TelegramText(output.html, output.length, output.entities)


def render_telegram_html(document: Document) -> str:
    return _render(document).html


def telegram_length(document: Document) -> int:
    return _render(document).length


def telegram_entity_count(document: Document) -> int:
    return _render(document).entities


@dataclass(frozen=True, slots=True)
class _Tag:
    """``url`` is that of a link."""

    name: str
    opening: str
    closing: str
    url: str = ""


def _tag(name: str) -> _Tag:
    return _Tag(name, f"<{name}>", f"</{name}>")


def _link(url: str) -> _Tag:
    return _Tag("a", f'<a href="{_attribute(url)}">', "</a>", url)


_TAGS: dict[type, _Tag] = {
    Strong: _tag("b"),
    Emphasis: _tag("i"),
    Underline: _tag("u"),
    Strike: _tag("s"),
    Spoiler: _tag("tg-spoiler"),
}
_HEADING = (_TAGS[Strong],)
_CODE = (_tag("code"),)


@dataclass(slots=True)
class _Output:
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    entities: int = 0
    open: list[_Tag] = field(default_factory=list)

    @property
    def html(self) -> str:
        return "".join(self.pieces)

    def text(self, text: str, tags: Sequence[_Tag] = ()) -> None:
        """Write ``text`` inside exactly ``tags``, closing and opening as little as that takes."""
        if not text:
            return
        if self.open or tags:
            self._move_into(tags)
        self.pieces.append(_escaped(text))
        self.length += _utf16_length(text)

    def _move_into(self, tags: Sequence[_Tag]) -> None:
        kept = 0
        for opened, wanted in zip(self.open, tags, strict=False):
            if opened is not wanted and opened != wanted:
                break
            kept += 1
        self.close_to(kept)
        for tag in tags[kept:]:
            self.pieces.append(tag.opening)
            self.open.append(tag)
            self.entities += 1

    def close_to(self, depth: int) -> None:
        while len(self.open) > depth:
            self.pieces.append(self.open.pop().closing)


def _render(document: Document) -> _Output:
    output = _Output()
    _blocks(document.blocks, output, in_quote=False)
    return output


def _blocks(blocks: Sequence[Block], output: _Output, *, in_quote: bool) -> None:
    previous: Block | None = None
    for block in blocks:
        # A quote is a block to Telegram: what follows starts on a new line anyway, except another quote.
        needs_newline = in_quote or not isinstance(previous, Quote) or isinstance(block, Quote)
        if previous is not None and needs_newline:
            output.text("\n")
        _block(block, output, in_quote)
        previous = block


def _block(block: Block, output: _Output, in_quote: bool) -> None:
    match block:
        case Quote():
            if in_quote:
                _blocks(block.blocks, output, in_quote=True)
            elif block.blocks:
                output.pieces.append("<blockquote>")
                output.entities += 1
                _blocks(block.blocks, output, in_quote=True)
                output.pieces.append("</blockquote>")
        case CodeBlock():
            _code_block(block, output)
        case Rule():
            output.text(RULE_LINE)
        case Gap():
            pass
        case Heading():
            _inlines(block.children, output, _HEADING)
        case _:
            _inlines(block.children, output, ())


def _code_block(block: CodeBlock, output: _Output) -> None:
    if not block.text.strip():
        output.text(block.text)
        return
    has_language = _LANGUAGE.fullmatch(block.language) is not None
    opening = f'<pre><code class="language-{block.language}">' if has_language else "<pre>"
    output.pieces.append(opening)
    output.pieces.append(_escaped(block.text))
    output.pieces.append("</code></pre>" if has_language else "</pre>")
    output.length += _utf16_length(block.text)
    output.entities += 1


def _inlines(children: Iterable[Inline], output: _Output, tags: tuple[_Tag, ...]) -> None:
    for text, around in _runs(children, tags):
        if around is _CODE:
            if text.strip():
                output.text(text, around)
            else:
                output.text(text)
            continue
        end = 0
        for url in BARE_URL.finditer(text) if "://" in text else ():
            output.text(_without_mentions(text[end : url.start()]), around)
            output.text(url[0], around)
            output.entities += 1
            end = url.end()
        output.text(_without_mentions(text[end:]), around)
    output.close_to(0)


def _runs(children: Iterable[Inline], tags: tuple[_Tag, ...]) -> Iterator[tuple[str, tuple[_Tag, ...]]]:
    """The texts in order, each with the tags around it, outermost first."""
    for node in children:
        match node:
            case Text():
                yield node.text, tags
            case Mention():
                yield mention_label(node), tags
            case CustomEmoji():
                yield emoji_label(node), tags
            case Code():
                # Hidden code stays hidden and linked code stays linked; beside other marks, code wins.
                keeps_tags = bool(tags) and any(tag.url or tag.name == "tg-spoiler" for tag in tags)
                yield node.text, tags if keeps_tags else _CODE
            case Link():
                has_text = bool(inline_plain_text(node.children).strip())
                link_tags = tags if any(tag.url for tag in tags) else (*tags, _link(node.url))
                yield from _runs(node.children if has_text else (Text(node.url),), link_tags)
            case _:
                tag = _TAGS.get(type(node))
                yield from _runs(node.children, tags if tag is None or tag in tags else (*tags, tag))


def _escaped(text: str) -> str:
    if not _MARKUP.search(text):
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(url: str) -> str:
    return _escaped(url).replace('"', "&quot;")


def _without_mentions(text: str) -> str:
    return _USERNAME_MENTION.sub("@" + ZERO_WIDTH_SPACE, text) if "@" in text else text


def _utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
