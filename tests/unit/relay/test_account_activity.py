from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.relay.account_activity import AccountActivity
from shared.relay.errors import RecordNotFound
from tests.fakes.clock import FakeClock


class Writer:
    def __init__(self, failure: Exception | None = None) -> None:
        self.writes: list[tuple[int, dict[str, Any]]] = []
        self.failure = failure

    def update_account(self, account_id: int, changes: Mapping[str, Any]) -> None:
        self.writes.append((account_id, dict(changes)))
        if self.failure:
            raise self.failure


def test_the_last_event_is_written_once_a_minute_for_each_account() -> None:
    clock, writer = FakeClock(1_790_000_000.0), Writer()
    activity = AccountActivity(writer, clock.ms)
    for _ in range(3):
        activity.seen(1, clock.ms())
    activity.seen(2, clock.ms())
    clock.advance(60)
    activity.seen(1, clock.ms())
    assert writer.writes == [
        (1, {"last_active": "2026-09-21T14:13:20.000Z"}),
        (2, {"last_active": "2026-09-21T14:13:20.000Z"}),
        (1, {"last_active": "2026-09-21T14:14:20.000Z"}),
    ]


@pytest.mark.parametrize("failure", [RecordNotFound("account", 1), StoreUnavailable("update account")])
def test_a_failure_to_write_it_stops_nothing_and_is_not_repeated_at_once(failure: Exception) -> None:
    clock, writer = FakeClock(), Writer(failure)
    activity = AccountActivity(writer, clock.ms)
    activity.seen(1, clock.ms())
    activity.seen(1, clock.ms())
    assert len(writer.writes) == 1
