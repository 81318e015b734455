"""Discord: the request, and the changed request after a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from shared.message.model import MediaItem
from shared.platforms.base import Part
from shared.platforms.discord import DiscordPlatform
from shared.platforms.discord_names import FALLBACK_USERNAME
from shared.platforms.discord_parts import DEFAULT_AVATAR_URL
from shared.platforms.http import HttpResponse, NoAnswer, NotSent
from shared.platforms.media import FetchedMedia
from shared.platforms.outcomes import Delivered, Permanent
from tests.unit.platforms.discord_doubles import (
    API_BASE,
    POSTED,
    TOKEN,
    URL,
    FakeHttp,
    FakeMedia,
    answer,
    destination,
    error,
    field_error,
    message,
    picture,
    platform,
    send,
)


def test_a_post_waits_for_the_message_and_notifies_nobody() -> None:
    discord, http = platform()
    outcome = send(discord, destination(), *discord.compose(message(), destination(), "小明"))
    assert outcome == Delivered(("1300000000000000001",))
    ((method, url, options),) = http.requests
    assert method == "POST"
    assert url == f"{API_BASE}/webhooks/123456789012345678/{TOKEN}?wait=true"
    assert options["headers"]["User-Agent"].startswith("DiscordBot (")
    assert http.payload() == {
        "content": "hello",
        "username": "小明",
        "avatar_url": "https://img.kookapp.cn/avatars/a.png",
        "allowed_mentions": {"parse": []},
    }


def test_whatever_host_was_pasted_the_api_base_is_used() -> None:
    http = FakeHttp(answer(200, POSTED))
    discord = DiscordPlatform(http, FakeMedia(), "http://127.0.0.1:9/api")
    to = discord.destination(1, {"webhook_url": URL.replace("discord.com", "canary.discordapp.com")}, "")
    send(discord, to)
    assert http.requests[0][1].startswith("http://127.0.0.1:9/api/webhooks/123456789012345678/")


@pytest.mark.parametrize(
    ("config", "target", "query"),
    [
        ({"thread_id": "7"}, "", "wait=true&thread_id=7"),
        ({}, "thread:8", "wait=true&thread_id=8"),
        ({"thread_id": "7"}, "thread:8", "wait=true&thread_id=8"),
        ({"thread_name": "post"}, "thread:8", "wait=true&thread_id=8"),
        ({"thread_name": "post"}, "", "wait=true"),
    ],
)
def test_threads_are_named_in_the_query(config: dict[str, Any], target: str, query: str) -> None:
    discord, http = platform()
    send(discord, destination(target, **config))
    assert http.requests[0][1].partition("?")[2] == query
    assert ("thread_name" in http.payload()) is ("thread_id" not in query and "thread_name" in config)


def test_the_post_that_a_message_opened_in_a_forum_is_the_next_target() -> None:
    discord, _ = platform()
    outcome = send(discord, destination(thread_name="Relay"))
    assert isinstance(outcome, Delivered)
    assert outcome.new_target_id == "thread:1200000000000000001"


def test_a_forum_post_that_is_gone_is_opened_anew() -> None:
    discord, http = platform(error(404, 10003), answer(200, POSTED))
    outcome = send(discord, destination("thread:8", thread_name="Relay"))
    assert isinstance(outcome, Delivered)
    assert outcome.new_target_id == "thread:1200000000000000001"
    assert http.payload()["thread_name"] == "Relay"
    assert "thread_id" not in http.requests[1][1]


@pytest.mark.parametrize(("target", "config", "disables"), [("", {"thread_id": "7"}, True), ("thread:8", {}, False)])
def test_a_thread_that_is_gone_switches_off_only_a_bot_of_its_own(
    target: str, config: dict[str, Any], disables: bool
) -> None:
    discord, _ = platform(error(404, 10003))
    outcome = send(discord, destination(target, **config))
    assert isinstance(outcome, Permanent)
    assert (outcome.code, outcome.disables_destination) == ("thread_not_found", disables)


@pytest.mark.parametrize(
    ("config", "flags"), [({"silent": True}, 4096), ({"suppress_embeds": True}, 4), ({"silent": False}, None)]
)
def test_flags_follow_the_settings(config: dict[str, Any], flags: int | None) -> None:
    discord, http = platform()
    send(discord, destination(**config))
    assert http.payload().get("flags") == flags


def test_files_are_multipart_and_named_by_their_attachments() -> None:
    discord, http = platform()
    part = Part("message", "look", "look", (picture("a.png"), picture("图.png")))
    assert isinstance(send(discord, destination(), part), Delivered)
    assert http.files() == [("files[0]", "a.png"), ("files[1]", "图.png")]
    assert http.payload()["attachments"] == [{"id": "0", "filename": "a.png"}, {"id": "1", "filename": "图.png"}]
    assert http.payload()["content"] == "look"


def test_files_without_text_have_no_content() -> None:
    discord, http = platform()
    send(discord, destination(), Part("message", media=(picture(),)))
    assert "content" not in http.payload()


def test_a_file_that_cannot_be_had_is_a_link_and_the_others_keep_their_numbers() -> None:
    discord, http = platform()
    media = (picture("a.png"), picture("gone.png"), picture("b.png"), picture("big.png", size_bytes=11_000_000))
    outcome = send(discord, destination(), Part("message", "text", "text", media))
    assert http.files() == [("files[0]", "a.png"), ("files[1]", "b.png")]
    lines = http.payload()["content"].split("\n")
    assert lines[0] == "text"
    assert lines[1].endswith("https://img.kookapp.cn/assets/gone.png")
    assert lines[2].endswith("https://img.kookapp.cn/assets/big.png")
    assert isinstance(outcome, Delivered)
    assert outcome.notes == (
        "image_as_link: the media host answered 404",
        "image_as_link: larger than 10485760 bytes",
    )


def test_the_file_limit_is_a_setting() -> None:
    discord, http = platform()
    part = Part("message", media=(picture("big.png", size_bytes=11_000_000),))
    send(discord, destination(max_file_bytes=20_000_000), part)
    assert http.files() == [("files[0]", "big.png")]


def test_files_that_are_too_much_together_become_links() -> None:
    class LargeMedia:
        def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
            return FetchedMedia(bytes(9_000_000), "image/png", item.name)

    http = FakeHttp(answer(200, POSTED))
    discord = DiscordPlatform(http, LargeMedia(), API_BASE)
    outcome = send(discord, destination(), Part("message", media=tuple(picture(f"{n}.png") for n in range(4))))
    assert len(http.files()) == 2
    assert isinstance(outcome, Delivered)
    assert len(outcome.notes) == 2


def test_only_links_left_means_no_multipart() -> None:
    discord, http = platform()
    send(discord, destination(), Part("message", media=(picture("gone.png"),)))
    assert "files" not in http.requests[0][2]
    assert "gone.png" in http.payload()["content"]


def test_an_empty_message_is_never_sent() -> None:
    discord, http = platform()
    send(discord, destination(), Part("message", "  \n"))
    assert http.payload()["content"].strip()


def named_part(text: str = "hello", author: str = "小*明") -> Part:
    return Part("message", text, text, options={"username": "小*明", "author": author})


def test_a_refused_name_is_replaced_once_and_moves_into_the_text() -> None:
    discord, http = platform(field_error("username", "USERNAME_INVALID"), answer(200, POSTED))
    outcome = send(discord, destination(), named_part())
    assert isinstance(outcome, Delivered)
    assert outcome.notes[0].startswith("author_in_text: ")
    assert http.payload()["username"] == FALLBACK_USERNAME
    assert http.payload()["content"] == "**小\\*明**\nhello"


def test_a_refused_name_over_a_full_text_goes_above_it() -> None:
    discord, http = platform(field_error("username", "USERNAME_INVALID"), answer(200, POSTED))
    send(discord, destination(suppress_embeds=True), named_part("x" * 2000))
    assert http.payload()["content"] == "x" * 2000
    assert http.payload()["embeds"] == [{"author": {"name": "小*明"}}]
    assert "flags" not in http.payload()


def test_a_name_refused_twice_is_a_permanent_failure() -> None:
    discord, http = platform(field_error("username", "USERNAME_INVALID"))
    outcome = send(discord, destination(), named_part())
    assert isinstance(outcome, Permanent)
    assert outcome.code == "invalid_form"
    assert "username: USERNAME_INVALID" in outcome.detail
    assert len(http.requests) == 2


def test_a_refused_avatar_is_replaced_by_the_default() -> None:
    discord, http = platform(field_error("avatar_url", "URL_TYPE_INVALID_URL"), answer(200, POSTED))
    part = Part("message", "a", "a", options={"avatar_url": "https://img.kookapp.cn/x.png"})
    assert isinstance(send(discord, destination(), part), Delivered)
    assert http.payload()["avatar_url"] == DEFAULT_AVATAR_URL


@pytest.mark.parametrize("refusal", [answer(413, b"<html>"), error(413, 40005), error(400, 50045)])
def test_of_files_too_large_the_largest_becomes_a_link(refusal: HttpResponse) -> None:
    discord, http = platform(refusal, answer(200, POSTED))
    media = (picture("a.png"), picture("large.png", size_bytes=5000), picture("b.png"))
    outcome = send(discord, destination(), Part("message", "t", "t", media))
    assert isinstance(outcome, Delivered)
    assert http.files() == [("files[0]", "a.png"), ("files[1]", "b.png")]
    assert "large.png" in http.payload()["content"]
    assert outcome.notes == ("image_as_link: too large for the platform",)


def test_of_files_still_too_large_all_become_links() -> None:
    discord, http = platform(error(413, 40005), error(413, 40005), answer(200, POSTED))
    media = tuple(picture(f"{number}.png") for number in range(3))
    assert isinstance(send(discord, destination(), Part("message", "t", "t", media)), Delivered)
    assert [len(http.files(number)) for number in range(3)] == [3, 2, 0]
    assert http.payload()["content"].count("https://img.kookapp.cn/assets/") == 3


@pytest.mark.parametrize("refusal", [error(400, 50046), error(403, 400001), field_error("attachments", "X")])
def test_refused_files_become_links(refusal: HttpResponse) -> None:
    discord, http = platform(refusal, answer(200, POSTED))
    outcome = send(discord, destination(), Part("message", "t", "t", (picture(),)))
    assert isinstance(outcome, Delivered)
    assert outcome.notes == ("image_as_link: refused by the platform",)
    assert http.files() == []


def test_several_refusals_are_answered_one_after_another() -> None:
    discord, http = platform(
        field_error("username", "X"), field_error("avatar_url", "X"), error(413, 40005), answer(200, POSTED)
    )
    assert isinstance(send(discord, destination(), Part("message", "t", "t", (picture(),))), Delivered)
    assert len(http.requests) == 4


def test_the_test_really_sends() -> None:
    discord, http = platform()
    assert discord.test(destination()) == Delivered(("1300000000000000001",))
    assert http.requests[0][0] == "POST"
    assert "test" in http.payload()["content"]


@pytest.mark.parametrize(
    ("response", "channel_id"),
    [
        (answer(200, {"id": "1", "channel_id": "1200000000000000001"}), "1200000000000000001"),
        (answer(200, {"id": "1", "channel_id": 5}), None),
        (answer(200, b"<html>"), None),
        (error(404, 10015), None),
        (NoAnswer("timeout", "no answer in time"), None),
        (NotSent("dns_failed", "no address"), None),
    ],
)
def test_the_channel_of_a_webhook_can_be_looked_up(response: HttpResponse | Exception, channel_id: str | None) -> None:
    discord, http = platform(response)
    assert discord.find_channel_id({"webhook_url": URL}) == channel_id
    assert http.requests[0][:2] == ("GET", f"{API_BASE}/webhooks/123456789012345678/{TOKEN}")
