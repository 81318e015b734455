"""A batch of KOOK events: what can never be routed is put aside in one receive, and its neighbours go on."""

from __future__ import annotations

from typing import Any

from shared.relay.account_activity import AccountActivity
from shared.relay.event_batches import EventBatches
from shared.relay.queue_messages import IncomingEvent
from shared.relay.routing import ChannelHeld, Routing, UnroutableEvent
from tests.fakes.clock import FakeClock
from tests.unit.aws.test_batches import RecordingQueue, failed_ids, sqs_event


class ScriptedRouting:
    """Stands in for RouteEvents. An event's content says what happens to it."""

    def __init__(self) -> None:
        self.routed: list[str] = []

    def route(self, incoming: IncomingEvent) -> Routing:
        content = incoming.event["content"]
        if content == "unroutable":
            raise UnroutableEvent("ValueError while reading a type 9 event")
        if content == "held":
            raise ChannelHeld(240.0)
        if content == "storage down":
            raise ConnectionError("no table")
        self.routed.append(content)
        return Routing(queued=[1])


class RecordingAccounts:
    def __init__(self) -> None:
        self.changed: list[tuple[int, dict[str, Any]]] = []

    def update_account(self, account_id: int, changes: Any) -> None:
        self.changed.append((account_id, dict(changes)))


class Scene:
    def __init__(self) -> None:
        self.routing = ScriptedRouting()
        self.accounts = RecordingAccounts()
        self.queue = RecordingQueue()

    def process(self, *bodies: str) -> list[str]:
        """The ids of the records that come back; they are m0, m1 and so on."""
        clock = FakeClock()
        activity = AccountActivity(self.accounts, clock.ms)
        batches = EventBatches(self.routing, activity, self.queue)  # type: ignore[arg-type]
        return failed_ids(batches.process(sqs_event(*((body, "channel") for body in bodies))))


def event(content: str) -> str:
    return IncomingEvent(3, content, 1_790_000_000_000, {"content": content}).to_body()


def test_every_event_is_routed_in_order_and_its_account_is_seen_active() -> None:
    scene = Scene()
    assert scene.process(event("one"), event("two")) == []
    assert scene.routing.routed == ["one", "two"]
    assert [account_id for account_id, _ in scene.accounts.changed] == [3]


def test_a_body_that_is_no_event_is_put_aside_and_its_neighbours_go_on() -> None:
    scene = Scene()
    assert scene.process(event("one"), "no event", '{"account_id": 1}', event("two")) == []
    assert scene.routing.routed == ["one", "two"]
    assert [body for body, _, _ in scene.queue.aside] == ["no event", '{"account_id": 1}']


def test_an_event_that_can_never_be_routed_is_put_aside_and_its_neighbours_go_on() -> None:
    scene = Scene()
    assert scene.process(event("one"), event("unroutable"), event("two")) == []
    assert scene.routing.routed == ["one", "two"]
    assert [body for body, _, _ in scene.queue.aside] == [event("unroutable")]


def test_a_failure_of_our_own_brings_the_event_back_and_what_is_behind_it_waits() -> None:
    scene = Scene()
    assert scene.process(event("one"), event("storage down"), event("two")) == ["m1", "m2"]
    assert scene.routing.routed == ["one"]
    assert scene.queue.aside == []


def test_an_event_that_is_held_comes_back_soon_and_nothing_overtakes_it() -> None:
    scene = Scene()
    assert scene.process(event("one"), event("held"), event("three")) == ["m1", "m2"]
    assert scene.routing.routed == ["one"]
    assert set(scene.queue.visibility.values()) == {3}
