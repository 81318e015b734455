"""A destination's circuit: what opens it, how long, and what closes it again."""

from __future__ import annotations

import json

import pytest

from shared.platforms.circuit import Circuit, CircuitChange
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from shared.platforms.pacing import ScopeState

FAILED = RetryAfter("server_unavailable", "HTTP 503")
REFUSED = Permanent("content_refused", "AutoMod")
LIMITED = RetryAfter("rate_limited", "429", 5.0, rate_limited=True)
WORKED = Delivered(("1",))
NOT_ASKED = Delivered((), ("delete not possible: no_message_id",), answered=False)
BUG = Permanent("internal_error", "KeyError")


def opened(at: float = 1000.0) -> Circuit:
    circuit = Circuit()
    for _ in range(5):
        circuit.record(FAILED, at)
    assert circuit.phase(at) == "open"
    return circuit


@pytest.mark.parametrize("failure", [FAILED, Unknown("timeout", "no answer"), RetryAfter("dns_failed", "")])
def test_the_fifth_failure_in_a_row_opens_it_for_half_a_minute(failure: Outcome) -> None:
    circuit = Circuit()
    assert [circuit.record(failure, 1000.0) for _ in range(4)] == [None] * 4
    change = circuit.record(failure, 1000.0)
    assert change is not None
    assert (change.phase, change.pause_seconds, change.is_repeated) == ("open", 30.0, False)
    assert (circuit.wait_seconds(1000.0), circuit.wait_seconds(1030.0)) == (30.0, 0.0)
    assert (circuit.phase(1029.9), circuit.phase(1030.0)) == ("open", "half_open")


def test_one_success_in_between_starts_the_row_anew() -> None:
    circuit = Circuit()
    for _ in range(3):
        for outcome in [FAILED] * 4 + [WORKED] * 9:
            assert circuit.record(outcome, 1000.0) is None


@pytest.mark.parametrize("outcome", [LIMITED, REFUSED, BUG, NOT_ASKED])
def test_what_says_nothing_about_the_destination_neither_opens_it_nor_hides_a_row_of_failures(outcome: Outcome) -> None:
    circuit = Circuit()
    assert [circuit.record(outcome, 1000.0) for _ in range(50)] == [None] * 50
    assert [circuit.record(one, 1000.0) for one in [FAILED, outcome] * 4] == [None] * 8
    assert circuit.record(FAILED, 1000.0) is not None


def test_half_of_twenty_requests_in_a_minute_open_it() -> None:
    circuit = Circuit()
    changes = [circuit.record(FAILED if number % 2 else WORKED, 1000.0 + number) for number in range(20)]
    assert changes[:-1] == [None] * 19
    assert changes[-1] is not None


def test_failures_of_more_than_a_minute_ago_are_forgotten() -> None:
    circuit = Circuit()
    for number in range(400):
        assert circuit.record(FAILED if number % 2 else WORKED, 1000.0 + number * 4) is None
    assert len(circuit.slices) <= 6


def test_a_failed_probe_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    circuit, now, pauses = opened(), 1000.0, []
    for _ in range(7):
        now += circuit.wait_seconds(now)
        change = circuit.record(FAILED, now)
        assert change is not None
        assert change.is_repeated
        pauses.append(change.pause_seconds)
    assert pauses == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0]
    assert circuit.since == 1000.0


@pytest.mark.parametrize("answer", [WORKED, REFUSED], ids=["delivered", "refused this message"])
def test_a_probe_that_was_answered_closes_it_and_the_next_pause_is_short_again(answer: Outcome) -> None:
    circuit = opened()
    circuit.record(FAILED, 1030.0)
    assert circuit.record(answer, 1100.0) == CircuitChange("closed")
    assert circuit == Circuit()
    assert [circuit.record(FAILED, 1100.0) for _ in range(4)] == [None] * 4
    change = circuit.record(FAILED, 1100.0)
    assert change is not None
    assert change.pause_seconds == 30.0


@pytest.mark.parametrize("outcome", [LIMITED, BUG, NOT_ASKED, Permanent("destination_refused", "")])
def test_a_probe_that_says_nothing_leaves_it_half_open(outcome: Outcome) -> None:
    circuit = opened()
    assert circuit.record(outcome, 1030.0) is None
    assert circuit.phase(1030.0) == "half_open"


def test_it_is_kept_with_the_pacing_state_and_a_closed_one_takes_no_room() -> None:
    state = ScopeState(circuit=opened())
    assert ScopeState.from_json(state.to_json(), 0) == state
    assert "circuit" not in json.loads(ScopeState().to_json())
    # As a version without circuits has written it.
    assert ScopeState.from_json('{"windows":{},"blocked_until":0}', 3) == ScopeState(version=3)
