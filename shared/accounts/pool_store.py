"""Pools and their members in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from pynamodb.transactions import TransactWrite

from shared.accounts.errors import MemberUnknown, PoolUnknown, RecordBusy
from shared.accounts.models import Pool, PoolMember, Strategy
from shared.accounts.rows import RECORD, AccountsRow, account_key, pool_key
from shared.aws.database import TransactionRefused, conditional, database, transact, write_in_turn

POOLS = "pools"
# A transaction takes a hundred items, and a member is two.
_MEMBERS_AT_ONCE = 40
_COLUMNS = ("pool_id", "platform", "member_count", "revision")


class DynamoPools:
    """Implements shared.accounts.pools.PoolStore. Every method may raise StoreUnavailable."""

    def add(self, pool: Pool) -> None:
        with conditional("add pool", RecordBusy()):
            _pool_row(pool).save(condition=AccountsRow.pk.does_not_exist())

    def get(self, pool_id: str) -> Pool:
        """Raises PoolUnknown."""
        with database("read pool"):
            try:
                return _pool(AccountsRow.get(POOLS, pool_id, consistent_read=True))
            except AccountsRow.DoesNotExist:
                raise PoolUnknown from None

    def all(self, platform: str | None, limit: int) -> list[Pool]:
        """In the order in which they were made."""
        of_platform = None if platform is None else AccountsRow.platform == platform
        with database("list pools"):
            rows = list(AccountsRow.query(POOLS, filter_condition=of_platform, limit=limit, consistent_read=True))
        return sorted((_pool(row) for row in rows), key=lambda pool: pool.number)

    def change(self, before: Pool, after: Pool) -> Pool:
        """Raises RecordBusy when it is no more what was read, or has more members by now than it is to have."""
        row = AccountsRow(POOLS, before.pool_id)
        unchanged = (AccountsRow.revision == before.revision) & (AccountsRow.member_count <= after.max_size)
        changed: list[Any] = [AccountsRow.body.set(_body(after)), AccountsRow.revision.set(before.revision + 1)]
        write_in_turn("change pool", RecordBusy(), lambda: row.update(actions=changed, condition=unchanged))
        return _pool(row)

    def delete(self, pool: Pool, members: Sequence[PoolMember]) -> None:
        """Its members first, then the pool itself. Raises RecordBusy when one joined or left meanwhile."""
        for start in range(0, len(members), _MEMBERS_AT_ONCE):
            self._remove_many(pool.pool_id, members[start : start + _MEMBERS_AT_ONCE])

        def write(transaction: TransactWrite) -> None:
            transaction.delete(AccountsRow(POOLS, pool.pool_id), condition=AccountsRow.member_count == 0)
            transaction.delete(AccountsRow(pool_key(pool.pool_id), "turn"))

        self._transact("delete pool", write, RecordBusy())

    def _remove_many(self, pool_id: str, members: Sequence[PoolMember]) -> None:
        def write(transaction: TransactWrite) -> None:
            transaction.update(AccountsRow(POOLS, pool_id), actions=[AccountsRow.member_count.add(-len(members))])
            for member in members:
                in_pool, in_account = _member_rows(member)
                transaction.delete(in_pool, condition=AccountsRow.pk.exists())
                transaction.delete(in_account)

        self._transact("delete members", write, RecordBusy())

    def members(self, pool_id: str) -> list[PoolMember]:
        """In the order in which they joined."""
        with database("list members"):
            rows = AccountsRow.query(pool_key(pool_id), AccountsRow.sk.startswith("member#"), consistent_read=True)
            members = [
                PoolMember(pool_id, row.sk.partition("#")[2], int(row.priority), int((row.body or {})["joined_at_ms"]))
                for row in rows
            ]
        return sorted(members, key=lambda member: (member.joined_at_ms, member.account_id))

    def add_member(self, pool: Pool, member: PoolMember) -> None:
        """Raises RecordBusy when pool or account are gone or full by now, or it is a member already: look again."""
        in_pool, in_account = _member_rows(member)

        def write(transaction: TransactWrite) -> None:
            room = (AccountsRow.member_count < pool.max_size) & (AccountsRow.revision == pool.revision)
            transaction.update(
                AccountsRow(POOLS, pool.pool_id), actions=[AccountsRow.member_count.add(1)], condition=room
            )
            transaction.condition_check(
                AccountsRow, account_key(member.account_id), RECORD, condition=AccountsRow.pk.exists()
            )
            transaction.save(in_pool, condition=AccountsRow.pk.does_not_exist())
            transaction.save(in_account)

        self._transact("add member", write, RecordBusy())

    def remove_member(self, pool_id: str, account_id: str) -> None:
        """Raises MemberUnknown."""
        rows = _member_rows(PoolMember(pool_id, account_id, 0, 0))

        def write(transaction: TransactWrite) -> None:
            transaction.delete(rows[0], condition=AccountsRow.pk.exists())
            transaction.delete(rows[1])
            transaction.update(AccountsRow(POOLS, pool_id), actions=[AccountsRow.member_count.add(-1)])

        self._transact("remove member", write, MemberUnknown())

    def next_turn(self, pool_id: str) -> int:
        """0, 1, 2 …: no two callers get the same."""
        row = AccountsRow(pool_key(pool_id), "turn")
        with database("next turn"):
            row.update(actions=[AccountsRow.counter.add(1)])
        return int(row.counter) - 1

    def _transact(self, operation: str, build: Callable[[TransactWrite], None], refused: Exception) -> None:
        try:
            transact(AccountsRow._get_connection().connection, operation, build)
        except TransactionRefused:
            raise refused from None


def _member_rows(member: PoolMember) -> tuple[AccountsRow, AccountsRow]:
    in_pool = AccountsRow(
        pool_key(member.pool_id),
        f"member#{member.account_id}",
        priority=member.priority,
        body={"joined_at_ms": member.joined_at_ms},
    )
    return in_pool, AccountsRow(account_key(member.account_id), f"pool#{member.pool_id}")


def _body(pool: Pool) -> dict[str, Any]:
    return {name: value for name, value in asdict(pool).items() if name not in _COLUMNS}


def _pool_row(pool: Pool) -> AccountsRow:
    return AccountsRow(
        POOLS,
        pool.pool_id,
        platform=pool.platform,
        member_count=pool.member_count,
        revision=1,
        body=_body(pool),
    )


def _pool(row: AccountsRow) -> Pool:
    body = dict(row.body or {})
    strategy = Strategy(body.pop("strategy"))
    return Pool(
        **body,
        pool_id=row.sk,
        platform=row.platform or "",
        strategy=strategy,
        member_count=int(row.member_count or 0),
        revision=int(row.revision or 0),
    )
