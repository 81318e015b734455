from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.cut import split_document, take_excerpt
from shared.message.render_discord import render_discord
from shared.message.render_plain import render_plain
from shared.message.render_telegram import telegram_entity_count, telegram_length
from shared.message.tree import (
    Code,
    CodeBlock,
    CustomEmoji,
    Document,
    Gap,
    Link,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Strong,
    Text,
    plain_document,
)


def plain_limit(limit: int) -> Callable[[Document], bool]:
    return lambda document: len(render_plain(document)) <= limit


def discord_limit(limit: int) -> Callable[[Document], bool]:
    return lambda document: len(render_discord(document)) <= limit


def pieces(text: str, limit: int) -> list[str]:
    return [render_plain(piece) for piece in split_document(plain_document(text), plain_limit(limit))]


def test_what_fits_is_given_back_as_it_is() -> None:
    document = parse_kmarkdown("**a**\n\n---\n", Names())
    assert split_document(document, plain_limit(100)) == [document]
    assert split_document(Document(), plain_limit(0)) == []


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("first paragraph\n\nsecond one\nline", 30, ["first paragraph", "second one\nline"]),
        ("line one is here\nline two is here", 20, ["line one is here", "line two is here"]),
        ("One sentence. Another one! Third?", 30, ["One sentence. Another one!", "Third?"]),
        ("一句话。又一句话！“第三句。”第四句", 15, ["一句话。又一句话！“第三句。”", "第四句"]),
        ("word after word after word", 12, ["word after", "word after", "word"]),
        ("你好世界你好世界", 3, ["你好世", "界你好", "世界"]),
        ("hi 你好世界你好世界你好世界你好世界你好世界", 20, ["hi 你好世界你好世界你好世界你好世界你", "好世界"]),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 12, ["👨‍👩‍👧👨‍👩‍👧", "👨‍👩‍👧"]),
        ("🇨🇳🇨🇳🇨🇳", 3, ["🇨🇳", "🇨🇳", "🇨🇳"]),
        ("e\u0301" * 4, 3, ["e\u0301", "e\u0301", "e\u0301", "e\u0301"]),
        ("e" + "\u0301" * 5, 3, ["e\u0301\u0301", "\u0301\u0301\u0301"]),
    ],
)
def test_cuts_at_the_best_boundary(text: str, limit: int, expected: list[str]) -> None:
    assert pieces(text, limit) == expected


def test_heading_does_not_go_out_alone() -> None:
    document = Document((Paragraph((Strong((Text("小明"),)),)), Paragraph((Text("字" * 300),))))
    assert len(split_document(document, plain_limit(200))) == 2


def test_bare_address_and_mention_are_kept_whole() -> None:
    url = "https://e.com/" + "a" * 20
    assert pieces(f"你好世界你好世界{url}", 36) == ["你好世界你好世界", url]
    document = Document((Paragraph((Text("你好世界你好"), Mention("user", "1", "小明小明"), Text("世界"))),))
    assert [render_plain(piece) for piece in split_document(document, plain_limit(9))] == [
        "你好世界你好",
        "@小明小明世界",
    ]


def test_long_mention_is_cut_rather_than_lost() -> None:
    document = Document((Paragraph((Mention("user", "1", "n" * 30),)),))
    parts = [render_plain(piece) for piece in split_document(document, plain_limit(10))]
    assert "".join(parts) == "@" + "n" * 30


def test_markup_is_closed_and_opened_again() -> None:
    document = parse_kmarkdown("**" + "word " * 20 + "end**", Names())
    parts = [render_discord(piece) for piece in split_document(document, discord_limit(40))]
    assert all(part.startswith("**word") and part.endswith("**") for part in parts)
    assert " ".join(part.strip("*") for part in parts) == "word " * 20 + "end"


def test_code_keeps_its_language_and_indentation() -> None:
    code = "\n".join(f"    line {number}" for number in range(10))
    split = split_document(Document((CodeBlock("py", code),)), discord_limit(60))
    blocks = [block for piece in split for block in piece.blocks]
    assert len(blocks) > 1
    assert all(isinstance(block, CodeBlock) and block.language == "py" for block in blocks)
    assert "\n".join(block.text for block in blocks if isinstance(block, CodeBlock)) == code


def test_quote_stays_a_quote() -> None:
    document = Document((Quote((Paragraph((Text("word " * 20 + "end"),)),)),))
    for piece in split_document(document, plain_limit(30)):
        (block,) = piece.blocks
        assert isinstance(block, Quote)


def test_link_keeps_its_address() -> None:
    url = "https://e.com/x"
    document = Document((Paragraph((Link(url, (Text("some words in a link text that is long enough"),)),)),))
    split = split_document(document, discord_limit(50))
    assert len(split) > 1
    assert all(isinstance(node, Link) and node.url == url
               for piece in split for block in piece.blocks if isinstance(block, Paragraph)
               for node in block.children)  # fmt: skip


def test_link_with_an_address_that_never_fits_becomes_text() -> None:
    url = "https://e.com/" + "a" * 100
    document = Document((Paragraph((Link(url, (Text("label"),)), Text(" tail"))),))
    split = split_document(document, plain_limit(50))
    assert "".join(render_plain(piece) for piece in split).replace(" ", "") == f"label({url})tail"
    bare = Document((Paragraph((Link(url, (Text(url),)),)),))
    assert "".join(render_plain(piece) for piece in split_document(bare, plain_limit(50))) == url


def test_gaps_are_dropped_at_the_ends_and_rules_are_kept() -> None:
    document = Document((Paragraph((Text("a" * 8),)), Gap(), Rule(), Gap(), Paragraph((Text("b" * 8),))))
    assert [render_plain(piece) for piece in split_document(document, plain_limit(12))] == ["a" * 8, "-" * 10, "b" * 8]


def test_a_character_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="single character"):
        split_document(plain_document("ab"), lambda document: not document.blocks)


def test_telegram_entities_are_a_limit_like_any_other() -> None:
    document = parse_kmarkdown("**a** *b* " * 150, Names())
    split = split_document(
        document, lambda piece: telegram_length(piece) <= 4096 and telegram_entity_count(piece) <= 100
    )
    assert len(split) == 3
    assert " ".join(render_plain(piece) for piece in split).split() == ["a", "b"] * 150


def test_rendering_cost_stays_in_the_order_of_the_text() -> None:
    def rendered_characters(length: int) -> int:
        total = 0

        def fits(document: Document) -> bool:
            nonlocal total
            size = len(render_plain(document))
            total += size
            return size <= 1_000

        split_document(plain_document("word " * (length // 5)), fits)
        return total

    assert rendered_characters(400_000) <= 10 * rendered_characters(50_000)


def test_dense_markup_is_rendered_a_few_times_and_fills_its_pieces() -> None:
    document = parse_kmarkdown("*a* " * 8_000, Names())
    rendered = 0

    def fits(piece: Document) -> bool:
        nonlocal rendered
        size = len(render_discord(piece))
        rendered += size
        return size <= 2_000

    split = split_document(document, fits)
    assert rendered <= 6 * len(render_discord(document))
    assert all(1_900 <= len(render_discord(piece)) <= 2_000 for piece in split[:-1])
    assert "".join(map(render_plain, split)).count("a") == 8_000


def test_excerpt_is_one_line() -> None:
    document = parse_kmarkdown("**a**\n> b\n\n```\nc\n```", Names())
    assert take_excerpt(document, 80) == "a > b c"
    assert take_excerpt("a\n b\r\n\tc", 80) == "a b c"
    assert take_excerpt("一二三四五", 5) == "一二三四五"
    assert take_excerpt("一二三四五六", 5) == "一二三四…"
    assert take_excerpt("ab 👨‍👩‍👧", 6) == "ab…"
    assert take_excerpt("abc", 0) == ""


def test_link_without_text_and_inline_code_are_cut_like_text() -> None:
    url = "https://e.com/x"
    document = Document((Paragraph((Link(url, ()), Text(" "), Code("code " * 10 + "end"), CustomEmoji("doge", "1"))),))
    split = split_document(document, discord_limit(40))
    assert isinstance(split[0].blocks[0], Paragraph)
    assert split[0].blocks[0].children[0] == Link(url, (Text(url),))
    assert "".join(render_plain(piece) for piece in split).replace(" ", "") == f"{url}{'code' * 10}end:doge:"
