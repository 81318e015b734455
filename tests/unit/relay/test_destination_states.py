"""What GET /api/bots says of the places its bots send to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.platforms.circuit import Circuit
from shared.platforms.pacing import ScopeState
from shared.platforms.registry import PlatformRegistry
from shared.relay import destination_states
from shared.relay.destination_states import DestinationStates, worst
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from tests.unit.relay.delivery_scene import ScriptedPlatform

NOW = 1_790_000_000.0


class Scene:
    def __init__(self) -> None:
        self.bots = [self.bot(1), self.bot(2, config={"own_target": "other"})]
        self.mapped: list[ChannelMapping] = []
        self.stored: dict[str, ScopeState] = {}
        self.read: list[Collection[str]] = []

    @staticmethod
    def bot(bot_id: int, **changes: Any) -> Bot:
        return Bot.model_validate(
            {"id": bot_id, "platform": "discord", "name": "b", "config": {}, "created_at": "", **changes}
        )

    def map(self, bot_id: int, target: str, **changes: Any) -> None:
        values = {
            "id": len(self.mapped) + 1, "kook_server_id": "1", "kook_channel_id": "c", "kook_channel_name": "n",
            "target_platform": "discord", "target_bot_id": bot_id, "target_channel_id": target,
        }  # fmt: skip
        self.mapped.append(ChannelMapping(**{**values, **changes}))

    def mappings(self) -> Sequence[ChannelMapping]:
        return self.mapped

    def load_many(self, scopes: Collection[str]) -> Mapping[str, ScopeState]:
        self.read.append(scopes)
        return {scope: self.stored[scope] for scope in scopes if scope in self.stored}

    def shown(self) -> dict[int, list[tuple[str, str | None, str]]]:
        states = DestinationStates(self, PlatformRegistry([ScriptedPlatform()]), self, lambda: NOW).of(self.bots)
        return {bot: [(one.target_channel_id, one.state, one.reason) for one in found] for bot, found in states.items()}


def opened(until: float) -> ScopeState:
    return ScopeState(circuit=Circuit(5, [], NOW - 10, until, 1, "timeout: no answer"))


def test_every_destination_of_a_bot_is_shown_once_with_its_circuit() -> None:
    scene = Scene()
    scene.map(1, "t")  # its own, said again
    scene.map(1, "a")
    scene.map(1, "b")
    scene.stored = {"discord:a": opened(NOW + 20), "discord:b": opened(NOW - 1)}
    assert scene.shown() == {
        1: [
            ("", "closed", ""),
            ("a", "open", "timeout: no answer"),
            ("b", "half_open", "timeout: no answer"),
        ],
        2: [("", "closed", "")],
    }
    assert len(scene.read) == 1


def test_what_is_switched_off_for_good_is_off_with_the_reason() -> None:
    scene = Scene()
    scene.bots = [scene.bot(1), scene.bot(2, status="disabled", disabled_reason="unknown_webhook: 10015")]
    scene.map(1, "gone", enabled=0, disabled_reason="chat_not_found")
    scene.map(1, "paused", enabled=0)
    assert scene.shown() == {
        1: [("", "closed", ""), ("gone", "off", "chat_not_found"), ("paused", "closed", "")],
        2: [("", "off", "unknown_webhook: 10015")],
    }


def test_a_bot_that_cannot_be_used_or_has_no_platform_any_more_shows_nothing() -> None:
    scene = Scene()
    scene.bots = [scene.bot(1, config={"broken": 1}), scene.bot(2, platform="icq")]
    assert scene.shown() == {1: [], 2: []}


def test_a_list_reads_a_bounded_number() -> None:
    scene = Scene()
    for number in range(destination_states.MAX_READ + 10):
        scene.map(1, f"c{number}")
    shown = scene.shown()
    assert [len(scopes) for scopes in scene.read] == [destination_states.MAX_READ]
    assert [state for _, state, _ in shown[1]].count(None) == 11


def test_the_worst_of_them_stands_for_the_bot() -> None:
    scene = Scene()
    scene.map(1, "a")
    scene.stored = {"discord:a": opened(NOW + 20)}
    states = DestinationStates(scene, PlatformRegistry([ScriptedPlatform()]), scene, lambda: NOW).of(scene.bots)
    assert [worst(states[1]), worst(states[2]), worst([])] == ["open", "closed", "closed"]


def test_a_bot_is_shown_although_the_states_cannot_be_read() -> None:
    scene = Scene()

    class Down:
        def load_many(self, scopes: Collection[str]) -> Mapping[str, ScopeState]:
            raise StoreUnavailable("read circuits")

    states = DestinationStates(scene, PlatformRegistry([ScriptedPlatform()]), Down(), lambda: NOW).of(scene.bots)
    assert [one.state for one in states[1]] == [None]
