"""The elements inside card modules: texts, images and buttons, read leniently.

Shapes as documented in kaiheila/api-docs (docs/zh-cn/cardmessage.md). What has an unexpected type counts as absent.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.kook.kmarkdown_text import expand_shortcodes
from shared.message.model import MediaItem, MediaKind
from shared.message.text import clean_text, is_web_url, one_line
from shared.message.tree import Block, Inline, Link, Paragraph, Text

# More than KOOK lets a sender write (a kmarkdown element holds 5,000 characters), so only a forged card is cut.
MAX_ELEMENT_CHARACTERS = 20_000
MAX_PARAGRAPH_FIELDS = 50
_CUT_MARK = "…"


def as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[Any]:
    """A list, or a single object in place of a list of one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) and value else []


def as_text(value: object) -> str:
    """Strings, and numbers where a string belongs."""
    if isinstance(value, str):
        return value if len(value) <= MAX_ELEMENT_CHARACTERS else value[:MAX_ELEMENT_CHARACTERS] + _CUT_MARK
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return ""


def as_number(value: object) -> float | None:
    """A non-negative finite number, also when written as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def web_url(value: object) -> str:
    """``value`` when it is an http(s) address, else empty."""
    url = value.strip() if isinstance(value, str) else ""
    return url if is_web_url(url) else ""


def text_blocks(element: object, names: Names) -> tuple[Block, ...]:
    """The blocks of a plain-text, kmarkdown or paragraph element, or of a bare string."""
    if not isinstance(element, dict):
        return _plain_blocks(as_text(element), with_emoji=True)
    kind = element.get("type")
    if kind == "kmarkdown":
        return parse_kmarkdown(as_text(element.get("content")).strip(), names, in_card=True).blocks
    if kind == "paragraph" or (isinstance(element.get("fields"), list) and "content" not in element):
        return _paragraph_blocks(element, names)
    return _plain_blocks(as_text(element.get("content")), with_emoji=element.get("emoji") is not False)


def _plain_blocks(content: str, *, with_emoji: bool) -> tuple[Block, ...]:
    text = clean_text(content).strip()
    if with_emoji:
        text = expand_shortcodes(text)
    return (Paragraph((Text(text),)),) if text else ()


def _paragraph_blocks(element: Mapping[str, Any], names: Names) -> tuple[Block, ...]:
    """Columns of one line each become rows joined with `` | ``; longer fields go below one another."""
    fields = [text_blocks(field, names) for field in as_list(element.get("fields"))[:MAX_PARAGRAPH_FIELDS]]
    columns = int(min(max(as_number(element.get("cols")) or 1, 1), 3))
    blocks: list[Block] = []
    for start in range(0, len(fields), columns):
        row = [field for field in fields[start : start + columns] if field]
        lines = [_single_line(field) for field in row]
        if len(row) > 1 and all(line is not None for line in lines):
            blocks.append(Paragraph(inlines_joined([line for line in lines if line is not None], " | ")))
        else:
            blocks.extend(block for field in row for block in field)
    return tuple(blocks)


def _single_line(blocks: tuple[Block, ...]) -> tuple[Inline, ...] | None:
    if len(blocks) != 1 or not isinstance(blocks[0], Paragraph):
        return None
    children = blocks[0].children
    return None if any(isinstance(node, Text) and "\n" in node.text for node in children) else children


def inlines_joined(groups: Iterable[Sequence[Inline]], separator: str) -> tuple[Inline, ...]:
    result: list[Inline] = []
    for group in groups:
        if group and result:
            result.append(Text(separator))
        result.extend(group)
    return tuple(result)


def button_inlines(button: Mapping[str, Any], names: Names) -> tuple[Inline, ...]:
    """A link for a button that opens an address, else its text in brackets."""
    label = tuple(
        child
        for block in text_blocks(button.get("text"), names)
        if isinstance(block, Paragraph)
        for child in block.children
    )
    url = web_url(button.get("value")) if button.get("click") == "link" else ""
    if url:
        return (Link(url, label or (Text(url),)),)
    return (Text("["), *label, Text("]")) if label else ()


def image_item(image: Mapping[str, Any]) -> MediaItem | None:
    """The picture of an image element; its fallback address where ``src`` is none."""
    url = web_url(image.get("src")) or web_url(image.get("fallbackUrl"))
    return MediaItem(kind="image", url=url, name=_file_name(url, "image")) if url else None


def file_item(kind: MediaKind, module: Mapping[str, Any]) -> MediaItem | None:
    """The file, sound or video of a module."""
    url = web_url(module.get("src"))
    if not url:
        return None
    size = as_number(module.get("size"))
    return MediaItem(
        kind=kind,
        url=url,
        name=one_line(as_text(module.get("title"))) or _file_name(url, kind),
        size_bytes=None if size is None else int(size),
        duration_seconds=as_number(module.get("duration")),
    )


def _file_name(url: str, fallback: str) -> str:
    return one_line(posixpath.basename(unquote(urlsplit(url).path))) or fallback
