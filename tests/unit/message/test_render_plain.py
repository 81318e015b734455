from __future__ import annotations

from shared.message.render_plain import render_plain
from shared.message.text import clean_text, is_web_url
from shared.message.tree import (
    Code,
    CodeBlock,
    Document,
    Gap,
    Heading,
    Link,
    Mention,
    Paragraph,
    Quote,
    Rule,
    SmallText,
    Spoiler,
    Strong,
    Text,
    plain_document,
)


def test_every_block() -> None:
    document = Document(
        (
            Heading((Text("标题"),)),
            Paragraph((Strong((Text("a"),)), Text(" "), Spoiler((Text("b"),)))),
            Rule(),
            Quote((Paragraph((Text("q1\nq2"),)), CodeBlock("py", "x = 1"))),
            CodeBlock("", "code"),
            Gap(),
            SmallText((Code("c"), Mention("online", "here", ""), Mention("channel", "5", ""))),
        )
    )
    assert render_plain(document) == "标题\na [剧透] b\n----------\n> q1\n> q2\n> x = 1\ncode\n\nc@在线成员#5"


def test_neighbouring_quotes_stay_apart() -> None:
    quote = Quote((Paragraph((Text("a"),)),))
    assert render_plain(Document((quote, quote))) == "> a\n\n> a"


def test_link_shows_its_address_once() -> None:
    url = "https://e.com/a"
    links = (Link(url, (Text("t"),)), Text(" "), Link(url, (Text(url),)), Text(" "), Link(url, ()))
    assert render_plain(Document((Paragraph(links),))) == f"t ({url}) {url} {url}"


def test_plain_text_is_given_back_as_it_is() -> None:
    text = "*not* <b>markup</b> \\_ & @everyone\n> q"
    assert render_plain(plain_document(text)) == text
    assert render_plain(Document()) == ""


def test_clean_text_keeps_newlines_and_tabs() -> None:
    assert clean_text("a\r\nb\rc\td\x00\x1b\ud800") == "a\nb\nc\td\ufffd"


def test_web_addresses() -> None:
    assert is_web_url("https://e.com")
    assert is_web_url("http://e.com:8/x?y#z")
    assert not any(
        is_web_url(url)
        for url in (
            "",
            "e.com",
            "ftp://e.com",
            "https://",
            "https:/e.com",
            "https://e.com/ x",
            'https://e.com/"',
            "https://[1",
        )
    )
