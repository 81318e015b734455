import pytest

from shared.message.model import MediaItem, QuotedMessage
from shared.message.tree import Code, CodeBlock, Document, Paragraph, Quote, Strong, Text
from shared.platforms.base import Part
from shared.platforms.telegram_parts import (
    MAX_CAPTION_UNITS,
    MAX_MARKUP_BYTES,
    MAX_TEXT_UNITS,
    compose_telegram,
    link_line,
    visible_text,
)
from shared.platforms.unicode_text import utf8_bytes, utf16_units
from tests.fakes.relay_messages import media_item, relay_message
from tests.standins.telegram_html import parse_telegram_html

MEBIBYTE = 1024 * 1024


def check_limits(parts: list[Part]) -> None:
    for part in parts:
        parsed = parse_telegram_html(part.text)
        limit = MAX_TEXT_UNITS if part.kind == "text" else MAX_CAPTION_UNITS
        assert utf16_units(parsed.text) <= limit
        assert utf16_units(part.plain_text) <= limit
        assert utf8_bytes(part.text) <= MAX_MARKUP_BYTES
        assert not parsed.complaints
        assert Part.from_dict(part.to_dict()) == part


def shapes(parts: list[Part]) -> list[tuple[str, list[str]]]:
    return [(part.kind, list(part.options.get("shapes", []))) for part in parts]


def test_the_author_stands_in_bold_above_the_text() -> None:
    [part] = compose_telegram(relay_message("a < b & c"), "小明 <admin>")
    assert part.kind == "text"
    assert part.text == "<b>小明 &lt;admin&gt;</b>\na &lt; b &amp; c"
    assert part.plain_text == "小明 <admin>\na < b & c"


def test_without_an_author_there_is_no_empty_line() -> None:
    [part] = compose_telegram(relay_message("hello"), "")
    assert part.text == "hello"


def test_a_reply_shows_what_it_answers() -> None:
    message = relay_message("yes", quote=QuotedMessage("q1", "李\n雷", "shall we?\nor not"))
    [part] = compose_telegram(message, "小明")
    assert part.text == "<b>小明</b>\n<blockquote>↩ <b>李 雷</b>: shall we? or not</blockquote>yes"


@pytest.mark.parametrize("text", ["长" * 10_000, "😀" * 6_000, "word " * 4_000, "line\n" * 3_000, "<&>" * 5_000])
def test_long_text_is_cut_within_every_limit_and_nothing_is_lost(text: str) -> None:
    parts = compose_telegram(relay_message(text), "小明")
    check_limits(parts)
    assert len(parts) > 1
    joined = "".join(visible_text(part.text) for part in parts)
    assert "".join(joined.split()) == "".join(("小明" + text).split())


def test_more_than_a_hundred_entities_are_spread_over_messages() -> None:
    words = tuple(node for number in range(250) for node in (Strong((Text(f"w{number}"),)), Text(" ")))
    parts = compose_telegram(relay_message(Document((Paragraph(words),))), "小明")
    check_limits(parts)
    assert sum(part.text.count("<b>") for part in parts) == 251


def test_markup_that_is_cut_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line {number}" for number in range(1_500))
    parts = compose_telegram(relay_message(Document((CodeBlock("py", code),))), "小明")
    check_limits(parts)
    assert all('<pre><code class="language-py">' in part.text for part in parts)


def test_a_lone_half_of_a_surrogate_pair_cannot_break_a_request() -> None:
    [part] = compose_telegram(relay_message("a\ud83d b"), "小\udc00明")
    assert "小\ufffd明".encode() in part.text.encode()
    assert "a\ufffd b".encode() in part.plain_text.encode()


def test_a_mention_found_in_plain_text_is_inert_too() -> None:
    [part] = compose_telegram(relay_message("ask @durov"), "小明")
    assert "@durov" not in part.text
    assert "@durov" not in part.plain_text


@pytest.mark.parametrize(("plain", "shown"), [("原文", "原文"), ("  ", "[unknown]")])
def test_a_message_without_anything_is_shown_by_its_plain_text_or_its_kind(plain: str, shown: str) -> None:
    message = relay_message(Document(), kind="unknown", plain_text=plain)
    [part] = compose_telegram(message, "小明")
    assert part.text == f"<b>小明</b>\n{shown}"


def test_one_picture_carries_a_short_text_as_its_caption() -> None:
    [part] = compose_telegram(relay_message("look", media_item("image", "a.png")), "小明")
    assert shapes([part]) == [("media", ["photo"])]
    assert part.text == "<b>小明</b>\nlook"


def test_a_picture_without_text_still_names_its_author() -> None:
    [part] = compose_telegram(relay_message("", media_item("image", "a.png")), "小明")
    assert part.text == "<b>小明</b>"


def test_a_text_too_long_for_a_caption_goes_first() -> None:
    parts = compose_telegram(relay_message("长" * 1_100, media_item("image", "a.png")), "小明")
    check_limits(parts)
    assert shapes(parts) == [("text", []), ("media", ["photo"])]
    assert parts[1].text == ""


@pytest.mark.parametrize(("characters", "kinds"), [(1_021, ["media"]), (1_022, ["text", "media"])])
def test_a_caption_has_at_most_1024_units(characters: int, kinds: list[str]) -> None:
    # "小明" and a newline are three more.
    parts = compose_telegram(relay_message("x" * characters, media_item("image", "a.png")), "小明")
    assert [part.kind for part in parts] == kinds
    check_limits(parts)


def test_pictures_and_videos_share_albums_of_two_to_ten() -> None:
    media = [media_item("image", f"{number}.jpg") for number in range(12)] + [media_item("video", "v.mp4")]
    parts = compose_telegram(relay_message("look", *media), "小明")
    assert shapes(parts) == [("album", ["photo"] * 10), ("album", ["photo", "photo", "video"])]
    assert [item.name for part in parts for item in part.media] == [item.name for item in media]
    assert [bool(part.text) for part in parts] == [True, False]


def test_families_do_not_mix_and_the_order_stays() -> None:
    parts = compose_telegram(
        relay_message(
            "",
            media_item("image", "a.png"),
            media_item("file", "b.pdf"),
            media_item("file", "c.zip"),
            media_item("audio", "d.mp3"),
            media_item("audio", "e.m4a"),
            media_item("audio", "f.wav"),
            media_item("image", "g.gif"),
            media_item("image", "h.webp"),
        ),
        "小明",
    )
    assert shapes(parts) == [
        ("media", ["photo"]),
        ("album", ["document", "document"]),
        ("album", ["audio", "audio"]),
        ("media", ["document"]),
        ("media", ["animation"]),
        ("media", ["photo"]),
    ]


def test_an_album_holds_no_more_than_50_mb_of_what_is_known() -> None:
    media = [media_item("file", f"{number}.zip", size_bytes=20 * MEBIBYTE) for number in range(5)]
    assert [len(part.media) for part in compose_telegram(relay_message("", *media), "x")] == [2, 2, 1]


@pytest.mark.parametrize(
    ("item", "shape"),
    [
        (media_item("image", "a.png", size_bytes=11 * MEBIBYTE), "document"),
        (media_item("image", "a.png", width=9_000, height=1_001), "document"),
        (media_item("image", "a.png", width=2_100, height=100), "document"),
        (media_item("image", "a.png", width=2_000, height=100), "photo"),
        (media_item("image", "a.svg"), "document"),
        (media_item("image", "noextension"), "photo"),
        (media_item("image", "x", mime_type="image/gif"), "animation"),
        (media_item("video", "a.mkv"), "document"),
        (media_item("video", "a.mkv", mime_type="video/mp4"), "video"),
        (media_item("audio", "a.ogg"), "document"),
        (media_item("audio", "a", mime_type="audio/mpeg"), "audio"),
        (media_item("file", "a.mp4"), "document"),
        (MediaItem("image", "https://img.kookapp.cn/x.gif?a=b.png", "picture"), "animation"),
        (MediaItem("image", "http://[broken", "picture"), "photo"),
    ],
)
def test_how_an_item_is_sent(item: MediaItem, shape: str) -> None:
    [part] = compose_telegram(relay_message("", item), "小明")
    assert part.options["shapes"] == [shape]


@pytest.mark.parametrize("count", [2, 10])
def test_an_album_caption_leaves_room_for_links_in_place_of_its_items(count: int) -> None:
    media = [media_item("image", "n" * 40 + f"{number}.png") for number in range(count)]
    captions = []
    for characters in range(600, 1_024, 8):
        parts = compose_telegram(relay_message("x" * characters, *media), "小明")
        if parts[0].kind == "album":
            lines = [link_line(item)[0] for item in media]
            captions.append("\n".join([parts[0].text, *lines]))
    assert captions
    assert all(utf16_units(visible_text(caption)) <= MAX_CAPTION_UNITS for caption in captions)


def test_a_link_in_place_of_media_is_escaped_and_bounded() -> None:
    item = MediaItem("file", 'https://img.kookapp.cn/a?b="1"&c=<2>', "<b>&.pdf")
    markup, plain = link_line(item)
    [entity] = parse_telegram_html(markup).entities
    assert entity.url == item.url
    assert visible_text(markup) == "📎 <b>&.pdf"
    assert plain == f"📎 <b>&.pdf: {item.url}"
    assert len(link_line(MediaItem("file", "https://e.com/" + "x" * 5_000, "a.pdf"))[0]) < 50


def test_quotes_and_code_stay_what_they_are() -> None:
    document = Document((Quote((Paragraph((Text("q"),)),)), Paragraph((Code("a<b"),))))
    [part] = compose_telegram(relay_message(document), "小明")
    assert part.text == "<b>小明</b>\n<blockquote>q</blockquote><code>a&lt;b</code>"
