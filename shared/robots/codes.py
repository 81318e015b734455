"""Activation codes, as administrators list and make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from shared.robots.activation import Activations
from shared.robots.models import ActivationCode, CodeStatus, Robot, User
from shared.robots.pages import MAX_WALKED, Page, Wanted, page_of
from shared.robots.users import Users


class CodeStore(Protocol):
    def newest_codes(self, limit: int) -> Iterator[ActivationCode]: ...

    def number_of_codes(self) -> int: ...

    def robot(self, robot_id: str) -> Robot | None: ...


@dataclass(frozen=True, slots=True)
class ListedCode:
    """A code with what belongs to it: the user it is bound to, the robot its device made or took over."""

    code: ActivationCode
    status: CodeStatus
    bound_user: User | None
    robot: Robot | None


class Codes:
    """Every method may raise StoreUnavailable."""

    def __init__(self, store: CodeStore, activations: Activations, users: Users, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._activations = activations
        self._users = users
        self._clock_ms = clock_ms

    def create(self, count: int, validity_days: int, bound_user_id: int | None) -> list[ActivationCode]:
        """Raises UserUnknown and RobotBusy."""
        if bound_user_id is not None:
            self._users.get(bound_user_id)
        return [self._activations.create(validity_days, bound_user_id) for _ in range(count)]

    def page(self, wanted: Wanted, status: CodeStatus | None = None) -> Page[ListedCode]:
        """The newest first. The status is the one of now, so a list of one status is counted by reading.

        Raises PageTooFar.
        """
        now_ms = self._clock_ms()
        codes = self._store.newest_codes(MAX_WALKED)
        if status is None:
            found = page_of(codes, wanted, known_total=self._store.number_of_codes())
        else:
            found = page_of(codes, wanted, matches=lambda code: code.status_at(now_ms) == status)
        users = self._users.known([code.bound_user_id for code in found.entries if code.bound_user_id is not None])
        listed = (
            ListedCode(
                code,
                code.status_at(now_ms),
                None if code.bound_user_id is None else users.get(code.bound_user_id),
                self._store.robot(code.robot_id) if code.robot_id else None,
            )
            for code in found.entries
        )
        return Page(tuple(listed), found.total)
