from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from shared.kook.cards import CardContent
from shared.kook.events import parse_event
from shared.kook.kmarkdown import Names
from shared.kook.messages import Parsers, names_in, relay_message
from shared.message.model import Author, MediaItem, QuotedMessage, RelayMessage
from shared.message.tree import Document, Mention, Paragraph, Strong, Text, plain_document

IMAGE_URL = "https://img.kookapp.cn/assets/2026-01/IHT5x5oSLA07o03m.jpg"


def _d(event_type: int, content: Any, **extra: Any) -> dict[str, Any]:
    return {
        "channel_type": "GROUP",
        "type": event_type,
        "target_id": "582",
        "author_id": "241",
        "content": content,
        "msg_id": "m-1",
        "msg_timestamp": 1_772_587_181_010,
        "extra": {
            "type": event_type,
            "guild_id": "601",
            "channel_name": "聊天大厅",
            "author": {"id": "241", "username": "user", "nickname": "昵称", "avatar": "https://img.kookapp.cn/a.jpg"},
            **extra,
        },
    }


def _message(event_type: int, content: Any, **extra: Any) -> RelayMessage:
    return relay_message(parse_event(_d(event_type, content, **extra)))


def _paragraph(*inlines: Any) -> Document:
    return Document((Paragraph(inlines),))


def _broken_parser(_content: str, _names: Names) -> Any:
    raise IndexError("secret content of the message")


BROKEN = Parsers(kmarkdown=_broken_parser, cards=_broken_parser)


def test_who_where_and_when() -> None:
    message = _message(1, "hello")
    assert (message.message_id, message.channel_id, message.guild_id) == ("m-1", "582", "601")
    assert (message.channel_name, message.sent_at_ms, message.is_private) == ("聊天大厅", 1_772_587_181_010, False)
    assert message.author == Author("241", "昵称", "https://img.kookapp.cn/a.jpg", False)


def test_a_private_message_belongs_to_its_chat() -> None:
    d = {**_d(9, "hi", code="chat01", guild_id=None), "channel_type": "PERSON", "target_id": "286"}
    message = relay_message(parse_event(d))
    assert (message.channel_id, message.is_private, message.guild_id) == ("chat01", True, "")


@pytest.mark.parametrize("avatar", ["", "javascript:alert(1)", "ftp://a/b", "//a/b", None, "https://[::1"])
def test_an_avatar_that_is_no_web_address_is_left_out(avatar: Any) -> None:
    assert _message(1, "x", author={"id": "241", "avatar": avatar}).author.avatar_url == ""


def test_a_name_is_one_line() -> None:
    assert _message(1, "x", author={"nickname": " a\n**b**\u2028c\t"}).author.name == "a **b** c"


def test_text_is_plain_whatever_it_looks_like() -> None:
    message = _message(1, "**not bold** (met)all(met)\nline 2")
    assert message.kind == "text"
    assert message.body == plain_document("**not bold** (met)all(met)\nline 2")
    assert message.plain_text == "**not bold** (met)all(met)\nline 2"


def test_kmarkdown_is_parsed_with_the_names_kook_sends() -> None:
    message = _message(
        9,
        "**hi** (met)7(met)",
        mention=["7"],
        kmarkdown={"raw_content": "hi @小明", "mention_part": [{"id": "7", "username": "小明"}]},
    )
    assert message.kind == "kmarkdown"
    assert message.body == _paragraph(Strong((Text("hi"),)), Text(" "), Mention("user", "7", "小明"))
    assert message.plain_text == "hi @小明"
    assert message.mentioned_user_ids == ("7",)


@pytest.mark.parametrize(
    ("extra", "everyone"),
    [
        ({}, False),
        ({"mention_all": True}, True),
        ({"mention_here": True}, True),
        ({"mention_all": 1}, True),
        ({"mention_all": False, "mention_here": 0}, False),
        ({"mention_all": "x"}, False),
    ],
)
def test_mentions_of_everyone(extra: dict[str, Any], everyone: bool) -> None:
    assert _message(9, "x", **extra).mentions_everyone is everyone


@pytest.mark.parametrize(
    ("mention", "ids"), [(["7", 8, "7", None, ""], ("7", "8")), (None, ()), ("7", ()), ({"7": 1}, ())]
)
def test_mentioned_users(mention: Any, ids: tuple[str, ...]) -> None:
    assert _message(9, "x", mention=mention).mentioned_user_ids == ids


def test_names_of_users_roles_and_channels() -> None:
    names = names_in(
        {
            "mention_part": [{"id": 7, "username": "u"}, {"id": "8", "full_name": "f#1"}, {"id": "9"}, None],
            "mention_role_part": [{"role_id": 702, "name": "r"}, "x"],
            "channel_part": [{"id": "5", "name": "c"}],
        }
    )
    assert names == Names(users={"7": "u", "8": "f#1"}, roles={"702": "r"}, channels={"5": "c"})


@pytest.mark.parametrize("parts", [None, "", 7, {}, [None], [[]], [{"id": {}, "username": []}]])
def test_names_of_another_shape_are_none(parts: Any) -> None:
    assert names_in({"mention_part": parts, "mention_role_part": parts, "channel_part": parts}) == Names()


class TestMedia:
    @pytest.mark.parametrize(
        ("event_type", "kind", "label"),
        [
            (2, "image", "[图片]"),
            (3, "video", "[视频] a.bin"),
            (4, "file", "[文件] a.bin"),
            (8, "audio", "[音频] a.bin"),
        ],
    )
    def test_by_attachment(self, event_type: int, kind: str, label: str) -> None:
        attachment = {"type": kind, "url": "https://img.kookapp.cn/x", "name": "a.bin", "file_type": "a/b", "size": 7}
        message = _message(event_type, "https://img.kookapp.cn/x", attachments=attachment)
        assert message.kind == kind
        assert message.media == (MediaItem(kind, "https://img.kookapp.cn/x", "a.bin", "a/b", 7),)  # type: ignore[arg-type]
        assert (message.body, message.plain_text) == (Document(), label)

    @pytest.mark.parametrize("none", [None, [], False, "", {"url": "javascript:x"}])
    def test_by_the_address_in_the_content(self, none: Any) -> None:
        message = _message(2, IMAGE_URL, attachments=none)
        assert message.media == (MediaItem("image", IMAGE_URL, "IHT5x5oSLA07o03m.jpg"),)

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("https://a/b/%E5%9B%BE%20%E7%89%87.png?x=1#y", "图 片.png"),
            ("https://a", "image"),
            ("https://a/b/", "image"),
            ("https://a/%0A%0Dx.png", "x.png"),
        ],
    )
    def test_named_by_its_address(self, url: str, name: str) -> None:
        assert _message(2, url).media[0].name == name

    def test_a_file_type_that_is_no_mime_type_is_left_out(self) -> None:
        attachment = {"type": "file", "url": "https://a/x.pdf", "file_type": "pdf"}
        assert _message(4, "", attachments=attachment).media[0].mime_type == ""

    def test_an_unknown_attachment_type_goes_by_the_messages(self) -> None:
        assert _message(8, "", attachments={"type": "voice", "url": "https://a/x"}).media[0].kind == "audio"

    def test_several_attachments_are_all_kept(self) -> None:
        attachments = [{"type": "image", "url": "https://a/1"}, {"type": "file", "url": "https://a/2", "name": "b"}]
        message = _message(2, "", attachments=attachments)
        assert [item.kind for item in message.media] == ["image", "file"]
        assert message.plain_text == "[图片]\n[文件] b"

    def test_without_any_usable_address_it_goes_out_as_text(self) -> None:
        assert _message(2, "file:///etc/passwd").plain_text == "file:///etc/passwd"
        assert _message(2, "", kmarkdown={"raw_content": "[图片]x"}).plain_text == "[图片]x"
        assert _message(3, "").body == plain_document("[视频]")

    def test_attachments_of_a_text_message_go_along(self) -> None:
        message = _message(9, "look", attachments={"type": "image", "url": IMAGE_URL, "name": "a.jpg"})
        assert message.plain_text == "look" and [item.kind for item in message.media] == ["image"]


class TestCards:
    def test_text_and_media(self) -> None:
        modules = [
            {"type": "section", "text": {"type": "kmarkdown", "content": "**hi** (met)7(met)"}},
            {"type": "container", "elements": [{"type": "image", "src": IMAGE_URL}]},
        ]
        message = _message(
            10,
            json.dumps([{"type": "card", "modules": modules}]),
            kmarkdown={"mention_part": [{"id": "7", "username": "小明"}]},
        )
        assert (message.kind, message.plain_text) == ("card", "hi @小明")
        assert [item.url for item in message.media] == [IMAGE_URL]

    def test_a_card_of_pictures_alone_has_a_label_for_the_log(self) -> None:
        modules = [{"type": "container", "elements": [{"type": "image", "src": IMAGE_URL}]}]
        message = _message(10, json.dumps([{"type": "card", "modules": modules}]))
        assert message.plain_text == "[图片]" and len(message.media) == 1

    @pytest.mark.parametrize("content", ["", "not json", "7", "null", "[]", "[7]", '[{"type":"card"}]', "[" * 5000])
    def test_one_that_cannot_be_read_goes_out_as_its_plain_text(self, content: str) -> None:
        message = _message(10, content, kmarkdown={"raw_content": "[音频]name"}, preview_content="other")
        assert message.body == plain_document("[音频]name")

    def test_without_a_raw_text_the_preview_serves(self) -> None:
        assert _message(10, "", kmarkdown={"raw_content": " "}, preview_content="preview").plain_text == "preview"

    def test_without_either_a_label_serves(self) -> None:
        assert _message(10, "").body == plain_document("[卡片消息]")

    def test_one_that_was_not_encoded_is_read(self) -> None:
        card = {"type": "card", "modules": [{"type": "header", "text": {"type": "plain-text", "content": "Title"}}]}
        assert _message(10, [card]).plain_text == "Title"


class TestFallback:
    def test_a_fault_in_the_kmarkdown_parser_costs_the_markup_only(self, caplog: pytest.LogCaptureFixture) -> None:
        event = parse_event(_d(9, "**x**", kmarkdown={"raw_content": "x"}))
        with caplog.at_level(logging.WARNING):
            message = relay_message(event, BROKEN)
        assert (message.kind, message.body) == ("kmarkdown", plain_document("x"))
        assert "m-1" in caplog.text and "IndexError" in caplog.text
        assert "secret content" not in caplog.text

    def test_without_a_raw_text_the_source_goes_out(self) -> None:
        assert relay_message(parse_event(_d(9, "**x**")), BROKEN).plain_text == "**x**"

    def test_a_fault_in_the_card_parser_costs_the_card_only(self) -> None:
        event = parse_event(_d(10, "[]", kmarkdown={"raw_content": "x"}))
        assert relay_message(event, BROKEN).body == plain_document("x")

    def test_a_parser_that_finds_nothing_gives_way_to_the_raw_text(self) -> None:
        nothing = Parsers(kmarkdown=lambda *_: Document(), cards=lambda *_: CardContent(Document(), ()))
        for event_type in (9, 10):
            event = parse_event(_d(event_type, "(font)(font)", kmarkdown={"raw_content": "raw"}))
            assert relay_message(event, nothing).body == plain_document("raw")

    def test_attachments_survive_a_broken_text(self) -> None:
        event = parse_event(_d(9, "x", attachments={"type": "image", "url": IMAGE_URL}))
        assert len(relay_message(event, BROKEN).media) == 1

    @pytest.mark.parametrize(
        ("event_type", "label"), [(1, "[空消息]"), (9, "[空消息]"), (12, "[道具]"), (77, "[不支持的消息类型 77]")]
    )
    @pytest.mark.parametrize("content", ["", " \n", None, [], True])
    def test_an_empty_message_is_a_label(self, event_type: int, label: str, content: Any) -> None:
        assert _message(event_type, content).body == plain_document(label)


class TestOtherTypes:
    def test_an_item_goes_out_as_kooks_text(self) -> None:
        content = {"type": "item", "data": {"user_id": "241", "target_id": "7", "item_id": 10001}}
        message = _message(12, content, kmarkdown={"raw_content": "戳了戳 小明"})
        assert (message.kind, message.plain_text) == ("item", "戳了戳 小明")

    def test_an_item_without_text_names_what_it_can(self) -> None:
        content = {"type": "item", "data": {"user_id": "241", "target_id": "7", "item_id": 10001}}
        kmarkdown = {"mention_part": [{"id": "7", "username": "小明"}], "item_part": [{"name": "鸡蛋"}, None]}
        assert _message(12, content, kmarkdown=kmarkdown).plain_text == "[道具] 鸡蛋 @小明"

    @pytest.mark.parametrize("content", [{}, {"data": []}, {"data": None}, "", [], 7])
    def test_an_item_of_another_shape_still_goes_out(self, content: Any) -> None:
        assert _message(12, content).plain_text.strip()

    def test_an_unknown_type_goes_out_as_its_text(self) -> None:
        assert _message(77, "some content", kmarkdown={"raw_content": "raw"}).plain_text == "raw"
        message = _message(77, "some content")
        assert (message.kind, message.plain_text) == ("unknown", "some content")


class TestQuote:
    def _quote(self, **changes: Any) -> QuotedMessage | None:
        quote = {
            "rong_id": "q-1",
            "type": 9,
            "content": "被引用的 **原文**",
            "author": {"id": "5", "username": "user", "nickname": "小明昵称"},
            **changes,
        }
        return _message(9, "reply", quote=quote).quote

    def test_is_plain_with_its_author(self) -> None:
        assert self._quote() == QuotedMessage("q-1", "小明昵称", "被引用的 原文")

    def test_without_a_nickname_goes_by_the_user_name(self) -> None:
        quote = self._quote(author={"id": "5", "username": "user", "nickname": ""})
        assert quote is not None and quote.author_name == "user"

    def test_excerpt_is_one_line_of_at_most_80_characters(self) -> None:
        quote = self._quote(content="第一行\n\n" + "字" * 200)
        assert quote is not None
        assert quote.excerpt == "第一行 " + "字" * 75 + "…"
        assert len(quote.excerpt) == 80

    def test_excerpt_of_exactly_80_characters_is_whole(self) -> None:
        quote = self._quote(content="字" * 80)
        assert quote is not None and quote.excerpt == "字" * 80

    @pytest.mark.parametrize(
        ("event_type", "content", "excerpt"),
        [
            (1, "**plain**", "**plain**"),
            (2, IMAGE_URL, "[图片]"),
            (4, "https://img.kookapp.cn/a/b.pdf", "[文件] b.pdf"),
            (9, "(met)7(met) hi", "@小明 hi"),
            (10, '[{"type":"card","modules":[{"type":"header","text":"Title"}]}]', "Title"),
            (10, "broken", "[卡片消息]"),
            (99, "text", "text"),
        ],
    )
    def test_excerpt_by_type(self, event_type: int, content: str, excerpt: str) -> None:
        kmarkdown = {"mention_part": [{"id": "7", "username": "小明"}]}
        quote = self._quote(type=event_type, content=content, kmarkdown=kmarkdown)
        assert quote is not None and quote.excerpt == excerpt

    def test_excerpt_gives_no_spoiler_away(self) -> None:
        quote = self._quote(content="结局：(spl)**他**死了(spl)\n\n> *a (spl)b(spl)*")
        assert quote is not None and quote.excerpt == "结局：[剧透] > a [剧透]"

    def test_excerpt_cuts_no_emoji_in_half(self) -> None:
        quote = self._quote(content="字" * 77 + "👨\u200d👩\u200d👧 x")
        assert quote is not None and quote.excerpt == "字" * 77 + "…"

    def test_a_quote_that_cannot_be_parsed_is_its_source(self) -> None:
        quote = {"rong_id": "q-1", "type": 9, "content": "**x**"}
        message = relay_message(parse_event(_d(1, "reply", quote=quote)), BROKEN)
        assert message.quote == QuotedMessage("q-1", "", "**x**")


def test_what_cannot_be_sent_on_is_cleaned_from_plain_text() -> None:
    assert _message(1, "a\x00b\ud800c\r\nd").plain_text == "ab\ufffdc\nd"
