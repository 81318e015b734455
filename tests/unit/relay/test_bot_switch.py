"""Switching off and moving destinations: written down, and believed at once by the process that did it."""

from __future__ import annotations

import logging

import pytest

from shared.relay.bot_switch import BotSwitch
from shared.relay.configuration_reader import ConfigurationReader
from shared.relay.errors import RecordNotFound
from shared.relay.models import Bot, Mapping
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration


class MovableConfiguration(FakeConfiguration):
    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None:
        for mapping in self.mappings_of_bot(bot_id):
            if mapping.target_channel_id == old_target_id:
                self.update_mapping(mapping.id, {"target_channel_id": new_target_id})


class Scene:
    def __init__(self) -> None:
        self.store = MovableConfiguration()
        self.store.add_bot(Bot(id=3, platform="telegram", name="b", config={}, created_at=""))
        mapping = Mapping(
            id=7,
            kook_server_id="1",
            kook_channel_id="c",
            kook_channel_name="大厅",
            target_platform="telegram",
            target_bot_id=3,
            target_channel_id="-1",
        )
        assert self.store.add_mappings([mapping]) == [None]
        self.switch = BotSwitch(ConfigurationReader(self.store, clock=FakeClock()), self.store)
        # Both are in the reader's memory from here on, and its clock stands still.
        self.switch.bot(3)
        self.switch.mapping(7)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_next_message_already_finds_a_dead_bot_switched_off(scene: Scene) -> None:
    scene.switch.disable_bot(3, "unknown_webhook: 10015")
    for bot in (scene.switch.bot(3), scene.store.bot(3)):
        assert bot is not None
        assert (bot.status, bot.disabled_reason) == ("disabled", "unknown_webhook: 10015")


def test_settings_that_an_operator_has_just_changed_are_seen_at_once(scene: Scene) -> None:
    assert not scene.switch.was_changed(3, {})
    scene.store.update_bot(3, {"config": {"bot_token": "new"}})
    assert scene.switch.was_changed(3, {})
    bot = scene.switch.bot(3)
    assert bot is not None
    assert bot.config == {"bot_token": "new"}
    scene.store.delete_bot(3)
    assert not scene.switch.was_changed(3, {})


def test_the_next_message_already_finds_a_dead_chat_switched_off(scene: Scene) -> None:
    scene.switch.disable_mapping(7, "bot_kicked: 403")
    for mapping in (scene.switch.mapping(7), scene.store.mapping(7)):
        assert mapping is not None
        assert (mapping.enabled, mapping.disabled_reason) == (0, "bot_kicked: 403")


def test_the_next_message_already_goes_to_where_a_chat_was_moved(scene: Scene) -> None:
    scene.switch.move_target(3, "-1", "-100")
    mapping = scene.switch.mapping(7)
    assert mapping is not None
    assert mapping.target_channel_id == "-100"


def test_a_bot_deleted_meanwhile_needs_no_switching_off(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.store.delete_bot(3)
    with caplog.at_level(logging.INFO):
        scene.switch.disable_bot(3, "unknown_webhook: 10015")
    assert scene.switch.bot(3) is None
    assert "deleted meanwhile" in caplog.text


def test_a_mapping_deleted_meanwhile_needs_no_switching_off(scene: Scene) -> None:
    class StrictConfiguration(MovableConfiguration):
        def disable_mapping(self, mapping_id: int, reason: str) -> None:
            raise RecordNotFound("mapping", mapping_id)

    switch = BotSwitch(ConfigurationReader(scene.store, clock=FakeClock()), StrictConfiguration())
    switch.disable_mapping(99, "bot_kicked: 403")
    assert switch.mapping(99) is None


def test_a_circuit_that_opens_is_told_and_logged_as_an_error(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[int, str, str]] = []
    switch = BotSwitch(
        ConfigurationReader(scene.store, clock=FakeClock()),
        scene.store,
        lambda bot_id, state, reason: told.append((bot_id, state, reason)),
    )
    with caplog.at_level(logging.INFO):
        switch.circuit_changed(3, "-1", "opened", "timeout: no answer")
        switch.circuit_changed(3, "-1", "closed", "")
    assert told == [(3, "circuit_opened", "-1: timeout: no answer"), (3, "circuit_closed", "-1")]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
