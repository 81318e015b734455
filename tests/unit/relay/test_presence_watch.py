"""The watch over bots at KOOK: it tells, puts them back with growing patience, and fetches what was missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from shared.relay.backfill_orders import BackfillReason
from shared.relay.kook_access import KookCallFailed
from shared.relay.kook_presence import MAX_ASKED, Presence
from shared.relay.models import Account
from shared.relay.presence_watch import PresenceWatch, WatchedPresence
from tests.fakes.clock import FakeClock


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.rows: dict[int, WatchedPresence] = {}
        self.listed = [self.account_row(1)]
        self.at_kook: dict[int, Presence] = {}
        self.asked: list[list[int]] = []
        self.refuses_online = False
        self.told: list[tuple[int, str]] = []
        # What was done, in order: backfills begun and calls of user/online.
        self.done: list[str] = []
        self.watch = PresenceWatch(
            accounts=self, presences=self, kook=self, records=self, backfills=self,
            changed=lambda account_id, state, reason: self.told.append((account_id, state)), clock_ms=self.clock.ms,
        )  # fmt: skip

    @staticmethod
    def account_row(account_id: int, **changes: str) -> Account:
        values = {"email": f"{account_id}@example.com", "bot_token": f"1/{account_id}", "created_at": "", **changes}
        return Account.model_validate({"id": account_id, **values})

    def minute(self, at_kook: Presence = "online", minutes: int = 1) -> None:
        for _ in range(minutes):
            self.clock.advance(60)
            self.at_kook = {account.id: at_kook for account in self.listed}
            self.watch.look()

    # the ports
    def accounts(self) -> Sequence[Account]:
        return self.listed

    def of(self, accounts: Sequence[Account]) -> Mapping[int, Presence]:
        self.asked.append([account.id for account in accounts])
        return {account.id: self.at_kook.get(account.id, "online") for account in accounts}

    def go_online(self, bot_token: str) -> None:
        self.done.append("online")
        if self.refuses_online:
            raise KookCallFailed("KOOK refused user/online: challenge failed")

    def all(self) -> Mapping[int, WatchedPresence]:
        return dict(self.rows)

    def save(self, account_id: int, presence: WatchedPresence) -> None:
        self.rows[account_id] = presence

    def forget(self, account_id: int) -> None:
        del self.rows[account_id]

    def begin(self, account_id: int, reason: BackfillReason, *, holds: bool, settle: bool = False) -> str:
        assert (reason, holds) == ("back_online", True)
        self.done.append("backfill")
        return "run"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_bot_that_is_well_is_no_news(scene: Scene) -> None:
    scene.minute("online", minutes=3)
    assert (scene.told, scene.done) == ([], [])
    assert scene.rows[1].state == "online"


def test_one_that_kook_took_offline_is_put_back_and_what_was_missed_is_fetched(scene: Scene) -> None:
    scene.minute("online")
    scene.minute("offline")
    # The hold comes before the first event can.
    assert scene.done == ["backfill", "online"]
    assert scene.rows[1].state == "offline"
    scene.minute("online")
    assert scene.done == ["backfill", "online", "backfill"]
    assert scene.told == [(1, "kook_offline"), (1, "kook_online")]


def test_tries_are_spaced_further_and_further_up_to_an_hour(scene: Scene) -> None:
    scene.refuses_online = True
    tries = []
    for minute in range(300):
        before = scene.done.count("online")
        scene.minute("offline")
        if scene.done.count("online") > before:
            tries.append(minute)
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    assert scene.rows[1].attempts == len(tries)
    assert "challenge failed" in scene.rows[1].detail
    assert scene.told == [(1, "kook_offline")]
    scene.minute("online")
    assert scene.rows[1].attempts == 0


def test_a_refused_token_is_told_once_and_tried_by_nobody(scene: Scene) -> None:
    scene.minute("refused", minutes=4)
    assert scene.told == [(1, "kook_refused")]
    assert scene.done == []


def test_while_kook_cannot_say_nothing_changes(scene: Scene) -> None:
    scene.minute("offline")
    before = dict(scene.rows)
    scene.minute("unreachable", minutes=5)
    assert scene.rows == before
    assert scene.told == [(1, "kook_offline")]


def test_only_running_webhook_bots_are_watched_and_others_forgotten(scene: Scene) -> None:
    scene.minute("offline")
    scene.listed = [
        scene.account_row(1, status="offline"),
        scene.account_row(2, ingress="gateway"),
        scene.account_row(3, bot_token=""),
    ]
    scene.done.clear()
    scene.minute("offline")
    assert (scene.rows, scene.done) == ({}, [])


def test_many_bots_take_turns(scene: Scene) -> None:
    scene.listed = [scene.account_row(number) for number in range(1, 61)]
    scene.minute("online", minutes=30)
    assert all(len(asked) == MAX_ASKED for asked in scene.asked)
    assert {number for asked in scene.asked for number in asked} == set(range(1, 61))
