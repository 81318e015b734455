"""The audit trail in the configuration table, against a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.relay.audit import RETENTION_DAYS, Actor
from shared.relay.audit_records import AuditRecords
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

ACTOR = Actor("administrator", "session", "203.0.113.9")


@pytest.fixture
def table(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConfigTable")
    bind(ConfigRow, name)
    return name


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_760_859_000)


@pytest.fixture
def audit(table: str, clock: FakeClock) -> AuditRecords:
    return AuditRecords(ConfigurationTable(), clock.ms)


def test_an_entry_is_there_before_the_action_and_complete_after_it(audit: AuditRecords, clock: FakeClock) -> None:
    entry_id = audit.begin(ACTOR, "kook:message/create", 7, {"target_id": "1", "page": 2})
    started = audit.page(10, None).entries[0]
    assert (started.id, started.outcome, started.finished_at) == (entry_id, "started", "")
    clock.advance(1.5)
    audit.finish(entry_id, "KOOK_REFUSED", "频道不存在")
    entry = audit.page(10, None).entries[0]
    assert entry.actor == ACTOR
    assert (entry.action, entry.account_id, entry.arguments) == (
        "kook:message/create", 7, {"target_id": "1", "page": 2},
    )  # fmt: skip
    assert (entry.outcome, entry.reason) == ("KOOK_REFUSED", "频道不存在")
    assert (entry.started_at, entry.finished_at) == ("2025-10-19T07:30:00.000Z", "2025-10-19T07:30:01.500Z")


def test_pages_are_newest_first_and_miss_nothing(audit: AuditRecords, clock: FakeClock) -> None:
    made = []
    for number in range(7):
        made.append(audit.begin(ACTOR, "kook:user/me", number, {}))
        clock.advance(0.001)
    seen, cursor = [], None
    for _ in range(4):
        page = audit.page(2, cursor)
        seen += [entry.id for entry in page.entries]
        cursor = page.next_cursor
    assert seen == made[::-1]
    assert cursor is None
    assert audit.page(7, None).next_cursor is None


def test_entries_of_the_same_moment_are_told_apart(audit: AuditRecords) -> None:
    made = {audit.begin(ACTOR, "kook:user/me", 1, {}) for _ in range(20)}
    assert {entry.id for entry in audit.page(20, None).entries} == made


def test_entries_leave_after_ninety_days(
    dynamodb: DynamoEngine, table: str, audit: AuditRecords, clock: FakeClock
) -> None:
    entry_id = audit.begin(ACTOR, "kook:user/me", 1, {})
    stored = dynamodb.client.get_item(TableName=table, Key={"pk": {"S": "audit"}, "sk": {"S": entry_id}})["Item"]
    assert int(stored["expires_at"]["N"]) == 1_760_859_000 + RETENTION_DAYS * 86_400
    clock.advance(RETENTION_DAYS * 86_400 + 1)
    assert list(audit.page(10, None).entries) == []
    assert list(audit.page(10, entry_id).entries) == []


def test_a_failing_table_is_a_typed_failure(dynamodb: DynamoEngine, audit: AuditRecords) -> None:
    entry_id = audit.begin(ACTOR, "kook:user/me", 1, {})
    with pytest.raises(StoreUnavailable):
        audit.finish("0000000000000-00000000", "ok")
    bind(ConfigRow, "no-such-table")
    for call in (
        lambda: audit.begin(ACTOR, "kook:user/me", 1, {}),
        lambda: audit.finish(entry_id, "ok"),
        lambda: audit.page(10, None),
    ):
        with pytest.raises(StoreUnavailable):
            call()
