"""What a stand-in KOOK checks in a card message before it takes it, and the files such a message shows.

Written from the developer documentation's cardmessage.md, sharing no code with the builder. Stricter than KOOK in that
every file has to be uploaded before: KOOK fetches others itself, which may fail.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from typing import Any

from tests.standins.server import ReceivedFile

_THEMES = ("primary", "success", "danger", "warning", "info", "secondary", "none", "invisible")
_TEXT_LIMITS = {"plain-text": 2000, "kmarkdown": 5000}
_NOT_IN_INVISIBLE = ("image-group", "countdown", "invite")
_ELEMENT_LIMITS = {"image-group": 9, "container": 9, "action-group": 4, "context": 10}
_PICTURES = ("jpg", "jpeg", "png", "gif")


class BadCard(Exception):
    """The reason, in KOOK's language."""


def check_cards(content: str, uploaded: Container[str]) -> None:
    """Raises BadCard."""
    try:
        cards = json.loads(content)
    except ValueError:
        raise BadCard("卡片消息不是 JSON") from None
    _require(isinstance(cards, list) and 1 <= len(cards) <= 5, "卡片数量错误")
    _require(all(isinstance(card, dict) and card.get("type") == "card" for card in cards), "卡片类型错误")
    modules = [module for card in cards for module in card.get("modules") or ()]
    _require(1 <= len(modules) <= 50, "模块数量错误")
    for card in cards:
        _require(card.get("theme", "primary") in _THEMES and card.get("size", "lg") in ("sm", "lg"), "卡片样式错误")
        for module in card["modules"]:
            _check_module(module, card.get("theme") == "invisible")
    for source, _ in _sources(cards):
        _require(source in uploaded, "找不到资源")


def shown_files(content: str) -> tuple[ReceivedFile, ...]:
    """The pictures and files of a card message that was taken."""
    return tuple(
        ReceivedFile(str(module.get("title") or source.rpartition("/")[2]), str(module["type"]), 0)
        for source, module in _sources(json.loads(content))
    )


def _check_module(module: dict[str, Any], is_invisible: bool) -> None:
    kind = module.get("type")
    if kind in _ELEMENT_LIMITS:
        elements = module.get("elements")
        _require(isinstance(elements, list) and 1 <= len(elements) <= _ELEMENT_LIMITS[kind], f"{kind} 元素数量错误")
        for element in elements:
            if element["type"] == "image":
                _require(element["src"].rpartition(".")[2] in _PICTURES, "图片格式错误")
            elif element["type"] in _TEXT_LIMITS:
                _check_text(element)
    elif kind in ("section", "header"):
        text = module.get("text") or {}
        if text.get("type") == "paragraph":
            _require(text.get("cols") in (1, 2, 3) and len(text["fields"]) <= 50, "paragraph 错误")
        else:
            _check_text(text)
        _require(kind == "section" or len(text["content"]) <= 100, "header 过长")
    else:
        _require(kind in ("divider", "file", "audio", "video", "countdown", "invite"), f"未知模块 {kind}")
    if is_invisible:
        _require(kind not in _NOT_IN_INVISIBLE and "accessory" not in module, "invisible 卡片模块错误")


def _check_text(text: dict[str, Any]) -> None:
    limit = _TEXT_LIMITS.get(text.get("type", ""))
    content = text.get("content")
    _require(limit is not None and isinstance(content, str) and 0 < len(content) <= limit, "文本错误")


def _sources(cards: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for card in cards:
        for module in card["modules"]:
            if module["type"] in ("file", "audio", "video"):
                yield module["src"], module
            for element in module.get("elements", ()):
                if element.get("type") == "image":
                    yield element["src"], element


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise BadCard(reason)
