"""Watching whether KOOK has the bots online, and putting them back.

KOOK takes a webhook bot offline when its callback failed too often, and pushes nothing from then on until somebody
puts it online again (webhook.md, user.md). Its allowance for user/online is small, so tries are spaced further and
further. What was said meanwhile is fetched by a backfill, and live events wait for that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from shared.relay.backfill_orders import BackfillReason
from shared.relay.kook_access import KookCallFailed, KookTokenRefused
from shared.relay.kook_presence import MAX_ASKED, Presence
from shared.relay.models import Account
from shared.relay.times import iso_utc

logger = logging.getLogger("kook_relay.presence")

FIRST_RETRY_MS = 60_000
LAST_RETRY_MS = 3_600_000

WatchedState: TypeAlias = Literal["online", "offline", "refused"]


@dataclass(frozen=True, slots=True)
class WatchedPresence:
    """One account's bot at KOOK. ``since`` is UTC ISO 8601; ``detail`` is what KOOK said to the last try to put it
    online, ``attempts`` counts those tries, ``next_attempt_ms`` is when the next one is due (0: none is)."""

    state: WatchedState
    since: str
    detail: str = ""
    attempts: int = 0
    next_attempt_ms: int = 0


class PresenceRecords(Protocol):
    """Every method may raise StoreUnavailable."""

    def all(self) -> Mapping[int, WatchedPresence]: ...

    def save(self, account_id: int, presence: WatchedPresence) -> None: ...

    def forget(self, account_id: int) -> None: ...


class Accounts(Protocol):
    def accounts(self) -> Sequence[Account]:
        """Raises StoreUnavailable."""


class Presences(Protocol):
    def of(self, accounts: Sequence[Account]) -> Mapping[int, Presence]: ...


class PutsOnline(Protocol):
    def go_online(self, bot_token: str) -> None:
        """Raises KookTokenRefused, KookCallFailed."""


class BeginsBackfills(Protocol):
    def begin(self, account_id: int, reason: BackfillReason, *, holds: bool, settle: bool = False) -> str:
        """Raises TaskQueueUnavailable, StoreUnavailable."""


class PresenceWatch:
    """``changed`` tells those who watch: account id, state, reason."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        presences: Presences,
        kook: PutsOnline,
        records: PresenceRecords,
        backfills: BeginsBackfills,
        changed: Callable[[int, str, str], None],
        clock_ms: Callable[[], int],
    ) -> None:
        self._accounts = accounts
        self._presences = presences
        self._kook = kook
        self._records = records
        self._backfills = backfills
        self._changed = changed
        self._clock_ms = clock_ms

    def look(self) -> int:
        """A chore: how many accounts were found in another state than before, or tried to be put online."""
        watched = [one for one in self._accounts.accounts() if _is_watched(one)]
        before = self._records.all()
        for account_id in before.keys() - {one.id for one in watched}:
            self._records.forget(account_id)
        if not watched:
            return 0
        asked = self._next_to_ask(watched)
        found = self._presences.of(asked)
        return sum(self._settle(account, found[account.id], before.get(account.id)) for account in asked)

    def _next_to_ask(self, watched: Sequence[Account]) -> list[Account]:
        """As many as one look asks, others with each minute."""
        minute = self._clock_ms() // 60_000
        start = minute * MAX_ASKED % len(watched)
        return [*watched[start:], *watched[:start]][:MAX_ASKED]

    def _settle(self, account: Account, found: Presence, before: WatchedPresence | None) -> bool:
        if found == "offline":
            return self._was_offline(account, before)
        if found == "refused":
            return self._note(account, before, "refused")
        if found == "online":
            return self._was_online(account, before)
        return False  # KOOK could not say: nothing is known to have changed

    def _was_online(self, account: Account, before: WatchedPresence | None) -> bool:
        is_back = before is not None and before.state == "offline"
        if is_back:
            # Ordered before the state is written: killed in between, it is ordered once more.
            self._backfills.begin(account.id, "back_online", holds=True)
        return self._note(account, before, "online")

    def _was_offline(self, account: Account, before: WatchedPresence | None) -> bool:
        is_news = self._note(account, before, "offline")
        now_ms = self._clock_ms()
        present = before if before is not None and before.state == "offline" else None
        if present is None:
            present = WatchedPresence("offline", iso_utc(now_ms))
        if now_ms < present.next_attempt_ms:
            return is_news
        wait_ms = min(FIRST_RETRY_MS * 2**present.attempts, LAST_RETRY_MS)
        tried = replace(present, attempts=present.attempts + 1, next_attempt_ms=now_ms + wait_ms)
        # Saved before the call: a try that kills the process is not made every minute.
        self._records.save(account.id, tried)
        try:
            # Held from before the first event can come: what was missed goes first.
            self._backfills.begin(account.id, "back_online", holds=True, settle=True)
            self._kook.go_online(account.bot_token)
        except (KookTokenRefused, KookCallFailed) as failure:
            self._records.save(account.id, replace(tried, detail=str(failure)))
            logger.error("bot not put online", extra={"account_id": account.id, "attempts": tried.attempts})
        return True

    def _note(self, account: Account, before: WatchedPresence | None, state: WatchedState) -> bool:
        """Write and tell a state that is another than before. Whether it is."""
        if before is not None and before.state == state:
            return False
        self._records.save(account.id, WatchedPresence(state, iso_utc(self._clock_ms())))
        if before is None and state == "online":
            return False  # the first look at an account that is well is no news
        log = logger.info if state == "online" else logger.error
        log("KOOK has the bot in another state", extra={"account_id": account.id, "state": state})
        self._changed(account.id, f"kook_{state}", "")
        return True


def _is_watched(account: Account) -> bool:
    """At the gateway a bot is online by being connected, and the connection sees to itself."""
    return account.status == "online" and account.ingress == "webhook" and bool(account.bot_token)
