"""The use cases of pools: keeping them, their members, and choosing an account."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.accounts.errors import (
    AlreadyMember,
    NoAvailableAccount,
    PlatformDiffers,
    PoolFull,
    PoolLimit,
    RecordBusy,
)
from shared.accounts.models import Account, AccountStatus, Pool, PoolMember, Strategy
from shared.accounts.requests import NewMember, NewPool, PoolChanges
from shared.accounts.selection import USE_DEPENDENT, Candidate, choose

# All of them are listed in one answer, which is to fit into a function's (6 MB).
MAX_POOLS = 500
# A deletion takes an account out of all its pools in one transaction of at most a hundred items.
MAX_POOLS_OF_ACCOUNT = 20
_ATTEMPTS = 5
# Choices that depend on past uses are made anew when another caller was quicker, this often; then the use is counted
# all the same, so that a crowd slows nobody down.
_EXACT_ATTEMPTS = 8


class PoolStore(Protocol):
    """What the use cases need of shared.accounts.pool_store.DynamoPools, described there."""

    def add(self, pool: Pool) -> None: ...
    def get(self, pool_id: str) -> Pool: ...
    def all(self, platform: str | None, limit: int) -> list[Pool]: ...
    def change(self, before: Pool, after: Pool) -> Pool: ...
    def delete(self, pool: Pool, members: Sequence[PoolMember]) -> None: ...
    def members(self, pool_id: str) -> list[PoolMember]: ...
    def add_member(self, pool: Pool, member: PoolMember) -> None: ...
    def remove_member(self, pool_id: str, account_id: str) -> None: ...
    def next_turn(self, pool_id: str) -> int: ...


class PooledAccounts(Protocol):
    """What is needed of shared.accounts.account_store.DynamoAccounts, described there."""

    def next_number(self, kind: str) -> int: ...
    def get(self, account_id: str) -> Account: ...
    def get_many(self, account_ids: Sequence[str]) -> list[Account]: ...
    def pools_of(self, account_id: str) -> list[str]: ...
    def take(self, account: Account, now_ms: int, *, unless_used_since: bool) -> bool: ...


@dataclass(frozen=True, slots=True)
class MemberAccount:
    member: PoolMember
    account: Account


class Pools:
    """Every method may raise StoreUnavailable; those that take a pool's id raise PoolUnknown."""

    def __init__(
        self,
        store: PoolStore,
        accounts: PooledAccounts,
        known_platform: Callable[[str], str],
        clock_ms: Callable[[], int],
        random: Callable[[], float],
    ) -> None:
        """``random`` gives a number from 0 up to, without, 1."""
        self._store = store
        self._accounts = accounts
        self._known_platform = known_platform
        self._clock_ms = clock_ms
        self._random = random

    def create(self, new: NewPool) -> Pool:
        """Raises PlatformUnknown, PoolLimit."""
        self._known_platform(new.platform)
        if len(self._store.all(None, MAX_POOLS)) >= MAX_POOLS:
            raise PoolLimit(MAX_POOLS)
        now_ms = self._clock_ms()
        pool = Pool(
            pool_id=f"pool_{secrets.token_hex(10)}",
            number=self._accounts.next_number("pool"),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            **new.model_dump(),
        )
        self._store.add(pool)
        return replace(pool, revision=1)

    def all(self, platform: str | None) -> list[Pool]:
        """Raises PlatformUnknown."""
        if platform is not None:
            self._known_platform(platform)
        return self._store.all(platform, MAX_POOLS)

    def get(self, pool_id: str) -> Pool:
        return self._store.get(pool_id)

    def members(self, pool_id: str) -> list[MemberAccount]:
        """In the order in which they joined."""
        members = self._store.members(pool_id)
        accounts = self._accounts.get_many([member.account_id for member in members])
        by_id = {account.account_id: account for account in accounts}
        return [MemberAccount(member, by_id[member.account_id]) for member in members if member.account_id in by_id]

    def update(self, pool_id: str, changes: PoolChanges) -> Pool:
        """Raises PlatformDiffers, PoolFull (it would have more members than places) and RecordBusy."""
        for _ in range(_ATTEMPTS):
            before = self._store.get(pool_id)
            if changes.platform not in (None, before.platform):
                raise PlatformDiffers
            if changes.max_size is not None and changes.max_size < before.member_count:
                raise PoolFull(changes.max_size)
            given = changes.model_dump(exclude_none=True)
            try:
                return self._store.change(before, replace(before, **given, updated_at_ms=self._clock_ms()))
            except RecordBusy:
                continue
        raise RecordBusy

    def delete(self, pool_id: str) -> None:
        """The accounts stay. Raises RecordBusy."""
        for _ in range(_ATTEMPTS):
            pool = self._store.get(pool_id)
            try:
                self._store.delete(pool, self._store.members(pool_id))
            except RecordBusy:
                continue
            return
        raise RecordBusy

    def add_member(self, pool_id: str, new: NewMember) -> PoolMember:
        """Raises AccountUnknown, PlatformDiffers, AlreadyMember, PoolFull, PoolLimit, RecordBusy."""
        for _ in range(_ATTEMPTS):
            pool, account = self._store.get(pool_id), self._accounts.get(new.account_id)
            pools = self._accounts.pools_of(new.account_id)
            if account.platform != pool.platform:
                raise PlatformDiffers
            if pool_id in pools:
                raise AlreadyMember
            if pool.member_count >= pool.max_size:
                raise PoolFull(pool.max_size)
            if len(pools) >= MAX_POOLS_OF_ACCOUNT:
                raise PoolLimit(MAX_POOLS_OF_ACCOUNT)
            member = PoolMember(pool_id, new.account_id, new.priority, self._clock_ms())
            try:
                self._store.add_member(pool, member)
            except RecordBusy:
                continue
            return member
        raise RecordBusy

    def remove_member(self, pool_id: str, account_id: str) -> None:
        """Raises MemberUnknown."""
        self._store.get(pool_id)
        self._store.remove_member(pool_id, account_id)

    def select(self, pool_id: str) -> Account:
        """The next account, its use counted. Raises NoAvailableAccount."""
        pool = self._store.get(pool_id)
        if not pool.is_active:
            raise NoAvailableAccount
        exact = pool.strategy in USE_DEPENDENT
        attempt = 0
        while True:
            candidates = self._candidates(pool_id)
            if not candidates:
                raise NoAvailableAccount
            turn = self._store.next_turn(pool_id) if pool.strategy is Strategy.ROUND_ROBIN else 0
            chosen = choose(pool.strategy, candidates, turn=turn, random=self._random).account
            attempt += 1
            if self._accounts.take(chosen, self._clock_ms(), unless_used_since=exact and attempt <= _EXACT_ATTEMPTS):
                return chosen
            if attempt > _EXACT_ATTEMPTS + _ATTEMPTS:
                raise RecordBusy

    def _candidates(self, pool_id: str) -> list[Candidate]:
        return [
            Candidate(found.account, found.member.priority)
            for found in self.members(pool_id)
            if found.account.status is AccountStatus.ACTIVE
        ]
