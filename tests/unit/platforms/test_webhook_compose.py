from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shared.message.model import Author, MediaItem, QuotedMessage
from shared.message.tree import Document, Paragraph, Strong, Text
from shared.platforms.webhook_parts import MAX_BODY_BYTES, compose_webhook
from tests.fakes.relay_messages import media_item, relay_message


def events(message: Any, label: str = "小明") -> list[dict[str, Any]]:
    parts = compose_webhook(message, "ops", label)
    assert all(len(part.text.encode()) < MAX_BODY_BYTES for part in parts)
    assert all(part.plain_text == part.text and not part.media for part in parts)
    return [json.loads(part.text) for part in parts]


def test_an_event_says_everything_about_a_message() -> None:
    message = relay_message(
        Document((Paragraph((Strong((Text("hi"),)), Text(" all"))),)),
        media_item("image", "a.png", size_bytes=12, width=3, height=4, mime_type="image/png"),
        plain_text="hi all",
        author=Author("2418", "Ming", "https://img.kookapp.cn/a.png", is_bot=True),
        channel_name="announcements",
        guild_id="77",
        quote=QuotedMessage("m0", "Hong", "shall we?"),
    )
    assert events(message, "Ming · announcements") == [
        {
            "type": "message.created",
            "timestamp": "2026-09-21T14:13:20.000Z",
            "data": {
                "message_id": "2b1c-message",
                "target": "ops",
                "channel": {"id": "7480000000000000", "name": "announcements", "is_private": False},
                "guild": {"id": "77"},
                "author": {
                    "id": "2418",
                    "name": "Ming",
                    "display_name": "Ming · announcements",
                    "avatar_url": "https://img.kookapp.cn/a.png",
                    "is_bot": True,
                },
                "kind": "kmarkdown",
                "quote": {"message_id": "m0", "author_name": "Hong", "excerpt": "shall we?"},
                "sent_at": "2026-09-21T14:13:20.000Z",
                "text": "hi all",
                "markdown": "**hi** all",
                "media": [
                    {
                        "kind": "image",
                        "url": "https://img.kookapp.cn/attachments/a.png",
                        "name": "a.png",
                        "mime_type": "image/png",
                        "size_bytes": 12,
                        "width": 3,
                        "height": 4,
                    }
                ],
                "part": {"number": 1, "count": 1},
            },
        }
    ]


def test_what_is_not_known_is_null_or_empty() -> None:
    (event,) = events(relay_message("hi"))
    assert event["data"]["guild"] is None
    assert event["data"]["quote"] is None
    assert event["data"]["author"]["avatar_url"] is None
    assert event["data"]["media"] == []


@pytest.mark.parametrize("unit", ["word ", "汉字，", "😀", '"\\', "\x01", "*_~", "\ud83d"])
def test_long_text_goes_out_in_numbered_events_without_losing_a_character(unit: str) -> None:
    text = "begin" + unit * 9000 + "end"
    found = events(relay_message(text, media_item("file", "last.pdf")))
    assert len(found) > 1
    count = len(found)
    assert [event["data"]["part"] for event in found] == [{"number": n, "count": count} for n in range(1, count + 1)]
    joined = re.sub(r"\s", "", "".join(event["data"]["text"] for event in found))
    assert joined == re.sub(r"\s", "", text.replace("\ud83d", "\ufffd"))
    assert [len(event["data"]["media"]) for event in found] == [0] * (count - 1) + [1]
    assert len({json.dumps(event["data"]["author"]) for event in found}) == 1


def test_more_media_than_fit_go_into_further_events() -> None:
    media = [media_item("image", f"{number}-{'n' * 150}.png") for number in range(100)]
    found = events(relay_message("look", *media))
    assert len(found) > 1
    names = [item["name"] for event in found for item in event["data"]["media"]]
    assert names == [item.name for item in media]
    assert [event["data"]["text"] for event in found] == ["look"] + [""] * (len(found) - 1)


def test_whatever_is_huge_is_bounded_and_leaves_room_for_text() -> None:
    huge = "名" * 50_000
    message = relay_message(
        "x" * 30_000,
        MediaItem("file", "https://img.kookapp.cn/" + "p" * 50_000, huge, mime_type=huge),
        message_id="m" * 50_000,
        channel_id="c" * 50_000,
        channel_name=huge,
        guild_id="g" * 50_000,
        author=Author("a" * 50_000, huge, "https://img.kookapp.cn/" + "头" * 50_000),
        quote=QuotedMessage("q" * 50_000, huge, huge),
    )
    found = events(message, huge)
    assert "".join(event["data"]["text"] for event in found) == "x" * 30_000
    (item,) = found[-1]["data"]["media"]
    assert item["url"] is None
    assert "2000 bytes" in item["note"]


def test_a_message_without_anything_shows_its_plain_text_or_its_kind() -> None:
    assert events(relay_message(Document(), plain_text="[poke]"))[0]["data"]["text"] == "[poke]"
    assert events(relay_message("", kind="unknown"))[0]["data"]["text"] == "[unknown]"


def test_media_alone_need_no_words() -> None:
    (event,) = events(relay_message(Document(), media_item("image", "a.png"), plain_text="[图片]"))
    assert event["data"]["text"] == ""
    assert len(event["data"]["media"]) == 1
