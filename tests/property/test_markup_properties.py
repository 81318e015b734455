"""What holds for any KMarkdown source and any card, on every target."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kook.cards import CardsUnreadable, parse_cards
from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.cut import split_document, take_excerpt
from shared.message.render_discord import render_discord
from shared.message.render_feishu import render_feishu_markdown, render_feishu_post
from shared.message.render_plain import render_plain
from shared.message.render_telegram import render_telegram_html, telegram_entity_count, telegram_length
from shared.message.text import BARE_URL, clean_text
from shared.message.tree import Document, plain_document

NAMES = Names(users={"1": "小明*_<at id=all>"}, roles={"2": "@everyone"}, channels={"3": "[x](https://evil.com)"})
FRAGMENTS = [
    *("**", "*", "***", "~~", "(ins)", "(spl)", "(font)", "(font)[danger]", "`", "``", "```", "```py\n"),
    *("[", "]", "](https://e.com/a_(b))", "](javascript:x)", "> ", "\n", "\n\n", "\n> ", "\n---\n"),
    *("(met)1(met)", "(met)all(met)", "(rol)2(rol)", "(chn)3(chn)", "(emj)doge(emj)[9/x]", ":smile:", ":x:"),
    *("\\", "\\*", "_", "__", "<b>", "&", "<at id=all>", "<", "at>", "<@1>", "<#2>", "@everyone", "@here"),
    *("@alice", "@", "alice", "https://e.com/a_b?c=1&d=*2*", "a", "词。", " ", "#", "- ", "1. ", "|", "!"),
    *("😀", "🇨🇳", "e\u0301", "\ud800", "\x00"),
]
sources = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=40).map("".join)
TELEGRAM_TAGS = {"b", "i", "u", "s", "tg-spoiler", "a", "code", "pre", "blockquote"}
RENDERERS: tuple[Callable[[Document], str], ...] = (
    render_plain,
    render_discord,
    render_telegram_html,
    render_feishu_markdown,
    lambda document: json.dumps(render_feishu_post(document), ensure_ascii=False),
)


def parse(source: str, in_card: bool = True) -> Document:
    return parse_kmarkdown(source, NAMES, in_card=in_card)


class TelegramHtml(HTMLParser):
    """Checks nesting as Telegram does and collects the text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.prose = ""
        self.entities = 0
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TELEGRAM_TAGS
        assert tag not in self.open
        assert "code" not in self.open
        assert "pre" not in self.open or tag == "code"
        assert all(name == ("href" if tag == "a" else "class") for name, _ in attrs)
        self.entities += self.open[-1:] != ["pre"]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        self.prose += "`" if {"code", "pre"} & set(self.open) else data


@settings(max_examples=300, deadline=None)
@given(sources, st.booleans())
def test_anything_is_parsed_and_rendered_everywhere(source: str, in_card: bool) -> None:
    document = parse(source, in_card)
    for render in RENDERERS:
        render(document).encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(sources)
def test_telegram_html_is_balanced_and_counted(source: str) -> None:
    document = parse(source)
    html = TelegramHtml(render_telegram_html(document))
    assert len(html.text.encode("utf-16-le")) // 2 == telegram_length(document)
    assert telegram_entity_count(document) >= render_telegram_html(document).count("</") - render_telegram_html(
        document
    ).count("</code></pre>")


@settings(max_examples=300, deadline=None)
@given(sources)
def test_nothing_is_a_live_mention(source: str) -> None:
    document = parse(source)
    outside_code = re.sub(r"```.*?```|``.*?``|`[^`]*`", "", render_discord(document), flags=re.DOTALL)
    assert not re.search(r"<@|<#[0-9]|@everyone|@here", outside_code)
    assert "<at" not in render_feishu_markdown(document).lower()
    assert "<at" not in json.dumps(render_feishu_post(document)).lower()
    prose = BARE_URL.sub("`", TelegramHtml(render_telegram_html(document)).prose)
    assert not re.search(r"(?<![A-Za-z0-9_/])@[A-Za-z0-9_]{2}", prose)


@settings(max_examples=200, deadline=None)
@given(
    sources,
    st.integers(min_value=60, max_value=200),
    st.sampled_from([render_plain, render_discord, render_telegram_html, render_feishu_markdown]),
)
def test_pieces_fit_and_lose_nothing(source: str, limit: int, render: Callable[[Document], str]) -> None:
    document = parse(source)
    split = split_document(document, lambda piece: len(render(piece)) <= limit)
    assert all(len(render(piece)) <= limit for piece in split)
    whole, parts = render_plain(document), "".join(render_plain(piece) for piece in split)
    # What every piece repeats (quote marks, the address of a link, the word for a spoiler) is no content.
    # Parentheses go with them: a cut may part the ones around an address from it.
    repeated = re.compile(r"\[剧透\] |https://e\.com/a_\(b\)|[()>\s]")
    assert repeated.sub("", parts) == repeated.sub("", whole)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(min_value=1, max_value=40))
def test_plain_text_is_cut_at_white_space_or_nowhere_visible(text: str, limit: int) -> None:
    cleaned = clean_text(text)
    split = split_document(plain_document(cleaned), lambda piece: len(render_plain(piece)) <= limit)
    position = 0
    for piece in map(render_plain, split):
        assert len(piece) <= limit
        found = cleaned.index(piece, position)
        assert not cleaned[position:found].strip()
        position = found + len(piece)
    assert not cleaned[position:].strip()


@settings(max_examples=100, deadline=None)
@given(sources, st.integers(min_value=1, max_value=80))
def test_excerpts_are_one_short_line(source: str, limit: int) -> None:
    excerpt = take_excerpt(parse(source), limit)
    assert len(excerpt) <= limit
    assert "\n" not in excerpt


CARD_KEYS = (
    *("type", "text", "content", "elements", "modules", "accessory", "src", "title", "fields", "cols"),
    *("endTime", "code", "click", "value", "size", "duration"),
)
CARD_TYPES = (
    *("card", "header", "section", "paragraph", "container", "context", "divider", "action-group", "button", "image"),
    *("file", "audio", "countdown", "invite", "kmarkdown", "plain-text", "link"),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", "a", "**a**", "https://e.com/x.png"]),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(CARD_KEYS), st.one_of(inner, st.sampled_from(CARD_TYPES)), max_size=6),
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_any_json_is_a_card_or_unreadable(value: object) -> None:
    content = json.dumps([{"type": "card", "modules": value}])
    try:
        card = parse_cards(content, NAMES)
    except CardsUnreadable:
        return
    assert card.document.blocks or card.media
    assert list(card.cuts) == sorted(set(card.cuts))
    for block_count, media_count in card.cuts:
        assert 0 < block_count < len(card.document.blocks)
        assert 0 < media_count <= len(card.media)
    for render in RENDERERS:
        render(card.document)


@pytest.mark.parametrize("render", [render_discord, render_telegram_html, render_feishu_markdown])
def test_rendering_a_long_hostile_source_ends(render: Callable[[Document], str]) -> None:
    for fragment in FRAGMENTS:
        render(parse(fragment * 2_000))
