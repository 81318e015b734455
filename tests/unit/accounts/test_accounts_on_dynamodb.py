"""The services on a real engine: rotation, batches that go on, the schedule, deletion beside joining."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.accounts.account_store import DynamoAccounts
from shared.accounts.accounts import Accounts
from shared.accounts.cookie_vault import CookieVault
from shared.accounts.count_cells import AccountFilter
from shared.accounts.errors import CookieUnreadableNow, JobUnknown, PoolFull, RecordBusy
from shared.accounts.health import HealthChecks
from shared.accounts.health_batches import HealthBatches
from shared.accounts.health_job_store import DynamoHealthJobs, HealthSchedule
from shared.accounts.models import AccountStatus
from shared.accounts.pool_store import DynamoPools
from shared.accounts.pools import Pools
from shared.accounts.probing import ProbeOutcome, ProbeResult
from shared.accounts.requests import NewAccount, NewMember, NewPool, PoolChanges
from shared.accounts.rows import AccountsRow
from shared.aws.tables import bind
from shared.web.cookies import Cookie
from tests.fakes.task_queue import FakeTaskQueue

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

OLD, NEW = "the passphrase of last year", "the passphrase of this year"


class FakePlatforms:
    """A probe and a catalogue: a cookie's value is what the platform says of it."""

    names = ("douyin", "bilibili")

    def check(self, platform: str, cookies: Sequence[Cookie]) -> ProbeResult:
        outcome = ProbeOutcome(cookies[0].value)
        return ProbeResult(outcome, "" if outcome is ProbeOutcome.LOGGED_IN else "said so")


class World:
    def __init__(self, passphrase: str = OLD, previous: str = "") -> None:
        self.now_ms = 1_700_000_000_000
        self.queue = FakeTaskQueue()
        self.store = DynamoAccounts()
        self.platforms = FakePlatforms()
        self.accounts = Accounts(self.store, lambda: CookieVault(passphrase, previous), self.platforms, self._clock)
        self.checks = HealthChecks(self.accounts, lambda: self.platforms, self._clock)
        self.jobs = DynamoHealthJobs(self._clock)
        self.pools = Pools(DynamoPools(), self.store, self.accounts.known_platform, self._clock, lambda: 0.0)

    def _clock(self) -> int:
        return self.now_ms

    def batches(self, seconds_a_look: float = 0.0) -> HealthBatches:
        """``seconds_a_look`` pass every time the clock is looked at."""
        ticks = itertools.count()
        return HealthBatches(self.checks, self.store, self.jobs, self.queue, lambda: next(ticks) * seconds_a_look)

    def add(self, says: str = "logged_in", platform: str = "douyin") -> str:
        return self.accounts.create(NewAccount(platform=platform, cookie_data=f"s={says}")).account_id


@pytest.fixture
def world(dynamodb: DynamoEngine) -> World:
    bind(AccountsRow, dynamodb.create_table("AccountsTable"))
    return World()


def test_a_cookie_survives_the_change_of_the_passphrase(world: World) -> None:
    account_id = world.add()
    before = world.store.sealed_cookie(account_id)
    rotated = World(NEW, previous=OLD)
    assert rotated.accounts.cookies(account_id) == [Cookie("s", "logged_in")]
    assert world.store.sealed_cookie(account_id) != before
    assert World(NEW).accounts.cookies(account_id) == [Cookie("s", "logged_in")]
    with pytest.raises(CookieUnreadableNow):
        world.accounts.cookies(account_id)


def test_a_cookie_that_does_not_open_changes_no_status(world: World) -> None:
    account_id = world.add()
    world.checks.check(account_id)
    result = World(NEW).checks.check(account_id)
    assert (result.outcome, result.account.status) == (ProbeOutcome.UNKNOWN, AccountStatus.ACTIVE)
    assert "passphrase" in result.account.last_error


def test_a_batch_tells_the_three_answers_apart(world: World) -> None:
    for says in ("logged_in", "logged_in", "must_log_in", "unknown"):
        world.add(says)
    world.add(platform="bilibili")
    tally = world.batches().run("douyin")
    assert (tally.total, tally.success_count, tally.fail_count, tally.unknown_count) == (4, 2, 2, 1)
    assert (tally.pending, tally.job_id) == (0, None)
    assert world.store.total(AccountFilter(platform="douyin", status="active")) == 2
    assert world.store.total(AccountFilter(status="expired")) == 1
    assert world.store.total(AccountFilter(status="pending")) == 2


def test_what_a_request_cannot_finish_goes_on_as_a_task(world: World) -> None:
    for _ in range(35):
        world.add()
    tally = world.batches(seconds_a_look=8.0).run(None)
    assert (tally.total, tally.success_count, tally.pending) == (35, 16, 19)
    assert tally.job_id is not None
    (order,) = world.queue.orders
    continued = world.batches().continue_batch(order.payload, iter([20.0, 0.0]).__next__)
    assert continued is not None
    assert world.jobs.get(tally.job_id).pending == 3
    assert world.batches().continue_batch(continued.order.payload, lambda: 60.0) is None
    done = world.jobs.get(tally.job_id)
    assert (done.success_count, done.pending) == (35, 0)
    # The queue may deliver a task twice: nothing is counted again.
    assert world.batches().continue_batch(order.payload, lambda: 60.0) is None
    assert world.jobs.get(tally.job_id) == done
    with pytest.raises(JobUnknown):
        world.batches().progress("job_none")


def test_a_slice_is_noted_once(world: World) -> None:
    ids = [world.add() for _ in range(3)]
    tally = world.batches(seconds_a_look=50.0).run(None)
    assert tally.job_id is not None
    before = world.jobs.get(tally.job_id)
    after = before.plus([ProbeOutcome.LOGGED_IN] * len(ids))
    assert world.jobs.advance(tally.job_id, before, after)
    assert not world.jobs.advance(tally.job_id, before, after)


def test_all_accounts_are_checked_once_a_day(world: World) -> None:
    ordered: list[int] = []
    schedule = HealthSchedule(24, lambda: ordered.append(world.now_ms), lambda: world.now_ms)
    assert schedule.run() == 0
    world.now_ms += 23 * 3_600_000
    assert schedule.run() == 0
    world.now_ms += 2 * 3_600_000
    assert schedule.run() == 1
    assert schedule.run() == 0
    world.now_ms += 24 * 3_600_000
    assert schedule.run() == 1
    assert len(ordered) == 2
    assert HealthSchedule(0, lambda: ordered.append(0), lambda: world.now_ms + 10**12).run() == 0


def test_an_order_that_failed_is_tried_again(world: World) -> None:
    schedule = HealthSchedule(24, lambda: None, lambda: world.now_ms)
    schedule.run()
    world.now_ms += 25 * 3_600_000

    def refuse() -> None:
        raise RuntimeError("no queue")

    with pytest.raises(RuntimeError):
        HealthSchedule(24, refuse, lambda: world.now_ms).run()
    assert schedule.run() == 0
    world.now_ms += 6 * 60_000
    assert schedule.run() == 1


def test_a_scheduled_batch_makes_its_own_job(world: World) -> None:
    account_id = world.add("must_log_in")
    assert world.batches().continue_batch({}, lambda: 60.0) is None
    assert world.accounts.get(account_id).status is AccountStatus.EXPIRED


def test_a_pool_is_not_made_smaller_than_it_has_just_become(world: World) -> None:
    """A member joined between reading the pool and writing it."""
    pool = world.pools.create(NewPool(name="a", platform="douyin"))
    store, seen = DynamoPools(), world.pools.get(pool.pool_id)
    for _ in range(2):
        account = world.accounts.create(NewAccount(platform="douyin", cookie_data="s=1"))
        world.pools.add_member(pool.pool_id, NewMember(account_id=account.account_id))
    with pytest.raises(RecordBusy):
        store.change(seen, replace(seen, max_size=1))
    with pytest.raises(PoolFull):
        world.pools.update(pool.pool_id, PoolChanges(max_size=1))
    assert world.pools.update(pool.pool_id, PoolChanges(max_size=2)).member_count == 2


def test_nobody_joins_a_pool_with_an_account_that_is_gone(world: World) -> None:
    account_id = world.add()
    pool = world.pools.create(NewPool(name="p", platform="douyin"))
    world.pools.add_member(pool.pool_id, NewMember(account_id=account_id))
    account = world.accounts.get(account_id)
    # Read before the account joined: this deletion would leave a member behind.
    world.pools.remove_member(pool.pool_id, account_id)
    with pytest.raises(RecordBusy):
        world.store.delete(account, [pool.pool_id])
    assert world.accounts.delete(account_id) == 0
    assert world.pools.members(pool.pool_id) == []
    assert world.pools.get(pool.pool_id).member_count == 0


def test_ids_with_separators_stay_apart(world: World) -> None:
    for project, user in (("a#b", "c"), ("a", "b#c"), ("a", "c")):
        new = NewAccount(platform="douyin", cookie_data="s=logged_in", user_id=user, project_id=project)
        world.accounts.create(new)
    for project, user in (("a#b", "c"), ("a", "b#c"), ("a", "c")):
        page = world.accounts.page(AccountFilter(user_id=user, project_id=project), 10, 0)
        assert page.total == len(page.accounts) == 1
        assert (page.accounts[0].project_id, page.accounts[0].user_id) == (project, user)
