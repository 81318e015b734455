"""How KOOK's events reach each account at present: what the watch over webhook bots and the gateway have noted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.kook.gateway.states import GatewayStatus, RecordsUnavailable
from shared.relay.models import Account
from shared.relay.presence_watch import WatchedPresence
from shared.relay.times import iso_utc

logger = logging.getLogger("kook_relay.accounts")

# The words of the gateway's states, and those of the watch over webhook bots.
CONNECTION_STATES = (
    "online",
    "offline",
    "refused",
    "unknown",
    "stopped",
    "connecting",
    "connected",
    "waiting_for_storage",
)


@dataclass(frozen=True, slots=True)
class AccountConnection:
    """``state`` is one of CONNECTION_STATES. Times are UTC ISO 8601, "" where there is none: when the state began,
    when the relay next tries to put the bot online, when the gateway may last have lost events, when KOOK's last
    challenge to the webhook was answered. ``detail`` says why."""

    state: str
    since: str = ""
    detail: str = ""
    next_attempt_at: str = ""
    missed_at: str = ""
    challenged_at: str = ""


class Presences(Protocol):
    def all(self) -> Mapping[int, WatchedPresence]:
        """Raises StoreUnavailable."""


class Gateways(Protocol):
    def status(self, account_id: int) -> GatewayStatus | None:
        """Raises RecordsUnavailable."""


class Challenges(Protocol):
    def answered(self) -> Mapping[int, str]:
        """When each account's last challenge was answered. Raises StoreUnavailable."""


class AccountConnections:
    def __init__(self, presences: Presences, gateways: Gateways, challenges: Challenges) -> None:
        self._presences = presences
        self._gateways = gateways
        self._challenges = challenges

    def of(self, accounts: Sequence[Account]) -> dict[int, AccountConnection]:
        """By account id: two reads for all webhook accounts, one for each gateway account."""
        watched: Mapping[int, WatchedPresence] = {}
        challenged: Mapping[int, str] = {}
        try:
            if any(account.ingress == "webhook" for account in accounts):
                watched, challenged = self._presences.all(), self._challenges.answered()
            return {
                account.id: self._of(account, watched.get(account.id), challenged.get(account.id, ""))
                for account in accounts
            }
        except (StoreUnavailable, RecordsUnavailable):
            # An account is shown, and was made, whether this can be read or not.
            logger.warning("connections of accounts not read")
            return {account.id: AccountConnection("unknown") for account in accounts}

    def _of(self, account: Account, presence: WatchedPresence | None, challenged_at: str) -> AccountConnection:
        if account.ingress == "webhook":
            connection = AccountConnection("stopped") if account.status == "offline" else _of_webhook(presence)
            return replace(connection, challenged_at=challenged_at)
        return AccountConnection("stopped") if account.status == "offline" else self._of_gateway(account.id)

    def _of_gateway(self, account_id: int) -> AccountConnection:
        status = self._gateways.status(account_id)
        if status is None:
            return AccountConnection("unknown")
        return AccountConnection(status.state.value, status.since, status.problem, missed_at=status.missed_at)


def _of_webhook(presence: WatchedPresence | None) -> AccountConnection:
    if presence is None:
        return AccountConnection("unknown")
    next_attempt_at = iso_utc(presence.next_attempt_ms) if presence.state == "offline" else ""
    return AccountConnection(presence.state, presence.since, presence.detail, next_attempt_at)
