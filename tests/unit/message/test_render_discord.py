from __future__ import annotations

import pytest

from shared.message.render_discord import render_discord
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


def discord(*children: Inline) -> str:
    return render_discord(Document((Paragraph(children),)))


def escaped(text: str) -> str:
    return render_discord(plain_document(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b *c* ~d~ |e| `f` \\", "a\\_b \\*c\\* \\~d\\~ \\|e\\| \\`f\\` \\\\"),
        ("# h\n## h\n#频道\na # b", "\\# h\n\\## h\n#频道\na # b"),
        ("- a\n  - b\n-# small\n-5", "\\- a\n  \\- b\n\\-# small\n-5"),
        ("> q\n>>> r\na > b\n>c", "\\> q\n\\>>> r\na > b\n>c"),
        ("3. a\n7. b\n1.5", "3\\. a\n7\\. b\n1.5"),
        ("[图片] (x)", "[图片] (x)"),
        ("[a](https://evil.com)", "\\[a\\](https://evil.com)"),
        ("<b>&", "<b>&"),
        ("<@1> <@&2> <#3> <t:4:R> <a:x:5> <:y:6> </c:7> <id:home>",
         f"<{ZWSP}@1> <{ZWSP}@&2> <{ZWSP}#3> <{ZWSP}t:4:R> <{ZWSP}a:x:5> <{ZWSP}:y:6> <{ZWSP}/c:7> <{ZWSP}id:home>"),
        ("@everyone @here @other", f"@{ZWSP}everyone @{ZWSP}here @other"),
        ("see https://e.com/a_b_c~d?x=(1)&y=_z_ a_b", "see https://e.com/a_b_c~d?x=(1)&y=_z_ a\\_b"),
    ],
)  # fmt: skip
def test_text_is_shown_as_it_is(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_marks() -> None:
    assert discord(Strong((Emphasis((Text("a"),)),))) == "***a***"
    assert discord(Underline((Text("a"),)), Text(" "), Strike((Text("b"),)), Text(" "), Spoiler((Text("c"),))) == (
        "__a__ ~~b~~ ||c||"
    )
    assert discord(Color("danger", (Text("red"),))) == "red"


def test_white_space_goes_outside_the_marks() -> None:
    assert discord(Strong((Text(" a \n"),)), Text("# b")) == " **a** \n\\# b"
    assert discord(Strong((Text("  "),))) == "  "


def test_neighbouring_marks_do_not_run_together() -> None:
    assert discord(Strong((Text("a"),)), Emphasis((Text("b"),))) == f"**a**{ZWSP}*b*"
    assert discord(Spoiler((Text("a"),)), Spoiler((Text("b"),))) == f"||a||{ZWSP}||b||"


def test_span_inside_its_own_kind_is_one_span() -> None:
    assert discord(Strong((Text("a"), Strong((Text("b"),))))) == "**ab**"


def test_links() -> None:
    assert discord(Link("https://e.com/a_b", (Strong((Text("t"),)),))) == "[**t**](https://e.com/a_b)"
    assert discord(Link("https://e.com/(x)", (Text("a [b]\nc"),))) == "[a \\[b\\] c](https://e.com/%28x%29)"
    assert discord(Link("https://e.com", ())) == "https://e.com"
    assert discord(Link("https://e.com/a_b", (Text("https://e.com/a_b"),))) == "https://e.com/a_b"


@pytest.mark.parametrize("label", ["https://bank.com/login", "www.bank.com", "bank.com", "go to http://bank.com now"])
def test_link_text_that_looks_like_another_address_shows_the_real_one(label: str) -> None:
    assert discord(Link("https://evil.com/a", (Text(label),))) == f"{label} (https://evil.com/a)"


@pytest.mark.parametrize(
    ("after", "between"),
    [
        ("，谢谢", " "),
        ("中文", " "),
        ("more", " "),
        ("/x", " "),
        (").x", " "),
        (" x", ""),
        ("\nx", ""),
        (".", ""),
        ("). x", ""),
    ],
)
def test_an_address_does_not_swallow_what_follows_it(after: str, between: str) -> None:
    url = "https://e.com/a"
    assert discord(Link(url, (Text(url),)), Text(after)) == f"{url}{between}{after}"
    assert discord(Link(url, (Text("www.e.com"),)), Text(after)) == f"www.e.com ({url}){between}{after}"
    assert discord(Link(url, (Text("t"),)), Text(after)) == f"[t]({url}){after}"


def test_an_address_does_not_swallow_the_marks_that_follow_it() -> None:
    url = "https://e.com/a"
    assert discord(Link(url, ()), Strong((Text("b"),))) == f"{url} **b**"
    assert discord(Link(url, ()), Link(url, ())) == f"{url} {url}"
    assert discord(Strong((Link(url, ()),)), Text("b")) == f"**{url}**b"


def test_mentions_and_emoji_are_text() -> None:
    assert discord(Mention("user", "1", "小_明")) == "@小\\_明"
    assert discord(Mention("role", "1", "everyone")) == f"@{ZWSP}everyone"
    assert discord(Mention("channel", "7", "公告")) == "#公告"
    assert discord(CustomEmoji("a_b", "x")) == ":a\\_b:"
    assert discord(Text("<"), Mention("user", "99", "99"), Text(">")) == f"<{ZWSP}@99>"
    assert discord(Text("<a"), CustomEmoji("x", "1"), Text("5>")) == f"<{ZWSP}a:x:5>"


def test_code() -> None:
    assert discord(Code("**a** <@1>")) == "`**a** <@1>`"
    assert discord(Code("a`b")) == "`` a`b ``"
    assert discord(Code("a```b")) == f"`` a`{ZWSP}`{ZWSP}`b ``"
    block = CodeBlock("py", "a\n```\n**b**")
    assert render_discord(Document((block,))) == f"```py\na\n``{ZWSP}`\n**b**\n```"
    assert render_discord(Document((CodeBlock("no good", "a"),))) == "```\na\n```"


def test_every_block() -> None:
    document = Document(
        (
            Heading((Text("标题"), Strong((Text("粗"),)))),
            Rule(),
            Quote((Paragraph((Text("q1\n# q2"),)), CodeBlock("", "x"))),
            Quote((Paragraph((Text("r"),)),)),
            Gap(),
            SmallText((Text("small\n\nmore"),)),
        )
    )
    assert render_discord(document) == (
        "**标题粗**\n──────────\n> q1\n> \\# q2\n> ```\n> x\n> ```\n\n> r\n\n-# small\n\n-# more"
    )


def test_addresses_do_not_end_the_marks_around_them() -> None:
    url = "https://e.com/a__b~~c*d"
    assert discord(Underline((Text(url),))) == "__https://e.com/a%5F%5Fb~~c%2Ad__"
    assert discord(Strike((Text(url),))) == "~~https://e.com/a__b%7E%7Ec%2Ad~~"
    assert escaped("https://e.com/@everyone") == "https://e.com/%40everyone"
