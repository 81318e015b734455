"""Each documented error of each platform over HTTP, through the whole adapter, to its typed outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from shared.platforms.base import SendContext, SentPart
from shared.platforms.outcomes import ChangeOutcome, Delivered, Outcome
from tests.contract.platforms.conftest import HARNESSES
from tests.contract.platforms.documented_errors import DELETING, EDITING, REPLYING, SENDING, Expected, Rows
from tests.contract.platforms.harness import Harness, message
from tests.standins.assets import asset_item
from tests.standins.server import Answer, Fault

# A refusal may be answered by a changed request: more often than this by none.
REQUESTS = 12
CONTEXT = SendContext("documented-error", message_id="59def270-0000-4000-8000-8db935e054a1")


def cases(table: Mapping[str, Rows]) -> list[Any]:
    return [
        pytest.param(
            name, answer, expected, id=f"{name}-{number}-{answer.status}-{expected.code or expected.kind.__name__}"
        )
        for name, rows in table.items()
        for number, (answer, expected) in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def opened_harnesses() -> Iterator[Callable[[str], Harness]]:
    """One harness of each platform for the whole table: most rows leave nothing behind."""
    with ExitStack() as stack:
        opened: dict[str, Harness] = {}

        def open_once(name: str) -> Harness:
            if name not in opened:
                opened[name] = stack.enter_context(
                    import_module(f"tests.contract.platforms.harness_{name}").open_harness()
                )
            opened[name].stand_in.clear()
            return opened[name]

        yield open_once


@pytest.fixture
def fresh_harness() -> Iterator[Callable[[str], Harness]]:
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(import_module(f"tests.contract.platforms.harness_{name}").open_harness())


def sent(harness: Harness) -> SentPart:
    (part,) = harness.compose(message("the message"))
    outcome = harness.send(part)
    assert isinstance(outcome, Delivered), outcome
    return SentPart(part, outcome.message_ids or ("1",))


def refuse_everything(harness: Harness, answer: Answer) -> None:
    """The fault goes on until the adapter gives up; fetching a token is not what is refused."""
    harness.stand_in.script(
        Fault(answer=answer), matching=lambda request: "tenant_access_token" not in request.path, times=REQUESTS
    )


def check(outcome: ChangeOutcome, expected: Expected) -> None:
    assert expected.fits(outcome), f"{outcome} where {expected} is due"


def test_every_platform_is_covered() -> None:
    assert set(SENDING) == set(HARNESSES)
    # A custom bot is told no ids: it changes nothing and replies to nothing. Discord's webhooks cannot reply.
    assert set(EDITING) == set(DELETING) == set(HARNESSES) - {"feishu_hook"}


@pytest.mark.parametrize(("name", "answer", "expected"), cases(SENDING))
def test_what_a_refused_message_becomes(
    opened_harnesses: Callable[[str], Harness], name: str, answer: Answer, expected: Expected
) -> None:
    harness = opened_harnesses(name)
    (part,) = harness.compose(message("the message"))
    shown = len(harness.received())
    refuse_everything(harness, answer)
    outcome: Outcome = harness.send(part)
    check(outcome, expected)
    assert len(harness.received()) == shown


@pytest.mark.parametrize(("name", "answer", "expected"), cases(EDITING))
def test_what_a_refused_edit_becomes(
    opened_harnesses: Callable[[str], Harness], name: str, answer: Answer, expected: Expected
) -> None:
    harness = opened_harnesses(name)
    one = sent(harness)
    (part,) = harness.compose(message("as it reads now"))
    refuse_everything(harness, answer)
    check(harness.platform.edit(one, part, harness.destination, CONTEXT), expected)
    assert "as it reads now" not in harness.received_text()


@pytest.mark.parametrize(("name", "answer", "expected"), cases(DELETING))
def test_what_a_refused_deletion_becomes(
    opened_harnesses: Callable[[str], Harness], name: str, answer: Answer, expected: Expected
) -> None:
    harness = opened_harnesses(name)
    one = sent(harness)
    refuse_everything(harness, answer)
    check(harness.platform.delete(one, harness.destination, CONTEXT), expected)


@pytest.mark.parametrize(("name", "answer", "expected"), cases(REPLYING))
def test_what_a_refused_reply_becomes(
    opened_harnesses: Callable[[str], Harness], name: str, answer: Answer, expected: Expected
) -> None:
    harness = opened_harnesses(name)
    one = sent(harness)
    (part,) = harness.compose(message("the answer"))
    refuse_everything(harness, answer)
    context = replace(CONTEXT, reply_to=one.message_ids[0])
    check(harness.platform.send(part, harness.destination, context), expected)
    assert "the answer" not in harness.received_text()


@pytest.mark.parametrize("name", ["discord", "telegram", "feishu_app", "kook"])
def test_a_part_that_failed_is_sent_again_alone(fresh_harness: Callable[[str], Harness], name: str) -> None:
    """What resuming rests on: each part is a request of its own that knows nothing of those before it."""
    harness = fresh_harness(name)
    parts = harness.compose(message("\n".join(f"{number:05d} some words and more" for number in range(1500))))
    assert len(parts) > 1
    for number, part in enumerate(parts):
        if number == 1:
            harness.stand_in.script(Fault(answer=Answer(503)), matching=harness.posts)
            assert not isinstance(harness.send(part), Delivered)
        assert isinstance(harness.send(part), Delivered)
    assert len(harness.received()) == len(parts)
    text = harness.received_text()
    shown = [text.find(f"{number:05d}") for number in range(1500)]
    assert -1 not in shown
    assert shown == sorted(shown)


# What a platform says of a picture that it will not have; the words go out with a link in its place.
PICTURES_REFUSED = [
    ("discord", Answer.of_json({"code": 40005, "message": "Request entity too large"}, 413)),
    ("discord", Answer.of_json({"code": 50046, "message": "Invalid file uploaded"}, 400)),
    ("discord", Answer.of_json({"code": 400001, "message": "uploads are limited"}, 400)),
    ("telegram", Answer.of_json({"ok": False, "error_code": 413, "description": "Request Entity Too Large"}, 413)),
    ("telegram", Answer.of_json({"ok": False, "error_code": 400, "description": "Bad Request: file is too big"}, 400)),
    ("feishu_app", Answer.of_json({"code": 234001, "msg": "Invalid request param"}, 400)),
    ("feishu_app", Answer.of_json({"code": 234006, "msg": "The file size exceed the max value."}, 400)),
    ("feishu_app", Answer.of_json({"code": 234010, "msg": "File's size can't be 0."}, 400)),
    ("feishu_app", Answer.of_json({"code": 234007, "msg": "App does not enable bot feature."}, 400)),
    ("kook", Answer.of_json({"code": 40014, "message": "文件过大", "data": []})),
]


@pytest.mark.parametrize(("name", "answer"), PICTURES_REFUSED)
def test_no_message_is_lost_because_its_picture_was_refused(
    fresh_harness: Callable[[str], Harness], name: str, answer: Answer
) -> None:
    harness = fresh_harness(name)
    parts = harness.compose(message("the words", media=[asset_item("picture.png")]))
    harness.stand_in.script(
        Fault(answer=answer),
        matching=lambda request: request.headers.get_content_type() == "multipart/form-data",
        times=REQUESTS,
    )
    outcomes = [harness.send(part) for part in parts]
    assert all(isinstance(outcome, Delivered) for outcome in outcomes), outcomes
    assert "the words" in harness.received_text()
    assert any("as_link" in note for outcome in outcomes for note in outcome.notes)
    assert harness.received_files() == []
