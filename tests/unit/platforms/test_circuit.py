"""The circuit breaker of a destination: when it opens, how long, what closes it."""

from __future__ import annotations

import pytest

from shared.platforms.circuit import Circuit


def test_five_failures_in_a_row_open_it_and_a_success_in_between_does_not() -> None:
    circuit = Circuit()
    for now in range(4):
        assert circuit.failed(now, "down") is None
    assert circuit.succeeded(4) is None
    for now in range(5, 9):
        assert circuit.failed(now, "down") is None
    assert circuit.failed(9, "http_503: down") == "opened"
    assert (circuit.state(9), circuit.wait_seconds(9), circuit.reason) == ("open", 30.0, "http_503: down")


def test_half_of_twenty_requests_in_a_minute_open_it() -> None:
    circuit = Circuit()
    changes = [circuit.failed(n, "x") if n % 2 else circuit.succeeded(n) for n in range(20)]
    assert changes == [None] * 19 + ["opened"]


def test_failures_spread_over_time_do_not() -> None:
    circuit = Circuit()
    for n in range(100):
        assert (circuit.failed(n * 10, "x") if n % 2 else circuit.succeeded(n * 10)) is None


def test_a_probe_that_fails_doubles_the_time_up_to_a_quarter_of_an_hour_and_is_no_news() -> None:
    circuit, now, waits = Circuit(failures=4), 0.0, []
    assert circuit.failed(now, "x") == "opened"
    for _ in range(8):
        waits.append(circuit.wait_seconds(now))
        now = circuit.open_until
        assert circuit.state(now) == "half_open"
        assert circuit.failed(now, "x") is None
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert circuit.opened_at == 0.0


def test_a_probe_that_succeeds_closes_it_and_the_past_is_forgotten() -> None:
    circuit = Circuit()
    for now in range(30):
        circuit.failed(now, "x")
    assert circuit.succeeded(500) == "closed"
    assert (circuit.state(500), circuit.wait_seconds(500), circuit.reason) == ("closed", 0.0, "")
    assert [circuit.failed(501, "x") for _ in range(4)] == [None] * 4


@pytest.mark.parametrize("circuit", [Circuit(), Circuit(3, [[10.0, 4, 2]], 11.0, 41.0, 1, "timeout: none")])
def test_it_is_kept_as_json(circuit: Circuit) -> None:
    assert Circuit.from_json(circuit.to_json()) == circuit
