"""Checks of ``content``: what Feishu takes for each ``msg_type`` (open.feishu.cn, send message content)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_STYLES = {"bold", "italic", "underline", "lineThrough"}
# tag → (required fields, optional fields), all of them strings but style and un_escape
_TAGS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "text": (frozenset({"text"}), frozenset({"style", "un_escape"})),
    "a": (frozenset({"text", "href"}), frozenset({"style"})),
    "at": (frozenset({"user_id"}), frozenset({"style", "user_name"})),
    "img": (frozenset({"image_key"}), frozenset()),
    "media": (frozenset({"file_key"}), frozenset({"image_key"})),
    "emotion": (frozenset({"emoji_type"}), frozenset()),
    "md": (frozenset({"text"}), frozenset()),
    "code_block": (frozenset({"text"}), frozenset({"language"})),
    "hr": (frozenset(), frozenset()),
}
_ALONE_IN_ROW = frozenset({"img", "media", "md", "code_block", "hr"})
_LIVE_MENTION = re.compile(r"<\s*at\b", re.IGNORECASE)
_LOCALES = frozenset({"zh_cn", "en_us", "ja_jp", "zh_hk", "zh_tw"})
FILE_MESSAGE_TYPES = ("file", "audio", "media")


class BadContent(ValueError):
    """The content is refused with 230001."""


@dataclass(frozen=True)
class Shown:
    """What a reader sees: the text with a line per row, and the keys of pictures and files in it.

    ``mentions`` are the places where somebody would be pinged.
    """

    text: str
    image_keys: tuple[str, ...] = ()
    file_keys: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


def read_content(msg_type: str, content: Any) -> Shown:
    """Check an app's content after its JSON was read, or a custom bot's. Raises BadContent."""
    if not isinstance(content, dict):
        raise BadContent("content is not an object")
    if msg_type == "text":
        return _text(content)
    if msg_type == "post":
        return _post(content)
    if msg_type == "image":
        return Shown("", image_keys=(_only_string(content, "image_key"),))
    if msg_type in FILE_MESSAGE_TYPES:
        allowed = {"file_key", "image_key"} if msg_type == "media" else {"file_key"}
        if not set(content) <= allowed or not isinstance(content.get("file_key"), str):
            raise BadContent(f"{msg_type} content is not {{file_key}}")
        return Shown("", file_keys=(content["file_key"],))
    raise BadContent(f"unsupported msg_type {msg_type}")


def _only_string(content: Mapping[str, Any], name: str) -> str:
    if set(content) != {name} or not isinstance(content[name], str) or not content[name]:
        raise BadContent(f"content is not {{{name}: text}}")
    text: str = content[name]
    return text


def _text(content: Mapping[str, Any]) -> Shown:
    text = _only_string(content, "text")
    return Shown(text, mentions=tuple(_LIVE_MENTION.findall(text)))


def _post(content: Mapping[str, Any]) -> Shown:
    if not content or not set(content) <= _LOCALES:
        raise BadContent("a post is keyed by locale")
    locale = next(iter(content.values()))
    if not isinstance(locale, dict) or not set(locale) <= {"title", "content"}:
        raise BadContent("a post's locale is {title, content}")
    rows = locale.get("content")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise BadContent("a post's content is a list of rows, each with at least one element")
    elements = [element for row in rows for element in _row(row)]
    lines = ["".join(_shown(element) for element in row) for row in rows]
    title = locale.get("title") or ""
    return Shown(
        "\n".join([title, *lines] if title else lines),
        image_keys=tuple(element["image_key"] for element in elements if element["tag"] == "img"),
        file_keys=tuple(element["file_key"] for element in elements if element["tag"] == "media"),
        mentions=tuple(_mentions(elements)),
    )


def _row(row: list[Any]) -> Iterator[dict[str, Any]]:
    for element in row:
        if not isinstance(element, dict) or element.get("tag") not in _TAGS:
            raise BadContent("an element without a known tag")
        tag = element["tag"]
        required, optional = _TAGS[tag]
        fields = set(element) - {"tag"}
        if not required <= fields or not fields <= required | optional:
            raise BadContent(f"wrong fields in a {tag} element: {sorted(fields)}")
        if any(not isinstance(element[name], str) for name in fields - {"style", "un_escape"}):
            raise BadContent(f"a field of a {tag} element is no text")
        style = element.get("style", [])
        if not isinstance(style, list) or not set(style) <= _STYLES:
            raise BadContent(f"unknown style in a {tag} element")
        if tag == "a" and not element["href"].startswith(("http://", "https://")):
            raise BadContent("href is no address")
        if tag in _ALONE_IN_ROW and len(row) > 1:
            raise BadContent(f"a {tag} element must be alone in its row")
        yield element


def _shown(element: Mapping[str, Any]) -> str:
    if element["tag"] == "a":
        return f"{element['text']} ({element['href']})"
    return str(element.get("text", ""))


def _mentions(elements: list[dict[str, Any]]) -> Iterator[str]:
    for element in elements:
        if element["tag"] == "at":
            yield element["user_id"]
        elif element["tag"] in ("text", "md", "a"):
            yield from _LIVE_MENTION.findall(element["text"])
