from __future__ import annotations

import json

import pytest

from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.model import MediaItem, QuotedMessage
from shared.message.render_plain import render_plain
from shared.message.tree import Document
from shared.platforms.kook_parts import (
    MAX_CONTENT_UNITS,
    MAX_FILE_BYTES,
    MAX_ITEMS,
    compose_kook,
    link_line,
    text_part,
    with_links,
)
from shared.platforms.unicode_text import utf16_units
from tests.fakes.relay_messages import media_item, relay_message


def plain(markup: str) -> str:
    return render_plain(parse_kmarkdown(markup, Names()))


def test_the_author_the_quote_and_the_text() -> None:
    message = relay_message("yes (met)all(met)", quote=QuotedMessage("m0", "小红", "shall we?"))
    (part,) = compose_kook(message, "小明 (met)all(met)")
    assert part.kind == "kmarkdown"
    assert part.text == "**小明 \\(met\\)all\\(met\\)**\n> ↩ **小红**\\: shall we?\n\nyes \\(met\\)all\\(met\\)"


@pytest.mark.parametrize("unit", ["word ", "汉字，", "😀", "*", "(", "-"])
def test_long_text_is_cut_within_the_limit_and_nothing_is_lost(unit: str) -> None:
    text = f"begin{unit * 9000}end"
    parts = compose_kook(relay_message(text), "")
    assert len(parts) > 1
    assert all(utf16_units(part.text) <= MAX_CONTENT_UNITS for part in parts)
    assert "".join(plain(part.text) for part in parts).replace(" ", "") == text.replace(" ", "")


def test_media_go_with_the_text_where_there_is_room() -> None:
    picture = media_item("image", "a.png")
    (part,) = compose_kook(relay_message("look", picture), "小明")
    assert (part.kind, part.media) == ("card", (picture,))
    assert part.text == "**小明**\nlook"


def test_media_go_after_a_text_that_leaves_no_room() -> None:
    parts = compose_kook(relay_message("x" * 7000, media_item("image", "a.png")), "小明")
    assert [(part.kind, bool(part.text), len(part.media)) for part in parts] == [
        ("kmarkdown", True, 0),
        ("card", False, 1),
    ]


def test_many_media_share_cards_in_order() -> None:
    media = [media_item("image", f"{number}.png") for number in range(40)]
    parts = compose_kook(relay_message("look", *media), "小明")
    assert [item for part in parts for item in part.media] == media
    assert all(len(part.media) <= MAX_ITEMS for part in parts)
    assert len(parts) == 5


def test_media_known_to_be_large_do_not_share_a_part() -> None:
    media = [media_item("file", f"{number}.zip", size_bytes=MAX_FILE_BYTES) for number in range(3)]
    parts = compose_kook(relay_message("look", *media), "小明")
    assert [len(part.media) for part in parts] == [2, 1]


@pytest.mark.parametrize("length", [10, 200, 1400, 5000])
def test_whatever_becomes_a_link_fits(length: int) -> None:
    media = [
        MediaItem("image", f"https://img.kookapp.cn/{'(' * length}/{number}", f"*{'n' * 300}") for number in range(30)
    ]
    for part in compose_kook(relay_message("**" * 900, *media), "小明"):
        assert utf16_units(with_links(part.text, part.media)) <= MAX_CONTENT_UNITS
        links = "\n".join(map(link_line, part.media))
        assert utf16_units(links) <= 5000
        assert len(json.dumps(part.text)) + len(json.dumps(links)) <= MAX_CONTENT_UNITS + 300


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (MediaItem("image", "https://a.b/c.png", "c.png"), "[🖼 c.png](https://a.b/c.png)"),
        (MediaItem("file", "https://a.b/c(1)", "c](x)\n2"), "[📎 c\\]\\(x\\) 2](https://a.b/c%281%29)"),
        (MediaItem("audio", "javascript:alert(1)", ""), "🎵 audio"),
        (MediaItem("video", "https://a.b/" + "x" * 2000, "v"), "🎬 v"),
    ],
)
def test_links(item: MediaItem, line: str) -> None:
    assert link_line(item) == line


def test_a_message_without_anything_shows_its_kind() -> None:
    (part,) = compose_kook(relay_message(Document(), kind="unknown"), "")
    assert part.text == r"\[unknown\]"
    assert text_part("a: b").text == r"a\: b"
