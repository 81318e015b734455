"""Users and login codes in the robots table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from shared.robots import counting
from shared.robots.aggregates import Addition
from shared.robots.login import CODE_VALID_SECONDS, SentCode
from shared.robots.models import User
from shared.robots.rows import RECORD
from shared.robots.table import Item, RobotsTable
from shared.robots.users import Possessions

USERS_LISTING = "users"
_USER, _LOGIN_CODE = "user", "login_code"


class DynamoUsers:
    """Implements shared.robots.login.LoginStore and shared.robots.users.UserStore."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def sent_code(self, phone: str) -> SentCode | None:
        item = self._table.get(_phone_key(phone), _LOGIN_CODE)
        return None if item is None else SentCode(**item.body, version=item.version)

    def replace_sent_code(self, phone: str, code: SentCode) -> bool:
        return self._table.write(
            Item(
                pk=_phone_key(phone),
                sk=_LOGIN_CODE,
                body=_body(code),
                version=code.version,
                expires_at_seconds=code.sent_at_ms // 1000 + CODE_VALID_SECONDS,
            )
        )

    def user_of(self, phone: str) -> User | None:
        item = self._table.get(_phone_key(phone), _USER)
        return None if item is None else self.user(int(item.body["user_id"]))

    def user(self, user_id: int) -> User | None:
        item = self._table.get(f"user#{user_id}")
        return None if item is None else User(**item.body, version=item.version)

    def register(self, user: User) -> bool:
        phone = Item(pk=_phone_key(user.phone), sk=_USER, body={"user_id": user.user_id})
        listed = Addition(counting.listing_sums(USERS_LISTING), counting.TOTAL, {"items": 1})
        return self._table.write(_user_item(user), phone, additions=[listed])

    def replace_user(self, user: User) -> bool:
        return self._table.write(_user_item(user))

    def newest_users(self, limit: int) -> Iterator[User]:
        for item in self._table.newest(USERS_LISTING, limit):
            yield User(**item.body, version=item.version)

    def number_of_users(self) -> int:
        key = (counting.listing_sums(USERS_LISTING), counting.TOTAL)
        found = self._table.aggregates([key]).get(key)
        return 0 if found is None else found["items"]

    def possessions(self, user_ids: Sequence[int]) -> Mapping[int, Possessions]:
        keys = {(counting.user_sums(user_id), counting.TOTAL): user_id for user_id in user_ids}
        found = self._table.aggregates(list(keys))
        return {keys[key]: Possessions(sums["robots"], sums["codes"]) for key, sums in found.items()}

    def next_user_id(self) -> int:
        return self._table.next_number("user")


def _phone_key(phone: str) -> str:
    return f"phone#{hashlib.sha256(phone.encode()).hexdigest()}"


def _user_item(user: User) -> Item:
    return Item(
        pk=f"user#{user.user_id}",
        sk=RECORD,
        body=_body(user),
        version=user.version,
        listing_key=USERS_LISTING,
        listing_order=f"{user.user_id:012d}",
    )


def _body(record: Any) -> dict[str, Any]:
    body = asdict(record)
    del body["version"]
    return body
