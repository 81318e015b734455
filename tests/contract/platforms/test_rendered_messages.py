"""KOOK's events as people see them on each platform: from the event's JSON to what the stand-in received."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from shared.kook.events import parse_event
from shared.kook.messages import relay_message
from shared.message.model import RelayMessage
from tests.contract.platforms import harness_discord, harness_feishu_app, harness_feishu_hook, harness_telegram
from tests.contract.platforms.harness import Harness
from tests.standins.assets import asset_url
from tests.standins.feishu import FeishuStandIn
from tests.standins.telegram import TelegramStandIn

_OPENERS = {
    "discord": harness_discord.open_harness,
    "telegram": harness_telegram.open_harness,
    "feishu_app": harness_feishu_app.open_harness,
    "feishu_hook": harness_feishu_hook.open_harness,
}
_NAMES = {
    "mention_part": [{"id": "2418200002", "username": "小_红"}],
    "mention_role_part": [{"role_id": 702, "name": "管理员"}],
    "channel_part": [{"id": "5823400000000002", "name": "公告"}],
}


@pytest.fixture
def harnesses() -> Iterator[dict[str, Harness]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(opener()) for name, opener in _OPENERS.items()}


def kook_message(content: str | list[Any], **extra: Any) -> RelayMessage:
    """A KMarkdown message, or a card message of modules."""
    is_card = isinstance(content, list)
    text = json.dumps([{"type": "card", "modules": content}]) if is_card else content
    author = {"id": "2418239356", "username": "ming", "nickname": "小明", "bot": False}
    event = {
        "channel_type": "GROUP",
        "type": 10 if is_card else 9,
        "target_id": "5511223344556677",
        "author_id": "2418239356",
        "content": text,
        "msg_id": "a0c9d2f4-0000-4000-8000-000000000002",
        "msg_timestamp": 1_795_000_000_000,
        "nonce": "",
        "extra": {"author": author, "kmarkdown": _NAMES, "channel_name": "大厅", **extra},
    }
    return relay_message(parse_event(event))


def delivered(harnesses: dict[str, Harness], message: RelayMessage) -> dict[str, list[tuple[str, list[str]]]]:
    """What each platform received: the text as it was sent, and the names of the files."""
    for harness in harnesses.values():
        notes = [note for outcome in harness.deliver(message) for note in outcome.notes]
        assert not [note for note in notes if "_as_link" not in note]
    telegram = harnesses["telegram"].stand_in
    assert isinstance(telegram, TelegramStandIn)
    assert telegram.violations == []
    return {
        name: [(received.text, [file.name for file in received.files]) for received in harness.received()]
        for name, harness in harnesses.items()
    }


def texts(received: dict[str, list[tuple[str, list[str]]]]) -> tuple[str, str, str]:
    """The only text on Discord, on Telegram and on Feishu, where both kinds of bot show the same."""
    ((discord, _),), ((telegram, _),) = received["discord"], received["telegram"]
    ((feishu, _),), ((hook, _),) = received["feishu_app"], received["feishu_hook"]
    assert feishu == hook
    return discord, telegram, feishu


NESTED = (
    "**粗 *斜 ~~删 (ins)下(ins)~~* 尾** (spl)密 **b** [链](https://e.com/a_b)(spl)",
    "**粗 *斜 ~~删 __下__~~* 尾** ||密 **b** [链](https://e.com/a_b)||",
    "<b>粗 <i>斜 <s>删 <u>下</u></s></i> 尾</b> <tg-spoiler>密 <b>b</b> "
    '<a href="https://e.com/a_b">链</a></tg-spoiler>',
    "粗 斜 删 下 尾 [剧透] 密 b 链 (https://e.com/a_b)",
)
MENTIONS = (
    "**(met)2418200002(met) hi** (met)1(met) (met)all(met) (rol)702(rol) (chn)5823400000000002(chn) @everyone",
    "**@小\\_红 hi** @1 @全体成员 @管理员 #公告 @\u200beveryone",
    "<b>@小_红 hi</b> @\u200b1 @全体成员 @管理员 #公告 @\u200beveryone",
    "@小_红 hi @1 @全体成员 @管理员 #公告 @everyone",
)
QUOTED_CODE = (
    "> **q** `c *d*`\r\n```py\r\nif a<b:\r\n\r\n  x\r\n```\r\n\r\n后",
    "> **q** `c *d*`\n> ```py\n> if a<b:\n> \n>   x\n> ```\n后",
    "<blockquote><b>q</b> <code>c *d*</code>\n"
    '<pre><code class="language-py">if a&lt;b:\n\n  x</code></pre></blockquote>后',
    "> q `c *d*`\n> if a<b:\n>  \n>   x\n后",
)
LINK_TEXT = (
    "[:smile: (emj)doge(emj)[9/x]](https://e.com/?q=(a)) \\*\\*x\\*\\* a\\_b <at id=all></at>",
    "[😄 :doge:](https://e.com/?q=%28a%29) \\*\\*x\\*\\* a\\\\\\_b <at id=all><\u200b/at>",
    '<a href="https://e.com/?q=(a)">😄 :doge:</a> **x** a\\_b &lt;at id=all&gt;&lt;/at&gt;',
    "😄 :doge: (https://e.com/?q=(a)) **x** a\\_b <\u200bat id=all><\u200b/at>",
)
GLUED_ADDRESS = (
    "请看[https://e.com/x](https://e.com/x)，谢谢",
    "请看https://e.com/x ，谢谢",
    '请看<a href="https://e.com/x">https://e.com/x</a>，谢谢',
    "请看https://e.com/x (https://e.com/x)，谢谢",
)
RIGHT_TO_LEFT = (
    "a\u200bb **עברית** \u202ec\u202c",
    "a\u200bb **עברית** \u202ec\u202c",
    "a\u200bb <b>עברית</b> \u202ec\u202c",
    "a\u200bb עברית \u202ec\u202c",
)


@pytest.mark.parametrize(
    ("source", "discord", "telegram", "feishu"),
    [NESTED, MENTIONS, QUOTED_CODE, LINK_TEXT, GLUED_ADDRESS, RIGHT_TO_LEFT],
    ids=["nested", "mentions", "quoted code", "link text", "glued address", "right to left"],
)
def test_kmarkdown_as_it_is_shown(
    harnesses: dict[str, Harness], source: str, discord: str, telegram: str, feishu: str
) -> None:
    shown = texts(delivered(harnesses, kook_message(source)))
    assert shown == (discord, f"<b>小明</b>\n{telegram}", f"小明\n{feishu}")


def test_a_reply_names_whom_it_answers(harnesses: dict[str, Harness]) -> None:
    quoted = {"rong_id": "m0", "type": 9, "content": "走**吧**\n?", "author": {"id": "7", "username": "小红*"}}
    shown = texts(delivered(harnesses, kook_message("好", quote=quoted)))
    assert shown == (
        "> ↩ **小红\\***: 走吧 ?\n好",
        "<b>小明</b>\n<blockquote>↩ <b>小红*</b>: 走吧 ?</blockquote>好",
        "小明\n> ↩ 小红*: 走吧 ?\n好",
    )


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "kmarkdown", "content": text}}


def pictures(*names: str) -> dict[str, Any]:
    return {"type": "container", "elements": [{"type": "image", "src": asset_url(name)} for name in names]}


def test_text_and_pictures_stay_in_order(harnesses: dict[str, Harness]) -> None:
    report = {"type": "file", "title": "报告.pdf", "src": asset_url("report.pdf"), "size": 500}
    modules = [section("图一"), pictures("picture.png"), section("图二"), pictures("photo.jpg"), section("完"), report]
    received = delivered(harnesses, kook_message(modules))
    assert received["discord"] == [("图一", ["picture.png"]), ("图二", ["photo.jpg"]), ("完", ["报告.pdf"])]
    assert received["telegram"] == [
        ("<b>小明</b>\n图一", ["picture.png"]),
        ("图二", ["photo.jpg"]),
        ("完", ["报告.pdf"]),
    ]
    feishu = harnesses["feishu_app"].stand_in
    assert isinstance(feishu, FeishuStandIn)
    post, file = feishu.sent
    assert [
        row[0]["tag"] if row[0]["tag"] == "img" else row[0]["text"] for row in post.content["zh_cn"]["content"]
    ] == [
        "小明",
        "图一",
        "img",
        "图二",
        "img",
        "完",
    ]
    assert [one.name for one in post.files] == ["picture.png", "photo.jpg"]
    assert [one.name for one in file.files] == ["报告.pdf"]
    ((hook_text, _),) = received["feishu_hook"]
    assert [hook_text.index(word) for word in ("图一", "picture.png", "图二", "photo.jpg", "完", "报告.pdf")] == sorted(
        hook_text.index(word) for word in ("图一", "picture.png", "图二", "photo.jpg", "完", "报告.pdf")
    )


def test_a_lost_picture_leaves_its_link_in_its_place(harnesses: dict[str, Harness]) -> None:
    modules = [section("前"), pictures("gone.png"), section("后"), pictures("picture.png"), section("完")]
    received = delivered(harnesses, kook_message(modules))
    for parts in received.values():
        text = "\n".join(text for text, _ in parts)
        assert text.index("前") < text.index("gone.png") < text.index("后") < text.index("完")


def test_nine_pictures_of_one_card_are_one_message(harnesses: dict[str, Harness]) -> None:
    received = delivered(harnesses, kook_message([section("九图"), pictures(*["picture.png"] * 9)]))
    for name in ("discord", "telegram", "feishu_app"):
        ((text, files),) = received[name]
        assert "九图" in text
        assert files == ["picture.png"] * 9


def test_more_pictures_than_a_message_takes_all_arrive(harnesses: dict[str, Harness]) -> None:
    groups = [pictures(*["picture.png"] * 9), pictures(*["picture.png"] * 9), pictures(*["picture.png"] * 5)]
    received = delivered(harnesses, kook_message([section("二十三图"), *groups]))
    for name in ("discord", "telegram", "feishu_app"):
        assert sum(len(files) for _, files in received[name]) == 23
        assert len(received[name]) == 3


def test_more_marks_than_a_message_takes_all_arrive(harnesses: dict[str, Harness]) -> None:
    received = delivered(harnesses, kook_message("".join(f"**{number:03}** " for number in range(150))))
    for parts in received.values():
        assert [word for text, _ in parts for word in re.findall(r"[0-9]{3}", text)] == [
            f"{number:03}" for number in range(150)
        ]


def test_fifty_modules_arrive_in_order(harnesses: dict[str, Harness]) -> None:
    modules = [module for step in range(25) for module in (section(f"第{step:02}步"), pictures("picture.png"))]
    received = delivered(harnesses, kook_message(modules))
    for name, parts in received.items():
        text = "\n".join(text for text, _ in parts)
        assert [text.index(f"第{step:02}步") for step in range(25)] == sorted(
            text.index(f"第{step:02}步") for step in range(25)
        )
        links = text.count(asset_url("picture.png"))
        assert sum(len(files) for _, files in parts) + links == 25, name
    assert [len(files) for _, files in received["feishu_app"]] == [9, 9, 7]


def test_twenty_thousand_characters_arrive_whole(harnesses: dict[str, Harness]) -> None:
    source = "".join(f"**第{number:04}行** 很长的一句话，用来切分。`c` (spl)秘(spl)\n" for number in range(500))
    received = delivered(harnesses, kook_message(source))
    for parts in received.values():
        text = "".join(text for text, _ in parts)
        found = [text.index(f"第{number:04}行") for number in range(500)]
        assert found == sorted(found)
        assert text.count("很长的一句话，用来切分。") == 500
