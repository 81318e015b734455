"""Parsing of the Bot API's HTML as strictly as its server does: an unknown or unbalanced tag refuses the message.

The wording of the errors follows the server's; offsets are bytes of the UTF-8 text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_ALIASES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
_TAG = re.compile(r"<(/?)([A-Za-z0-9-]+)((?:\s+[A-Za-z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*/?>")
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
MAX_ENTITIES = 100


class CannotParse(ValueError):
    """The description after "Bad Request: can't parse entities: "."""


@dataclass(frozen=True)
class Entity:
    """``offset`` and ``length`` are UTF-16 units of the parsed text."""

    kind: str
    offset: int
    length: int
    url: str = ""
    language: str = ""


@dataclass(frozen=True)
class Parsed:
    """``complaints`` are what the server takes without an error but does not show as it was written."""

    text: str
    entities: tuple[Entity, ...]
    complaints: tuple[str, ...] = ()


@dataclass
class _Open:
    tag: str
    start: int
    attributes: dict[str, str]


@dataclass
class _Reader:
    source: str
    pieces: list[str] = field(default_factory=list)
    units: int = 0
    stack: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def read(self) -> Parsed:
        position = 0
        while position < len(self.source):
            character = self.source[position]
            if character == "<":
                position = self._tag(position)
            elif character == "&":
                position = self._reference(position)
            else:
                self._add(character)
                position += 1
        if self.stack:
            raise CannotParse(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        if len(self.entities) > MAX_ENTITIES:
            self.complaints.append(f"{len(self.entities)} entities, only {MAX_ENTITIES} take effect")
        ordered = sorted(self.entities, key=lambda entity: (entity.offset, -entity.length))
        return Parsed("".join(self.pieces), tuple(ordered[:MAX_ENTITIES]), tuple(self.complaints))

    def _add(self, text: str) -> None:
        self.pieces.append(text)
        self.units += len(text.encode("utf-16-le", "surrogatepass")) // 2

    def _byte_offset(self, position: int) -> int:
        return len(self.source[:position].encode("utf-8", "surrogatepass"))

    def _reference(self, position: int) -> int:
        match = _REFERENCE.match(self.source, position)
        if match is None:
            self._add("&")
            return position + 1
        decimal, hexadecimal, name = match.groups()
        self._add(_NAMED[name] if name else html.unescape(f"&#{decimal};" if decimal else f"&#x{hexadecimal};"))
        return match.end()

    def _tag(self, position: int) -> int:
        match = _TAG.match(self.source, position)
        if match is None:
            raise CannotParse(f"Unclosed start tag at byte offset {self._byte_offset(position)}")
        closing, tag, attributes = match.group(1), match.group(2).lower(), match.group(3)
        if closing:
            self._close(tag, position)
        else:
            self._open(tag, _attributes(attributes), position)
        return match.end()

    def _open(self, tag: str, attributes: dict[str, str], position: int) -> None:
        if tag not in _ALIASES or (tag == "span" and attributes.get("class") != "tg-spoiler"):
            raise CannotParse(f'Unsupported start tag "{tag}" at byte offset {self._byte_offset(position)}')
        around = [entry.tag for entry in self.stack]
        if "code" in around or ("pre" in around and tag != "code"):
            self.complaints.append(f"<{tag}> inside of code")
        if tag in ("code", "pre") and set(around) - {"blockquote", "pre"}:
            self.complaints.append(f"<{tag}> inside of <{around[-1]}>")
        if tag == "blockquote" and "blockquote" in around:
            self.complaints.append("a blockquote inside of a blockquote")
        self.stack.append(_Open(tag, self.units, attributes))

    def _close(self, tag: str, position: int) -> None:
        offset = self._byte_offset(position)
        if not self.stack:
            raise CannotParse(f"Unexpected end tag at byte offset {offset}")
        opened = self.stack.pop()
        if opened.tag != tag:
            raise CannotParse(
                f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        length = self.units - opened.start
        if length:
            url = opened.attributes.get("href", "")
            language = opened.attributes.get("class", "").removeprefix("language-") if tag == "code" else ""
            self.entities.append(Entity(_ALIASES[tag], opened.start, length, url, language))


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): html.unescape(value[1:-1] if value[:1] in "\"'" and value else value)
        for name, value in _ATTRIBUTE.findall(text)
    }


def parse_telegram_html(source: str) -> Parsed:
    """The text as it is shown and its entities. Raises CannotParse."""
    return _Reader(source).read()
