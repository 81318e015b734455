from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.kook.events import parse_event
from shared.kook.messages import relay_message

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
known_fields = [
    *("author", "attachments", "quote", "kmarkdown", "mention", "mention_all", "channel_name", "guild_id", "code"),
    *("mention_part", "mention_role_part", "channel_part", "item_part", "raw_content", "preview_content", "body"),
    *("id", "rong_id", "type", "content", "url", "name", "username", "nickname", "avatar", "bot", "data", "modules"),
]
objects = st.recursive(
    st.dictionaries(st.sampled_from(known_fields), values, max_size=6),
    lambda inner: st.dictionaries(st.sampled_from(known_fields), inner | values, max_size=6),
    max_leaves=8,
)
types = st.sampled_from([1, 2, 3, 4, 8, 9, 10, 12, 255, 99]) | values


@given(types, st.sampled_from(["GROUP", "PERSON"]), values | objects, objects | values)
def test_an_event_of_any_shape_becomes_a_message_that_is_not_empty(
    event_type: Any, channel_type: str, content: Any, extra: Any
) -> None:
    message = relay_message(
        parse_event({"type": event_type, "channel_type": channel_type, "content": content, "extra": extra})
    )
    assert message.message_id and message.channel_id
    assert message.plain_text.strip()
    assert message.body.blocks or message.media
    message.plain_text.encode("utf-8")
    if message.quote is not None:
        assert len(message.quote.excerpt) <= 80 and "\n" not in message.quote.excerpt
