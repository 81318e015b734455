"""What every destination platform has to do, checked against a stand-in that answers as the real one does."""

from __future__ import annotations

import logging
import re

import pytest

from shared.message.model import MediaItem, QuotedMessage
from shared.message.tree import (
    Code,
    CodeBlock,
    CustomEmoji,
    Document,
    Emphasis,
    Gap,
    Heading,
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
from shared.platforms.base import InvalidConfig
from shared.platforms.outcomes import Delivered, Permanent, RetryAfter, Unknown
from tests.contract.platforms.harness import AUTHOR, Harness, message, with_size
from tests.standins.assets import asset_item, asset_url
from tests.standins.server import Answer, Fault

HOSTILE_TEXTS = {
    "mentions": "@everyone @here <@123456789012345678> <@&1> <#2>",
    "feishu mention": '<at user_id="all">all</at> <at id=all></at>',
    "html": "<b>not bold</b> & <script>alert(1)</script> &lt;i&gt;",
    "unbalanced markup": "**__~~||`*_~|[a](b",
    "stars": "*" * 5000,
    "fences": "```" * 800,
    "brackets": "[](" * 1500,
    "one long word": "x" * 9000,
    "surrogate alone": "half \ud83d of an emoji",
    "control characters": "a\x00b\x01c\x1b[31m",
    "right to left": "abc \u202edcba\u202c \u2066x\u2069",
    "families": "👨‍👩‍👧‍👦" * 900,
    "flags": "🇨🇳🇩🇪" * 1200,
    "combining": "e" + "\u0301" * 6000,
    "line breaks": "a\n" * 3000,
    "separators": "one\u2028two\u2029three",
}


def lines(count: int, text: str) -> str:
    return "\n".join(f"{number:05d} {text}" for number in range(count))


def numbers_in(text: str) -> list[str]:
    return re.findall(r"(?m)\b(\d{5}) ", text)


def is_link_note(note: str) -> bool:
    return "_as_link: " in note


def test_text_arrives_once_with_its_author(harness: Harness) -> None:
    (outcome,) = harness.deliver(message("大家好, hello"))
    (received,) = harness.received()
    assert "大家好, hello" in harness.visible_text(received.text)
    assert AUTHOR in f"{received.author}\n{harness.visible_text(received.text)}"
    assert received.message_id in outcome.message_ids or outcome.message_ids == ()
    assert outcome.notes == ()


def test_long_text_is_split_in_order_and_nothing_is_lost_or_repeated(harness: Harness) -> None:
    harness.deliver(message(lines(3000, "中文 and some words, 😀 with an emoji.")))
    assert len(harness.received()) > 1
    assert numbers_in(harness.received_text()) == [f"{number:05d}" for number in range(3000)]


def test_long_code_stays_code_in_every_piece(harness: Harness) -> None:
    harness.deliver(message(Document((CodeBlock("python", lines(3000, "print('x < y && z')")),))))
    assert numbers_in(harness.received_text()) == [f"{number:05d}" for number in range(3000)]


def test_every_kind_of_markup_is_taken(harness: Harness) -> None:
    words = Paragraph(
        (
            Strong((Text("alpha"), Emphasis((Text("beta"),)))),
            Text(" "),
            Underline((Text("gamma"),)),
            Strike((Text("delta"),)),
            Spoiler((Text("epsilon"),)),
            Code("zeta < `eta`"),
            Link("https://www.kookapp.cn/app?a=1&b=2", (Text("theta"),)),
            Mention("user", "1", "iota"),
            Mention("everyone", "", ""),
            CustomEmoji("kappa", "9/abc"),
        )
    )
    body = Document(
        (
            Heading((Text("lambda"),)),
            words,
            Quote((Paragraph((Text("mu"),)),)),
            Rule(),
            CodeBlock("", "nu <tag>"),
            Gap(),
            SmallText((Text("xi"),)),
        )
    )
    # No note: none of it was refused and sent again as plain text.
    assert [outcome.notes for outcome in harness.deliver(message(body))] == [()]
    text = harness.received_text()
    greek = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi"]
    for word in greek:
        assert word in text


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_hostile_text_is_delivered(harness: Harness, name: str) -> None:
    outcomes = harness.deliver(message(f"begin {HOSTILE_TEXTS[name]} end"))
    assert {outcome.notes for outcome in outcomes} == {()}
    text = harness.received_text()
    assert text.find("begin") < text.rfind("end")
    assert "begin" in text


@pytest.mark.parametrize(
    "author",
    ["", "   ", "everyone", "Discord Clyde", "*_~`|<b>&", "长" * 200, "a\nb\u200b\u202e", "\ud83d", "👨‍👩‍👧‍👦" * 40],
)
def test_any_author_name_is_taken(harness: Harness, author: str) -> None:
    (part,) = harness.platform.compose(message("hello"), harness.destination, author)
    assert isinstance(harness.send(part), Delivered)
    assert "hello" in harness.received_text()


def test_a_message_without_anything_to_show_still_arrives(harness: Harness) -> None:
    harness.deliver(message("", kind="unknown"))
    (received,) = harness.received()
    assert received.text.strip()


def test_the_message_replied_to_is_quoted(harness: Harness) -> None:
    harness.deliver(message("yes", quote=QuotedMessage("m0", "小红", "shall we *go*?")))
    text = harness.received_text()
    assert text.index("小红") < text.index("shall we") < text.rindex("yes")


@pytest.mark.parametrize("name", ["picture.png", "photo.jpg", "wave.gif", "report.pdf", "sound.mp3", "clip.mp4"])
def test_each_kind_of_media_arrives(harness: Harness, name: str) -> None:
    outcomes = harness.deliver(message("look", media=[asset_item(name)]))
    assert "look" in harness.received_text()
    if harness.takes_files:
        assert len(harness.received_files()) == 1
        assert not [note for outcome in outcomes for note in outcome.notes if is_link_note(note)]
    else:
        assert asset_url(name) in harness.received_text()


def test_many_media_all_arrive(harness: Harness) -> None:
    media = [asset_item(name) for name in ("picture.png", "photo.jpg", "report.pdf", "sound.mp3")] * 6
    harness.deliver(message("all of them", media=media))
    links = sum(harness.received_text().count(asset_url(item.name)) for item in set(media))
    assert len(harness.received_files()) + links == len(media)
    assert harness.takes_files is (links == 0)


def test_media_without_text_arrive(harness: Harness) -> None:
    harness.deliver(message("", media=[asset_item("picture.png")], kind="image"))
    assert harness.received_files() or asset_url("picture.png") in harness.received_text()


@pytest.mark.parametrize(
    "item",
    [
        asset_item("gone.png"),
        asset_item("slow.png"),
        asset_item("trickle.png"),
        asset_item("endless.png"),
        asset_item("page.png"),
        asset_item("moved.png"),
        asset_item("broken.png"),
        asset_item("empty.png"),
        with_size(asset_item("report.pdf"), 10**10),
        MediaItem("image", "http://169.254.169.254/latest/meta-data/", "metadata.png"),
    ],
    ids=lambda item: item.name,
)
def test_media_that_cannot_be_had_become_a_link_with_a_note(harness: Harness, item: MediaItem) -> None:
    outcomes = harness.deliver(message("the text stays", media=[item]))
    assert "the text stays" in harness.received_text()
    assert "".join(message.text for message in harness.received()).count(item.name) >= 1
    assert harness.received_files() == []
    if harness.takes_files:
        assert [note for outcome in outcomes for note in outcome.notes if is_link_note(note)]


def test_a_lost_picture_takes_no_other_with_it(harness: Harness) -> None:
    names = ("picture.png", "gone.png", "photo.jpg")
    harness.deliver(message("three", media=[asset_item(name) for name in names]))
    assert len(harness.received_files()) == (2 if harness.takes_files else 0)
    text = "".join(message.text for message in harness.received())
    # Where no files are taken, every one of them is a link.
    assert all(name in text for name in (("gone.png",) if harness.takes_files else names))


def test_full_text_with_lost_media_loses_nothing(harness: Harness) -> None:
    harness.deliver(message(lines(1000, "中文内容"), media=[asset_item(f"gone-{n}.png") for n in range(12)]))
    text = "".join(message.text for message in harness.received())
    assert numbers_in(harness.received_text()) == [f"{number:05d}" for number in range(1000)]
    for number in range(12):
        assert f"gone-{number}.png" in text


def test_a_rate_limit_is_a_wait_of_what_was_asked(harness: Harness) -> None:
    (part,) = harness.compose(message("later"))
    for case in harness.rate_limits:
        harness.stand_in.script(Fault(answer=case.answer), matching=harness.posts)
        outcome = harness.send(part)
        assert isinstance(outcome, RetryAfter), outcome
        assert outcome.rate_limited
        assert outcome.seconds == case.seconds
        assert outcome.scope == case.scope
    assert harness.received() == []
    assert isinstance(harness.send(part), Delivered)


def test_a_dead_destination_is_switched_off(harness: Harness) -> None:
    (part,) = harness.compose(message("nobody home"))
    for answer in harness.dead_destinations:
        harness.stand_in.script(Fault(answer=answer), matching=harness.posts)
        outcome = harness.send(part)
        assert isinstance(outcome, Permanent), outcome
        assert outcome.disables_destination
        assert outcome.detail


def test_a_server_error_is_tried_again(harness: Harness) -> None:
    (part,) = harness.compose(message("again"))
    for answer in harness.server_errors:
        harness.stand_in.script(Fault(answer=answer), matching=harness.posts)
        outcome = harness.send(part)
        assert isinstance(outcome, RetryAfter | Unknown), outcome
    assert isinstance(harness.send(part), Delivered)


@pytest.mark.parametrize("reset", ["before_answer", "mid_answer"])
def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown(harness: Harness, reset: str) -> None:
    (part,) = harness.compose(message("perhaps"))
    harness.stand_in.script(Fault(processed=True, reset=reset), matching=harness.posts)
    assert isinstance(harness.send(part), Unknown)
    assert len(harness.received()) == 1


def test_an_answer_that_makes_no_sense_is_no_delivery(harness: Harness) -> None:
    (part,) = harness.compose(message("hm"))
    bodies = [b"", b"<html>welcome to the hotel wifi</html>", b"[]", b"null", b"{", b'{"ok": 1e999}', b"[" * 100_000]
    for body in bodies:
        harness.stand_in.script(Fault(answer=Answer(200, body)), matching=harness.posts)
        outcome = harness.send(part)
        expected = Unknown | RetryAfter | Permanent if harness.reads_answers else Delivered
        assert isinstance(outcome, expected), outcome


def test_an_unreachable_server_means_not_delivered(harness: Harness) -> None:
    (part,) = harness.compose(message("nobody listens"))
    outcome = harness.send(part, harness.unreachable())
    assert isinstance(outcome, RetryAfter), outcome
    assert not outcome.rate_limited


def test_no_credential_in_any_outcome_or_log(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (part,) = harness.compose(message("secret"))
    echo = " ".join([f"https://example.com/{secret}/x {secret}" for secret in harness.secrets])
    answers = [
        *harness.dead_destinations,
        *harness.server_errors,
        *(case.answer for case in harness.rate_limits),
        *(
            Answer.of_json({"message": echo, "description": echo, "msg": echo, "code": 50035, "ok": False}, status)
            for status in (200, 400, 401, 403, 404, 429, 500)
        ),
    ]
    faults = [Fault(answer=answer) for answer in answers]
    faults += [Fault(reset="before_answer"), Fault(processed=True, reset="mid_answer")]
    said = []
    for fault in faults:
        harness.stand_in.script(fault, matching=harness.posts)
        said.append(repr(harness.send(part)))
    said.append(repr(harness.send(part, harness.unreachable())))
    said.append(repr(harness.send(part)))
    said.append(repr(part) + harness.destination.key + harness.destination.credential_key)
    said.append(harness.destination.target_id)
    for secret in harness.secrets:
        assert secret not in "\n".join(said)
        assert secret not in caplog.text


def test_secret_fields_are_fields_of_the_configuration(harness: Harness) -> None:
    config = harness.destination.config
    assert harness.platform.secret_fields & config.keys()
    public = repr({field: value for field, value in config.items() if field not in harness.platform.secret_fields})
    for secret in harness.secrets:
        assert secret not in public


def test_a_valid_configuration_is_stable_and_drops_what_it_does_not_know(harness: Harness) -> None:
    config = dict(harness.destination.config)
    assert harness.platform.validate_config({**config, "some_later_field": 1}) == config


@pytest.mark.parametrize("value", [None, "", 5, [], {}, "nonsense", "http://127.0.0.1/", "x" * 10_000])
def test_a_secret_that_cannot_work_is_refused_without_repeating_it(harness: Harness, value: object) -> None:
    config = dict(harness.destination.config)
    field = sorted(harness.platform.secret_fields & config.keys())[0]
    if value in (None, "") and harness.makes_missing_secrets:
        made = [harness.platform.validate_config({**config, field: value})[field] for _ in range(2)]
        assert len({*made, config[field]}) == 3
        return
    with pytest.raises(InvalidConfig) as caught:
        harness.platform.validate_config({**config, field: value})
    assert caught.value.field
    assert caught.value.reason
    if isinstance(value, str) and len(value) > 6:
        assert value not in str(caught.value)


def test_limits_and_keys_are_there(harness: Harness) -> None:
    limits = harness.platform.limits(harness.destination)
    assert limits.destination
    assert all(limit.requests > 0 and limit.per_seconds > 0 for limit in limits.destination + limits.credential)
    assert harness.destination.key
    assert harness.destination.credential_key
    assert harness.destination.platform == harness.platform.name


def test_the_test_message_really_arrives(harness: Harness) -> None:
    assert isinstance(harness.platform.test(harness.destination), Delivered)
    assert len(harness.received()) == 1


def test_the_test_message_reports_a_dead_destination(harness: Harness) -> None:
    harness.stand_in.script(Fault(answer=harness.dead_destinations[0]), matching=harness.posts)
    assert isinstance(harness.platform.test(harness.destination), Permanent)
