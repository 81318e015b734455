"""The stand-in refuses what the real server refuses: a check that lets everything through checks nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.standins.assets import PDF, PNG, png_picture
from tests.standins.telegram import BOT_TOKEN, TelegramStandIn
from tests.standins.telegram_chats import GROUP_CHAT_ID, PRIVATE_CHAT_ID, TOPIC_ID, Chat
from tests.standins.telegram_html import CannotParse, Entity, parse_telegram_html


@pytest.fixture
def telegram() -> Iterator[TelegramStandIn]:
    with TelegramStandIn() as stand_in:
        yield stand_in


def call(
    telegram: TelegramStandIn,
    method: str,
    fields: dict[str, Any],
    files: dict[str, tuple[str, bytes, str]] | None = None,
    token: str = BOT_TOKEN,
) -> requests.Response:
    url = f"{telegram.base_url}/bot{token}/{method}"
    if files is None:
        return requests.post(url, json=fields, timeout=10)
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return requests.post(url, data=form, files=files, timeout=10)


def send_text(telegram: TelegramStandIn, text: str, **fields: Any) -> requests.Response:
    return call(telegram, "sendMessage", {"chat_id": GROUP_CHAT_ID, "text": text} | fields)


def test_a_message_is_stored_with_its_entities(telegram: TelegramStandIn) -> None:
    answer = send_text(telegram, "<b>小明</b>\n😀 <i>x</i> &lt;", parse_mode="HTML", message_thread_id=TOPIC_ID)
    assert answer.json()["ok"] is True
    assert answer.json()["result"]["message_id"] == 1
    [sent] = telegram.sent
    assert sent.shown_text == "小明\n😀 x <"
    assert sent.entities == (Entity("bold", 0, 2), Entity("italic", 6, 1))
    [received] = telegram.received()
    assert (received.message_id, received.target) == ("1", f"{GROUP_CHAT_ID}/{TOPIC_ID}")


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "<b>" + "x" * 4097 + "</b>", "parse_mode": "HTML"}, "message is too long"),
        ({"text": "<a href='https://e.com/" + "x" * 33_000 + "'>x</a>", "parse_mode": "HTML"}, "Text is too long"),
        ({"text": "<p>x</p>", "parse_mode": "HTML"}, 'can\'t parse entities: Unsupported start tag "p"'),
        ({"text": "x", "parse_mode": "Markdown5"}, "unsupported parse_mode"),
        ({"text": "x", "colour": "red"}, "unknown field colour"),
        ({"text": 5}, "expected String"),
        ({"text": "x", "message_thread_id": "3"}, "expected Integer"),
        ({"text": "x", "disable_notification": "yes"}, "expected Boolean"),
        ({"text": "x", "reply_parameters": {"message": 1}}, "unknown field message"),
        ({"text": "x", "chat_id": 12345}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "message_thread_id": 1}, "message thread not found"),
        ({"text": "x", "message_thread_id": 999}, "message thread not found"),
    ],
)
def test_what_is_refused(telegram: TelegramStandIn, fields: dict[str, Any], description: str) -> None:
    answer = call(telegram, "sendMessage", {"chat_id": GROUP_CHAT_ID} | fields)
    body = answer.json()
    assert answer.status_code == body["error_code"] == 400
    assert description in body["description"]
    assert telegram.sent == []


def test_lengths_are_counted_after_parsing_in_code_points(telegram: TelegramStandIn) -> None:
    assert send_text(telegram, "<b>" + "😀" * 4096 + "</b>", parse_mode="HTML").ok
    assert send_text(telegram, "&amp;" * 4096, parse_mode="HTML").ok
    assert not send_text(telegram, "😀" * 4097).ok


@pytest.mark.parametrize(
    ("path", "status"), [(f"bot{BOT_TOKEN}x/getMe", 401), ("botbroken/getMe", 404), ("getMe", 404)]
)
def test_unknown_tokens(telegram: TelegramStandIn, path: str, status: int) -> None:
    assert requests.post(f"{telegram.base_url}/{path}", timeout=10).status_code == status


def test_unknown_methods(telegram: TelegramStandIn) -> None:
    answer = call(telegram, "sendHologram", {})
    assert (answer.status_code, answer.json()["description"]) == (404, "Not Found: method not found")


def test_chats_that_refuse_or_have_moved(telegram: TelegramStandIn) -> None:
    telegram.chats[-5] = Chat(-5, refuses=(403, "Forbidden: bot was kicked from the group chat"))
    telegram.chats[-6] = Chat(-6, moved_to=-1006)
    assert send_text(telegram, "x", chat_id=-5).status_code == 403
    assert send_text(telegram, "x", chat_id=-6).json()["parameters"] == {"migrate_to_chat_id": -1006}
    assert send_text(telegram, "x", chat_id=PRIVATE_CHAT_ID).ok


@pytest.mark.parametrize(
    ("content", "description"),
    [
        (b"", "file must be non-empty"),
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (PNG + bytes(10 * 1024 * 1024), "too big for a photo"),
    ],
)
def test_pictures_that_are_refused(telegram: TelegramStandIn, content: bytes, description: str) -> None:
    fields = {"chat_id": GROUP_CHAT_ID}
    answer = call(telegram, "sendPhoto", fields, {"photo": ("a.png", content, "image/png")})
    assert answer.status_code == 400
    assert description in answer.json()["description"]


@pytest.mark.parametrize(("width", "height", "taken"), [(2_000, 100, True), (2_001, 100, False), (1, 1, True)])
def test_the_dimensions_of_a_picture(telegram: TelegramStandIn, width: int, height: int, taken: bool) -> None:
    files = {"photo": ("a.png", png_picture(width, height), "image/png")}
    assert call(telegram, "sendPhoto", {"chat_id": GROUP_CHAT_ID}, files).ok is taken


def test_a_caption_has_1024_characters(telegram: TelegramStandIn) -> None:
    files = {"document": ("a.pdf", PDF, "application/pdf")}
    assert call(telegram, "sendDocument", {"chat_id": GROUP_CHAT_ID, "caption": "x" * 1024}, files).ok
    answer = call(telegram, "sendDocument", {"chat_id": GROUP_CHAT_ID, "caption": "x" * 1025}, files)
    assert answer.json()["description"] == "Bad Request: message caption is too long"


def test_a_file_arrives_byte_for_byte_under_its_name(telegram: TelegramStandIn) -> None:
    content = os.urandom(50_000) + b"\r\n\r--\n\r\n"
    files = {"document": ('文 "件".bin', content, "application/octet-stream")}
    assert call(telegram, "sendDocument", {"chat_id": GROUP_CHAT_ID}, files).ok
    [(_, file)] = telegram.sent[0].files
    assert file.content == content
    assert file.file_name == '文 "件".bin'


def album(telegram: TelegramStandIn, *entries: dict[str, Any], names: tuple[str, ...] = ("a", "b")) -> Any:
    files = {name: (f"{name}.png", PNG, "image/png") for name in names}
    return call(telegram, "sendMediaGroup", {"chat_id": GROUP_CHAT_ID, "media": list(entries)}, files).json()


def test_an_album_gives_back_a_message_for_each_item(telegram: TelegramStandIn) -> None:
    body = album(telegram, photo("a"), photo("b"))
    assert [message["message_id"] for message in body["result"]] == [1, 2]
    assert telegram.violations == []


def photo(name: str, kind: str = "photo", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "media": f"attach://{name}"} | fields


@pytest.mark.parametrize(
    ("entries", "names", "description"),
    [
        ([photo("a")], ("a",), "2-10 items"),
        ([photo("a")] * 11, ("a",), "2-10 items"),
        ([photo("a"), photo("c")], ("a", "b"), "is not used"),
        ([photo("a"), photo("c")], ("a",), "attach://c has no uploaded part"),
        ([photo("a"), photo("b", "document")], ("a", "b"), "can be only grouped"),
        ([photo("a"), photo("b", "audio")], ("a", "b"), "can be only grouped"),
        ([photo("a"), photo("b", "sticker")], ("a", "b"), "type must be"),
        ([photo("a"), photo("b", duration=3)], ("a", "b"), "unknown field duration"),
    ],
)
def test_albums_that_are_refused(
    telegram: TelegramStandIn, entries: list[dict[str, Any]], names: tuple[str, ...], description: str
) -> None:
    body = album(telegram, *entries, names=names)
    assert body["ok"] is False
    assert description in body["description"]


def test_what_is_taken_and_not_shown_is_kept_as_a_violation(telegram: TelegramStandIn) -> None:
    assert send_text(telegram, "<b>x</b> " * 101, parse_mode="HTML").ok
    assert send_text(telegram, "<code><b>x</b></code>", parse_mode="HTML").ok
    nested = "<blockquote>a<blockquote>b</blockquote></blockquote>"
    assert send_text(telegram, nested, parse_mode="HTML").ok
    assert album(telegram, photo("a"), photo("b", caption="lost"))["ok"]
    assert len(telegram.violations) == 4
    served = requests.get(f"{telegram.base_url}/_standin/violations", timeout=10).json()
    assert served == telegram.violations


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("长<b><i>x</b></i>", "Unmatched end tag at byte offset 10"),
        ("长<br>", 'Unsupported start tag "br" at byte offset 3'),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Unsupported start tag "span"'),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
    ],
)
def test_html_that_cannot_be_parsed(source: str, problem: str) -> None:
    with pytest.raises(CannotParse) as failed:
        parse_telegram_html(source)
    assert problem in str(failed.value)


def test_html_that_is_parsed() -> None:
    source = (
        '<a href="https://e.com/?a=1&amp;b=2">link</a> <pre><code class="language-py">x&lt;y</code></pre>'
        '<tg-spoiler>s</tg-spoiler><span class="tg-spoiler">t</span> &nbsp; &#128512; &quot;'
    )
    parsed = parse_telegram_html(source)
    assert parsed.text == 'link x<yst &nbsp; 😀 "'
    assert Entity("text_link", 0, 4, url="https://e.com/?a=1&b=2") in parsed.entities
    assert Entity("code", 5, 3, language="py") in parsed.entities
    assert parsed.complaints == ()
