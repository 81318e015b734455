"""KMarkdown to the tree: every tag, what is no tag, and the amount of work on hostile sources."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.render_plain import render_plain
from shared.message.tree import (
    Block,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Document,
    Emphasis,
    Inline,
    Link,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Spoiler,
    Strike,
    Strong,
    Text,
    Underline,
)

NAMES = Names(users={"2418200002": "小明"}, roles={"702": "管理员"}, channels={"5823400000000002": "公告"})


def parse(source: str, *, in_card: bool = False) -> tuple[Block, ...]:
    return parse_kmarkdown(source, NAMES, in_card=in_card).blocks


def inlines(source: str, *, in_card: bool = False) -> tuple[Inline, ...]:
    (paragraph,) = parse(source, in_card=in_card)
    assert isinstance(paragraph, Paragraph)
    return paragraph.children


def text(value: str) -> tuple[Text]:
    return (Text(value),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**a**", (Strong(text("a")),)),
        ("*a*", (Emphasis(text("a")),)),
        ("***a***", (Strong((Emphasis(text("a")),)),)),
        ("***a** b*", (Emphasis((Strong(text("a")), Text(" b"))),)),
        ("***a* b**", (Strong((Emphasis(text("a")), Text(" b"))),)),
        ("*a **b** c*", (Emphasis((Text("a "), Strong(text("b")), Text(" c"))),)),
        ("*a**b**c*", (Emphasis((Text("a"), Strong(text("b")), Text("c"))),)),
        ("~~a~~", (Strike(text("a")),)),
        ("(ins)a(ins)", (Underline(text("a")),)),
        ("(spl)a(spl)", (Spoiler(text("a")),)),
        ("`a`", (Code("a"),)),
        ("``a`b``", (Code("a`b"),)),
        ("`**a** (met)all(met) \\*`", (Code("**a** (met)all(met) \\*"),)),
        ("(emj)doge(emj)[6016389900000001/H20B]", (CustomEmoji("doge", "6016389900000001/H20B"),)),
        ("(emj)a (1)(emj)[9/x]b(emj)c", (CustomEmoji("a (1)", "9/x"), Text("b(emj)c"))),
        ("(emj)[哭](emj)[9/x]", (CustomEmoji("[哭]", "9/x"),)),
        ("(met)2418200002(met)", (Mention("user", "2418200002", "小明"),)),
        ("(met)99(met)", (Mention("user", "99", "99"),)),
        ("(met)all(met)", (Mention("everyone", "all", ""),)),
        ("(met)here(met)", (Mention("online", "here", ""),)),
        ("(rol)702(rol)", (Mention("role", "702", "管理员"),)),
        ("(chn)5823400000000002(chn)", (Mention("channel", "5823400000000002", "公告"),)),
        (":smile:", text("😄")),
        ("12:30:45 :nosuchemoji:", text("12:30:45 :nosuchemoji:")),
        ("**(spl)~~a~~(spl)**", (Strong((Spoiler((Strike(text("a")),)),)),)),
        ("**a\nb**", (Strong(text("a\nb")),)),
    ],
)
def test_inline_tags(source: str, expected: tuple[Inline, ...]) -> None:
    assert inlines(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[t](https://e.com/a_b?x=1&y=2)", (Link("https://e.com/a_b?x=1&y=2", text("t")),)),
        ("[**t** u](http://e.com)", (Link("http://e.com", (Strong(text("t")), Text(" u"))),)),
        ("[a [b] c](https://e.com)", (Link("https://e.com", text("a [b] c")),)),
        ("[t](https://e.com/a_(b))", (Link("https://e.com/a_(b)", text("t")),)),
        ("[t](https://e.com/a\\)b)", (Link("https://e.com/a)b", text("t")),)),
        ("[](https://e.com)", (Link("https://e.com", text("https://e.com")),)),
        ("[t](javascript:alert)", text("t")),
        ("[t](//e.com)", text("t")),
        ("[t](https://)", text("t")),
        ("[t](https://[::1)", text("t")),
        ("[t] (https://e.com)", text("[t] (https://e.com)")),
        ("[t](https://e.com x)", text("[t](https://e.com x)")),
        ("\\[t\\](https://e.com)", text("[t](https://e.com)")),
    ],
)
def test_links_lead_to_web_addresses_only(source: str, expected: tuple[Inline, ...]) -> None:
    assert inlines(source) == expected


@pytest.mark.parametrize(
    "source",
    ["**a", "a**", "*a", "~~a", "(ins)a", "(spl)", "(ins)(ins)", "`a", "```a", "[a", "a](b)", "(font)a", "****",
     "5 * 3 * 2", "** a **", "(met)abc(met)", "(met)1(rol)", "(rol)all(rol)", "(emj)x(emj)", "a_b_c", "_a_", "# a",
     "- a", "1. a", "--", ">a", "<b>&", "a\\_b", "\\", "~a~", "[]()"],
)  # fmt: skip
def test_what_does_not_pair_up_is_text(source: str) -> None:
    assert inlines(source) == text(source)


def test_unbalanced_delimiters_stay_literal_beside_balanced_ones() -> None:
    assert inlines("**a (ins)b** c") == (Strong(text("a (ins)b")), Text(" c"))
    assert inlines("*a**") == (Emphasis(text("a")), Text("*"))


def test_backslash_is_undone_only_before_the_escapable_characters() -> None:
    assert inlines("\\!\\(\\)\\*\\-\\.\\:\\>\\[\\\\\\]\\`\\~") == text("!()*-.:>[\\]`~")
    assert inlines("\\_ \\# \\| \\+ \\{ \\a") == text("\\_ \\# \\| \\+ \\{ \\a")
    assert inlines("\\*\\*a\\*\\* \\(met\\)all\\(met\\)") == text("**a** (met)all(met)")


def test_bare_addresses_stay_text() -> None:
    source = "see https://e.com:8080/a_b?x=:smile:&y=(1) now"
    assert inlines(source) == text(source)


def test_colour_is_honoured_inside_cards_and_dropped_elsewhere() -> None:
    assert inlines("(font)红(font)[danger]", in_card=True) == (Color("danger", text("红")),)
    assert inlines("(font)**红**(font)[danger]！") == (Strong(text("红")), Text("！"))
    nested = inlines("(font)a(font)b(font)[info]c(font)[danger]", in_card=True)
    assert nested == (Color("danger", (Text("a"), Color("info", text("b")), Text("c"))),)


def test_quote_runs_to_the_blank_line_which_is_eaten() -> None:
    assert parse("> q1\nq2\n\nafter") == (Quote((Paragraph(text("q1\nq2")),)), Paragraph(text("after")))
    assert parse("> a\n>\n> b\n>") == (Quote((Paragraph(text("a\n\nb")),)),)
    assert parse("before\n> q1\n> q2") == (Paragraph(text("before")), Quote((Paragraph(text("q1\nq2")),)))
    assert parse("> a\n\n> b") == (Quote((Paragraph(text("a")),)), Quote((Paragraph(text("b")),)))
    assert parse("> > a") == (Quote((Paragraph(text("> a")),)),)


def test_quote_holds_markup_and_code() -> None:
    assert parse("> **a**\n```py\nx\n```\n\nb") == (
        Quote((Paragraph((Strong(text("a")),)), CodeBlock("py", "x"))),
        Paragraph(text("b")),
    )


def test_a_blank_line_inside_quoted_code_does_not_end_the_quote() -> None:
    code = CodeBlock("py", "a\n\nb")
    assert parse("> x\n```py\na\n\nb\n```\ny\n\nafter") == (
        Quote((Paragraph(text("x")), code, Paragraph(text("y")))),
        Paragraph(text("after")),
    )
    assert parse("> ```py\na\n\nb\n```") == (Quote((code,)),)
    # Only code that is closed holds a quote open, and an escaped backtick opens none.
    assert parse("> ```x\n\nafter") == (Quote((Paragraph(text("```x")),)), Paragraph(text("after")))
    assert parse("> \\```x\n\n```a```") == (Quote((Paragraph(text("```x")),)), CodeBlock("", "a"))


def test_rule_stands_on_a_line_of_its_own() -> None:
    assert parse("a\n---\nb") == (Paragraph(text("a")), Rule(), Paragraph(text("b")))
    assert parse("---") == (Rule(),)
    assert parse("a --- b") == (Paragraph(text("a --- b")),)
    assert parse("\\-\\-\\-") == (Paragraph(text("---")),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("```py\nif a<b:\n  x\n```", (CodeBlock("py", "if a<b:\n  x"),)),
        ("```\na\n\nb\n```", (CodeBlock("", "a\n\nb"),)),
        ("```a b```", (CodeBlock("", "a b"),)),
        ("x\n```\n> **a**\n```\ny", (Paragraph(text("x")), CodeBlock("", "> **a**"), Paragraph(text("y")))),
    ],
)
def test_code_blocks(source: str, expected: tuple[Block, ...]) -> None:
    assert parse(source) == expected


def test_block_inside_a_span_parts_the_span() -> None:
    assert parse("**a\n---\nb**") == (Paragraph((Strong(text("a")),)), Rule(), Paragraph((Strong(text("b")),)))


def test_code_block_inside_a_spoiler_stays_hidden() -> None:
    assert parse("(spl)```c```(spl)") == (Paragraph((Spoiler((Code("c"),)),)),)


def test_names_cannot_forge_markup_or_lines() -> None:
    names = Names(users={"1": "a\n> (met)all(met)"})
    document = parse_kmarkdown("(met)1(met)", names)
    assert document == Document((Paragraph((Mention("user", "1", "a > (met)all(met)"),)),))


def test_unusable_characters_are_replaced() -> None:
    assert inlines("a\r\nb\x00\x07\ud83d") == text("a\nb\ufffd")
    assert parse("") == parse(" \n\n ") == ()


def test_nesting_is_bounded() -> None:
    source = "(font)" * 5_000 + "x" + "(font)[danger]" * 5_000
    depth, node = 0, inlines(source, in_card=True)[-2]
    while isinstance(node, Color):
        depth, node = depth + 1, node.children[0]
    assert 1 <= depth <= 32
    assert render_plain(parse_kmarkdown(source, NAMES, in_card=True)).count("x") == 1


def lines_executed(action: Callable[[], Any]) -> int:
    """How many lines of Python ``action`` runs: the work done, whatever the speed of the machine."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "unit",
    ["*", "**a", "***a", "* a*", "(", "[", "](", "[a](", "[a](b) ", "(ins)", "(met)", "(emj)a", "(font)", "(font)[x]",
     "> ", "> a\n", ">\n", "`", "``a", "` `", "```", "```a\n", "~~a", "~", ":a", ":smile:", "\\", "\\(", "-", "---\n",
     "https://", "(spl)**a ", "[a](https://e.com) ", "\n", "\n\n> ", "[[a](x)",
     "> ```\n\n", "> ```\n\n```\n\n", "> \\```\n\n"],
)  # fmt: skip
def test_work_grows_linearly_on_hostile_sources(unit: str) -> None:
    def work(length: int) -> int:
        source = unit * (length // len(unit))
        return lines_executed(lambda: parse_kmarkdown(source, NAMES, in_card=True))

    work(256)  # fills caches
    small, large = work(2_048), work(16_384)
    assert large <= small * 8 * 1.3 + 200


def test_64_kilobytes_of_hostile_source_are_parsed() -> None:
    for unit in ("*", "(", "[", "> ", "`", "(met)", "***a", "](", "[a](", "` `"):
        assert isinstance(parse_kmarkdown(unit * (65_536 // len(unit)), NAMES), Document)
