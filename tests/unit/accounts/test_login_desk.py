"""Who asks the platform about a login, and what becomes of it when it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.accounts.cookie_vault import CookieVault
from shared.accounts.errors import AccountUnknown, LoginUnavailable, LoginUnknown, PlatformDiffers, QueueFailed
from shared.accounts.logins import ASKING_MS, LoginDesk, LoginSession
from shared.accounts.models import Account
from shared.accounts.probing import LoginFailed, LoginOutcome, LoginPoll, StartedLogin
from shared.accounts.requests import LoginCallback
from shared.web.cookies import Cookie

VAULT = CookieVault("a-passphrase-for-unit-tests", "")
CONFIRMED = LoginPoll(LoginOutcome.DONE, cookies=[Cookie("SESSDATA", "canary-77", "bilibili.com")])


@dataclass
class FakeClock:
    now_ms: int = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@dataclass
class FakeSessions:
    kept: dict[str, LoginSession] = field(default_factory=dict)

    def add(self, session: LoginSession) -> None:
        self.kept[session.session_id] = session

    def get(self, platform: str, session_id: str) -> LoginSession | None:
        return self.kept.get(session_id)

    def newest(self, platform: str, limit: int) -> list[LoginSession]:
        return sorted(self.kept.values(), key=lambda session: session.session_id, reverse=True)[:limit]

    def replace(self, before: LoginSession, after: LoginSession) -> bool:
        if self.kept[before.session_id].revision != before.revision:
            return False
        self.kept[before.session_id] = after
        return True


@dataclass
class FakeLogins:
    """Plays ``polls`` in order; ``meanwhile`` runs while the platform is being asked."""

    polls: list[LoginPoll | Exception] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    states: list[Mapping[str, Any]] = field(default_factory=list)

    def start(self, platform: str) -> StartedLogin:
        return StartedLogin("https://platform.example/scan", 180, b"PNG", {"token": "secret-token"})

    def poll(self, platform: str, state: Mapping[str, Any]) -> LoginPoll:
        self.states.append(state)
        self.meanwhile()
        poll = self.polls.pop(0)
        if isinstance(poll, Exception):
            raise poll
        return poll


@dataclass
class FakeAccounts:
    """The account "acc_old" is there already."""

    created: list[Any] = field(default_factory=list)
    renewed: list[tuple[str, Any]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    platform_names: tuple[str, ...] = ("bilibili", "douyin")

    def known_platform(self, platform: str) -> str:
        return platform

    def create(self, new: Any) -> Account:
        self.created.append(new)
        return Account(f"acc_{len(self.created)}", 1, new.platform, "", 0, 0)

    def get(self, account_id: str) -> Account:
        if account_id in self.deleted or account_id != "acc_old":
            raise AccountUnknown
        return Account(account_id, 1, "bilibili", "", 0, 0)

    def update(self, account_id: str, changes: Any) -> Account:
        account = self.get(account_id)
        self.renewed.append((account_id, changes))
        return account


@dataclass
class FakeChecks:
    accounts: FakeAccounts
    asked: list[str] = field(default_factory=list)

    def check(self, account_id: str) -> str:
        if account_id in self.accounts.deleted:
            raise AccountUnknown
        self.asked.append(account_id)
        return f"checked {account_id}"


@dataclass
class FakeBatches:
    later: list[str] = field(default_factory=list)
    is_queue_down: bool = False

    def check_later(self, account_id: str) -> None:
        if self.is_queue_down:
            raise QueueFailed
        self.later.append(account_id)


class Stage:
    def __init__(self, *polls: LoginPoll | Exception) -> None:
        self.clock = FakeClock()
        self.sessions = FakeSessions()
        self.logins = FakeLogins(list(polls))
        self.accounts = FakeAccounts()
        self.checks = FakeChecks(self.accounts)
        self.batches = FakeBatches()
        self.active: list[str] = []
        self.desk = LoginDesk(
            self.accounts,
            lambda _wanted: self.active,
            self.checks,
            self.batches,
            self.sessions,
            lambda: self.logins,
            lambda: VAULT,
            self.clock,
        )
        self.session_id = self.desk.begin("bilibili").session_id

    def look(self) -> LoginSession:
        found = self.desk.status("bilibili", self.session_id).session
        assert found is not None
        return found


def test_what_polling_needs_is_kept_sealed() -> None:
    stage = Stage(LoginPoll(LoginOutcome.WAITING))
    assert "secret-token" not in repr(stage.sessions) + stage.sessions.kept[stage.session_id].sealed_state

    stage.look()

    assert stage.logins.states == [{"token": "secret-token"}]


def test_a_confirmed_login_becomes_one_account_and_its_state_is_gone() -> None:
    stage = Stage(LoginPoll(LoginOutcome.SCANNED), CONFIRMED)

    assert stage.look().outcome is LoginOutcome.SCANNED
    assert (stage.look().outcome, stage.look().outcome) == (LoginOutcome.DONE, LoginOutcome.DONE)

    assert len(stage.accounts.created) == 1
    assert "canary-77" in stage.accounts.created[0].cookie_data
    kept = stage.sessions.kept[stage.session_id]
    assert (kept.account_id, kept.sealed_state, kept.asked_until_ms) == ("acc_1", "", 0)


def test_while_somebody_asks_the_others_see_the_login_as_it_last_was() -> None:
    stage = Stage(CONFIRMED, LoginPoll(LoginOutcome.EXPIRED))
    seen: list[LoginOutcome] = []
    stage.logins.meanwhile = lambda: seen.append(stage.look().outcome)

    assert stage.look().outcome is LoginOutcome.DONE

    assert seen == [LoginOutcome.WAITING]
    assert len(stage.logins.states) == 1, "only one asked the platform"


def test_whoever_read_the_login_before_it_was_claimed_does_not_ask() -> None:
    stage = Stage(CONFIRMED)
    stale = stage.sessions.kept[stage.session_id]
    stage.sessions.replace(stale, LoginSession("", "", 0, revision=1))
    stage.sessions.get = lambda _platform, _session_id: stale

    assert stage.look() == stale
    assert stage.logins.states == []


def test_a_claim_whose_owner_died_is_taken_over() -> None:
    stage = Stage(RuntimeError("killed"), CONFIRMED)
    with pytest.raises(RuntimeError):
        stage.look()

    assert stage.look().outcome is LoginOutcome.WAITING
    stage.clock.now_ms += ASKING_MS
    assert stage.look().outcome is LoginOutcome.DONE


def test_an_interrupted_confirmation_goes_on_with_the_state_it_left() -> None:
    left = {"token": "secret-token", "cookies": {"sid": "1"}, "follow_url": "https://passport.example/?ticket=1"}
    stage = Stage(LoginPoll(LoginOutcome.UNKNOWN, "no answer", state=left), CONFIRMED)

    assert stage.look().outcome is LoginOutcome.WAITING
    assert stage.look().outcome is LoginOutcome.DONE
    assert stage.logins.states[1] == left


@pytest.mark.parametrize("outcome", [LoginOutcome.EXPIRED, LoginOutcome.REFUSED])
def test_a_login_that_is_over_is_not_asked_about_again(outcome: LoginOutcome) -> None:
    stage = Stage(LoginPoll(outcome, "over"))

    assert [stage.look().outcome, stage.look().outcome] == [outcome, outcome]
    assert stage.accounts.created == []


@pytest.mark.parametrize("outcome", [LoginOutcome.WAITING, LoginOutcome.SCANNED, LoginOutcome.UNKNOWN])
def test_past_its_time_a_login_has_expired_unless_it_was_confirmed(outcome: LoginOutcome) -> None:
    stage = Stage(LoginPoll(outcome))
    stage.clock.now_ms += 180_000

    assert stage.look().outcome is LoginOutcome.EXPIRED
    assert stage.look().outcome is LoginOutcome.EXPIRED
    assert len(stage.logins.states) == 1, "asked once more, then never again"


def test_what_the_phone_confirmed_in_the_last_moment_counts() -> None:
    left = {"token": "secret-token", "cookies": {}, "follow_url": "https://passport.example/?ticket=1"}
    stage = Stage(LoginPoll(LoginOutcome.UNKNOWN, "no answer", state=left), CONFIRMED)
    stage.clock.now_ms += 185_000

    assert stage.desk.status("bilibili", None).session is not None
    assert stage.look().outcome is LoginOutcome.DONE


def test_where_a_browser_is_needed_a_login_expires_by_itself() -> None:
    stage = Stage()
    stage.logins.start = lambda _platform: StartedLogin("https://platform.example/login", 300)
    stage.session_id = stage.desk.begin("bilibili").session_id
    assert stage.look().outcome is LoginOutcome.WAITING
    stage.clock.now_ms += 300_000
    assert stage.look().outcome is LoginOutcome.EXPIRED


def test_a_finished_login_is_checked_also_when_nobody_asks_any_more() -> None:
    stage = Stage(CONFIRMED)
    stage.active = ["acc_old"]

    status = stage.desk.status("bilibili", None)

    assert status.checked == "checked acc_old"
    assert stage.batches.later == ["acc_1"]


def test_a_queue_that_is_down_costs_no_login() -> None:
    stage = Stage(CONFIRMED)
    stage.batches.is_queue_down = True
    assert stage.look().outcome is LoginOutcome.DONE


def test_while_a_login_is_open_its_answer_is_not_about_another_account() -> None:
    stage = Stage(LoginPoll(LoginOutcome.WAITING))
    stage.active = ["acc_old"]

    assert stage.desk.status("bilibili", stage.session_id).checked is None
    assert stage.checks.asked == [], "the platform is not asked about the other account again and again"


def test_a_login_whose_account_was_deleted_is_no_error() -> None:
    stage = Stage(CONFIRMED)
    stage.look()
    stage.accounts.deleted.add("acc_1")

    assert stage.desk.status("bilibili", stage.session_id).checked is None
    assert stage.desk.status("bilibili", None).checked is None


def test_a_session_nobody_knows_is_said_so() -> None:
    with pytest.raises(LoginUnknown):
        Stage().desk.status("bilibili", "sess_none")


# --- a new cookie for an account there is ---


def renewing(*polls: LoginPoll | Exception) -> Stage:
    stage = Stage(*polls)
    stage.session_id = stage.desk.begin("bilibili", renews="acc_old").session_id
    return stage


def test_a_login_can_renew_the_cookie_of_an_account() -> None:
    stage = renewing(CONFIRMED)

    assert stage.look().account_id == "acc_old"

    ((account_id, changes),) = stage.accounts.renewed
    assert account_id == "acc_old"
    assert "canary-77" in changes.cookie_data
    assert (changes.account_name, changes.user_id) == (None, None)
    assert stage.accounts.created == []
    assert stage.batches.later == ["acc_old"]


def test_the_callback_renews_what_its_login_was_begun_for() -> None:
    stage = renewing()
    callback = LoginCallback(
        platform="bilibili", session_id=stage.session_id, cookie_data="SESSDATA=2", account_name="new name"
    )

    account, is_check_ordered = stage.desk.finish(callback)

    assert (account.account_id, is_check_ordered) == ("acc_old", True)
    ((_, changes),) = stage.accounts.renewed
    assert (changes.cookie_data, changes.account_name) == ("SESSDATA=2", "new name")


def test_a_cookie_is_kept_although_its_account_was_deleted_meanwhile() -> None:
    stage = renewing(CONFIRMED)
    stage.accounts.deleted.add("acc_old")

    assert stage.look().account_id == "acc_1"


def test_only_an_account_of_the_same_platform_is_renewed() -> None:
    stage = Stage()
    with pytest.raises(PlatformDiffers):
        stage.desk.begin("douyin", renews="acc_old")
    with pytest.raises(AccountUnknown):
        stage.desk.begin("bilibili", renews="acc_none")


def test_a_login_that_cannot_be_begun_leaves_no_session() -> None:
    stage = Stage()
    before = dict(stage.sessions.kept)

    def failing(_platform: str) -> StartedLogin:
        raise LoginFailed("the platform could not be asked")

    stage.logins.start = failing

    with pytest.raises(LoginUnavailable):
        stage.desk.begin("bilibili")
    assert stage.sessions.kept == before
