"""Discord: names, and composing within the limits."""

from __future__ import annotations

import pytest

from shared.message.model import MediaItem, QuotedMessage
from shared.platforms.discord_names import FALLBACK_USERNAME, discord_username
from shared.platforms.discord_parts import DEFAULT_AVATAR_URL, compose_discord, link_line
from tests.unit.platforms.discord_doubles import (
    message,
    picture,
)


@pytest.mark.parametrize(
    ("label", "username"),
    [
        ("小明", "小明"),
        ("  a \n\t b  ", "a b"),
        ("", FALLBACK_USERNAME),
        (" \u200b\u2060 ", FALLBACK_USERNAME),
        ("\x00\x1b[0m", "[0m"),
        ("Discord", "D\u200aiscord"),
        ("my DISCORD bot clyde", "my D\u200aISCORD bot c\u200alyde"),
        ("dis\u200bcord", "d\u200aiscord"),
        ("dis\u200dcord", "d\u200aiscord"),
        ("everyone", "e\u200averyone"),
        ("HERE", "H\u200aERE"),
        ("everyone else", "everyone else"),
        ("half \ud83d", "half"),
        ("x" * 81, "x" * 80),
        ("长" * 200, "长" * 80),
        ("x" * 76 + "👨‍👩‍👧‍👦", "x" * 76),
        ("👨‍👩‍👧‍👦 family", "👨‍👩‍👧‍👦 family"),
        ("e" + "\u0301" * 200, "e" + "\u0301" * 79),
    ],
)
def test_names_are_made_ones_that_discord_takes(label: str, username: str) -> None:
    assert discord_username(label) == username


def test_a_short_message_is_one_part_with_author_and_picture() -> None:
    (part,) = compose_discord(message("**hi**"), {}, "小明")
    assert part.text == "\\*\\*hi\\*\\*"
    assert part.options["username"] == "小明"
    assert part.options["avatar_url"] == "https://img.kookapp.cn/avatars/a.png"


@pytest.mark.parametrize(
    "avatar_url", ["", "/relative.png", "data:image/png,x", "https://img.kookapp.cn/" + "x" * 2048]
)
def test_an_avatar_discord_cannot_fetch_is_replaced(avatar_url: str) -> None:
    (part,) = compose_discord(message(avatar_url=avatar_url), {}, "小明")
    assert part.options["avatar_url"] == DEFAULT_AVATAR_URL


def test_an_avatar_address_is_sent_in_ascii() -> None:
    (part,) = compose_discord(message(avatar_url="https://img.kookapp.cn/头像 1.png?x-oss-process=style/icon"), {}, "a")
    assert part.options["avatar_url"] == ("https://img.kookapp.cn/%E5%A4%B4%E5%83%8F%201.png?x-oss-process=style/icon")


def test_settings_of_the_bot_override_author_and_picture() -> None:
    config = {"username": "News", "avatar_url": "https://example.com/n.png"}
    (part,) = compose_discord(message("hi"), config, "小明")
    assert part.options == {"username": "News", "avatar_url": "https://example.com/n.png"}
    assert part.text == "**小明**\nhi"


def test_text_is_cut_at_2000_code_points_and_every_part_has_the_author() -> None:
    parts = compose_discord(message("😀" * 4500), {}, "小明")
    assert [len(part.text) for part in parts] == [2000, 2000, 500]
    assert {part.options["username"] for part in parts} == {"小明"}


def test_escaping_counts_toward_the_limit() -> None:
    parts = compose_discord(message("*" * 1500), {}, "小明")
    assert len(parts) == 2
    assert all(len(part.text) <= 2000 for part in parts)


def test_a_quote_comes_first() -> None:
    (part,) = compose_discord(message("yes", quote=QuotedMessage("m0", "小红", "really?")), {}, "小明")
    quote, text = part.text.rsplit("\n", 1)
    assert quote.startswith("> ")
    assert "小红" in quote
    assert text == "yes"


def test_a_message_without_text_shows_its_plain_text_or_its_kind() -> None:
    assert compose_discord(message("", plain="fallback"), {}, "a")[0].text == "fallback"
    assert compose_discord(message("", kind="item"), {}, "a")[0].text == "[item]"


def test_files_go_with_the_last_piece_of_text_ten_at_a_time() -> None:
    media = tuple(picture(f"{number}.png") for number in range(23))
    parts = compose_discord(message("x" * 3000, media), {}, "小明")
    assert [(len(part.text), len(part.media)) for part in parts] == [(2000, 0), (1000, 10), (0, 10), (0, 3)]
    assert [item for part in parts for item in part.media] == list(media)


def test_files_known_to_be_large_are_spread_over_requests() -> None:
    media = tuple(picture(f"{number}.png", size_bytes=9_000_000) for number in range(5))
    assert [len(part.media) for part in compose_discord(message("", media), {}, "a")] == [2, 2, 1]


def test_every_part_has_room_for_its_files_as_links() -> None:
    media = tuple(picture("x" * 400 + f"{number}.png") for number in range(10))
    parts = compose_discord(message("y" * 1900, media), {}, "a")
    assert parts[0].media == ()
    for part in parts:
        assert len("\n".join([part.text, *map(link_line, part.media)])) <= 2000
    assert sum(len(part.media) for part in parts) == 10


def test_a_link_keeps_its_address_and_escapes_its_name() -> None:
    line = link_line(MediaItem("file", "https://img.kookapp.cn/attachments/a_b *c*.zip", "my_*file*.zip"))
    assert line.startswith("📎 my\\_\\*file\\*.zip ")
    assert line.endswith(" https://img.kookapp.cn/attachments/a_b%20*c*.zip")
    assert len(link_line(picture("x" * 5000))) < 200
