"""The status at a glance while a queue or a store says nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest

from shared.aws.queue_depths import QueueDepth
from shared.relay.models import Account
from shared.relay.service_switch import ServiceSwitch
from shared.relay.system_status import SystemOverview
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.service import FakeConnections, FakeDepths, FakeEventSources, FakeServiceStore


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What stalls waits for this, so that no thread outlives its test."""
    event = threading.Event()
    yield event
    event.set()


class StalledDepths:
    def __init__(self, released: threading.Event) -> None:
        self._released = released

    def depths(self) -> Sequence[QueueDepth]:
        self._released.wait(60)
        return ()


class StalledConfiguration(FakeConfiguration):
    def __init__(self, released: threading.Event) -> None:
        super().__init__()
        self._released = released

    def accounts(self) -> list[Account]:
        self._released.wait(60)
        return []


def switch() -> ServiceSwitch:
    return ServiceSwitch(FakeServiceStore(), FakeEventSources(), FakeClock().ms)


def test_queues_that_stall_are_unreachable_and_the_rest_is_told(released: threading.Event) -> None:
    overview = SystemOverview(
        FakeConfiguration(), StalledDepths(released), switch(), FakeConnections(), limit_seconds=0.5
    )
    status = overview.status()
    assert (status.queues_reachable, status.store_reachable, status.queue_size) == (False, True, 0)
    assert status.service is not None
    assert status.service.running


def test_a_store_that_stalls_is_unreachable_and_the_queues_are_told(released: threading.Event) -> None:
    depths = FakeDepths(QueueDepth("events", 3, 1, 0, 0))
    status = SystemOverview(
        StalledConfiguration(released), depths, switch(), FakeConnections(), limit_seconds=0.5
    ).status()
    assert (status.queues_reachable, status.store_reachable, status.service) == (True, False, None)
    assert status.queue_size == sum(depth.size for depth in depths.answer)


def test_accounts_that_kook_has_offline_or_refuses_are_named() -> None:
    inventory = FakeConfiguration()
    for number in (1, 2, 3):
        inventory.add_account(Account(id=number, email=f"{number}@example.com", created_at=""))
    connections = FakeConnections({1: "offline", 2: "online", 3: "refused"})
    status = SystemOverview(inventory, FakeDepths(), switch(), connections).status()
    assert status.offline_at_kook == (1, 3)
