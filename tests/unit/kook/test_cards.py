"""Cards: every module, the oddities seen in traffic, and bounds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared.kook.card_elements import MAX_ELEMENT_CHARACTERS
from shared.kook.cards import MAX_CARDS, MAX_ELEMENTS, MAX_MEDIA, MAX_MODULES, CardContent, CardsUnreadable, parse_cards
from shared.kook.kmarkdown import Names
from shared.message.model import MediaItem
from shared.message.render_plain import render_plain
from shared.message.tree import Color, Gap, Heading, Link, Paragraph, Rule, SmallText, Strong, Text

NAMES = Names(users={"2862900001": "RelayBot"})


def parse(*modules: Any) -> CardContent:
    return parse_cards(json.dumps([{"type": "card", "modules": list(modules)}]), NAMES)


def plain(*modules: Any) -> str:
    return render_plain(parse(*modules).document)


def image(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "image", "src": f"https://img.kookapp.cn/assets/2026-01/{name}", **more}


def test_card_as_a_user_sends_it() -> None:
    content = (
        '[{"theme":"invisible","color":"","size":"lg","expand":false,"type":"card","modules":['
        '{"type":"section","mode":"left","accessory":null,"elements":[],"text":{"type":"kmarkdown","elements":[],'
        '"content":"(met)2862900001(met) 看这个 \\\\*\\\\*不加粗\\\\*\\\\* "}},'
        '{"type":"container","elements":[{"type":"image","src":"https:\\/\\/img.kookapp.cn\\/assets\\/a.png",'
        '"alt":"","size":"lg","circle":false,"title":"","elements":[]}]},'
        '{"type":"file","title":"3 远期与期货 4.pdf","src":"https:\\/\\/img.kookapp.cn\\/attachments\\/b.pdf",'
        '"external":false,"size":572524,"canDownload":true,"elements":[]},'
        '{"type":"section","mode":"left","accessory":null,"elements":[],"text":{"type":"kmarkdown",'
        '"content":"\\n\\ud83d\\ude06 ","elements":[]}}]}]'
    )
    card = parse_cards(content, NAMES)
    assert render_plain(card.document) == "@RelayBot 看这个 **不加粗**\n😆"
    assert card.media == (
        MediaItem("image", "https://img.kookapp.cn/assets/a.png", "a.png"),
        MediaItem("file", "https://img.kookapp.cn/attachments/b.pdf", "3 远期与期货 4.pdf", size_bytes=572524),
    )


def test_header_is_a_heading_and_may_be_a_bare_string() -> None:
    expected = (Heading((Text("标题 *x*"),)),)
    assert parse({"type": "header", "text": {"type": "plain-text", "content": "标题 *x*"}}).document.blocks == expected
    assert parse({"type": "header", "text": "标题 *x*"}).document.blocks == expected


def test_plain_text_expands_emoji_unless_told_not_to() -> None:
    assert plain({"type": "section", "text": {"type": "plain-text", "content": ":smile: **a**"}}) == "😄 **a**"
    assert plain({"type": "section", "text": {"type": "plain-text", "content": ":smile:", "emoji": False}}) == ":smile:"


def test_kmarkdown_text_is_parsed_with_colours() -> None:
    card = parse({"type": "section", "text": {"type": "kmarkdown", "content": "**a** (font)b(font)[success]"}})
    assert card.document.blocks == (Paragraph((Strong((Text("a"),)), Text(" "), Color("success", (Text("b"),)))),)


def test_section_accessories() -> None:
    link = {"type": "button", "text": "去", "click": "link", "value": "https://e.com"}
    action = {"type": "button", "text": "按", "click": "return-val", "value": "v"}
    card = parse(
        {"type": "section", "text": "a", "accessory": image("acc.png")},
        {"type": "section", "text": "b", "accessory": link},
        {"type": "section", "text": "c", "accessory": action},
    )
    assert render_plain(card.document) == "a\nb\n去 (https://e.com)\nc\n[按]"
    assert [item.name for item in card.media] == ["acc.png"]


def test_paragraph_columns() -> None:
    def field(content: str) -> dict[str, str]:
        return {"type": "kmarkdown", "content": content}

    single = {"type": "paragraph", "cols": 2, "fields": [field("**a**"), field("b"), field("c"), field("d")]}
    assert plain({"type": "section", "text": single}) == "a | b\nc | d"
    tall = {"type": "paragraph", "cols": 3, "fields": [field("**昵称**\n怪才君"), field("**服务器**\n活动"), "x"]}
    assert plain({"type": "section", "text": tall}) == "昵称\n怪才君\n服务器\n活动\nx"
    one = {"type": "paragraph", "cols": 1, "fields": ["a", "b"]}
    assert plain({"type": "section", "text": one}) == "a\nb"


def test_pictures_keep_their_order_and_use_their_fallback() -> None:
    card = parse(
        {"type": "image-group", "elements": [image("1.png"), image("2.png")]},
        {"type": "container", "elements": {**image("3.png"), "src": "x", "fallbackUrl": "https://e.com/f%20b.gif?x=1"}},
        {"type": "container", "elements": [{"type": "image", "src": "javascript:x"}, None, "x"]},
    )
    assert [item.name for item in card.media] == ["1.png", "2.png", "f b.gif"]
    assert {item.kind for item in card.media} == {"image"}
    assert card.document.blocks == ()


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "kmarkdown", "content": text}, **more}


def pictures(*names: str) -> dict[str, Any]:
    return {"type": "container", "elements": [image(name) for name in names]}


BUTTONS = {"type": "action-group", "elements": [{"type": "button", "text": "go"}]}
FOOTER = {"type": "context", "elements": ["small"]}


@pytest.mark.parametrize(
    ("modules", "cuts"),
    [
        ([section("a"), pictures("1.png")], ()),
        ([pictures("1.png"), section("a")], ()),
        ([section("a"), pictures("1.png"), section("b")], ((1, 1),)),
        ([section("a"), pictures("1.png"), pictures("2.png", "3.png"), section("b"), section("c")], ((1, 3),)),
        ([pictures("1.png"), section("a"), pictures("2.png"), section("b")], ((1, 2),)),
        ([section("a"), {"type": "file", "src": "https://e.com/f.zip"}, section("b")], ((1, 1),)),
        ([section("a"), {"type": "file", "src": ""}, section("b")], ()),
        ([section("a"), pictures("1.png"), {"type": "divider"}, section("b")], ((1, 1),)),
        ([section("a"), pictures("1.png"), {"type": "divider"}, pictures("2.png")], ()),
        ([section("a"), pictures("1.png"), {"type": "divider"}, pictures("2.png"), section("b")], ((2, 2),)),
        ([section("a", accessory=image("1.png")), section("b", accessory=image("2.png"))], ()),
        ([section("a"), {"type": "context", "elements": [image("i.png"), "b"]}, section("c")], ()),
        ([section("a"), pictures("1.png"), BUTTONS, FOOTER], ()),
        ([section("a"), pictures("1.png"), BUTTONS, FOOTER, section("b")], ((1, 1),)),
        ([section("a"), pictures("1.png"), FOOTER, pictures("2.png"), section("b")], ((2, 2),)),
        ([FOOTER, pictures("1.png"), section("b")], ((1, 1),)),
    ],
)  # fmt: skip
def test_text_below_pictures_that_have_text_above_them_is_a_cut(
    modules: list[Any], cuts: tuple[tuple[int, int], ...]
) -> None:
    assert parse(*modules).cuts == cuts


def test_cuts_count_blocks_over_all_cards() -> None:
    cards = [{"modules": [section("a"), pictures("1.png")]}, {"modules": []}, {"modules": [section("b"), section("c")]}]
    parsed = parse_cards(json.dumps(cards), NAMES)
    assert parsed.document.blocks == (
        Paragraph((Text("a"),)),
        Gap(),
        Paragraph((Text("b"),)),
        Paragraph((Text("c"),)),
    )
    assert parsed.cuts == ((2, 1),)


def test_buttons_are_links_or_bracketed_text() -> None:
    card = parse(
        {
            "type": "action-group",
            "elements": [
                {"type": "button", "click": "link", "value": "https://e.com", "text": "链接"},
                {
                    "type": "button",
                    "click": "return-val",
                    "value": "ok",
                    "text": {"type": "plain-text", "content": "确定"},
                },
                {"type": "button", "click": "link", "value": "https://n.com", "text": ""},
                {"type": "button"},
            ],
        }
    )
    (line,) = card.document.blocks
    assert isinstance(line, Paragraph)
    assert line.children[0] == Link("https://e.com", (Text("链接"),))
    assert render_plain(card.document) == "链接 (https://e.com) [确定] https://n.com"


def test_context_is_one_small_line() -> None:
    card = parse({"type": "context", "elements": ["a", image("i.png"), {"type": "kmarkdown", "content": "*b*"}]})
    (line,) = card.document.blocks
    assert isinstance(line, SmallText)
    assert render_plain(card.document) == "a b"
    assert [item.name for item in card.media] == ["i.png"]


def test_files_sounds_and_videos() -> None:
    card = parse(
        {
            "type": "audio",
            "src": "https://e.com/a.mp3",
            "title": "歌",
            "duration": 12.5,
            "cover": "https://e.com/c.png",
        },
        {"type": "video", "src": "https://e.com/v.mp4", "title": "", "size": "1024"},
        {"type": "file", "src": "", "title": "丢失.zip"},
    )
    assert card.media == (
        MediaItem("audio", "https://e.com/a.mp3", "歌", duration_seconds=12.5),
        MediaItem("video", "https://e.com/v.mp4", "v.mp4", size_bytes=1024),
    )
    assert render_plain(card.document) == "[文件] 丢失.zip"


def test_divider_countdown_and_invite() -> None:
    card = parse(
        {"type": "divider"},
        {"type": "countdown", "mode": "day", "endTime": 1772587181010},
        {"type": "countdown", "endTime": 10**30},
        {"type": "invite", "code": "aB3-x"},
        {"type": "invite", "code": "https://kook.top/zz"},
        {"type": "invite", "code": "no code"},
    )
    assert card.document.blocks[0] == Rule()
    assert render_plain(card.document).split("\n")[1:] == [
        "⏳ ends at 2026-03-04 01:19:41 UTC",
        "[倒计时]",
        "https://kook.top/aB3-x",
        "https://kook.top/zz",
    ]


@pytest.fixture
def machine_in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine_in_shanghai")
def test_a_countdown_ends_in_utc_wherever_the_machine_is() -> None:
    assert plain({"type": "countdown", "endTime": 1772587181010}) == "⏳ ends at 2026-03-04 01:19:41 UTC"


def test_a_text_beyond_its_bound_is_cut_and_says_so() -> None:
    module = {"type": "section", "text": {"type": "plain-text", "content": "长" * (MAX_ELEMENT_CHARACTERS + 1)}}
    assert plain(module) == "长" * MAX_ELEMENT_CHARACTERS + "…"


def test_unknown_modules_give_what_they_hold() -> None:
    assert (
        plain({"type": "poll", "title": "Q", "elements": ["a", {"type": "kmarkdown", "content": "**b**"}]}) == "Q\na\nb"
    )
    card = parse({"type": "sticker", "src": "https://e.com/s.webp", "elements": [image("n.png")]})
    assert [item.url for item in card.media] == ["https://e.com/s.webp", "https://img.kookapp.cn/assets/2026-01/n.png"]


def test_gap_between_cards_and_single_card_object() -> None:
    cards = [
        {"modules": [{"type": "section", "text": "a"}]},
        {"modules": []},
        {"modules": [{"type": "header", "text": "b"}]},
    ]
    parsed = parse_cards(json.dumps(cards), NAMES)
    assert parsed.document.blocks == (Paragraph((Text("a"),)), Gap(), Heading((Text("b"),)))
    assert parse_cards(json.dumps(cards[0]), NAMES).document.blocks == (Paragraph((Text("a"),)),)


@pytest.mark.parametrize(
    "content",
    ["", "not json", "[]", "{}", "null", "3", '"a"', "[1, null, [], {}]", '[{"modules": 5}]', "[" * 100_000,
     '[{"modules": [{"type": "section", "text": {"content": ""}}]}]', " " * 1_100_000 + "[]", "9" * 5_000],
    ids=lambda content: content[:20],
)  # fmt: skip
def test_nothing_usable_is_unreadable(content: str) -> None:
    with pytest.raises(CardsUnreadable):
        parse_cards(content, NAMES)


def test_parts_of_unexpected_types_are_left_out() -> None:
    broken: list[Any] = [
        None,
        5,
        "x",
        [],
        {"type": ["a"]},
        {"type": "section", "text": 7, "accessory": "x"},
        {"type": "header", "text": None},
        {"type": "container", "elements": 3},
        {"type": "file", "src": {}, "title": [], "size": "x"},
        {"type": "countdown", "endTime": "soon"},
        {"type": "invite", "code": {}},
        {"type": "context", "elements": [None, {}]},
        {"type": "section", "text": {"type": "paragraph", "cols": "many", "fields": [None, 1, {}]}},
    ]
    assert plain(*broken).split("\n") == ["7", "[倒计时]", "1"]


def test_excess_is_dropped_with_a_note() -> None:
    many = {"type": "card", "modules": [{"type": "section", "text": "a"}] * (MAX_MODULES + 5)}
    lines = render_plain(parse_cards(json.dumps([many]), NAMES).document).split("\n")
    assert lines == ["a"] * MAX_MODULES + ["[卡片过长，余下内容已省略]"]
    cards = [{"modules": [{"type": "section", "text": "b"}]}] * (MAX_CARDS + 1)
    assert render_plain(parse_cards(json.dumps(cards), NAMES).document).endswith("b\n[卡片过长，余下内容已省略]")
    deep: Any = "end"
    for _ in range(50):
        deep = {"type": "new", "elements": [deep, "x"]}
    assert "[卡片过长，余下内容已省略]" in plain(deep)
    long = [{"type": "section", "text": {"type": "plain-text", "content": "x" * 20_000}}] * 9
    assert len(plain(*long)) < 100_100


def test_excess_elements_and_media_are_dropped_with_a_note() -> None:
    crowded = parse({"type": "container", "elements": [image("a.png")] * (MAX_ELEMENTS + 1)})
    assert len(crowded.media) == MAX_ELEMENTS
    assert render_plain(crowded.document) == "[卡片过长，余下内容已省略]"
    full = parse(*[{"type": "container", "elements": [image("a.png")] * MAX_ELEMENTS}] * 3)
    assert len(full.media) == MAX_MEDIA


def test_blocks_in_headers_and_context_and_pictures_beside_text() -> None:
    code = {"type": "kmarkdown", "content": "```py\nx\n```"}
    card = parse(
        {"type": "header", "text": code},
        {"type": "context", "elements": [code, "small"]},
        {"type": "section", "text": "t", "accessory": {"type": "image-group", "elements": [image("1.png")]}},
    )
    assert render_plain(card.document) == "x\nsmall\nx\nt"
    assert [item.name for item in card.media] == ["1.png"]
