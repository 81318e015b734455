"""What KOOK's notices of edits and deletions say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.kook.changes import MessageChange, edited_message, message_change
from shared.kook.events import KookEvent, parse_event
from shared.message.model import Author, RelayMessage

AUTHOR = Author("100", "Mira")
CARDS = json.dumps(
    [{"type": "card", "modules": [{"type": "section", "text": {"type": "plain-text", "content": "hi"}}]}]
)


def _notice(kind: str, *, private: bool = False, **body: Any) -> KookEvent:
    return parse_event(
        {
            "channel_type": "PERSON" if private else "GROUP",
            "type": 255,
            "target_id": "900",
            "author_id": "1",
            "content": "[系统消息]",
            "msg_id": "notice-1",
            "msg_timestamp": 1_700_000_000_000,
            "extra": {"type": kind, "body": body},
        }
    )


def _edited(content: Any, *, was_card: bool = False) -> RelayMessage:
    event = _notice("updated_message", channel_id="200", content=content, msg_id="m-1")
    return edited_message(event, author=AUTHOR, channel_name="general", was_card=was_card)


@pytest.mark.parametrize(
    ("notice", "kind"),
    [
        ("updated_message", "edit"),
        ("deleted_message", "delete"),
        ("updated_private_message", "edit"),
        ("deleted_private_message", "delete"),
    ],
)
def test_a_notice_names_the_message_it_is_about(notice: str, kind: str) -> None:
    event = _notice(notice, private="private" in notice, channel_id="200", chat_code="code", msg_id="m-1")
    assert message_change(event) == MessageChange(kind, "m-1")  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [{}, {"msg_id": ""}, {"msg_id": None}, {"msg_id": ["m-1"]}])
def test_a_notice_without_a_message_changes_nothing(body: dict[str, Any]) -> None:
    assert message_change(_notice("deleted_message", **body)) is None


def test_other_notices_change_nothing() -> None:
    assert message_change(_notice("joined_channel", msg_id="m-1")) is None


def test_an_edit_is_shown_as_its_author_wrote_it_under_its_own_id() -> None:
    message = _edited("**new** text")
    assert (message.message_id, message.channel_id, message.author) == ("m-1", "200", AUTHOR)
    assert (message.kind, message.plain_text, message.channel_name) == ("kmarkdown", "new text", "general")


@pytest.mark.parametrize("was_card", [True, False])
def test_an_edit_whose_content_is_cards_is_a_card_whatever_the_message_was(was_card: bool) -> None:
    message = _edited(CARDS, was_card=was_card)
    assert message.kind == "card"
    assert "hi" in message.plain_text


@pytest.mark.parametrize("content", ["[link](https://example.com)", "[1, 2]", "[" * 50_000, "[{}]"])
def test_text_that_only_looks_like_cards_stays_text(content: str) -> None:
    assert _edited(content).kind == "kmarkdown"


@pytest.mark.parametrize("content", [None, 7, {"a": 1}])
def test_an_edit_of_no_readable_content_is_still_a_message(content: Any) -> None:
    assert _edited(content).message_id == "m-1"


def test_a_private_edit_belongs_to_its_chat() -> None:
    event = _notice("updated_private_message", private=True, chat_code="code", content="new", msg_id="m-1")
    message = edited_message(event, author=AUTHOR, channel_name="", was_card=False)
    assert (message.channel_id, message.plain_text) == ("code", "new")
    assert message.is_private


@pytest.mark.parametrize(
    ("emoji", "shown"),
    [
        ({"id": "[#128226;]", "name": "[#128226;]"}, "📢"),
        ({"id": "[#10084;][#65039;]", "name": "x"}, "❤️"),
        ({"id": "7001/abc", "name": "party_blob"}, ":party_blob:"),
        ({"id": "7001/abc", "name": "狗头"}, "狗头"),
        ({"id": "[#9999999;]"}, ""),
        (None, "::"),
        ({"id": "[#128226;]" * 500}, "📢" * 10),
        ({"id": "[#128226;][#55296;][#57343;][#9999999;]"}, "📢"),
    ],
)
@pytest.mark.parametrize(("notice", "kind"), [("added_reaction", "react"), ("private_deleted_reaction", "unreact")])
def test_a_reaction_names_its_emoji(notice: str, kind: str, emoji: Any, shown: str) -> None:
    event = _notice(notice, private="private" in notice, msg_id="m-1", user_id="2", chat_code="code", emoji=emoji)
    assert message_change(event) == MessageChange(kind, "m-1", shown)  # type: ignore[arg-type]


@pytest.mark.parametrize(("notice", "kind"), [("pinned_message", "pin"), ("unpinned_message", "unpin")])
def test_pins_are_changes(notice: str, kind: str) -> None:
    assert message_change(_notice(notice, msg_id="m-1")) == MessageChange(kind, "m-1")  # type: ignore[arg-type]
