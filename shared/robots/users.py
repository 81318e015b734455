"""The users, as administrators see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.robots.errors import OwnAccount, RobotBusy, UserUnknown
from shared.robots.models import Role, User
from shared.robots.pages import MAX_WALKED, Page, Wanted, page_of

WRITE_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Possessions:
    """How many robots (without the deleted ones) and activation codes a user has."""

    robots: int = 0
    codes: int = 0


class UserStore(Protocol):
    def user(self, user_id: int) -> User | None: ...

    def replace_user(self, user: User) -> bool:
        """False when the user was changed since it was read."""

    def newest_users(self, limit: int) -> Iterator[User]: ...

    def number_of_users(self) -> int: ...

    def possessions(self, user_ids: Sequence[int]) -> Mapping[int, Possessions]: ...


class Users:
    """Every method may raise StoreUnavailable; those that write, RobotBusy."""

    def __init__(self, store: UserStore) -> None:
        self._store = store

    def get(self, user_id: int) -> User:
        """Raises UserUnknown."""
        user = self._store.user(user_id)
        if user is None:
            raise UserUnknown
        return user

    def known(self, user_ids: Sequence[int]) -> dict[int, User]:
        """Those of the ids that are users."""
        found = {user_id: self._store.user(user_id) for user_id in set(user_ids)}
        return {user_id: user for user_id, user in found.items() if user is not None}

    def page(self, wanted: Wanted, role: Role | None = None) -> Page[User]:
        """The newest first. Raises PageTooFar."""
        users = self._store.newest_users(MAX_WALKED)
        if role is None:
            return page_of(users, wanted, known_total=self._store.number_of_users())
        return page_of(users, wanted, matches=lambda user: user.role == role)

    def possessions(self, users: Sequence[User]) -> Mapping[int, Possessions]:
        return self._store.possessions([user.user_id for user in users])

    def disable(self, user_id: int, by_user_id: int | None) -> User:
        """Keep the user out and revoke their tokens. Safe to repeat. Raises UserUnknown and OwnAccount."""
        if user_id == by_user_id:
            raise OwnAccount
        for _ in range(WRITE_ATTEMPTS):
            user = self.get(user_id)
            if user.disabled:
                return user
            after = replace(user, disabled=True, token_version=user.token_version + 1)
            if self._store.replace_user(after):
                return after
        raise RobotBusy
