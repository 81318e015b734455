"""KOOK gave up for an hour: watch, backfill and routing together, on a clock of the test's own, on a real table and
over HTTP to a stand-in KOOK. Every message once, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.pacing_store import PacingRow
from shared.aws.tables import bind
from shared.kook.client.client import KookClients
from shared.kook.client.results import read_message
from shared.kook.listed_messages import event_of_listed
from shared.platforms.http import RequestsHttpClient
from shared.platforms.registry import PlatformRegistry
from shared.platforms.webhook import WebhookPlatform
from shared.platforms.webhook_settings import validate_webhook_config
from shared.relay.backfill import Backfill
from shared.relay.backfill_records import AccountHolds, BackfillRecords, DeliveryRecordKeys
from shared.relay.backfill_runs import Backfills
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_store import ConfigurationStore
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.counters import CounterRow, DeliveryCounters
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.delivery_store import DeliveryStore
from shared.relay.kook_bots import KookBots
from shared.relay.kook_history import KookHistory
from shared.relay.kook_presence import KookPresence
from shared.relay.loop_guard import LoopGuard
from shared.relay.models import Account, Bot, Mapping
from shared.relay.presence_records import DynamoPresenceRecords
from shared.relay.presence_watch import PresenceWatch
from shared.relay.queue_messages import DeliveryOrder, IncomingEvent, Outgoing
from shared.relay.routing import ChannelHeld, RouteEvents
from shared.relay.routing_configuration import RoutingConfiguration
from shared.relay.sighting_store import DynamoSightings
from shared.relay.subject_store import SubjectStore
from shared.security.outbound import OutboundGuard, guarded_session
from shared.security.vault import Vault
from shared.tasks.orders import TaskOrder
from tests.fakes.clock import FakeClock
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN, KookWorld

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

CHANNELS = ("8001", "8002")

# So far ahead may the other clock be: nothing that was read counts as read later.
ALWAYS_READ = 10**15


class Outage:
    """The relay around its table, with queues that are lists."""

    def __init__(self, engine: DynamoEngine, kook: KookStandIn, clock: FakeClock) -> None:
        self.clock, self.kook = clock, kook
        bind(ConfigRow, engine.create_table("ConfigTable"))
        bind(DeliveryRow, engine.create_table("DeliveriesTable"))
        bind(CounterRow, engine.create_table("CountersTable"))
        bind(PacingRow, engine.create_table("PacingTable"))
        table = ConfigurationTable()
        self.store = ConfigurationStore(Vault(b"k" * 32), lambda platform: frozenset({"webhook_url"}))
        self.events: list[dict[str, Any]] = []
        self.tasks: list[TaskOrder] = []
        self.sent: list[tuple[str, str]] = []
        http = RequestsHttpClient(guarded_session(OutboundGuard(allow=("127.0.0.0/8",))))
        clients = KookClients(http, kook.api_base)
        counters = DeliveryCounters(time_zone="Asia/Shanghai", retention_days=90, pick_shard=lambda: 0)
        router = RouteEvents(
            configuration=RoutingConfiguration(self.store, self.store, clock.ms, clock_tolerance_ms=ALWAYS_READ),
            deliveries=DeliveryStore(counters=counters, clock_ms=clock.ms, retention_days=90),
            queues=self,
            platforms=PlatformRegistry([WebhookPlatform(http, ())]),
            identities=self,
            clock_ms=clock.ms,
            random_bits=lambda: len(self.sent) % 2048,
            delivered=SubjectStore(),
            loops=LoopGuard(DynamoSightings(clock)),
        )
        records, holds = BackfillRecords(table, clock.ms), AccountHolds(self.store)
        backfills = Backfills(self.store, records, holds, self, clock.ms, interval_ms=600_000)
        self.backfill = Backfill(
            configuration=self.store,
            history=KookHistory(clients),
            progress=records,
            holds=holds,
            known=DeliveryRecordKeys(),
            router=router,
            clock_ms=clock.ms,
            max_age_ms=72 * 3_600_000,
        )
        self.router = router
        self.watch = PresenceWatch(
            accounts=self.store,
            presences=KookPresence(KookBots(clients), clock, keep_seconds=0),
            kook=KookBots(clients),
            records=DynamoPresenceRecords(table, clock.ms),
            backfills=backfills,
            changed=lambda account_id, state, reason: None,
            clock_ms=clock.ms,
        )

    # the ports
    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        """An order of a record that is open is queued again, to no effect: the record is claimed once."""
        orders = [(message.group, DeliveryOrder.from_body(message.body).message_id) for message in messages]
        self.sent += [order for order in orders if order not in self.sent]

    def kook_user_id(self, account: Account) -> str:
        return account.kook_user_id

    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        self.tasks.append(task)

    # what happens
    def say(self, channel_id: str, *, event_comes: bool) -> None:
        """Somebody says something; its event reaches the queue, or KOOK keeps it for itself."""
        message = self.kook.world.add_message(channel_id, f"第 {len(self.kook.world.messages)} 条")
        if event_comes:
            listed = self.kook.world.messages[message["id"]]
            author = self.kook.world.users[listed["author_id"]]
            shaped = read_message({**listed, "author": author})
            self.events.append(event_of_listed(shaped, channel_id, "7001"))
        self.clock.advance(11)

    def route_events(self) -> None:
        """What is on the queue, as the routing function takes it: what is held stays, and so does all behind it."""
        held: set[str] = set()
        left = []
        for event in self.events:
            incoming = IncomingEvent(1, event["msg_id"], self.clock.ms(), event)
            if event["target_id"] in held:
                left.append(event)
                continue
            try:
                self.router.route(incoming)
            except ChannelHeld:
                held.add(event["target_id"])
                left.append(event)
        self.events = left

    def do_tasks(self) -> None:
        while self.tasks:
            task = TaskOrder.from_body(self.tasks.pop(0).to_body())
            again = self.backfill(task.payload, lambda: 60.0)
            if again is not None:
                self.tasks.append(again.order)


@pytest.fixture
def outage(dynamodb: DynamoEngine) -> Iterator[Outage]:
    clock = FakeClock()
    with KookStandIn(world=KookWorld(clock=clock)) as kook:
        kook.world.populate(messages=0)
        kook.world.online.add(kook.world.bot["id"])
        scene = Outage(dynamodb, kook, clock)
        scene.store.add_account(
            Account(id=1, email="a@example.com", bot_token=DEFAULT_BOT_TOKEN, kook_user_id="10001", created_at="")
        )
        for number, channel_id in enumerate(CHANNELS, 1):
            config = validate_webhook_config({"url": f"https://example.com/{number}"}, ())
            scene.store.add_bot(Bot(id=number, platform="webhook", name="w", config=config, created_at=""))
            scene.store.add_mappings(
                [
                    Mapping(
                        id=number, kook_server_id="7001", kook_channel_id=channel_id, kook_channel_name="n",
                        target_platform="webhook", target_bot_id=number, target_channel_id="",
                        starts_at_ms=clock.ms(),
                    )
                ]
            )  # fmt: skip
        yield scene


def test_an_hour_without_events_is_made_up_for_in_order_and_once(outage: Outage) -> None:
    for _ in range(10):
        outage.say("8001", event_comes=True)
        outage.say("8002", event_comes=True)
    outage.route_events()
    outage.watch.look()
    assert len(outage.sent) == 20

    # KOOK gives up on us and takes the bot offline; people talk on for an hour.
    outage.kook.world.online.clear()
    for _ in range(164):
        outage.say("8001", event_comes=False)
        outage.say("8002", event_comes=False)
    outage.watch.look()
    assert outage.kook.world.online
    # Events come again, before anything of what was missed is fetched.
    for _ in range(5):
        outage.say("8001", event_comes=True)
        outage.say("8002", event_comes=True)
        outage.route_events()
    assert len(outage.sent) == 20

    outage.do_tasks()
    outage.route_events()
    outage.say("8001", event_comes=True)
    outage.watch.look()
    outage.do_tasks()
    outage.route_events()
    assert outage.events == []

    said = sorted(outage.kook.world.messages.values(), key=lambda message: int(message["create_at"]))
    for channel_id in CHANNELS:
        wanted = [message["id"] for message in said if message["place"] == channel_id]
        group = {group for group, message_id in outage.sent if message_id == wanted[0]}
        assert [message_id for one, message_id in outage.sent if {one} == group] == wanted
    assert len(outage.sent) == len(said) == 20 + 2 * 164 + 11
