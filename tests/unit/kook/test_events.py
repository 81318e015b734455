from __future__ import annotations

from typing import Any

import pytest

from shared.kook.events import Attachment, EventAuthor, EventType, event_id_of, parse_event

MESSAGE_ID = "cf444e43-af6c-bef4-a05a-691df028ed44"


def _d(**changes: Any) -> dict[str, Any]:
    d = {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": "5823400000000001",
        "author_id": "2418200001",
        "content": "hello",
        "msg_id": MESSAGE_ID,
        "msg_timestamp": 1_772_587_181_010,
        "nonce": "n-1",
        "extra": {"type": 9, "guild_id": "601", "channel_name": "聊天大厅", "author": {"id": "2418200001"}},
    }
    return {**d, **changes}


def _system(system_type: str, body: Any, **changes: Any) -> dict[str, Any]:
    return _d(type=255, target_id="601", author_id="1", extra={"type": system_type, "body": body}, **changes)


def test_a_guild_message() -> None:
    event = parse_event(_d())
    assert (event.event_id, event.msg_id) == (MESSAGE_ID, MESSAGE_ID)
    assert (event.type, event.content, event.nonce) == (EventType.KMARKDOWN, "hello", "n-1")
    assert (event.channel_key, event.target_id) == ("5823400000000001", "5823400000000001")
    assert (event.guild_id, event.channel_name) == ("601", "聊天大厅")
    assert event.sent_at_ms == 1_772_587_181_010
    assert not event.is_system and not event.is_private and event.system_type == ""
    assert event.quote is None and event.attachments == ()


@pytest.mark.parametrize("event_type", [1, 2, 3, 4, 8, 9, 10, 12, 255, 77, 0, -1])
def test_every_type_is_read_and_kept(event_type: int) -> None:
    assert parse_event(_d(type=event_type)).type == event_type


@pytest.mark.parametrize(
    ("value", "read"),
    [("9", 9), (9.0, 9), (None, 0), (True, 0), ("nine", 0), ([], 0), ({}, 0), (10**30, 0), (1e300, 0), ("9" * 30, 0)],
)
def test_a_mistyped_type_reads_as_a_number_or_as_unknown(value: Any, read: int) -> None:
    assert parse_event(_d(type=value)).type == read


@pytest.mark.parametrize("field", ["target_id", "author_id", "msg_id"])
def test_ids_that_arrive_as_numbers_become_text_in_full(field: str) -> None:
    assert getattr(parse_event(_d(**{field: 90071992547409931234})), field) == "90071992547409931234"


@pytest.mark.parametrize("field", ["target_id", "author_id", "msg_id", "nonce", "channel_type"])
@pytest.mark.parametrize("value", [None, True, 1.5, [], {}, ["x"]])
def test_mistyped_texts_read_as_empty(field: str, value: Any) -> None:
    assert getattr(parse_event(_d(**{field: value})), field) == ""


@pytest.mark.parametrize("value", [None, "x", -5, [], 2**60, True])
def test_a_mistyped_time_reads_as_unknown(value: Any) -> None:
    assert parse_event(_d(msg_timestamp=value)).sent_at_ms == 0


def test_an_empty_object_is_read() -> None:
    event = parse_event({})
    assert len(event.event_id) == 64
    assert event.channel_key == event.event_id
    assert event.author == EventAuthor(id="")


@pytest.mark.parametrize("extra", [None, [], "", "x", 7, False])
def test_extra_that_is_no_object_reads_as_empty(extra: Any) -> None:
    event = parse_event(_d(extra=extra))
    assert event.extra == {} and event.kmarkdown == {} and event.author.id == "2418200001"


class TestEventId:
    def test_is_the_message_id(self) -> None:
        assert event_id_of(_d()) == MESSAGE_ID

    @pytest.mark.parametrize("message_id", ["x" * 129, "a b", "消息", "a\n", "\ud800", " "])
    def test_is_a_hash_of_a_message_id_that_makes_no_key(self, message_id: str) -> None:
        hashed = event_id_of(_d(msg_id=message_id))
        assert len(hashed) == 64
        assert hashed == event_id_of(_d(msg_id=message_id, content="the same message again"))
        assert hashed != event_id_of(_d(msg_id=message_id + "2"))

    @pytest.mark.parametrize("message_id", [None, "", [], {}, False])
    def test_is_a_hash_of_the_content_without_any_message_id(self, message_id: Any) -> None:
        hashed = event_id_of(_d(msg_id=message_id))
        assert len(hashed) == 64
        assert hashed != event_id_of(_d(msg_id=message_id, content="other"))

    def test_does_not_depend_on_the_order_of_fields_or_the_token(self) -> None:
        d = _d(msg_id="")
        assert event_id_of(d) == event_id_of(dict(reversed(d.items()))) == event_id_of({**d, "verify_token": "vt"})


class TestChannelKey:
    @pytest.mark.parametrize(
        ("d", "key"),
        [
            (_d(), "5823400000000001"),
            (_d(channel_type="BROADCAST", target_id="582"), "582"),
            (_d(channel_type="PERSON", target_id="286", extra={"code": "chat01"}), "chat01"),
            (_d(channel_type="PERSON", target_id="286", extra={}), "286"),
            (_system("updated_message", {"channel_id": "582"}), "582"),
            (_system("updated_message", {"channel_id": 582}), "582"),
            (_system("joined_guild", {"user_id": "7"}), "601"),
            (_system("joined_guild", None), "601"),
            (_system("deleted_private_message", {"chat_code": "chat01"}, channel_type="PERSON"), "chat01"),
            (_system("user_updated", {}, channel_type="PERSON"), "601"),
            (_d(target_id=None), MESSAGE_ID),
        ],
    )
    def test_is_the_channel_or_the_chat_code(self, d: dict[str, Any], key: str) -> None:
        assert parse_event(d).channel_key == key

    def test_of_a_message_does_not_look_into_its_body(self) -> None:
        assert parse_event(_d(target_id="582", extra={"body": {"channel_id": "666"}})).channel_key == "582"


class TestSystemEvents:
    def test_type_and_body(self) -> None:
        event = parse_event(_system("deleted_message", {"msg_id": "m", "channel_id": "582"}))
        assert event.is_system and event.system_type == "deleted_message"
        assert event.system_body == {"msg_id": "m", "channel_id": "582"}
        assert event.guild_id == "601"

    @pytest.mark.parametrize("body", [None, [], "", 7])
    def test_a_body_that_is_no_object_reads_as_empty(self, body: Any) -> None:
        assert parse_event(_system("x", body)).system_body == {}

    def test_a_private_one_belongs_to_no_guild(self) -> None:
        assert parse_event(_system("user_updated", {}, channel_type="PERSON")).guild_id == ""


class TestAuthor:
    def _author(self, author: Any) -> EventAuthor:
        return parse_event(_d(extra={"author": author})).author

    def test_is_read(self) -> None:
        author = self._author({"id": "7", "username": "user", "nickname": "nick", "avatar": "https://a/b", "bot": True})
        assert author == EventAuthor("7", "user", "nick", "https://a/b", True)
        assert author.name == "nick"

    @pytest.mark.parametrize("author", [None, [], "", 7, {}, {"username": None, "nickname": 1.5}])
    def test_that_is_missing_is_known_by_its_id(self, author: Any) -> None:
        assert self._author(author).name == "2418200001"

    @pytest.mark.parametrize("nickname", ["", "  ", None])
    def test_without_a_nickname_goes_by_the_user_name(self, nickname: Any) -> None:
        assert self._author({"username": "user", "nickname": nickname}).name == "user"

    @pytest.mark.parametrize(
        ("bot", "is_bot"), [(True, True), (1, True), (False, False), (0, False), (None, False), ("true", False)]
    )
    def test_missing_bot_means_no_bot(self, bot: Any, is_bot: bool) -> None:
        assert self._author({"bot": bot}).is_bot is is_bot


class TestAttachments:
    def _attachments(self, value: Any) -> tuple[Attachment, ...]:
        return parse_event(_d(type=3, extra={"attachments": value})).attachments

    def test_one_object(self) -> None:
        assert self._attachments(
            {
                "type": "video",
                "url": "https://img.kookapp.cn/a.mp4",
                "name": "a.mp4",
                "file_type": "video/mp4",
                "size": 722882,
                "duration": 15.673,
                "width": 360,
                "height": "635",
            }
        ) == (Attachment("video", "https://img.kookapp.cn/a.mp4", "a.mp4", "video/mp4", 722882, 360, 635, 15.673),)

    @pytest.mark.parametrize("none", [None, [], False, "", {}, 0, {"url": ""}, {"name": "no url"}, [None, 7]])
    def test_every_way_of_saying_none(self, none: Any) -> None:
        assert self._attachments(none) == ()

    def test_a_list_of_objects(self) -> None:
        assert [item.url for item in self._attachments([{"url": "https://a"}, None, {"url": "https://b"}])] == [
            "https://a",
            "https://b",
        ]

    @pytest.mark.parametrize("value", [None, -1, 0, "x", True, [], 10**30])
    def test_mistyped_sizes_read_as_unknown(self, value: Any) -> None:
        sizes = {"size": value, "width": value, "height": value, "duration": value}
        assert self._attachments({"url": "https://a", **sizes}) == (Attachment("", "https://a"),)


class TestQuote:
    def test_goes_by_the_quoted_messages_own_id(self) -> None:
        quote = parse_event(
            _d(
                extra={
                    "quote": {
                        "id": "69a788adb0cfb9ece50eae1c",
                        "rong_id": "7baef72c",
                        "type": 9,
                        "content": "**x**",
                        "author": {"id": "5", "nickname": "小明"},
                    }
                }
            )
        ).quote
        assert quote is not None
        assert (quote.message_id, quote.type, quote.content, quote.author.name) == ("7baef72c", 9, "**x**", "小明")

    def test_without_a_rong_id_goes_by_its_id(self) -> None:
        quote = parse_event(_d(extra={"quote": {"id": "7baef72c"}})).quote
        assert quote is not None and quote.message_id == "7baef72c"

    @pytest.mark.parametrize("none", [None, "", [], {}, False, 7, {"content": "no id"}])
    def test_every_way_of_saying_none(self, none: Any) -> None:
        assert parse_event(_d(extra={"quote": none})).quote is None


class TestContent:
    def test_of_an_item_is_an_object(self) -> None:
        event = parse_event(_d(type=12, content={"type": "item", "data": {"item_id": 10001}}))
        assert event.content == "" and event.content_object == {"type": "item", "data": {"item_id": 10001}}

    def test_of_a_card_that_was_not_encoded_is_encoded(self) -> None:
        assert parse_event(_d(type=10, content=[{"type": "card"}])).content == '[{"type": "card"}]'
        assert parse_event(_d(type=10, content={"type": "card"})).content == '{"type": "card"}'

    @pytest.mark.parametrize(("value", "read"), [(None, ""), (7, "7"), (True, ""), ([], ""), (1.5, "")])
    def test_of_another_type_reads_as_text_or_empty(self, value: Any, read: str) -> None:
        assert parse_event(_d(content=value)).content == read
