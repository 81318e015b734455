"""Messages in which text and pictures take turns."""

from __future__ import annotations

from dataclasses import replace

from shared.message.model import QuotedMessage, RelayMessage
from shared.message.segments import MAX_SEGMENTS, message_segments
from shared.message.tree import Block, Document, Gap, Paragraph, Text
from tests.fakes.relay_messages import media_item, relay_message


def paragraph(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def message(blocks: list[Block], media_count: int, cuts: tuple[tuple[int, int], ...]) -> RelayMessage:
    media = [media_item("image", f"{number}.png") for number in range(media_count)]
    quote = QuotedMessage("m0", "小红", "?")
    return relay_message(Document(tuple(blocks)), *media, cuts=cuts, quote=quote, plain_text="all of it")


def shown(segments: list[RelayMessage]) -> list[tuple[tuple[Block, ...], list[str]]]:
    return [(segment.body.blocks, [item.name for item in segment.media]) for segment in segments]


def test_a_message_without_cuts_is_one_segment() -> None:
    whole = message([paragraph("a"), paragraph("b")], 2, ())
    assert message_segments(whole) == [whole]


def test_text_and_pictures_take_turns_and_gaps_between_them_go() -> None:
    blocks: list[Block] = [paragraph("a"), Gap(), paragraph("b"), Gap(), paragraph("c")]
    segments = message_segments(message(blocks, 3, ((2, 1), (4, 3))))
    assert shown(segments) == [
        ((paragraph("a"),), ["0.png"]),
        ((paragraph("b"),), ["1.png", "2.png"]),
        ((paragraph("c"),), []),
    ]
    assert [segment.quote is not None for segment in segments] == [True, False, False]
    assert {segment.cuts for segment in segments} == {()}


def test_cuts_of_a_body_that_was_replaced_count_no_more() -> None:
    whole = message([paragraph("a"), paragraph("b"), paragraph("c")], 2, ((1, 1), (2, 2)))
    plain = replace(whole, body=Document((paragraph("all of it"),)))
    assert shown(message_segments(plain)) == [((paragraph("all of it"),), ["0.png", "1.png"])]
    assert shown(message_segments(replace(whole, media=()))) == [(whole.body.blocks, [])]


def test_what_is_more_than_the_most_segments_stays_in_the_last() -> None:
    count = MAX_SEGMENTS + 5
    cuts = tuple((number, number) for number in range(1, count))
    whole = message([paragraph(str(number)) for number in range(count)], count, cuts)
    segments = message_segments(whole)
    assert [len(segment.media) for segment in segments] == [1] * (MAX_SEGMENTS - 1) + [6]
    assert sum(len(segment.body.blocks) for segment in segments) == count
    assert len(message_segments(whole, at_most=100)) == count
