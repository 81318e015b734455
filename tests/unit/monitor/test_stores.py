"""The monitor's stores against a real DynamoDB engine."""

from __future__ import annotations

import dataclasses

import pytest

from shared.aws.tables import bind
from shared.monitor.models import LiveReport, LoadRecord, Node, PingRecord, PingTask, is_online
from shared.monitor.resolutions import MAX_POINTS, RESOLUTIONS_SECONDS, kept_seconds, resolution_for, slot_start
from shared.monitor.rows import MonitorRow
from shared.monitor.store import DynamoLive, DynamoNodes
from shared.monitor.store_records import DynamoPings, DynamoPingTasks, DynamoRecords
from shared.monitor.store_settings import DynamoSettings
from shared.monitor.table import Item, MonitorTable
from shared.security.vault import Vault
from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW = 1_800_000_000
VAULT = Vault(b"k" * 32)


@pytest.fixture
def table(dynamodb: DynamoEngine) -> MonitorTable:
    bind(MonitorRow, dynamodb.create_table("MonitorTable"))
    return MonitorTable(lambda: NOW)


def node(uuid: str, token: str = "tokentokentokentokento") -> Node:
    return Node(uuid, token, uuid, created_at="2027-01-01T00:00:00Z", updated_at="2027-01-01T00:00:00Z")


def test_a_node_is_found_by_its_token_until_it_is_removed(table: MonitorTable) -> None:
    nodes = DynamoNodes(table, VAULT)
    nodes.add(node("a", "first-token"))
    assert nodes.uuid_of_token("first-token") == "a"
    assert nodes.uuid_of_token("another") is None
    changed = nodes.change("a", lambda before: dataclasses.replace(before, name="renamed", token="stolen"))
    assert changed is not None and (changed.name, changed.token) == ("renamed", "first-token")
    assert [each.name for each in nodes.all()] == ["renamed"]
    assert nodes.remove("a") is True
    assert nodes.uuid_of_token("first-token") is None
    assert nodes.remove("a") is False


def test_a_token_is_not_stored_in_the_clear(table: MonitorTable) -> None:
    DynamoNodes(table, VAULT).add(node("a", "very-secret-token-value"))
    stored = [str(item) for item in table.listed("nodes")]
    assert stored and "very-secret-token-value" not in stored[0]


def test_live_reports_follow_one_another_and_a_late_disconnect_changes_nothing(table: MonitorTable) -> None:
    live = DynamoLive(table)
    for number in range(3):
        live.report(LiveReport("a", NOW * 1000 + number, {"uptime": number}, "websocket", f"connection-{number}"))
    live.disconnected("a", "connection-1")
    latest = live.latest("a")
    assert latest is not None and latest.connection_id == "connection-2"
    assert is_online(latest, NOW * 1000 + 10_000) and not is_online(latest, NOW * 1000 + 11_002)
    live.disconnected("a", "connection-2")
    latest = live.latest("a")
    assert latest is not None and not is_online(latest, NOW * 1000 + 3)
    assert [report["uptime"] for _, report in live.recent("a", NOW * 1000 + 2)] == [0, 1, 2]


def test_a_record_of_a_slot_is_replaced_not_doubled(table: MonitorTable) -> None:
    records = DynamoRecords(table)
    for cpu in (1.5, 2.5):
        records.put(LoadRecord("a", NOW, cpu=cpu, ram=7), 60, preserve_hours=720)
    found = records.between("a", 60, NOW - 60, NOW + 60)
    assert [(each.at_seconds, each.cpu, each.ram) for each in found] == [(NOW, 2.5, 7)]


def test_pings_of_a_day_are_single_and_older_ones_are_hours(table: MonitorTable) -> None:
    pings = DynamoPings(table)
    hour_ms = slot_start(NOW, 3600) * 1000
    for number, value in enumerate((10, 30, -1)):
        pings.add(PingRecord("a", 1, hour_ms + number, value), preserve_hours=720)
    single = pings.between("a", 1, hour_ms, hour_ms + 9, hour_ms + 9)
    assert [(each.value_ms, each.lost) for each in single] == [(-1, 1), (30, 0), (10, 0)]
    hours = pings.between("a", 1, hour_ms - 30 * 86_400_000, hour_ms + 9, hour_ms + 9)
    assert [(each.value_ms, each.count, each.lost, each.at_ms) for each in hours] == [(20, 3, 1, hour_ms)]


def test_a_ping_run_is_claimed_once(table: MonitorTable) -> None:
    tasks = DynamoPingTasks(table)
    task = PingTask(tasks.next_id(), "gateway", ("a",), "icmp", "192.0.2.1", 60)
    assert tasks.write(task) and not tasks.write(task)
    assert [each.name for each in tasks.all()] == ["gateway"]
    assert tasks.claim_run(task.task_id, "a", 0, NOW * 1000) is True
    assert tasks.claim_run(task.task_id, "a", 0, NOW * 1000 + 1) is False
    assert tasks.last_run_ms(task.task_id, "a") == NOW * 1000


def test_settings_are_changed_under_their_revision_and_secrets_are_sealed(table: MonitorTable) -> None:
    store = DynamoSettings(table, VAULT)
    store.change(lambda site: site.model_copy(update={"api_key": "a-key-of-some-length", "sitename": "Mine"}))
    assert store.get().api_key == "a-key-of-some-length"
    stored = table.get("settings")
    assert stored is not None and "a-key-of-some-length" not in str(stored.body)


def test_an_expired_item_is_not_there(table: MonitorTable) -> None:
    table.put(Item("live", "a", {}, expires_at_seconds=NOW))
    assert table.get("live", "a") is None and table.listed("live") == []
    assert table.write(Item("live", "a", {"new": True})) is True


@pytest.mark.parametrize("hours", [1, 4, 24, 72, 168, 720, 8_760])
def test_a_chart_has_a_bounded_number_of_points_and_its_records_are_still_kept(hours: int) -> None:
    resolution = resolution_for(hours * 3600)
    assert resolution in RESOLUTIONS_SECONDS
    assert hours * 3600 / resolution <= (MAX_POINTS if hours <= 720 else 366)
    assert kept_seconds(resolution, 87_600) >= hours * 3600
