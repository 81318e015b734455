"""What decides whether a message is relayed or dropped for good is read as it is now, never from memory."""

from __future__ import annotations

import pytest

from shared.relay.configuration_reader import ConfigurationReader
from shared.relay.models import Account, Bot, Mapping
from shared.relay.routing_configuration import RoutingConfiguration
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration

CHANNEL = "5823400000000001"


class Scene:
    def __init__(self) -> None:
        self.store = FakeConfiguration()
        cached = ConfigurationReader(self.store, clock=FakeClock())
        self.configuration = RoutingConfiguration(cached, self.store)

    def mapping_ids(self) -> list[int]:
        return [mapping.id for mapping in self.configuration.mappings_for_channel(CHANNEL) if mapping.enabled]

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
    assert scene.configuration.account(1) is not None
    scene.store.update_account(1, {"status": "offline", "stopped_at_ms": 5})
    account = scene.configuration.account(1)
    assert account is not None
    assert account.status == "offline"
