"""KMarkdown out, and read back by the parser: what was text stays text, what was marked stays marked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.render_kmarkdown import render_kmarkdown
from shared.message.render_plain import render_plain
from shared.message.tree import (
    Block,
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

ZERO_WIDTH_SPACE = "\u200b"
LIVE_TAG = re.compile(r"(?<!\\)\((?:met|rol|chn|emj)(?<!\\)\)")


def rendered(*nodes: Inline | Block) -> str:
    blocks = [Paragraph((node,)) if isinstance(node, Inline) else node for node in nodes]
    return render_kmarkdown(Document(tuple(blocks)))


def read_back(text: str) -> Document:
    return parse_kmarkdown(text, Names())


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Strong((Text("a"),)), "**a**"),
        (Emphasis((Text("a"),)), "*a*"),
        (Strong((Emphasis((Text("a"),)),)), "***a***"),
        (Underline((Text("a"),)), "(ins)a(ins)"),
        (Strike((Text("a"),)), "~~a~~"),
        (Spoiler((Text("a"),)), "(spl)a(spl)"),
        (Color("danger", (Text("a"),)), "a"),
        (Code("a*b"), "`a*b`"),
        (Link("https://a.b/c?d=1&e=2", (Text("t"),)), "[t](https://a.b/c?d=1&e=2)"),
        (Link("https://a.b/c", ()), "https://a.b/c"),
        (Link("https://a.b/c", (Text("https://a.b/c"),)), "https://a.b/c"),
        (Mention("user", "7", "小明"), "@小明"),
        (Mention("everyone", "all", ""), "@全体成员"),
        (Mention("channel", "7", "a(b)"), r"#a\(b\)"),
        (CustomEmoji("kook", "9/abc"), r"\:kook\:"),
        (Strong((Text(" a "),)), " **a** "),
        (Strong((Text("  "),)), "  "),
        (Text(""), ""),
    ],
)
def test_inline_nodes(node: Inline, expected: str) -> None:
    assert rendered(node) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\ * ~ ` ( ) [ ] :", r"\\ \* \~ \` \( \) \[ \] \:"),
        ("a_b __c__ # d | e + {f} ! 1. <b> &amp;", "a_b __c__ # d | e + {f} ! 1. <b> &amp;"),
        ("a-b -- --- c", r"a-b \-\- \-\-\- c"),
        ("> a\n >b\nc > d", "\\> a\n \\>b\nc > d"),
        (":smile:", r"\:smile\:"),
        ("(met)all(met)", r"\(met\)all\(met\)"),
        ("see (https://a.b/c).", r"see \(https://a.b/c\)."),
        ("https://a.b/c_(d)_e, and", "https://a.b/c_%28d%29_e, and"),
        ("https://a.b/(met)all(met)", "https://a.b/%28met%29all%28met%29"),
        ("https://a.b/:smile:/c", "https://a.b/%3Asmile:/c"),
        ("https://a.b:8080/c", "https://a.b:8080/c"),
        ("https://a.b/~c*d", "https://a.b/%7Ec%2Ad"),
    ],
)
def test_text_stays_text(text: str, expected: str) -> None:
    assert rendered(Text(text)) == expected


def test_every_block() -> None:
    document = Document(
        (
            Heading((Text("head"),)),
            Paragraph((Text("one\ntwo"),)),
            Rule(),
            CodeBlock("python", "x = '``'\n\ny"),
            Quote((Paragraph((Text("q\n\nr"),)), Paragraph((Text("> s"),)))),
            Paragraph((Text("after"),)),
            Gap(),
            SmallText((Text("small"),)),
        )
    )
    assert render_kmarkdown(document) == (
        f"**head**\none\ntwo\n---\n```python\nx = '``'\n\ny\n```\n> q\n{ZERO_WIDTH_SPACE}\nr\n\\> s\n\nafter\n\nsmall"
    )


def test_two_quotes_stay_two_and_a_gap_after_a_quote_is_seen() -> None:
    quotes = (Quote((Paragraph((Text("a"),)),)), Quote((Paragraph((Text("b"),)),)))
    assert read_back(render_kmarkdown(Document(quotes))) == Document(quotes)
    assert rendered(quotes[0], Gap(), Text("c")) == "> a\n\n\nc"


def test_quotes_within_quotes_are_one() -> None:
    inner = Quote((Paragraph((Text("b"),)),))
    assert rendered(Quote((Paragraph((Text("a"),)), inner))) == "> a\nb"


def test_code_in_a_quote_stands_between_its_halves() -> None:
    code = CodeBlock("", "x\n\ny")
    quote = Quote((Paragraph((Text("a"),)), code, Paragraph((Text("b"),))))
    text = rendered(quote)
    assert text == "> a\n\n```\nx\n\ny\n```\n> b"
    assert code in read_back(text).blocks


@pytest.mark.parametrize("code", ["a`b", "``", "a\nb", "`(met)all(met)", "x ``(met)all(met)`` y\nz"])
def test_code_that_marks_could_not_hold_is_text(code: str) -> None:
    text = rendered(Code(code))
    assert render_plain(read_back(text)) == code
    assert not LIVE_TAG.search(text)


def test_fences_inside_code_do_not_end_it() -> None:
    text = rendered(CodeBlock("", "a\n```\n(met)all(met)\n```\nb"))
    (block,) = read_back(text).blocks
    assert isinstance(block, CodeBlock)
    assert block.text.replace(ZERO_WIDTH_SPACE, "") == "a\n```\n(met)all(met)\n```\nb"


def test_a_link_that_pretends_to_lead_elsewhere_shows_where_it_leads() -> None:
    text = rendered(Link("https://evil.example/x", (Text("https://bank.example"),)))
    assert text == r"https://bank.example \(https://evil.example/x\)"


def test_what_a_link_holds_cannot_end_it() -> None:
    link = Link("https://a.b/c)(met)all(met)?d=[e] f", (Strong((Text("t](u)"),)), Text("\n(met)all(met)")))
    text = rendered(link)
    assert not LIVE_TAG.search(text)
    (paragraph,) = read_back(text).blocks
    assert isinstance(paragraph, Paragraph)
    (read,) = paragraph.children
    assert isinstance(read, Link)
    assert render_plain(Document((Paragraph(read.children),))) == "t](u) (met)all(met)"


def test_neighbours_of_one_kind_do_not_merge() -> None:
    text = render_kmarkdown(Document((Paragraph((Strong((Text("a"),)), Strong((Text("b"),)))),)))
    assert text == f"**a**{ZERO_WIDTH_SPACE}**b**"


PIECES = ["a", "文", " ", "\n", "\\", "*", "~", "`", "(", ")", "[", "]", ":", "-", ">", "> ", "_", "#", "(met)", "all"]
PIECES += ["(ins)", "(spl)", "(font)", "[danger]", ":smile:", "https://a.b/c", "😀", "---", "```", "<", "&", "\u200d"]
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def visible(text: str) -> str:
    """What a reader compares: percent-encoding in addresses is the same address, outer and blank lines are layout."""
    unescaped = re.sub(r"%([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return unescaped.replace(ZERO_WIDTH_SPACE, "").strip()


@given(texts)
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert visible(render_plain(read_back(render_kmarkdown(plain_document(text))))) == visible(text)


@given(st.lists(st.tuples(st.sampled_from([Strong, Emphasis, Underline, Strike, Spoiler, None]), texts), max_size=6))
def test_nothing_ever_mentions(parts: list[tuple[type | None, str]]) -> None:
    nodes = [Text(text) if kind is None else kind((Text(text),)) for kind, text in parts]
    text = render_kmarkdown(Document((Paragraph(tuple(nodes)), Quote((Paragraph(tuple(nodes)),)))))
    assert not LIVE_TAG.search(text)
    assert "Mention(" not in repr(read_back(text))


@given(texts)
def test_quotes_hold_together(text: str) -> None:
    document = Document((Quote((Paragraph((Text(f"a{text}z"),)),)), Paragraph((Text("after"),))))
    blocks = read_back(render_kmarkdown(document)).blocks
    assert [type(block) for block in blocks] == [Quote, Paragraph]
