"""The health check: what is measured, which lights are red, and what to do about them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.aws.queue_depths import QueueDepth
from shared.aws.store_failures import StoreUnavailable
from shared.relay.bots import BOT_DISABLED_BY_OPERATOR
from shared.relay.destination_health import MAX_TROUBLED_SHOWN
from shared.relay.destination_states import DestinationState
from shared.relay.health import HealthCheck, HealthReport, Patience
from shared.relay.kook_access import KookCallFailed, KookTokenRefused
from shared.relay.kook_presence import CALL_TIMEOUT_SECONDS, KEEP_SECONDS, MAX_ASKED, KookPresence, Presence
from shared.relay.machine_health import MAX_SILENT_SHOWN, Machine
from shared.relay.models import Account, Bot
from shared.relay.service_switch import ServiceSwitch
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.service import FakeDepths, FakeEventSources, FakeServiceStore

NOW = "2026-03-20T08:00:00.000Z"


class FakeProbe:
    def __init__(self, table: str, clock: FakeClock, seconds: float) -> None:
        self.table = table
        self.down = False
        self._clock = clock
        self._seconds = seconds

    def read(self) -> None:
        if self.down:
            raise StoreUnavailable("fake")
        self._clock.advance(self._seconds)


class FakeOldest:
    def oldest_open_at(self, platform: str) -> str | None:
        return NOW if platform == "discord" else None


class FakePresences:
    def __init__(self) -> None:
        self.answers: dict[int, Presence] = {}
        self.asked: list[int] = []

    def of(self, accounts: Sequence[Account]) -> Mapping[int, Presence]:
        self.asked = [account.id for account in accounts]
        return {account.id: self.answers.get(account.id, "online") for account in accounts}


class FakeMachines:
    def __init__(self) -> None:
        self.rows: list[Machine] = []
        self.down = False

    def machines(self) -> Sequence[Machine]:
        if self.down:
            raise StoreUnavailable("fake")
        return self.rows


class FakeStates:
    """What is not told otherwise works."""

    def __init__(self) -> None:
        self.told: dict[int, list[DestinationState]] = {}

    def __call__(self, bots: Sequence[Bot]) -> Mapping[int, Sequence[DestinationState]]:
        return {bot.id: self.told.get(bot.id, [DestinationState("", "closed")]) for bot in bots}


class Scene:
    def __init__(self, *statuses: str) -> None:
        self.clock = FakeClock()
        self.configuration = FakeProbe("config", self.clock, 0.005)
        self.deliveries = FakeProbe("deliveries", self.clock, 0.012)
        self.depths = FakeDepths(QueueDepth("events", 1, 0, 0, 0), QueueDepth("discord", 0, 2, 0, 0))
        self.service_store = FakeServiceStore()
        self.service = ServiceSwitch(self.service_store, FakeEventSources(), self.clock.ms)
        self.accounts = FakeConfiguration()
        for number, status in enumerate(statuses, 1):
            self.accounts.kept_accounts[number] = Account(
                id=number,
                email=f"{number}@example.com",
                bot_token="1/t",
                status=status,
                created_at=NOW,
                last_active=f"2026-03-0{number}T00:00:00.000Z",
            )
        self.presences = FakePresences()
        self.states = FakeStates()
        self.machines = FakeMachines()
        self.check = self.check_with(Patience(60, 60, 60))

    def check_with(self, patience: Patience) -> HealthCheck:
        return HealthCheck(
            configuration=self.configuration,
            deliveries=self.deliveries,
            oldest=FakeOldest(),
            depths=self.depths,
            service=self.service,
            accounts=self.accounts,
            presences=self.presences,
            bots=self.accounts,
            destination_states=self.states,
            platforms=("discord",),
            machines=(self.machines,),
            stopwatch=self.clock,
            patience=patience,
        )

    def report(self) -> HealthReport:
        return self.check.report()


def keys(hints: Any) -> list[str]:
    return [hint.key for hint in hints]


def test_everything_is_measured() -> None:
    report = Scene("online", "online").report()
    assert report.overall == "healthy"
    assert (report.configuration.status, report.configuration.latency_ms) == ("up", 5)
    assert (report.deliveries.status, report.deliveries.latency_ms) == ("up", 12)
    assert report.worker.status == "running"
    assert [queue.oldest_at for queue in report.worker.queues] == [None, NOW]
    assert (report.scrapers.total, report.scrapers.active) == (2, 2)
    assert report.scrapers.last_event_at == "2026-03-02T00:00:00.000Z"
    assert keys((*report.configuration.hints, *report.worker.hints, *report.scrapers.hints)) == []


@pytest.mark.parametrize("which", ["configuration", "deliveries"])
def test_a_store_that_does_not_answer_is_unhealthy(which: str) -> None:
    scene = Scene("online")
    getattr(scene, which).down = True
    report = scene.report()
    assert report.overall == "unhealthy"
    down = getattr(report, which)
    assert (down.status, down.latency_ms, keys(down.hints)) == ("down", None, ["store_down"])


@pytest.mark.parametrize("which", ["configuration", "deliveries"])
def test_a_store_that_stalls_is_down_and_does_not_hold_the_answer_up(which: str) -> None:
    scene = Scene("online")
    never_within_patience = threading.Event()
    getattr(scene, which).read = lambda: never_within_patience.wait(60) and None
    try:
        report = scene.check_with(Patience(0.05, 10, 10)).report()
    finally:
        never_within_patience.set()
    down = getattr(report, which)
    assert (report.overall, down.status, keys(down.hints)) == ("unhealthy", "down", ["store_down"])
    assert (report.worker.status, report.scrapers.total) == ("running", 1), "what answers is reported all the same"


def test_queues_and_accounts_that_stall_are_not_waited_for() -> None:
    scene = Scene("online")
    never_within_patience = threading.Event()
    scene.depths.depths = lambda: never_within_patience.wait(60) and ()  # type: ignore[method-assign]
    scene.presences.of = lambda accounts: never_within_patience.wait(60) and {}  # type: ignore[method-assign]
    try:
        report = scene.check_with(Patience(10, 0.05, 0.05)).report()
    finally:
        never_within_patience.set()
    assert (report.overall, report.worker.status) == ("unhealthy", "unknown")
    assert keys(report.worker.hints) == ["queues_unreachable"]
    assert (report.configuration.status, report.scrapers.total) == ("up", 0)
    assert keys(report.scrapers.hints) == ["accounts_not_seen"]


def test_a_gateway_waits_longer_than_all_the_patience_there_is() -> None:
    patience = Patience()
    longest = 2 * patience.store_seconds + 2 * patience.worker_seconds + patience.scrapers_seconds
    assert longest + patience.destinations_seconds + patience.machines_seconds < 29
    assert patience.scrapers_seconds > 3 * CALL_TIMEOUT_SECONDS


def test_queues_that_do_not_answer_are_unhealthy() -> None:
    scene = Scene("online")
    scene.depths.broken = True
    report = scene.report()
    assert (report.overall, report.worker.status) == ("unhealthy", "unknown")
    assert keys(report.worker.hints) == ["queues_unreachable"]


def test_a_stopped_service_and_dead_letters_are_degraded() -> None:
    scene = Scene("online")
    scene.service.stop()
    scene.depths.answer = [QueueDepth("discord", 0, 0, 0, dead_letters=3)]
    report = scene.report()
    assert (report.overall, report.worker.status) == ("degraded", "stopped")
    assert keys(report.worker.hints) == ["service_stopped", "dead_letters"]
    assert report.worker.hints[1].params == {"queue": "discord", "count": 3}


@pytest.mark.parametrize(
    ("presence", "active", "hint"),
    [("offline", 1, "offline_at_kook"), ("refused", 1, "kook_refused"), ("unreachable", 2, "kook_unreachable")],
)
def test_what_kook_says_of_running_accounts(presence: Presence, active: int, hint: str) -> None:
    scene = Scene("online", "online", "offline")
    scene.presences.answers[2] = presence
    report = scene.report()
    assert scene.presences.asked == [1, 2]  # a stopped account is meant to be offline
    assert (report.overall, report.scrapers.total, report.scrapers.active) == ("degraded", 3, active)
    assert keys(report.scrapers.hints) == [hint]
    assert report.scrapers.hints[0].params == {"accounts": "2"}
    assert [account.kook for account in report.scrapers.accounts] == ["online", presence, "unknown"]


def test_no_account_yet_is_a_hint_and_nothing_wrong() -> None:
    report = Scene().report()
    assert (report.overall, keys(report.scrapers.hints), report.scrapers.last_event_at) == (
        "healthy",
        ["no_accounts"],
        None,
    )


def test_no_account_running_is_degraded() -> None:
    report = Scene("offline").report()
    assert (report.overall, keys(report.scrapers.hints)) == ("degraded", ["none_running"])


def test_a_failing_account_list_leaves_the_rest_of_the_report() -> None:
    scene = Scene("online")
    scene.accounts.broken = scene.service_store.broken = True
    report = scene.report()
    assert (report.scrapers.total, report.worker.status) == (0, "unknown")
    assert [queue.depth.name for queue in report.worker.queues] == ["events", "discord"]


# --- destinations ---


def with_bots(scene: Scene, *names: str) -> None:
    for number, name in enumerate(names, 1):
        scene.accounts.kept_bots[number] = Bot(id=number, platform="discord", name=name, config={}, created_at=NOW)


DEAD = DestinationState("", "off", reason="webhook_deleted: HTTP 404, code 10015: Unknown Webhook")


def test_a_relay_whose_destinations_work_is_healthy() -> None:
    scene = Scene("online")
    with_bots(scene, "guild", "chat")
    report = scene.report()
    assert (report.overall, report.destinations.total, report.destinations.working) == ("healthy", 2, 2)
    assert (report.destinations.troubled, report.destinations.hints) == ((), ())


def test_a_dead_destination_degrades_and_is_named() -> None:
    scene = Scene("online")
    with_bots(scene, "guild", "chat")
    scene.states.told[2] = [DEAD]
    report = scene.report()
    assert (report.overall, report.destinations.total, report.destinations.working) == ("degraded", 2, 1)
    [troubled] = report.destinations.troubled
    assert (troubled.bot.id, troubled.state) == (2, DEAD)
    [hint] = report.destinations.hints
    assert (hint.key, hint.params) == ("destinations_off", {"count": 1, "bots": "chat (#2)"})


@pytest.mark.parametrize("state", ["open", "half_open"])
def test_a_failing_destination_is_told_apart_from_a_dead_one(state: Any) -> None:
    scene = Scene("online")
    with_bots(scene, "guild")
    scene.states.told[1] = [
        DestinationState("7", state, NOW, "dns_failed: no such name", NOW),
        DestinationState("8", "closed"),
    ]
    report = scene.report()
    assert (report.overall, report.destinations.total, report.destinations.working) == ("degraded", 2, 1)
    assert keys(report.destinations.hints) == ["destinations_failing"]


@pytest.mark.parametrize("reason", ["", BOT_DISABLED_BY_OPERATOR])
def test_what_an_operator_switched_off_is_nothing_amiss(reason: str) -> None:
    scene = Scene("online")
    with_bots(scene, "guild")
    scene.states.told[1] = [DestinationState("", "off", reason=reason)]
    report = scene.report()
    assert (report.overall, report.destinations.total, report.destinations.hints) == ("healthy", 0, ())


def test_a_list_of_dead_destinations_has_an_end() -> None:
    scene = Scene("online")
    with_bots(scene, *(f"bot {number}" for number in range(MAX_TROUBLED_SHOWN + 20)))
    scene.states.told = {number: [DEAD] for number in scene.accounts.kept_bots}
    report = scene.report()
    assert len(report.destinations.troubled) == MAX_TROUBLED_SHOWN
    [hint] = report.destinations.hints
    assert hint.params["count"] == MAX_TROUBLED_SHOWN + 20
    assert len(str(hint.params["bots"])) < 100


def test_destinations_that_cannot_be_read_in_time_say_so() -> None:
    scene = Scene("online")
    never_within_patience = threading.Event()
    scene.accounts.bots = lambda: never_within_patience.wait(60) and ()  # type: ignore[method-assign]
    try:
        report = scene.check_with(Patience(10, 10, 10, 10, 0.05)).report()
    finally:
        never_within_patience.set()
    assert (report.overall, keys(report.destinations.hints)) == ("degraded", ["destinations_not_seen"])


# --- asking KOOK ---


class FakeKook:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, bool | Exception] = {}

    def is_online(self, bot_token: str) -> bool:
        self.asked.append(bot_token)
        answer = self.answers.get(bot_token, True)
        if isinstance(answer, Exception):
            raise answer
        return answer


def account(account_id: int, bot_token: str) -> Account:
    return Account(id=account_id, email=f"{account_id}@example.com", bot_token=bot_token, created_at=NOW)


def test_every_answer_of_kook_has_its_word() -> None:
    kook = FakeKook()
    kook.answers = {"off": False, "bad": KookTokenRefused(401, "no"), "silent": KookCallFailed("timeout")}
    accounts = [account(number, token) for number, token in enumerate(["on", "off", "bad", "silent", ""], 1)]
    presences = KookPresence(kook, FakeClock()).of(accounts)
    assert presences == {1: "online", 2: "offline", 3: "refused", 4: "unreachable", 5: "unknown"}


def test_kook_is_asked_once_a_minute_and_once_a_token() -> None:
    kook, clock = FakeKook(), FakeClock()
    presence = KookPresence(kook, clock)
    accounts = [account(1, "same"), account(2, "same")]
    presence.of(accounts)
    presence.of(accounts)
    assert kook.asked == ["same"]
    clock.advance(KEEP_SECONDS)
    presence.of(accounts)
    assert kook.asked == ["same", "same"]


def test_many_accounts_are_asked_in_turns() -> None:
    kook = FakeKook()
    presence = KookPresence(kook, FakeClock())
    accounts = [account(number, f"t{number}") for number in range(1, MAX_ASKED + 6)]
    first = presence.of(accounts)
    assert list(first.values()).count("unknown") == 5
    assert "unknown" not in presence.of(accounts).values()
    assert len(kook.asked) == len(set(kook.asked)) == MAX_ASKED + 5


def test_a_machine_that_fell_silent_is_named_and_leaves_the_relay_healthy() -> None:
    scene = Scene("online")
    assert scene.report().machines.hints == ()
    scene.machines.rows = [Machine("agent", "a", "vm", True, NOW), Machine("agent", "b", "nas", False, NOW)]
    report = scene.report()
    assert (report.machines.total, report.machines.online) == (2, 1)
    assert [machine.name for machine in report.machines.silent] == ["nas"]
    assert [(hint.key, hint.params) for hint in report.machines.hints] == [("machines_silent", {"count": 1})]
    assert report.overall == "healthy"


def test_a_list_of_silent_machines_has_an_end_and_one_that_cannot_be_read_says_so() -> None:
    scene = Scene("online")
    scene.machines.rows = [Machine("agent", str(number), "vm", False, None) for number in range(200)]
    report = scene.report()
    assert (report.machines.total, len(report.machines.silent)) == (200, MAX_SILENT_SHOWN)
    assert report.machines.hints[0].params == {"count": 200}
    scene.machines.down = True
    report = scene.report()
    assert (report.machines.total, keys(report.machines.hints), report.overall) == (0, ["machines_not_seen"], "healthy")
