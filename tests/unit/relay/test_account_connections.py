"""How events reach an account, as the operator sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.kook.gateway.states import GatewayState, GatewayStatus
from shared.relay.account_connections import AccountConnection, AccountConnections
from shared.relay.models import Account
from shared.relay.presence_watch import WatchedPresence

SINCE = "2026-11-21T08:00:00.000Z"


class Watched:
    def __init__(self) -> None:
        self.presences: dict[int, WatchedPresence] = {}
        self.gateways: dict[int, GatewayStatus] = {}
        self.challenges: dict[int, str] = {}
        self.is_down = False

    def all(self) -> Mapping[int, WatchedPresence]:
        if self.is_down:
            raise StoreUnavailable("list presence")
        return self.presences

    def answered(self) -> Mapping[int, str]:
        return self.challenges

    def status(self, account_id: int) -> GatewayStatus | None:
        return self.gateways.get(account_id)


def account(account_id: int, **changes: Any) -> Account:
    return Account(**{"id": account_id, "email": "a@example.com", "created_at": "", **changes})


def test_each_kind_of_account_shows_what_was_noted_of_it() -> None:
    watched = Watched()
    watched.presences = {
        1: WatchedPresence("online", SINCE),
        2: WatchedPresence("offline", SINCE, "challenge failed", 3, 1_790_000_000_000),
        3: WatchedPresence("refused", SINCE),
    }
    watched.gateways = {5: GatewayStatus(GatewayState.CONNECTED, since=SINCE, missed_at="2026-11-21T07:00:00.000Z")}
    accounts = [account(number) for number in (1, 2, 3, 4)]
    accounts += [account(5, ingress="gateway"), account(6, ingress="gateway"), account(7, status="offline")]
    assert AccountConnections(watched, watched, watched).of(accounts) == {
        1: AccountConnection("online", SINCE),
        2: AccountConnection("offline", SINCE, "challenge failed", "2026-09-21T14:13:20.000Z"),
        3: AccountConnection("refused", SINCE),
        4: AccountConnection("unknown"),
        5: AccountConnection("connected", SINCE, "", "", "2026-11-21T07:00:00.000Z"),
        6: AccountConnection("unknown"),
        7: AccountConnection("stopped"),
    }


def test_an_account_is_shown_although_nothing_can_be_read() -> None:
    watched = Watched()
    watched.is_down = True
    assert AccountConnections(watched, watched, watched).of([account(1)]) == {1: AccountConnection("unknown")}


def test_a_webhook_account_shows_when_its_last_challenge_was_answered_whatever_its_state() -> None:
    watched = Watched()
    watched.challenges = {1: SINCE, 2: SINCE, 3: SINCE}
    accounts = [account(1), account(2, status="offline"), account(3, ingress="gateway")]
    shown = AccountConnections(watched, watched, watched).of(accounts)
    assert [shown[number].challenged_at for number in (1, 2, 3)] == [SINCE, SINCE, ""]
