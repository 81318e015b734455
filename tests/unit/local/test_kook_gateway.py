"""The gateway connections follow the accounts: started, stopped, changed, deleted, one connection each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import pytest

from local.kook_gateway import KookGateways
from local.kook_gateway_socket import AiohttpDialer
from shared.aws.store_failures import StoreUnavailable
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayState, GatewayStatus
from shared.relay.models import Account
from shared.security.outbound import OutboundGuard
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.unit.local.gateway_stage import LOOPBACK, GatewayStage, event, gateway_stage

POLL_SECONDS = 0.02


def account(number: int = 1, **changes: object) -> Account:
    fields = {
        "email": f"a{number}@example.com",
        "bot_token": DEFAULT_BOT_TOKEN,
        "ingress": "gateway",
        "created_at": "2026-01-01T00:00:00.000Z",
    }
    return Account.model_validate({"id": number, **fields, **changes})


class Accounts:
    """The accounts as an operator changes them; ``reads`` counts the looks at them."""

    def __init__(self, *kept: Account) -> None:
        self.kept = list(kept)
        self.reads = 0
        self.failure: Exception | None = None

    def __call__(self) -> Sequence[Account]:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return list(self.kept)


@pytest.fixture
def stage() -> Iterator[GatewayStage]:
    with gateway_stage() as built:
        yield built


def follow(stage: GatewayStage, accounts: Accounts, scene: Callable[[], None]) -> None:
    async def run() -> None:
        dialer = AiohttpDialer(OutboundGuard(LOOPBACK))
        gateways = KookGateways(accounts, stage.services(dialer), POLL_SECONDS)
        running = asyncio.create_task(gateways.run())
        try:
            await in_thread(scene)
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await dialer.close()

    asyncio.run(run())


def in_thread(scene: Callable[[], None]) -> Awaitable[None]:
    return asyncio.to_thread(scene)


def wait_for_looks(stage: GatewayStage, accounts: Accounts, count: int = 3) -> None:
    seen = accounts.reads
    stage.wait(lambda: accounts.reads >= seen + count)


def test_an_online_gateway_account_is_connected(stage: GatewayStage) -> None:
    accounts = Accounts(account())

    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        wait_for_looks(stage, accounts, 5)

    follow(stage, accounts, scene)
    assert len(stage.gateway.opened) == 1


@pytest.mark.parametrize(
    "changes",
    [{"ingress": "webhook"}, {"status": "offline"}, {"bot_token": ""}],
    ids=["webhook", "stopped", "tokenless"],
)
def test_other_accounts_are_not(stage: GatewayStage, changes: dict[str, str]) -> None:
    accounts = Accounts(account(**changes))
    follow(stage, accounts, lambda: wait_for_looks(stage, accounts, 5))
    assert stage.gateway.opened == []


@pytest.mark.parametrize("change", ["stop", "delete", "webhook"])
def test_an_account_that_is_not_to_be_connected_any_more_is_not(stage: GatewayStage, change: str) -> None:
    accounts = Accounts(account())

    def scene() -> None:
        stage.wait_connected()
        left = {"stop": [account(status="offline")], "delete": [], "webhook": [account(ingress="webhook")]}
        accounts.kept = left[change]
        stage.wait(lambda: not stage.gateway.is_connected)
        stage.wait(lambda: not stage.records.account_ids())

    follow(stage, accounts, scene)


def test_what_is_said_while_an_account_is_stopped_is_not_replayed_at_its_start(stage: GatewayStage) -> None:
    accounts = Accounts(account(started_at_ms=1))

    def scene() -> None:
        stage.wait_connected()
        stage.gateway.push(event(0))
        stage.wait_for_events(0)
        accounts.kept = [account(status="offline", started_at_ms=1, stopped_at_ms=5)]
        stage.wait(lambda: not stage.gateway.is_connected)
        accounts.kept = [account(started_at_ms=9, stopped_at_ms=5)]
        stage.wait_connected()

    follow(stage, accounts, scene)
    assert [one.is_resume for one in stage.gateway.opened] == [False, False]


def test_a_stop_and_start_between_two_looks_is_noticed(stage: GatewayStage) -> None:
    accounts = Accounts(account(started_at_ms=1))

    def scene() -> None:
        stage.wait_connected()
        accounts.kept = [account(started_at_ms=9, stopped_at_ms=5)]
        stage.wait(lambda: len(stage.gateway.opened) == 2 and stage.gateway.is_connected)

    follow(stage, accounts, scene)
    assert not stage.gateway.opened[1].is_resume


def test_another_bot_token_is_another_connection(stage: GatewayStage) -> None:
    stage.kook.world.add_bot("1/MTAwMDI=/other==", "10002", "other-bot")
    accounts = Accounts(account())

    def scene() -> None:
        stage.wait_connected()
        accounts.kept = [account(bot_token="1/MTAwMDI=/other==")]
        stage.wait(lambda: len(stage.gateway.opened) == 2 and stage.gateway.is_connected)

    follow(stage, accounts, scene)
    tokens = [request.headers["Authorization"] for request in stage.kook.requests]
    assert tokens == [f"Bot {DEFAULT_BOT_TOKEN}", "Bot 1/MTAwMDI=/other=="]


def test_other_changes_of_an_account_leave_its_connection_alone(stage: GatewayStage) -> None:
    accounts = Accounts(account())

    def scene() -> None:
        stage.wait_connected()
        accounts.kept = [account(last_active="2026-01-02T00:00:00.000Z", email="x@example.com")]
        wait_for_looks(stage, accounts, 5)

    follow(stage, accounts, scene)
    assert len(stage.gateway.opened) == 1


def test_a_table_that_fails_for_a_while_cuts_no_connection(stage: GatewayStage) -> None:
    accounts = Accounts(account())

    def scene() -> None:
        stage.wait_connected()
        for failure in (StoreUnavailable("list account"), ValueError("a row of another version")):
            accounts.failure = failure
            wait_for_looks(stage, accounts)
        accounts.failure = None
        stage.gateway.push(event(0))
        stage.wait_for_events(0)

    follow(stage, accounts, scene)
    assert len(stage.gateway.opened) == 1


def test_the_session_survives_the_end_of_the_stack(stage: GatewayStage) -> None:
    accounts = Accounts(account())
    follow(stage, accounts, stage.wait_connected)
    stage.gateway.push(event(0))
    follow(stage, accounts, lambda: stage.wait_for_events(0))
    assert [one.is_resume for one in stage.gateway.opened] == [False, True]


def test_leftovers_of_a_killed_run_are_forgotten(stage: GatewayStage) -> None:
    stage.records.sessions[7] = ("holder", GatewaySession("wss://old.example", "s", 3))
    stage.records.statuses[8] = GatewayStatus(GatewayState.CONNECTED)
    accounts = Accounts(account(7, status="offline"))
    follow(stage, accounts, lambda: stage.wait(lambda: stage.records.account_ids() == []))


def test_an_account_without_a_token_is_shown_as_refused(stage: GatewayStage) -> None:
    accounts = Accounts(account(bot_token="", unreadable=("bot_token",)))
    follow(stage, accounts, lambda: stage.wait(lambda: 1 in stage.records.statuses))
    status = stage.records.statuses[1]
    assert (status.state, status.problem) == (GatewayState.REFUSED, "bot_token_missing")


def test_a_connection_that_breaks_by_a_fault_of_ours_is_begun_again(
    stage: GatewayStage, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = Accounts(account())
    faults = [ZeroDivisionError("a fault")]
    session = stage.records.session

    def faulty(account_id: int, holder: str) -> GatewaySession | None:
        if faults:
            raise faults.pop()
        return session(account_id, holder)

    stage.records.session = faulty  # type: ignore[method-assign]

    def scene() -> None:
        stage.wait(lambda: "the gateway connection broke" in caplog.text)
        wait_for_looks(stage, accounts)
        assert stage.gateway.opened == []
        stage.jump(30.0)
        stage.wait_connected()

    follow(stage, accounts, scene)
