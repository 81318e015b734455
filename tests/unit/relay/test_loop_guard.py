"""Loops: what comes back again and again, with a name more in front each time."""

from __future__ import annotations

import pytest

from shared.message.model import Author, RelayMessage
from shared.message.tree import plain_document
from shared.relay.loop_guard import MAX_REPETITIONS, WINDOW_SECONDS, LoopGuard, compared_text
from tests.fakes.clock import FakeClock


class MemoryRepetitions:
    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def count(self, key: str, expires_at_seconds: int) -> int:
        self.seen[key] = self.seen.get(key, 0) + 1
        return self.seen[key]


def said(text: str, *, is_bot: bool = True, channel_id: str = "8001") -> RelayMessage:
    return RelayMessage(
        message_id="m", channel_id=channel_id, kind="kmarkdown", author=Author("7", "bridge", is_bot=is_bot),
        body=plain_document(text), plain_text=text, sent_at_ms=0,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["bridge: ", "[Discord] Ming: ", "**小明**：\n"])
def test_a_message_that_goes_round_is_stopped_though_it_grows_with_every_round(name: str) -> None:
    guard = LoopGuard(MemoryRepetitions(), FakeClock(1_790_000_040.0))
    text, verdicts = "hello everybody", []
    for _ in range(MAX_REPETITIONS + 3):
        verdicts.append(guard.is_loop(said(text)))
        text = name + text
    assert verdicts == [False] * MAX_REPETITIONS + [True] * 3


def test_people_may_repeat_themselves_and_bots_may_say_different_things() -> None:
    guard = LoopGuard(MemoryRepetitions(), FakeClock())
    assert not any(guard.is_loop(said("+1", is_bot=False)) for _ in range(50))
    assert not any(guard.is_loop(said(f"build {number} passed")) for number in range(50))
    assert not any(guard.is_loop(said("same", channel_id=str(number))) for number in range(50))
    assert not any(guard.is_loop(said("  ")) for _ in range(50))


def test_what_is_said_now_and_then_is_no_loop() -> None:
    clock = FakeClock()
    guard = LoopGuard(MemoryRepetitions(), clock)
    for _ in range(60):
        assert not guard.is_loop(said("status: all is well"))
        clock.advance(WINDOW_SECONDS / 2)


def test_a_colon_at_the_end_leaves_something_to_compare() -> None:
    assert compared_text(said("the answer is:")) == "theansweris:"
