"""Backfill: gaps are filled in order, once, also when they are long, when it is cut short, and while people talk."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from shared.kook.client.results import Message, read_message
from shared.relay.backfill import GRACE_MS, HOLD_SECONDS, Backfill, HistoryRefused, HistoryUnavailable
from shared.relay.backfill_orders import BackfillOrder
from shared.relay.models import Account
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import IncomingEvent
from shared.relay.routing import Routing, UnroutableEvent
from shared.tasks.handlers import Continued
from shared.tasks.orders import TaskOrder
from tests.fakes.clock import FakeClock

CHANNEL, OTHER_CHANNEL = "8001", "8002"
HOUR_MS = 3_600_000


def said(number: int, at_ms: int, **more: Any) -> Message:
    author = {"id": "20001", "username": "某人", "bot": False}
    return read_message(
        {"id": f"m{number}", "type": 9, "content": f"消息 {number}", "author": author, "create_at": at_ms, **more}
    )


class Scene:
    """KOOK's history, and everything backfill writes to."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.account_row: Account | None = Account(
            id=1, email="a@example.com", bot_token="1/x", created_at="", started_at_ms=self.clock.ms() - 48 * HOUR_MS
        )
        self.mappings_list = [self.mapping(1)]
        self.messages: dict[str, list[Message]] = {CHANNEL: [], OTHER_CHANNEL: []}
        self.pages_read: list[tuple[str, str | None]] = []
        self.on_page: Callable[[], None] = lambda: None
        self.failures: list[Exception] = []
        self.records: set[tuple[str, int]] = set()
        self.relayed: list[IncomingEvent] = []
        self.verified: dict[str, int] = {}
        self.ended: list[tuple[str, int]] = []
        self.problems: list[tuple[str, str]] = []
        self.held_until_ms = 0
        self.released = False
        self.seconds_left = 60.0

    @staticmethod
    def mapping(mapping_id: int, **changes: Any) -> ChannelMapping:
        values = {
            "id": mapping_id, "kook_server_id": "7001", "kook_channel_id": CHANNEL, "kook_channel_name": "大厅",
            "target_platform": "discord", "target_bot_id": 1, "target_channel_id": "",
        }  # fmt: skip
        return ChannelMapping(**{**values, **changes})

    def say(self, count: int, channel: str = CHANNEL, *, seconds_between: int = 1, **more: Any) -> None:
        for _ in range(count):
            number = sum(map(len, self.messages.values())) + 1
            self.messages[channel].append(said(number, self.clock.ms(), **more))
            self.clock.advance(seconds_between)

    def run(self, *, holds: bool = True, verified_ago_ms: int | None = 2 * HOUR_MS, **more: Any) -> list[Continued]:
        """One run to its end: what it asked to be called with again."""
        if verified_ago_ms is not None:
            self.verified.setdefault(CHANNEL, self.clock.ms() - verified_ago_ms)
        task = BackfillOrder(1, "run", "manual", holds, **more).to_task()
        continued: list[Continued] = []
        while True:
            # Another process each time: only what travels through the queue is known.
            task = TaskOrder.from_body(task.to_body())
            again = self.backfill()(task.payload, lambda: self.seconds_left)
            if again is None:
                return continued
            continued.append(again)
            task = again.order

    def backfill(self) -> Backfill:
        return Backfill(
            configuration=self, history=self, progress=self, holds=self, known=self, router=self,
            clock_ms=self.clock.ms, max_age_ms=72 * HOUR_MS,
        )  # fmt: skip

    @property
    def relayed_ids(self) -> list[str]:
        return [incoming.event_id for incoming in self.relayed]

    def ids(self, channel: str = CHANNEL) -> list[str]:
        return [message["id"] for message in self.messages[channel]]

    # the ports
    def account(self, account_id: int) -> Account | None:
        return self.account_row

    def mappings(self) -> Sequence[ChannelMapping]:
        return self.mappings_list

    def page(self, account: Account, channel_id: str, before: str | None) -> Sequence[Message]:
        self.on_page()
        if self.failures:
            raise self.failures.pop(0)
        self.pages_read.append((channel_id, before))
        ids = self.ids(channel_id)
        end = len(ids) if before is None else ids.index(before)
        return self.messages[channel_id][max(0, end - 50) : end]

    def verified_ms(self, account_id: int, channel_id: str) -> int | None:
        return self.verified.get(channel_id)

    def finished(self, account_id: int, channel_id: str, verified_ms: int, filled: int, reason: str) -> None:
        self.verified[channel_id] = verified_ms
        self.ended.append((channel_id, filled))

    def failed(self, account_id: int, channel_id: str, problem: str) -> None:
        self.problems.append((channel_id, problem))

    def hold(self, account_id: int, run_id: str, until_ms: int) -> None:
        self.held_until_ms = until_ms

    def release(self, account_id: int, run_id: str) -> None:
        self.held_until_ms, self.released = 0, True

    def closed(self, keys: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
        return self.records & set(keys)

    def route(self, incoming: IncomingEvent) -> Routing:
        if incoming.event["content"] == "unreadable":
            raise UnroutableEvent("no")
        assert incoming.backfilled
        self.relayed.append(incoming)
        mappings = [one.id for one in self.mappings_list if one.kook_channel_id == incoming.event["target_id"]]
        self.records |= {(incoming.event_id, mapping_id) for mapping_id in mappings}
        return Routing(queued=mappings)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 101, 230])
def test_a_gap_of_any_length_is_relayed_once_and_in_order(scene: Scene, count: int) -> None:
    scene.say(count)
    assert scene.run() == []
    assert scene.relayed_ids == scene.ids()
    assert scene.ended == [(CHANNEL, count)]
    assert scene.released
    scene.run()
    assert scene.relayed_ids == scene.ids()


def test_only_what_is_not_on_record_is_relayed(scene: Scene) -> None:
    scene.say(120)
    scene.records = {(f"m{number}", 1) for number in range(1, 121) if number % 3}
    scene.run()
    assert scene.relayed_ids == [f"m{number}" for number in range(3, 121, 3)]


def test_what_is_said_meanwhile_is_relayed_too_and_last(scene: Scene) -> None:
    scene.say(130)
    scene.on_page = lambda: scene.say(7) if len(scene.pages_read) < 6 else None
    scene.run()
    assert scene.relayed_ids == scene.ids()
    assert len(scene.ids()) == 130 + 7 * 6


def test_a_run_that_is_cut_short_goes_on_where_it_was(scene: Scene) -> None:
    scene.say(170)
    # Enough time for one page at a time.
    left = iter([60.0, 1.0] * 50)

    def tick() -> None:
        scene.seconds_left = next(left)

    scene.on_page = tick
    task = BackfillOrder(1, "run", "start", True).to_task()
    scene.verified[CHANNEL] = scene.clock.ms() - HOUR_MS
    calls = 0
    while True:
        scene.seconds_left = 60.0
        again = scene.backfill()(TaskOrder.from_body(task.to_body()).payload, lambda: scene.seconds_left)
        calls += 1
        if again is None:
            break
        task = again.order
    assert calls > 3
    assert scene.relayed_ids == scene.ids()


def test_messages_of_one_instant_end_no_walk_and_are_all_relayed(scene: Scene) -> None:
    scene.say(120, seconds_between=0)
    scene.run()
    assert scene.relayed_ids == scene.ids()


def test_every_channel_gets_its_turn_even_where_kook_refuses_one(scene: Scene) -> None:
    scene.mappings_list.append(scene.mapping(2, kook_channel_id=OTHER_CHANNEL))
    scene.mappings_list.append(scene.mapping(3, kook_channel_id="8003", enabled=0))
    scene.verified[OTHER_CHANNEL] = scene.clock.ms() - HOUR_MS
    scene.say(2)
    scene.say(3, OTHER_CHANNEL)
    scene.failures = [HistoryRefused("no permission")]
    scene.run()
    assert scene.problems == [(CHANNEL, "no permission")]
    assert scene.relayed_ids == scene.ids(OTHER_CHANNEL)
    assert {channel for channel, _ in scene.pages_read} == {OTHER_CHANNEL}


def test_nothing_from_before_the_start_of_mapping_account_or_bound_is_looked_for(scene: Scene) -> None:
    scene.say(60, seconds_between=3600)
    assert scene.account_row is not None
    scene.account_row = scene.account_row.model_copy(update={"started_at_ms": scene.clock.ms() - 10 * HOUR_MS})
    scene.run(verified_ago_ms=None)
    assert scene.relayed_ids == scene.ids()[-10:]

    fresh = Scene()
    fresh.say(5)
    fresh.mappings_list = [fresh.mapping(1, starts_at_ms=fresh.clock.ms())]
    fresh.say(2)
    fresh.run()
    assert fresh.relayed_ids == fresh.ids()[-2:]

    old = Scene()
    old.say(100, seconds_between=3600)
    old.run(verified_ago_ms=99 * HOUR_MS)
    assert old.relayed_ids == old.ids()[-72:]


def test_without_holding_what_may_still_come_by_itself_is_left_alone(scene: Scene) -> None:
    scene.say(3)
    scene.clock.advance(GRACE_MS / 1000)
    scene.say(4)
    scene.run(holds=False)
    assert scene.relayed_ids == scene.ids()[:3]
    assert scene.held_until_ms == 0
    scene.clock.advance(GRACE_MS / 1000)
    scene.run(holds=False)
    assert scene.relayed_ids == scene.ids()


def test_live_events_wait_while_it_is_at_work(scene: Scene) -> None:
    scene.say(3)
    held: list[int] = []
    scene.on_page = lambda: held.append(scene.held_until_ms - scene.clock.ms())
    scene.run()
    assert set(held) == {HOLD_SECONDS * 1000}
    assert (scene.held_until_ms, scene.released) == (0, True)


def test_while_kook_does_not_answer_it_tries_again_and_lets_live_events_go(scene: Scene) -> None:
    scene.say(2)
    scene.failures = [HistoryUnavailable("no answer") for _ in range(4)]
    released_after: list[int] = []

    def look() -> None:
        if scene.released and not released_after:
            released_after.append(4 - len(scene.failures))

    scene.on_page = look
    delays = [continued.delay_seconds for continued in scene.run()]
    assert delays == [5, 10, 20, 40]
    assert released_after == [3]
    # Without holding, what was said just now may still come by itself.
    assert scene.relayed == []
    assert scene.problems[0] == (CHANNEL, "no answer")


def test_a_rate_limit_is_kept_and_counts_as_no_failure(scene: Scene) -> None:
    scene.say(2)
    scene.failures = [HistoryUnavailable("slow down", 3.2) for _ in range(40)]
    continued = scene.run()
    assert [one.delay_seconds for one in continued] == [4] * 40
    assert scene.relayed_ids == scene.ids()
    assert scene.problems == []


def test_it_gives_up_in_the_end_and_leaves_the_rest_to_the_schedule(scene: Scene) -> None:
    scene.failures = [HistoryUnavailable("down") for _ in range(100)]
    continued = scene.run()
    assert len(continued) == 29
    assert max(one.delay_seconds for one in continued) == 900


@pytest.mark.parametrize("changes", [{"status": "offline"}, {"bot_token": ""}, None])
def test_an_account_that_does_not_run_is_let_go(scene: Scene, changes: dict[str, Any] | None) -> None:
    scene.say(1)
    assert scene.account_row is not None
    scene.account_row = None if changes is None else scene.account_row.model_copy(update=changes)
    scene.run()
    assert scene.relayed == []
    assert scene.released


def test_no_echo_comes_back_through_the_history(scene: Scene) -> None:
    bot = {"id": "10001", "username": "relay", "bot": True}
    scene.say(1)
    scene.say(1, author=bot)
    scene.mappings_list.append(scene.mapping(2, target_platform="kook"))
    scene.run()
    assert scene.relayed_ids == ["m1"]


def test_a_message_nobody_can_read_holds_up_no_other(scene: Scene) -> None:
    scene.say(1)
    scene.say(1, content="unreadable")
    scene.say(1, type=255)
    scene.say(1)
    scene.run()
    assert scene.relayed_ids == ["m1", "m4"]


def test_the_task_is_small_json(scene: Scene) -> None:
    scene.say(400)
    scene.seconds_left = 60.0
    pages = iter(range(100))

    def tick() -> None:
        scene.seconds_left = 60.0 if next(pages) < 6 else 1.0

    scene.on_page = tick
    scene.verified[CHANNEL] = scene.clock.ms() - HOUR_MS
    again = scene.backfill()(BackfillOrder(1, "run", "start", True).to_task().payload, lambda: scene.seconds_left)
    assert again is not None
    assert json.loads(again.order.to_body())["payload"]["walk"]["channel_id"] == CHANNEL
    assert len(again.order.to_body()) < 4000
