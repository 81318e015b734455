"""What time and changes do to accounts on a real engine: failures that begin anew, records whose time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.accounts.account_store import DynamoAccounts
from shared.accounts.accounts import Accounts
from shared.accounts.cookie_vault import CookieVault
from shared.accounts.errors import JobUnknown
from shared.accounts.health import HealthChecks
from shared.accounts.health_batches import HealthBatches, HealthTally
from shared.accounts.health_job_store import DynamoHealthJobs
from shared.accounts.login_store import DynamoLoginSessions
from shared.accounts.logins import LoginSession
from shared.accounts.models import FAILURES_UNTIL_INACTIVE, AccountStatus
from shared.accounts.probing import ProbeOutcome, ProbeResult
from shared.accounts.requests import AccountChanges, NewAccount, UsageReport
from shared.accounts.rows import AccountsRow
from shared.aws.tables import bind

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

DAY_MS = 86_400_000
FAILED = UsageReport(action="publish", success=False, error="quota")


class FakePlatforms:
    """Every cookie is logged in."""

    names = ("douyin",)

    def check(self, platform: str, cookies: object) -> ProbeResult:
        return ProbeResult(ProbeOutcome.LOGGED_IN)


class NoQueue:
    def order(self, task: object, *, delay_seconds: int = 0) -> None:
        raise AssertionError("nothing is to be ordered here")


class World:
    def __init__(self) -> None:
        self.now_ms = 1_790_000_000_000
        platforms = FakePlatforms()
        store = DynamoAccounts()
        vault = CookieVault("the passphrase of these tests")
        self.accounts = Accounts(store, lambda: vault, platforms, self.clock_ms)
        self.checks = HealthChecks(self.accounts, lambda: platforms, self.clock_ms)
        self.jobs = DynamoHealthJobs(self.clock_ms)
        self.batches = HealthBatches(self.checks, store, self.jobs, NoQueue(), lambda: 0.0)

    def clock_ms(self) -> int:
        return self.now_ms

    def worn_out(self) -> str:
        """An account that failed often enough to be switched off."""
        account_id = self.accounts.create(NewAccount(platform="douyin", cookie_data="s=1")).account_id
        self.accounts.update(account_id, AccountChanges(status=AccountStatus.ACTIVE))
        for _ in range(FAILURES_UNTIL_INACTIVE):
            self.accounts.report_usage(account_id, FAILED)
        assert self.accounts.get(account_id).status is AccountStatus.INACTIVE
        return account_id

    def survives_failures(self, account_id: str) -> bool:
        """Whether all failures but the last one that counts leave it active."""
        for _ in range(FAILURES_UNTIL_INACTIVE - 1):
            if self.accounts.report_usage(account_id, FAILED).status is not AccountStatus.ACTIVE:
                return False
        return self.accounts.report_usage(account_id, FAILED).status is AccountStatus.INACTIVE


@pytest.fixture
def world(dynamodb: DynamoEngine) -> World:
    bind(AccountsRow, dynamodb.create_table("AccountsTable"))
    return World()


def test_failures_are_counted_anew_once_a_check_found_the_account_logged_in(world: World) -> None:
    account_id = world.worn_out()
    assert world.checks.check(account_id).account.status is AccountStatus.ACTIVE
    assert world.survives_failures(account_id)


@pytest.mark.parametrize(
    "changes",
    [AccountChanges(status=AccountStatus.ACTIVE), AccountChanges(cookie_data="s=2")],
    ids=["switched on", "new cookie"],
)
def test_failures_are_counted_anew_after_an_operator_s_change(world: World, changes: AccountChanges) -> None:
    account_id = world.worn_out()
    world.accounts.update(account_id, changes)
    assert world.accounts.get(account_id).failures_in_a_row == 0
    world.checks.check(account_id)
    assert world.survives_failures(account_id)


def test_a_change_of_something_else_keeps_the_failures(world: World) -> None:
    account_id = world.worn_out()
    world.accounts.update(account_id, AccountChanges(account_name="another name"))
    assert world.accounts.get(account_id).failures_in_a_row == FAILURES_UNTIL_INACTIVE


def test_a_job_is_over_after_a_day_though_its_record_is_still_there(world: World) -> None:
    world.jobs.add("job_1", HealthTally(1), ["acc_1"])
    assert world.jobs.get("job_1").pending == 1
    world.now_ms += DAY_MS
    with pytest.raises(JobUnknown):
        world.jobs.get("job_1")
    # A task that comes after that has nothing to do, and is not tried again for ever.
    assert world.batches.continue_batch({"job_id": "job_1"}, lambda: 60.0) is None


def test_a_login_can_be_asked_about_for_an_hour_after_its_end(world: World) -> None:
    sessions = DynamoLoginSessions(world.clock_ms)
    sessions.add(LoginSession("sess_1", "douyin", world.now_ms // 1000 + 180))
    world.now_ms += 181_000
    assert sessions.get("douyin", "sess_1") is not None
    world.now_ms += 3_600_000
    assert sessions.get("douyin", "sess_1") is None


def test_uses_of_more_than_thirty_days_ago_are_not_shown(world: World) -> None:
    account_id = world.worn_out()
    assert len(world.accounts.recent_usages(account_id)) == FAILURES_UNTIL_INACTIVE
    world.now_ms += 30 * DAY_MS
    assert world.accounts.recent_usages(account_id) == []
    assert world.accounts.get(account_id).fail_count == FAILURES_UNTIL_INACTIVE
