"""The service's state on a real engine, and the item the embedded runner follows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from local.event_sources import EventSourceSwitch
from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.service_records import EmbeddedEventSources, ServiceRecords
from shared.relay.service_switch import ServiceRecord

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class FakePoller:
    def __init__(self) -> None:
        self.reading = True
        self.busy = False

    @property
    def at_rest(self) -> bool:
        return not self.reading and not self.busy

    def pause(self) -> None:
        self.reading = False

    def resume(self) -> None:
        self.reading = True


@pytest.fixture
def table_name(dynamodb: DynamoEngine) -> str:
    name = dynamodb.create_table("ConfigTable")
    bind(ConfigRow, name)
    return name


def test_the_record_is_kept_and_settled_only_as_it_was_seen(table_name: str) -> None:
    records = ServiceRecords(ConfigurationTable())
    assert records.service() is None
    first = ServiceRecord(True, 5, 5, settled=True)
    records.add_service(first)
    records.add_service(ServiceRecord(True, 9, 9, settled=True))
    assert records.service() == first
    stopped = ServiceRecord(False, 5, 7, settled=False)
    records.save_service(stopped)
    records.settle_service(ServiceRecord(False, 5, 6, settled=False))
    assert records.service() == stopped
    records.settle_service(stopped)
    assert records.service() == ServiceRecord(False, 5, 7, settled=True)


def test_the_runner_follows_and_reports_once_nothing_is_under_way(dynamodb: DynamoEngine, table_name: str) -> None:
    sources = EmbeddedEventSources(ConfigurationTable())
    poller = FakePoller()
    switch = EventSourceSwitch(dynamodb.client, table_name, [poller])
    assert sources.follow(True)

    sources.request(False)
    poller.busy = True
    asyncio.run(switch.look())
    assert not poller.reading
    assert not sources.follow(False)  # a batch is still running
    poller.busy = False
    asyncio.run(switch.look())
    assert sources.follow(False)
    assert not sources.follow(True)

    sources.request(True)
    assert not sources.follow(True)
    asyncio.run(switch.look())
    assert poller.reading
    assert sources.follow(True)


def test_a_table_that_does_not_answer_changes_nothing(dynamodb: DynamoEngine) -> None:
    poller = FakePoller()
    asyncio.run(EventSourceSwitch(dynamodb.client, "no-such-table", [poller]).look())
    assert poller.reading
