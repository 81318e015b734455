"""Cards are checked before they are sent, and read back by the parser as what they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.kook.card_builder import (
    ActionGroup,
    Audio,
    Button,
    Card,
    Columns,
    Container,
    Context,
    Countdown,
    Divider,
    File,
    Header,
    Image,
    ImageGroup,
    InvalidCard,
    Invite,
    KMarkdown,
    PlainText,
    Section,
    Video,
    cards_content,
)
from shared.kook.cards import parse_cards
from shared.kook.kmarkdown import Names
from shared.message.render_plain import render_plain
from tests.standins.kook_cards import BadCard, check_cards

URL = "https://img.kookapp.cn/assets/2026-11/a.png"
PICTURE = Image(URL)
BUTTON = Button(PlainText("open"), click="link", value="https://www.kookapp.cn")
TEXT = Section(KMarkdown("hi"))


def one_card(*modules: Any, **card: Any) -> Any:
    return json.loads(cards_content([Card(modules, **card)]))[0]


def test_every_module_in_the_form_kook_documents() -> None:
    card = one_card(
        Header(PlainText("head")),
        Section(KMarkdown("**hi**"), PICTURE, mode="left"),
        Section(Columns((PlainText("a"), KMarkdown("b")), count=2), BUTTON),
        ImageGroup((PICTURE, Image(URL, alt="map", size="sm", circle=True))),
        Container((PICTURE,)),
        ActionGroup((BUTTON, Button(KMarkdown("yes"), "success", "return-val", "v"))),
        Context((PlainText("small", emoji=True), PICTURE)),
        Divider(),
        File(URL, "a.pdf", 12),
        Audio(URL, "a.mp3", cover=URL),
        Video(URL, "a.mp4"),
        Countdown(2_000, "second", 1_000),
        Invite("AbC123"),
        theme="danger",
        size="sm",
        color="#aabbcc",
    )
    assert {key: card[key] for key in ("type", "theme", "size", "color")} == {
        "type": "card",
        "theme": "danger",
        "size": "sm",
        "color": "#aabbcc",
    }
    picture = {"type": "image", "src": URL, "size": "lg"}
    button = {
        "type": "button",
        "theme": "primary",
        "click": "link",
        "value": "https://www.kookapp.cn",
        "text": {"type": "plain-text", "content": "open", "emoji": False},
    }
    assert card["modules"][:4] == [
        {"type": "header", "text": {"type": "plain-text", "content": "head", "emoji": False}},
        {"type": "section", "text": {"type": "kmarkdown", "content": "**hi**"}, "mode": "left", "accessory": picture},
        {
            "type": "section",
            "text": {
                "type": "paragraph",
                "cols": 2,
                "fields": [
                    {"type": "plain-text", "content": "a", "emoji": False},
                    {"type": "kmarkdown", "content": "b"},
                ],
            },
            "mode": "right",
            "accessory": button,
        },
        {"type": "image-group", "elements": [picture, picture | {"size": "sm", "alt": "map", "circle": True}]},
    ]
    assert card["modules"][7:] == [
        {"type": "divider"},
        {"type": "file", "src": URL, "title": "a.pdf", "size": 12},
        {"type": "audio", "src": URL, "title": "a.mp3", "cover": URL},
        {"type": "video", "src": URL, "title": "a.mp4"},
        {"type": "countdown", "mode": "second", "endTime": 2_000, "startTime": 1_000},
        {"type": "invite", "code": "AbC123"},
    ]


def test_what_is_built_is_read_back() -> None:
    content = cards_content([Card((TEXT, Container((PICTURE,)), File(URL, "a.pdf"))), Card((Section(PlainText("b")),))])
    read = parse_cards(content, Names())
    assert render_plain(read.document) == "hi\n\nb"
    assert [(item.kind, item.url) for item in read.media] == [("image", URL), ("file", URL)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Header(PlainText("x" * 100)),
        lambda: PlainText("x" * 2000),
        lambda: KMarkdown("x" * 5000),
        lambda: Columns((PlainText("x"),) * 50, count=3),
        lambda: ImageGroup((PICTURE,) * 9),
        lambda: Container((PICTURE,) * 9),
        lambda: ActionGroup((BUTTON,) * 4),
        lambda: Context((PICTURE,) * 10),
        lambda: Image(URL, alt="x" * 20),
        lambda: Button(PlainText("x" * 40)),
        lambda: cards_content([Card((Divider(),) * 50)]),
        lambda: cards_content([Card((Divider(),) * 10)] * 5),
        lambda: Card((TEXT, Container((PICTURE,)), File(URL, "a"), ActionGroup((BUTTON,))), theme="invisible"),
    ],
)
def test_up_to_each_limit(make: Callable[[], object]) -> None:
    make()


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Header(PlainText("x" * 101)), "header.text"),
        (lambda: PlainText("x" * 2001), "plain-text.content"),
        (lambda: PlainText(" \n"), "plain-text.content"),
        (lambda: KMarkdown("x" * 5001), "kmarkdown.content"),
        (lambda: KMarkdown(""), "kmarkdown.content"),
        (lambda: Columns((PlainText("x"),) * 51), "paragraph.fields"),
        (lambda: Columns((), 1), "paragraph.fields"),
        (lambda: Columns((PlainText("x"),), 4), "paragraph.cols"),
        (lambda: ImageGroup((PICTURE,) * 10), "image-group.elements"),
        (lambda: ImageGroup(()), "image-group.elements"),
        (lambda: Container((PICTURE,) * 10), "container.elements"),
        (lambda: ActionGroup((BUTTON,) * 5), "action-group.elements"),
        (lambda: Context((PICTURE,) * 11), "context.elements"),
        (lambda: Image("data:image/png;base64,AAAA"), "image.src"),
        (lambda: Image(URL, alt="x" * 21), "image.alt"),
        (lambda: Image(URL, size="xl"), "image.size"),  # type: ignore[arg-type]
        (lambda: Button(PlainText("x" * 41)), "button.text"),
        (lambda: Button(PlainText("x"), "invisible"), "button.theme"),  # type: ignore[arg-type]
        (lambda: Button(PlainText("x"), click="link", value="javascript:alert(1)"), "button.value"),
        (lambda: Button(PlainText("x"), click="open"), "button.click"),  # type: ignore[arg-type]
        (lambda: Section(KMarkdown("x"), BUTTON, mode="left"), "section.mode"),
        (lambda: Section(KMarkdown("x"), mode="top"), "section.mode"),  # type: ignore[arg-type]
        (lambda: File("ftp://a/b", "x"), "file.src"),
        (lambda: Video("", "x"), "video.src"),
        (lambda: Audio("x", "x"), "audio.src"),
        (lambda: Audio(URL, "x", cover="x"), "audio.cover"),
        (lambda: Countdown(5, "second", 5), "countdown.endTime"),
        (lambda: Countdown(5, "day", 1), "countdown.startTime"),
        (lambda: Countdown(5, "week"), "countdown.mode"),  # type: ignore[arg-type]
        (lambda: Invite(""), "invite.code"),
        (lambda: Card(()), "card.modules"),
        (lambda: Card((Divider(),) * 51), "card.modules"),
        (lambda: Card((TEXT,), theme="red"), "card.theme"),  # type: ignore[arg-type]
        (lambda: Card((TEXT,), size="md"), "card.size"),  # type: ignore[arg-type]
        (lambda: Card((TEXT,), color="red"), "card.color"),
        (lambda: Card((ImageGroup((PICTURE,)),), theme="invisible"), "card.modules"),
        (lambda: Card((Countdown(5),), theme="invisible"), "card.modules"),
        (lambda: Card((Section(KMarkdown("x"), PICTURE),), theme="invisible"), "card.modules"),
        (lambda: cards_content([]), "cards"),
        (lambda: cards_content([Card((TEXT,))] * 6), "cards"),
        (lambda: cards_content([Card((Divider(),) * 26)] * 2), "cards.modules"),
    ],
)
def test_beyond_each_limit(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidCard) as caught:
        make()
    assert caught.value.field == field
    assert caught.value.detail


def test_the_stand_in_takes_what_is_built_and_refuses_what_is_not() -> None:
    check_cards(cards_content([Card((TEXT, Container((PICTURE,) * 9)), theme="invisible")]), {URL})
    image = {"type": "image", "src": URL}
    for card in (
        {"type": "card", "modules": [{"type": "container", "elements": [image] * 10}]},
        {"type": "card", "modules": [{"type": "section", "text": {"type": "kmarkdown", "content": "x" * 5001}}]},
        {"type": "card", "modules": [{"type": "header", "text": {"type": "plain-text", "content": "x" * 101}}]},
        {"type": "card", "theme": "invisible", "modules": [{"type": "image-group", "elements": [image]}]},
        {"type": "card", "modules": [{"type": "file", "src": URL + "2", "title": "not uploaded"}]},
        {"type": "card", "modules": [{"type": "divider"}] * 51},
        {"type": "card", "modules": []},
    ):
        with pytest.raises(BadCard):
            check_cards(json.dumps([card]), {URL})
