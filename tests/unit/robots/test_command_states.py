"""The life of a command, step by step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.robots.command_states import (
    KEPT_MS,
    RETRY_DELAY_MS,
    CommandResult,
    handed_out,
    settled,
    urgency,
    with_result,
)
from shared.robots.errors import CommandNotDelivered
from shared.robots.models import RESULT_WITHIN_MS, Command

CREATED_MS = 1_790_000_000_000
FAILURE = CommandResult(201102, "send failed", 40)
SUCCESS = CommandResult(0, execution_time_ms=1200)
FRESH = Command("cmd_1", "robot_1", "send_message", {"content": "hi"}, CREATED_MS)


def sent(command: Command, at_ms: int) -> Command:
    out = handed_out(command, at_ms)
    assert out is not None
    return out


def test_a_command_is_handed_out_once_and_succeeds() -> None:
    out = sent(FRESH, CREATED_MS + 5)
    assert (out.state, out.attempts, out.sent_at_ms) == ("sent", 1, CREATED_MS + 5)
    assert handed_out(out, CREATED_MS + 6) is None
    done = with_result(out, SUCCESS, CREATED_MS + 9)
    assert (done.state, done.error_code, done.execution_time_ms) == ("success", 0, 1200)
    assert done.finished_at_ms == CREATED_MS + 9


def test_a_reported_failure_is_tried_again_after_a_second_and_ends_after_three_tries() -> None:
    command, now_ms = FRESH, CREATED_MS
    for attempt in (1, 2):
        command = with_result(sent(command, now_ms), FAILURE, now_ms)
        assert (command.state, command.attempts) == ("pending", attempt)
        assert handed_out(command, now_ms + RETRY_DELAY_MS - 1) is None
        now_ms += RETRY_DELAY_MS
    command = with_result(sent(command, now_ms), FAILURE, now_ms)
    assert (command.state, command.attempts, command.error_code) == ("failed", 3, 201102)
    assert command.error_reason == "send failed"


@pytest.mark.parametrize(("waited_ms", "state"), [(RESULT_WITHIN_MS - 1, "sent"), (RESULT_WITHIN_MS, "pending")])
def test_sixty_seconds_without_a_result_are_a_failed_try(waited_ms: int, state: str) -> None:
    assert settled(sent(FRESH, CREATED_MS), CREATED_MS + waited_ms).state == state


def test_three_tries_without_a_result_end_it() -> None:
    command, now_ms = FRESH, CREATED_MS
    for _ in range(3):
        command = sent(command, now_ms)
        now_ms += RESULT_WITHIN_MS
        command = settled(command, now_ms)
    assert (command.state, command.attempts, command.error_reason) == ("failed", 3, "no result within 60 seconds")


@pytest.mark.parametrize(("age_ms", "state"), [(KEPT_MS - 1, "pending"), (KEPT_MS, "failed")])
def test_a_command_nobody_collects_is_kept_for_a_day(age_ms: int, state: str) -> None:
    assert settled(FRESH, CREATED_MS + age_ms).state == state


def test_a_success_after_the_try_was_given_up_still_counts_but_a_failure_does_not_count_twice() -> None:
    given_up = settled(sent(FRESH, CREATED_MS), CREATED_MS + RESULT_WITHIN_MS)
    assert with_result(given_up, SUCCESS, CREATED_MS + RESULT_WITHIN_MS + 1).state == "success"
    assert with_result(given_up, FAILURE, CREATED_MS + RESULT_WITHIN_MS + 1) == given_up


@pytest.mark.parametrize("second", [SUCCESS, FAILURE])
def test_a_second_report_changes_nothing(second: CommandResult) -> None:
    done = with_result(sent(FRESH, CREATED_MS), SUCCESS, CREATED_MS + 1)
    assert with_result(done, second, CREATED_MS + 2) == done


def test_a_result_for_a_command_that_was_never_handed_out_is_refused() -> None:
    with pytest.raises(CommandNotDelivered):
        with_result(FRESH, SUCCESS, CREATED_MS)


def test_the_higher_priority_goes_first_then_the_older() -> None:
    old_low = replace(FRESH, command_id="a", priority=0, created_at_ms=CREATED_MS - 9)
    new_urgent = replace(FRESH, command_id="b", priority=3, created_at_ms=CREATED_MS + 9)
    older = replace(FRESH, command_id="c", created_at_ms=CREATED_MS - 1)
    assert sorted([old_low, FRESH, older, new_urgent], key=urgency) == [new_urgent, older, FRESH, old_low]
