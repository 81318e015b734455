"""What decides whether a message is relayed or dropped for good is read after the message came in."""

from __future__ import annotations

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_reader import ConfigurationReader
from shared.relay.models import Account, Bot, Mapping
from shared.relay.routing_configuration import MAX_AGE_MS, RoutingConfiguration
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration

CHANNEL = "5823400000000001"
TOLERANCE_MS = 50


class Scene:
    def __init__(self) -> None:
        self.store = FakeConfiguration()
        cached = ConfigurationReader(self.store, clock=FakeClock())
        self.clock = FakeClock()
        self.configuration = RoutingConfiguration(cached, self.store, self.clock.ms, clock_tolerance_ms=TOLERANCE_MS)

    def mapping_ids(self, received_ms_ago: int = 0) -> list[int]:
        received_at_ms = self.clock.ms() - received_ms_ago
        mappings = self.configuration.mappings_for_channel(CHANNEL, received_at_ms)
        return [mapping.id for mapping in mappings if mapping.enabled]

    def add(self, mapping_id: int) -> None:
        mapping = Mapping(
            id=mapping_id,
            kook_server_id="1",
            kook_channel_id=CHANNEL,
            kook_channel_name="大厅",
            target_platform="discord",
            target_bot_id=1,
            target_channel_id=str(mapping_id),
        )
        assert self.store.add_mappings([mapping]) == [None]


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.store.add_bot(Bot(id=1, platform="discord", name="d", config={}, created_at=""))
    return scene


def test_the_first_message_after_a_mapping_was_made_is_relayed(scene: Scene) -> None:
    assert scene.mapping_ids() == []  # a message of the channel while it was not mapped
    scene.add(1)
    assert scene.mapping_ids() == [1]
    scene.add(2)
    assert scene.mapping_ids() == [1, 2]


def test_the_first_message_after_a_mapping_was_switched_is_judged_by_that(scene: Scene) -> None:
    scene.add(1)
    assert scene.mapping_ids() == [1]
    scene.store.update_mapping(1, {"enabled": 0})
    assert scene.mapping_ids() == []
    scene.store.update_mapping(1, {"enabled": 1})
    assert scene.mapping_ids() == [1]


def test_the_first_message_after_an_account_was_stopped_is_judged_by_that(scene: Scene) -> None:
    scene.store.add_account(Account(id=1, email="a@example.com", created_at=""))
    assert scene.configuration.account(1, scene.clock.ms()) is not None
    scene.store.update_account(1, {"status": "offline", "stopped_at_ms": 5})
    account = scene.configuration.account(1, scene.clock.ms())
    assert account is not None
    assert account.status == "offline"


def test_what_was_read_after_an_event_came_in_is_not_read_again_for_it(scene: Scene) -> None:
    scene.add(1)
    assert scene.mapping_ids() == [1]
    scene.add(2)
    scene.clock.advance(0.2)
    # Received 151 ms before that read, hence before the second mapping was there.
    assert scene.mapping_ids(received_ms_ago=200 + TOLERANCE_MS + 1) == [1]
    assert scene.mapping_ids(received_ms_ago=200 + TOLERANCE_MS) == [1, 2]  # may be later than that, by its own clock
    scene.store.broken = True
    assert scene.mapping_ids(received_ms_ago=200) == [1, 2]


def test_nothing_is_kept_for_longer_than_a_second(scene: Scene) -> None:
    assert scene.mapping_ids() == []
    scene.add(1)
    scene.clock.advance(MAX_AGE_MS / 1000 + 0.001)
    assert scene.mapping_ids(received_ms_ago=60_000) == [1]


def test_a_failure_is_not_kept(scene: Scene) -> None:
    scene.store.broken = True
    with pytest.raises(StoreUnavailable):
        scene.mapping_ids()
    scene.store.broken = False
    assert scene.mapping_ids(received_ms_ago=500) == []
