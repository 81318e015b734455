"""Which destinations of a bot work: from its mappings and the circuits, in one bounded read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.platforms.circuit import Circuit
from shared.platforms.registry import PlatformRegistry
from shared.relay.bot_circuits import MAX_DESTINATIONS, BotCircuits, DestinationCircuit, ShownCircuit
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.platforms import FakePlatform
from tests.unit.relay.test_relay_api import BOT, MAPPING, World

OPEN = Circuit(failures_in_row=5, since=1000.0, probe_at=1030.0, pause_seconds=30.0, reason="server_error: HTTP 500")


class FakeReader:
    def __init__(self) -> None:
        self.circuits_by_key: dict[str, Circuit] = {}
        self.asked: list[Sequence[str]] = []

    def circuits(self, scopes: Sequence[str]) -> Mapping[str, Circuit]:
        self.asked.append(scopes)
        return {key: circuit for key, circuit in self.circuits_by_key.items() if key in scopes}


class Scene:
    def __init__(self) -> None:
        self.store = FakeConfiguration()
        self.reader = FakeReader()
        self.clock = FakeClock(1010.0)
        platforms = PlatformRegistry([FakePlatform("discord")])
        self.circuits = BotCircuits(self.store, platforms, self.reader, self.clock)

    def add_bot(self, bot_id: int = 1, **fields: Any) -> Bot:
        bot = Bot(id=bot_id, name="b", config={}, created_at="", **{"platform": "discord", **fields})
        self.store.add_bot(bot)
        return bot

    def add_mapping(self, mapping_id: int, target: str, bot_id: int = 1, **fields: Any) -> None:
        mapping = ChannelMapping(
            id=mapping_id,
            kook_server_id="1",
            kook_channel_id=f"c{mapping_id}",
            kook_channel_name="n",
            target_platform="discord",
            target_bot_id=bot_id,
            target_channel_id=target,
            **fields,
        )
        assert self.store.add_mappings([mapping]) == [None]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_worst_destination_is_the_bots_own_state(scene: Scene) -> None:
    bot = scene.add_bot()
    scene.add_mapping(1, "here")
    scene.add_mapping(2, "there")
    scene.add_mapping(3, "there")
    scene.reader.circuits_by_key["discord:1:there"] = OPEN
    shown = scene.circuits.of([bot])[1]
    open_circuit = ShownCircuit("open", "server_error: HTTP 500", 1000.0, 1030.0)
    assert shown.worst == open_circuit
    assert shown.destinations == (
        DestinationCircuit("", (), ShownCircuit("closed")),
        DestinationCircuit("here", (1,), ShownCircuit("closed")),
        DestinationCircuit("there", (2, 3), open_circuit),
    )
    scene.clock.advance(20)
    assert scene.circuits.of([bot])[1].worst.state == "half_open"


def test_what_was_switched_off_for_good_says_why(scene: Scene) -> None:
    bot = scene.add_bot()
    scene.add_mapping(1, "dead", enabled=0, disabled_reason="chat_not_found: gone")
    scene.add_mapping(2, "paused", enabled=0)
    scene.add_mapping(3, "bad-place")
    states = {one.target_channel_id: one.circuit for one in scene.circuits.of([bot])[1].destinations}
    assert states["dead"] == ShownCircuit("off", "chat_not_found: gone")
    assert states["paused"] == ShownCircuit("closed")
    assert states["bad-place"].state == "off"
    assert states["bad-place"].reason.startswith("bot_misconfigured")


def test_a_bot_that_is_switched_off_is_off_everywhere(scene: Scene) -> None:
    bot = scene.add_bot(status="disabled", disabled_reason="webhook_deleted: 10015")
    scene.add_mapping(1, "here")
    shown = scene.circuits.of([bot])[1]
    assert shown.worst == ShownCircuit("off", "webhook_deleted: 10015")
    assert {one.circuit.state for one in shown.destinations} == {"off"}


def test_a_bot_of_a_platform_that_is_gone_is_shown(scene: Scene) -> None:
    bot = scene.add_bot(platform="pigeon")
    assert scene.circuits.of([bot])[1].worst == ShownCircuit("closed")
    assert scene.reader.asked == []


def test_a_list_of_bots_costs_one_read_of_each_destination_and_has_a_bound(scene: Scene) -> None:
    bots = [scene.add_bot(1), scene.add_bot(2)]
    for number in range(MAX_DESTINATIONS + 20):
        scene.add_mapping(number + 1, f"t{number:04}", bot_id=1 + number % 2)
    shown = scene.circuits.of(bots)
    assert [len(keys) for keys in scene.reader.asked] == [MAX_DESTINATIONS]
    assert sum(len(one.destinations) for one in shown.values()) == MAX_DESTINATIONS
    assert sum(one.not_shown for one in shown.values()) == 22  # with the own destination of each bot


def test_the_api_shows_it_with_the_bots() -> None:
    reader, store, clock = FakeReader(), FakeConfiguration(), FakeClock(1_760_859_000)
    circuits = BotCircuits(store, PlatformRegistry([FakePlatform("discord")]), reader, clock)
    world = World(circuits=circuits)
    world.store.__dict__ = store.__dict__
    assert world.call("POST", "/api/bots", BOT).status_code == 201
    assert world.call("POST", "/api/mappings", MAPPING).status_code == 201
    at = clock()
    reader.circuits_by_key["discord:1:discord_channel_123"] = Circuit(5, [], at - 60, at + 30, 30.0, "timeout: -")
    expected = {
        "state": "open",
        "reason": "timeout: -",
        "since": "2025-10-19T15:29:00",
        "next_probe_at": "2025-10-19T15:30:30",
    }
    for path in ("/api/bots", "/api/bots/1"):
        data = world.call("GET", path).get_json()["data"]
        bot = data[0] if isinstance(data, list) else data
        assert bot["circuit"] == expected
        assert bot["destinations"][1] == {
            "target_channel_id": "discord_channel_123",
            "mapping_ids": [1],
            "circuit": expected,
        }
        assert bot["destinations"][0]["circuit"] == {
            "state": "closed",
            "reason": None,
            "since": None,
            "next_probe_at": None,
        }
        assert bot["destinations_not_shown"] == 0
