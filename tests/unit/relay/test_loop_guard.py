"""What comes back from another relay is held back where an operator sees it; what looks a little like it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.pacing_store import PacingRow
from shared.aws.tables import bind
from shared.message.model import Author, MediaItem, RelayMessage
from shared.message.tree import plain_document
from shared.relay.loop_guard import LOOP_SUSPECTED, MAX_REPETITIONS, WINDOW_MS, LoopGuard, Sighting
from shared.relay.models import Filters
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.sighting_store import DynamoSightings
from tests.fakes.clock import FakeClock
from tests.unit.relay.routing_scene import Scene as RoutingScene

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class MemorySightings:
    def __init__(self) -> None:
        self.kept: dict[str, Sequence[Sighting]] = {}
        self.reads = 0

    def load(self, channel_id: str) -> Sequence[Sighting]:
        self.reads += 1
        return self.kept.get(channel_id, [])

    def save(self, channel_id: str, sightings: Sequence[Sighting], keep_seconds: float) -> None:
        assert keep_seconds >= WINDOW_MS / 1000
        self.kept[channel_id] = sightings


class Scene:
    def __init__(self) -> None:
        self.store = MemorySightings()
        self.guard = LoopGuard(self.store)
        self.now_ms = 1_000_000
        self.mappings = [self.mapping(1, "discord"), self.mapping(2, "telegram")]
        self.said = 0

    @staticmethod
    def mapping(mapping_id: int, platform: str, name_format: str = "{name}") -> ChannelMapping:
        return RoutingScene.mapping(mapping_id, platform, mapping_id, name_format=name_format)

    def say(
        self, text: str, *, is_bot: bool = True, message_id: str = "", name: str = "bridge", **fields: Any
    ) -> list[int]:
        """The mappings that are held back."""
        self.said += 1
        message = RelayMessage(
            message_id=message_id or f"m{self.said}",
            channel_id="c",
            kind="text",
            author=Author("7", name, is_bot=is_bot),
            body=plain_document(text),
            plain_text=text,
            **{"sent_at_ms": self.now_ms, **fields},
        )
        closings = self.guard.judge(message, self.mappings)
        assert {closing.error_code for closing in closings.values()} <= {LOOP_SUSPECTED}
        return sorted(closings)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_same_text_again_and_again_is_held_back_until_it_has_been_quiet(scene: Scene) -> None:
    assert [scene.say("ping  pong") for _ in range(MAX_REPETITIONS)] == [[]] * MAX_REPETITIONS
    assert scene.say("ping pong\n") == [1, 2]
    assert scene.say("something else") == []
    scene.now_ms += WINDOW_MS - 1
    assert scene.say("ping pong") == [1, 2]
    scene.now_ms += WINDOW_MS
    assert scene.say("ping pong") == []


def test_a_text_that_grows_by_an_author_line_with_every_turn_is_the_same_text(scene: Scene) -> None:
    text, turns = "hello", []
    for _ in range(MAX_REPETITIONS + 2):
        turns.append(scene.say(text))
        text = f"[irc] <bridge> {text}"
    assert turns == [[]] * MAX_REPETITIONS + [[1, 2]] * 2


def test_what_a_backfill_routes_within_seconds_is_judged_by_when_it_was_said(scene: Scene) -> None:
    said = [scene.say("all is well", sent_at_ms=scene.now_ms - number * 600_000) for number in range(20, 0, -1)]
    assert said == [[]] * 20
    assert scene.say("all is well") == []


def test_different_texts_of_one_form_are_not_a_loop(scene: Scene) -> None:
    assert [scene.say(f"server {number}: down") for number in range(50)] == [[]] * 50
    assert [scene.say(f"{'x' * number}!") for number in range(1, 50)] == [[]] * 49


def test_people_may_say_the_same_as_often_as_they_like_and_cost_nothing(scene: Scene) -> None:
    assert [scene.say("+1", is_bot=False) for _ in range(30)] == [[]] * 30
    assert scene.store.reads == 0


def test_pictures_are_not_told_apart_and_hence_not_held_back(scene: Scene) -> None:
    picture = MediaItem("image", "https://img.kookapp.cn/1.png", "1.png")
    assert [scene.say("[图片]", media=(picture,)) for _ in range(20)] == [[]] * 20


def test_an_event_that_is_routed_again_is_counted_once(scene: Scene) -> None:
    for _ in range(10):
        assert scene.say("hello", message_id="same") == []


def test_what_is_kept_of_a_channel_is_bounded_and_holds_no_text(scene: Scene) -> None:
    for number in range(500):
        scene.say(f"secret {number}")
    (kept,) = scene.store.kept.values()
    assert len(kept) <= 40
    assert "secret" not in repr(kept)


@pytest.mark.parametrize(
    ("text", "held_back"),
    [
        ("[discord] <Alice> hello", [1]),
        ("[Telegram] Bob: hello", [2]),
        ("[irc] <Carol> hello", []),
        ("[discord] is down today", []),
        ("see [discord] <Alice>", []),
    ],
)
def test_what_another_relay_brings_from_a_platform_does_not_go_back_there(
    scene: Scene, text: str, held_back: list[int]
) -> None:
    assert scene.say(text) == held_back


@pytest.mark.parametrize(
    ("name_format", "name", "text", "is_held_back"),
    [
        ("{name} (KOOK)", "Alice (KOOK)", "hello", True),
        ("[KOOK] {name}", "bridge", "[discord] <[KOOK] Alice> hello", True),
        ("[KOOK] {name}", "bridge", "**[KOOK] Alice**: hello", True),
        ("[KOOK] {name}", "bridge", "have a look at [KOOK] Alice", False),
        ("{name}", "Alice", "hello", False),
        ("{name}:", "Alice:", "hello", False),
        ("{name}@{channel} via KOOK", "Alice@hall via KOOK", "hello", True),
    ],
)
def test_what_carries_our_own_author_line_comes_from_us(
    scene: Scene, name_format: str, name: str, text: str, is_held_back: bool
) -> None:
    scene.mappings = [scene.mapping(1, "feishu", name_format)]
    assert scene.say(text, name=name) == ([1] if is_held_back else [])


def test_what_is_held_back_is_in_the_log_with_all_that_is_needed_to_send_it(caplog: pytest.LogCaptureFixture) -> None:
    routing_scene = RoutingScene()
    routing_scene.mappings = [
        RoutingScene.mapping(1, "discord", 1, filters=Filters(relay_bots=True)),
        RoutingScene.mapping(2, "telegram", 2),
    ]
    routing_scene.loops = LoopGuard(MemorySightings())
    author = {"id": "99", "username": "bridge", "bot": True}
    extra = {"type": 1, "author": author, "guild_id": "g", "channel_name": "c"}
    event = {"author_id": "99", "content": "[discord] <Alice> hi", "type": 1, "extra": extra}
    routing = routing_scene.route(**event)
    assert (routing.failed, routing.queued, routing.filtered) == ([1], [], [2])
    ((key, closing),) = routing_scene.records.failed.items()
    assert closing.error_code == LOOP_SUSPECTED
    assert "another relay brought it from discord" in closing.error_message
    assert routing_scene.records.failed_parts[key][0].text.endswith("[discord] <Alice> hi")
    assert any(record.name == "kook_relay.loops" for record in caplog.records)


def test_sightings_are_kept_in_a_small_row_that_expires(dynamodb: DynamoEngine) -> None:
    bind(PacingRow, dynamodb.create_table("PacingTable"))
    clock = FakeClock()
    store = DynamoSightings(clock)
    assert store.load("c") == []
    wanted = [Sighting("m1", 5, "abc", 17), Sighting("m2", 6, "def", 18)]
    store.save("c", wanted, 120.0)
    assert (store.load("c"), store.load("d")) == (wanted, [])
    store.save("c", wanted[1:], 120.0)
    assert store.load("c") == wanted[1:]
    assert 100 < PacingRow.get("said-by-bots:c").expires_at - clock() < 1000
