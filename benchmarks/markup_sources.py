"""Texts that mean the same in KMarkdown and in Markdown, cards that hold them, and sources made to be slow to read."""

from __future__ import annotations

import json
from collections.abc import Mapping

_PARAGRAPHS = (
    "今晚八点 **开始维护**，预计 *两小时*。 See https://status.example.com/incidents/42?lang=zh for what is known.\n\n",
    "It fixes ~~three~~ `four` bugs; read the [release notes](https://example.com/notes_2026?a=1&b=2) first.\n\n",
    "```python\nfor server in servers:\n    server.restart(wait=True)  # <not> **bold** here\n```\n\n",
    "> 有人问：**能不能** 改到明天？\n\n",
    "1 < 2 && 3 > 2, snake_case_name stays, a \\* is no mark, and ***this*** is both.\n\n",
    "---\n\n",
    "Plain words make up most of what people write to one another; nothing in this sentence is markup at all.\n\n",
)
# A card's text element holds 5,000 characters at most.
_CARD_TEXT_BYTES = 4_000

# What opens and never closes, nests, or makes a reader look far ahead.
HOSTILE_UNITS: Mapping[str, str] = {
    "open brackets": "[",
    "links cut short": "[a](",
    "open stars": "*a ",
    "nested stars": "**a *b ",
    "runs of backticks": "`a``b",
    "open tildes": "~~a ",
    "nested quotes": "> ",
    "backslashes": "\\",
    "open spoilers": "(spl)a",
}
# Plain words to Markdown: there is nothing to compare.
KMARKDOWN_ONLY = frozenset({"open spoilers"})


def ordinary(size_bytes: int) -> str:
    """About so many bytes of UTF-8, in whole paragraphs."""
    paragraphs: list[str] = []
    size = 0
    while size < size_bytes:
        paragraph = _PARAGRAPHS[len(paragraphs) % len(_PARAGRAPHS)]
        paragraphs.append(paragraph)
        size += len(paragraph.encode())
    return "".join(paragraphs).rstrip("\n")


def card_texts(size_bytes: int) -> list[str]:
    """The texts of a card of about that size."""
    whole, rest = divmod(size_bytes, _CARD_TEXT_BYTES)
    return [ordinary(size) for size in [_CARD_TEXT_BYTES] * whole + [rest] if size >= 100]


def card(texts: list[str]) -> str:
    """The content of a KOOK card message with one section a text."""
    modules = [{"type": "section", "text": {"type": "kmarkdown", "content": text}} for text in texts]
    return json.dumps([{"type": "card", "theme": "primary", "size": "lg", "modules": modules}], ensure_ascii=False)


def hostile(unit: str, size_bytes: int) -> str:
    return unit * (size_bytes // len(unit))
