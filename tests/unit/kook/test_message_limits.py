"""A message far longer than KOOK takes is relayed as text: nothing of it is lost, and its markup costs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kook.events import parse_event
from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.kook.messages import MAX_MARKUP_CHARACTERS, Parsers, relay_message
from shared.message.tree import Document


def event(content: str, **kmarkdown: Any) -> Any:
    extra = {"type": 9, "guild_id": "1", "author": {"id": "2", "username": "u"}, "kmarkdown": kmarkdown}
    return parse_event(
        {"channel_type": "GROUP", "type": 9, "target_id": "5", "author_id": "2", "content": content, "extra": extra}
    )


@pytest.mark.parametrize(
    ("characters", "parsed"),
    [(MAX_MARKUP_CHARACTERS, True), (MAX_MARKUP_CHARACTERS + 1, False), (1_000_000, False)],
)
def test_only_markup_of_a_bounded_length_is_parsed(characters: int, parsed: bool) -> None:
    seen: list[int] = []

    def parse(content: str, names: Names) -> Document:
        seen.append(len(content))
        return parse_kmarkdown(content[:10], names)

    content = ("**a** " * (characters // 6 + 1))[:characters]
    message = relay_message(event(content), Parsers(kmarkdown=parse))
    assert seen == ([characters] if parsed else [])
    if not parsed:
        assert len(message.plain_text) >= characters - 1


def test_kooks_own_plain_text_is_taken_where_it_sends_one() -> None:
    message = relay_message(event("**a** " * 200_000, raw_content="what KOOK says it reads"))
    assert message.plain_text == "what KOOK says it reads"
