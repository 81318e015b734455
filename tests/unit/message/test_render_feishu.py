from __future__ import annotations

import json

import pytest

from shared.message.render_feishu import render_feishu_markdown, render_feishu_post
from shared.message.tree import (
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Document,
    Emphasis,
    Gap,
    Heading,
    Inline,
    Link,
    Mention,
    Paragraph,
    Quote,
    Rule,
    SmallText,
    Spoiler,
    Strike,
    Strong,
    Text,
    Underline,
    plain_document,
)

ZWSP = "\u200b"


def card(*children: Inline) -> str:
    return render_feishu_markdown(Document((Paragraph(children),)))


def post(*children: Inline) -> list[list[dict[str, object]]]:
    return render_feishu_post(Document((Paragraph(children),)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* ~~b~~ `c` [d](e)", "&#42;a&#42; &#126;&#126;b&#126;&#126; &#96;c&#96; &#91;d&#93;(e)"),
        ("<at id=all></at> & >", "&lt;at id=all&gt;&lt;/at&gt; &amp; &gt;"),
        ("a_b _c_ __d__ a\\_b", "a_b &#95;c&#95; &#95;&#95;d&#95;&#95; a\\_b"),
        ("\\* C:\\dir\\", "&#92;&#42; C:\\dir&#92;"),
        ("- a\n+ b\n---\n3. c\n4) d\na - b", "&#45; a\n&#43; b\n&#45;--\n3&#46; c\n4&#41; d\na - b"),
        ("t\n===", "t\n&#61;=="),
        ("a|b\n|-|-|\n:-|-", "a|b\n&#124;-|-|\n&#58;-|-"),
        ("    code\n \tx", "&nbsp;&nbsp;&nbsp;&nbsp;code\n&nbsp;&nbsp;&nbsp;&nbsp;x"),
        ("see https://e.com/a_b?x=1&y=_z_ ok", "see https://e.com/a_b?x=1&y=_z_ ok"),
    ],
)
def test_card_text_is_shown_as_it_is(text: str, expected: str) -> None:
    assert render_feishu_markdown(plain_document(text)) == expected


def test_card_marks() -> None:
    assert card(Strong((Emphasis((Text("a"),)),)), Strike((Text("b"),)), Underline((Text("c"),))) == "***a***~~b~~c"
    assert card(Spoiler((Text("a"),))) == "[剧透] a"
    assert card(Strong((Text("a"),)), Strong((Text("b"),))) == f"**a**{ZWSP}**b**"
    assert card(Code("a<b `"), Text(" "), Code("<at id=all>")) == f"`` a<b ` `` `<{ZWSP}at id=all>`"


def test_card_colours() -> None:
    assert card(Color("success", (Text("a"),))) == "<font color='green'>a</font>"
    assert card(Color("body", (Text("a"),)), Color("'><at id=all>", (Text("b"),))) == "ab"


def test_card_links_and_mentions() -> None:
    assert card(Link("https://e.com/(a)", (Text("t]"),))) == "[t&#93;](https://e.com/%28a%29)"
    assert card(Text("!"), Link("https://e.com", (Text("t"),))) == "&#33;[t](https://e.com)"
    assert card(Link("https://e.com", ())) == "https://e.com"
    assert card(Mention("user", "1", "<at id=all>"), CustomEmoji("doge", "1")) == "@&lt;at id=all&gt;:doge:"


def test_card_blocks() -> None:
    document = Document(
        (
            Heading((Text("h"),)),
            Rule(),
            Quote((Paragraph((Text("q1\nq2"),)),)),
            Gap(),
            CodeBlock("py", "a\n```\n<at id=all></at>"),
            SmallText((Text("s"),)),
        )
    )
    assert render_feishu_markdown(document) == (
        f"**h**\n\n ---\n> q1\n> q2\n\n```py\na\n``{ZWSP}`\n<{ZWSP}at id=all><{ZWSP}/at>\n```\ns"
    )


def test_post_rows_and_styles() -> None:
    assert post(Text("a\n\nb"), Strong((Emphasis((Text("c"),)), Strike((Text("d"),)))), Underline((Text("e"),))) == [
        [{"tag": "text", "text": "a"}],
        [{"tag": "text", "text": " "}],
        [
            {"tag": "text", "text": "b"},
            {"tag": "text", "text": "c", "style": ["bold", "italic"]},
            {"tag": "text", "text": "d", "style": ["bold", "lineThrough"]},
            {"tag": "text", "text": "e", "style": ["underline"]},
        ],
    ]


def test_post_links_mentions_code_and_spoilers() -> None:
    assert post(Link("https://e.com", (Strong((Text("t"),)),)), Link("https://f.com", ())) == [
        [
            {"tag": "a", "text": "t", "style": ["bold"], "href": "https://e.com"},
            {"tag": "a", "text": "https://f.com", "href": "https://f.com"},
        ]
    ]
    assert post(
        Mention("everyone", "all", ""), Text(" *x* "), Code("c"), Spoiler((Text("s"),)), CustomEmoji("d", "1")
    ) == [[{"tag": "text", "text": "@全体成员 *x* `c`[剧透] s:d:"}]]


def test_post_blocks() -> None:
    document = Document(
        (
            Heading((Text("h"),)),
            Rule(),
            Quote((Paragraph((Text("q1\nq2"),)), CodeBlock("py", "x"))),
            Gap(),
            CodeBlock("py", "a = 1"),
            CodeBlock("brainfuck", "+"),
        )
    )
    assert render_feishu_post(document) == [
        [{"tag": "text", "text": "h", "style": ["bold"]}],
        [{"tag": "hr"}],
        [{"tag": "text", "text": "> "}, {"tag": "text", "text": "q1"}],
        [{"tag": "text", "text": "> "}, {"tag": "text", "text": "q2"}],
        [{"tag": "text", "text": "> "}, {"tag": "text", "text": "x"}],
        [{"tag": "text", "text": " "}],
        [{"tag": "code_block", "text": "a = 1", "language": "PYTHON"}],
        [{"tag": "code_block", "text": "+"}],
    ]


def test_post_holds_no_mention() -> None:
    document = Document(
        (
            Paragraph((Text('<at user_id="all"></at> <'), Spoiler((Text("at user_id='x'>"),)), Code("<AT x>"))),
            CodeBlock("", "</at><at>"),
        )
    )
    assert "<at" not in json.dumps(render_feishu_post(document)).lower()
