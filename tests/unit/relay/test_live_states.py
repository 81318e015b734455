"""Changes of state are pushed once they are written, and only then."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.tables import bind
from shared.relay.configuration_rows import ConfigRow
from shared.relay.errors import ConditionUnmet, EmailTaken, RecordNotFound
from shared.relay.live_states import LiveStates, WatchedConfigurationStore
from shared.relay.models import Account, Bot, Mapping
from shared.security.vault import Vault
from tests.fakes.clock import FakeClock
from tests.unit.relay.test_live_log import RecordingAnnouncements

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW = "2026-01-31T08:00:00.000Z"


class Scene:
    def __init__(self) -> None:
        self.announcements = RecordingAnnouncements()
        states = LiveStates(self.announcements, FakeClock().ms, dt.UTC)
        self.store = WatchedConfigurationStore(
            Vault(b"k" * 32), lambda platform: frozenset({"webhook_url"}), states, pause=lambda seconds: None
        )

    @property
    def told(self) -> list[tuple[Any, ...]]:
        """(kind, id, status, reason) of what was announced since the last look."""
        announced, self.announcements.announced = self.announcements.announced, []
        assert all(topic == "relay" for topic, _ in announced)
        data = [message["data"] for _, messages in announced for message in messages]
        return [(one["kind"], one["id"], one["status"], one["reason"]) for one in data]


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    bind(ConfigRow, dynamodb.create_table("ConfigTable"))
    return Scene()


def account(account_id: int = 1) -> Account:
    return Account(id=account_id, email="one@example.com", bot_token="secret-canary", created_at=NOW)


def bot() -> Bot:
    config = {"webhook_url": "https://discord.com/api/webhooks/1/secret-canary"}
    return Bot(id=3, platform="discord", name="news", config=config, created_at=NOW)


def test_an_account_comes_stops_starts_and_goes(scene: Scene) -> None:
    scene.store.add_account(account())
    scene.store.update_account(1, {"status": "offline"}, only_if={"status": "online"})
    scene.store.update_account(1, {"status": "online"}, only_if={"status": "offline"})
    scene.store.delete_account(1)
    assert scene.told == [
        ("account", 1, "online", None),
        ("account", 1, "offline", None),
        ("account", 1, "online", None),
        ("account", 1, "deleted", None),
    ]


def test_what_is_not_written_is_not_told(scene: Scene) -> None:
    scene.store.add_account(account())
    assert len(scene.told) == 1
    with pytest.raises(EmailTaken):
        scene.store.add_account(account(2))
    with pytest.raises(ConditionUnmet):
        scene.store.update_account(1, {"status": "online"}, only_if={"status": "offline"})
    with pytest.raises(RecordNotFound):
        scene.store.delete_account(9)
    with pytest.raises(RecordNotFound):
        scene.store.update_bot(9, {"status": "disabled"})
    assert scene.told == []


def test_changes_that_are_none_of_a_state_are_not_told(scene: Scene) -> None:
    scene.store.add_account(account())
    scene.store.add_bot(bot())
    assert len(scene.told) == 2
    scene.store.update_account(1, {"kook_user_name": "relay"})
    scene.store.update_bot(3, {"name": "other"})
    assert scene.told == []


def test_a_dead_destination_is_told_with_its_reason_and_without_its_secrets(scene: Scene) -> None:
    scene.store.add_bot(bot())
    scene.store.update_bot(3, {"status": "disabled", "disabled_reason": "webhook_deleted: unknown webhook"})
    assert "canary" not in str(scene.announcements.announced)
    scene.store.delete_bot(3)
    assert scene.told == [
        ("bot", 3, "active", None),
        ("bot", 3, "disabled", "webhook_deleted: unknown webhook"),
        ("bot", 3, "deleted", None),
    ]


def test_a_mapping_that_is_switched_off_is_told(scene: Scene) -> None:
    scene.store.add_bot(bot())
    mapping = Mapping(
        id=5,
        kook_server_id="1",
        kook_channel_id="2",
        kook_channel_name="n",
        target_platform="discord",
        target_bot_id=3,
        target_channel_id="t",
        created_at=NOW,
    )
    assert scene.store.add_mappings([mapping]) == [None]
    assert len(scene.told) == 1
    scene.store.disable_mapping(5, "target_gone")
    assert scene.told == [("mapping", 5, "disabled", "target_gone")]
