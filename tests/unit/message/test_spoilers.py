from __future__ import annotations

from shared.message.spoilers import without_spoilers
from shared.message.tree import CodeBlock, Document, Gap, Heading, Link, Paragraph, Quote, Rule, Spoiler, Strong, Text

SECRET = Spoiler((Text("secret"),))
HIDDEN = Text("[剧透]")


def test_a_word_stands_in_place_of_each_spoiler_wherever_it_is() -> None:
    link = Link("https://e.com", (Text("a"), SECRET))
    document = Document((Heading((SECRET,)), Quote((Quote((Paragraph((Strong((link, Text("b"))),)),)),))))
    assert without_spoilers(document) == Document(
        (
            Heading((HIDDEN,)),
            Quote((Quote((Paragraph((Strong((Link("https://e.com", (Text("a"), HIDDEN)), Text("b"))),)),)),)),
        )
    )


def test_nothing_else_changes() -> None:
    document = Document((Paragraph((Text("a"),)), CodeBlock("py", "(spl)x(spl)"), Rule(), Gap()))
    assert without_spoilers(document) == document
