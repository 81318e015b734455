from __future__ import annotations

from shared.message.render_telegram import render_telegram_html, telegram_entity_count, telegram_length
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
)

ZWSP = "\u200b"


def html(*children: Inline) -> str:
    return render_telegram_html(Document((Paragraph(children),)))


def test_tags() -> None:
    children = (
        Strong((Emphasis((Text("a"),)),)),
        Underline((Text("b"),)),
        Strike((Text("c"),)),
        Spoiler((Text("d"),)),
        Color("danger", (Text("e"),)),
    )
    assert html(*children) == "<b><i>a</i></b><u>b</u><s>c</s><tg-spoiler>d</tg-spoiler>e"


def test_escaping() -> None:
    assert html(Text('<b> & "x" \' *_`')) == '&lt;b&gt; &amp; "x" \' *_`'
    link = Link('https://e.com/?a="b"&c', (Text("<t>"),))
    assert html(link) == '<a href="https://e.com/?a=&quot;b&quot;&amp;c">&lt;t&gt;</a>'
    assert html(Link("https://e.com", ())) == '<a href="https://e.com">https://e.com</a>'


def test_code_is_in_no_other_mark_but_stays_hidden_and_linked() -> None:
    assert html(Strong((Text("a"), Code("<b>"), Text("c")))) == "<b>a</b><code>&lt;b&gt;</code><b>c</b>"
    assert html(Spoiler((Text("a"), Code("b")))) == "<tg-spoiler>ab</tg-spoiler>"
    assert html(Link("https://e.com", (Code("b"),))) == '<a href="https://e.com">b</a>'


def test_mentions_do_not_notify() -> None:
    assert html(Mention("user", "1", "小明"), Text(" "), Mention("user", "2", "alice")) == f"@小明 @{ZWSP}alice"
    assert html(Text("@durov a@b.com https://medium.com/@durov")) == f"@{ZWSP}durov a@b.com https://medium.com/@durov"
    assert html(CustomEmoji("doge", "1")) == ":doge:"


def test_blocks() -> None:
    document = Document(
        (
            Heading((Text("h"), Strong((Text("x"),)))),
            Quote((Paragraph((Text("q"),)), Quote((Paragraph((Text("inner"),)),)), CodeBlock("", "c"))),
            Paragraph((Text("after"),)),
            CodeBlock("py", "a<b"),
            CodeBlock("not a language", "z"),
            Rule(),
            Gap(),
            SmallText((Text("s"),)),
        )
    )
    assert render_telegram_html(document) == (
        "<b>hx</b>\n<blockquote>q\ninner\n<pre>c</pre></blockquote>after\n"
        '<pre><code class="language-py">a&lt;b</code></pre>\n<pre>z</pre>\n──────────\n\ns'
    )


def test_neighbouring_quotes_stay_apart() -> None:
    quote = Quote((Paragraph((Text("a"),)),))
    assert render_telegram_html(Document((quote, quote))) == "<blockquote>a</blockquote>\n<blockquote>a</blockquote>"


def test_length_counts_utf16_units_after_parsing() -> None:
    document = Document((Paragraph((Strong((Text("😀<&"),)), Code("中"))), CodeBlock("py", "x😀")))
    assert telegram_length(document) == 4 + 1 + 1 + 3
    assert telegram_length(Document()) == 0


def test_entity_count() -> None:
    children = (
        Strong((Text("a"), Emphasis((Text("b"),)))),
        Code("c"),
        Link("https://e.com", (Text("d"),)),
        Text(" https://e.com"),
    )
    document = Document((Paragraph(children), Quote((CodeBlock("py", "x"),)), Paragraph((Text("plain"),))))
    assert telegram_entity_count(document) == 2 + 1 + 1 + 1 + 2


def test_blank_code_is_plain_white_space() -> None:
    document = Document((Paragraph((Text("a"), Code("  "), Text("b"))), CodeBlock("py", "\n")))
    assert render_telegram_html(document) == "a  b\n\n"
    assert telegram_entity_count(document) == 0
