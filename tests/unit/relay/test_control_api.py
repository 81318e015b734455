"""Signing in, the service, figures, health, backups and updates over HTTP: shapes, statuses and words."""

from __future__ import annotations

import zoneinfo
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.aws.queue_depths import QueueDepth
from shared.platforms.http import NoAnswer
from shared.platforms.registry import PlatformRegistry
from shared.relay.accounts import Accounts
from shared.relay.administrator import Administrator
from shared.relay.api.application import build_relay_api
from shared.relay.api.control_area import ControlArea
from shared.relay.api.control_texts import BACKUP_FLAWS, CONTROL_ERRORS
from shared.relay.api.texts import ERRORS
from shared.relay.backup_archive import Flaw
from shared.relay.backups import Backups
from shared.relay.bots import Bots
from shared.relay.configuration_reader import CacheStatistics
from shared.relay.destination_states import DestinationState
from shared.relay.errors import Refusal
from shared.relay.health import HealthCheck
from shared.relay.log_clearing import Clearing, LogClearings
from shared.relay.login_attempts import PER_ADDRESS, LoginAttempts
from shared.relay.mappings import Mappings
from shared.relay.models import Account, Bot
from shared.relay.service_switch import EventSourcesUnavailable, ServiceSwitch
from shared.relay.session_verifier import SessionVerifier
from shared.relay.statistics import DeliveryStatistics
from shared.relay.system_status import SystemOverview
from shared.relay.updates import UpdateFeed
from shared.security.passwords import ScryptCost
from shared.security.tokens import token_digest
from shared.security.vault import Vault
from shared.version import VERSION
from shared.web.authentication import ApiTokenVerifier, Authenticator
from shared.web.catalogue import WEB_ERRORS
from tests.fakes.administrator import FakeAdministratorStore
from tests.fakes.backups import FakeBackupStore, FakeRestorer
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess
from tests.fakes.platforms import FakePlatform
from tests.fakes.request_log import FakeRequestLog
from tests.fakes.scripted_http import ScriptedHttp, answer
from tests.fakes.service import FakeConnections, FakeDepths, FakeEventSources, FakeServiceStore

TOKEN = "operators-token"
PASSWORD = "canary-password"
NOW = "2025-10-19T15:30:00"
NOW_EPOCH = 1_760_859_000
ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
ENGLISH = {"Accept-Language": "en"}
DEAD = DestinationState("", "off", reason="webhook_deleted: HTTP 404, code 10015: Unknown Webhook")


class FakeLog:
    def page(self, **query: Any) -> Any:
        raise AssertionError("not asked here")


class FakeDayCounters:
    """The contract's own figures, today."""

    def day_of(self, moment_ms: int) -> str:
        return "2025-10-19"

    def oldest_kept_day(self, now_ms: int) -> str:
        return "2025-07-21"

    def start_of_day_ms(self, day: str) -> int:
        return 0

    def keys_of(self, delivery: Any) -> Any:
        raise AssertionError("not asked here")

    def summed_by_day(self, *, since_day: str) -> dict[str, dict[str, int]]:
        today = {"success_discord": 1200, "failed_telegram": 34, "latency_ms_sum": 1200 * 1234}
        return {"2025-10-19": today}


class FakeClearings:
    def __init__(self) -> None:
        self.kept: dict[str, Clearing] = {}

    def add_clearing(self, clearing: Clearing) -> None:
        self.kept[clearing.job_id] = clearing

    def clearing(self, job_id: str) -> Clearing | None:
        return self.kept.get(job_id)

    def delete_clearing(self, job_id: str) -> None:
        del self.kept[job_id]


class FakeQueue:
    def order(self, task: Any, *, delay_seconds: int = 0) -> None: ...


class FakeProbe:
    table = "config"

    def read(self) -> None: ...

    def oldest_open_at(self, platform: str) -> str | None:
        return "2025-10-19T07:00:00.000Z"


class FakePresences:
    def of(self, accounts: Any) -> dict[int, Any]:
        return {account.id: "offline" for account in accounts}


class World:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW_EPOCH)
        self.configuration = FakeConfiguration()
        self.admin_store = FakeAdministratorStore()
        self.sources = FakeEventSources()
        self.depths = FakeDepths(QueueDepth("discord", 3, 1, 1, dead_letters=2))
        self.clearings = FakeClearings()
        self.backup_store = FakeBackupStore()
        self.restorer = FakeRestorer()
        self.feed = ScriptedHttp([])
        self.lines = FakeRequestLog()
        self.client: FlaskClient = self._app().test_client()

    def _app(self) -> Any:
        registry = PlatformRegistry([FakePlatform("discord"), FakePlatform("telegram")])
        administrator = Administrator(
            self.admin_store,
            LoginAttempts(self.admin_store, self.clock),
            first_password=PASSWORD,
            clock=self.clock,
            cost=ScryptCost(log2_n=4, r=8, p=1),
        )
        switch = ServiceSwitch(FakeServiceStore(), self.sources, self.clock.ms)
        counters = FakeDayCounters()
        area = ControlArea(
            administrator=administrator,
            overview=SystemOverview(self.configuration, self.depths, switch, FakeConnections()),
            switch=switch,
            cache_statistics=lambda: CacheStatistics(size=1234, hits=5000, misses=882),
            statistics=DeliveryStatistics(counters, ("discord", "telegram", "feishu"), self.clock.ms),
            clearings=LogClearings(self.clearings, FakeQueue(), counters, self.clock.ms),
            health=HealthCheck(
                configuration=FakeProbe(),
                deliveries=FakeProbe(),
                oldest=FakeProbe(),
                depths=self.depths,
                service=switch,
                accounts=self.configuration,
                presences=FakePresences(),
                bots=self.configuration,
                destination_states=lambda bots: {bot.id: [DEAD] for bot in bots},
                platforms=("discord",),
                stopwatch=self.clock,
            ),
            backups=Backups(
                store=self.backup_store,
                source=self.configuration,
                restorer=self.restorer,
                sealer=Vault(b"k" * 32),
                secret_fields=lambda platform: frozenset(),
                platforms=("discord", "telegram"),
                zone=ZONE,
                clock=self.clock,
            ),
            updates=UpdateFeed(self.feed, "https://updates.example/latest", self.clock),
            clock=self.clock,
        )
        verifiers = [ApiTokenVerifier("", lambda: [token_digest(TOKEN)]), SessionVerifier(administrator)]
        return build_relay_api(
            accounts=Accounts(self.configuration, FakeKookAccess(), self.clock.ms),
            bots=Bots(self.configuration, registry, self.clock.ms),
            mappings=Mappings(self.configuration, registry, self.clock.ms),
            log=FakeLog(),
            areas=(area,),
            authenticator=Authenticator(verifiers),
            zone=ZONE,
            request_log=self.lines,
            clock=self.clock,
        )

    def call(self, method: str, path: str, body: Any = None, token: str = TOKEN, **headers: str) -> Any:
        return self.client.open(path, method=method, json=body, headers={"X-API-Token": token, **headers})

    def open_call(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(path, json=body, headers=headers)

    def log_in(self) -> str:
        token: str = self.open_call("/api/auth/login", {"password": PASSWORD}).get_json()["token"]
        return token


@pytest.fixture
def world() -> World:
    return World()


def error_of(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    body: dict[str, Any] = response.get_json()
    assert {"success", "error_code", "error_message", "solution", "timestamp"} <= set(body)
    assert (body["success"], body["error_code"], body["timestamp"]) == (False, code, NOW)
    return body


ROUTES = [
    ("POST", "/api/auth/logout"),
    ("POST", "/api/auth/change-password"),
    ("POST", "/api/auth/reset-password"),
    ("GET", "/api/system/status"),
    ("POST", "/api/system/start"),
    ("POST", "/api/system/stop"),
    ("POST", "/api/system/restart"),
    ("GET", "/api/logs/stats"),
    ("GET", "/api/logs/stats/trend"),
    ("POST", "/api/logs/clear"),
    ("GET", "/api/logs/clear/clear_0123456789abcdef"),
    ("GET", "/api/cache/stats"),
    ("GET", "/api/health/check"),
    ("POST", "/api/backup/create"),
    ("GET", "/api/backup/list"),
    ("POST", "/api/backup/restore"),
    ("POST", "/api/backup/upload"),
    ("GET", "/api/backup/backup_20251019_153000/download"),
    ("DELETE", "/api/backup/backup_20251019_153000"),
    ("GET", "/api/updates/check"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_for_a_token(world: World, method: str, path: str) -> None:
    error_of(world.client.open(path, method=method), 401, "UNAUTHORIZED")
    error_of(world.call(method, path, token="wrong"), 401, "INVALID_TOKEN")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] == "GET"])
def test_a_trailing_slash_makes_no_difference(world: World, method: str, path: str) -> None:
    world.feed.script = [answer(200, {"version": "1.0.0"})]
    plain, slashed = world.call(method, path), world.call(method, path + "/")
    assert (plain.status_code, plain.get_json()) == (slashed.status_code, slashed.get_json())


# --- auth ---


def test_signing_in_and_using_the_session(world: World) -> None:
    response = world.open_call("/api/auth/login", {"password": PASSWORD})
    body = response.get_json()
    assert (response.status_code, body["success"], body["expires_in"]) == (200, True, 2_592_000)
    assert world.client.get("/api/accounts", headers={"Authorization": f"Bearer {body['token']}"}).status_code == 200
    assert world.call("GET", "/api/accounts", token=body["token"]).status_code == 200
    verified = world.open_call("/api/auth/verify", {"token": body["token"]})
    assert (verified.status_code, verified.get_json()) == (
        200,
        {"success": True, "valid": True, "expires_in": 2_592_000},
    )


def test_a_wrong_password_and_a_foreign_token_are_401(world: World) -> None:
    body = error_of(world.open_call("/api/auth/login", {"password": "nope-nope"}, **ENGLISH), 401, "INVALID_PASSWORD")
    assert body["error_message"] == "The password is wrong"
    assert error_of(world.open_call("/api/auth/verify", {"token": "x"}), 401, "INVALID_TOKEN")["valid"] is False
    # The API token is no session, and this is no place to try it out.
    error_of(world.open_call("/api/auth/verify", {"token": TOKEN}), 401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    "path", ["/api/auth/login", "/api/auth/verify", "/api/auth/change-password", "/api/backup/restore"]
)
@pytest.mark.parametrize("body", [None, [], "x", {}, {"password": 7, "token": [], "old_password": 1, "backup_id": {}}])
def test_malformed_bodies_are_400(world: World, path: str, body: Any) -> None:
    response = world.call("POST", path, body)
    assert response.status_code == 400, response.get_data(as_text=True)
    assert response.get_json()["error_code"] in (
        "BODY_MISSING", "BODY_NOT_OBJECT", "MISSING_PARAMETER", "INVALID_PARAMETER", "BODY_NOT_JSON",
    )  # fmt: skip


def test_attempts_are_limited_by_the_address_the_front_door_tells(world: World) -> None:
    for _ in range(PER_ADDRESS):
        world.open_call("/api/auth/login", {"password": "nope-nope"}, **{"X-Relay-Client-Address": "203.0.113.9"})
    refused = world.open_call("/api/auth/login", {"password": PASSWORD}, **{"X-Relay-Client-Address": "203.0.113.9"})
    error_of(refused, 429, "TOO_MANY_REQUESTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    other = world.open_call("/api/auth/login", {"password": PASSWORD}, **{"X-Relay-Client-Address": "203.0.113.10"})
    assert other.status_code == 200


def test_logging_out(world: World) -> None:
    token = world.log_in()
    assert world.call("POST", "/api/auth/logout", token=token).status_code == 200
    error_of(world.call("GET", "/api/accounts", token=token), 401, "INVALID_TOKEN")
    error_of(world.call("POST", "/api/auth/logout"), 400, "NO_SESSION")


def test_changing_the_password_ends_all_sessions(world: World) -> None:
    one, other = world.log_in(), world.log_in()
    change = {"old_password": PASSWORD, "new_password": "another-password"}
    assert world.call("POST", "/api/auth/change-password", change, token=one).status_code == 200
    for token in (one, other):
        error_of(world.call("GET", "/api/accounts", token=token), 401, "INVALID_TOKEN")
    error_of(world.open_call("/api/auth/login", {"password": PASSWORD}), 401, "INVALID_PASSWORD")
    assert world.open_call("/api/auth/login", {"password": "another-password"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"old_password": "nope-nope", "new_password": "another-password"}, 401, "INVALID_PASSWORD"),
        ({"old_password": PASSWORD, "new_password": PASSWORD}, 400, "SAME_PASSWORD"),
        ({"old_password": PASSWORD, "new_password": "short"}, 400, "INVALID_PARAMETER"),
        ({"old_password": PASSWORD, "new_password": "x" * 129}, 400, "INVALID_PARAMETER"),
        ({"old_password": PASSWORD}, 400, "MISSING_PARAMETER"),
    ],
)
def test_refused_changes_of_the_password(world: World, change: Any, status: int, code: str) -> None:
    error_of(world.call("POST", "/api/auth/change-password", change), status, code)


def test_only_the_api_token_resets_the_password(world: World) -> None:
    wanted = {"new_password": "another-password"}
    error_of(world.call("POST", "/api/auth/reset-password", wanted, token=world.log_in()), 403, "API_TOKEN_REQUIRED")
    assert world.call("POST", "/api/auth/reset-password", wanted).status_code == 200
    assert world.open_call("/api/auth/login", {"password": "another-password"}).status_code == 200


def test_a_failing_database_is_503_also_while_signing_in(world: World) -> None:
    world.admin_store.broken = True
    error_of(world.open_call("/api/auth/login", {"password": PASSWORD}), 503, "STORE_UNAVAILABLE")
    error_of(world.call("GET", "/api/accounts", token="x" * 43), 503, "STORE_UNAVAILABLE")


def test_no_secret_is_logged_or_answered(world: World) -> None:
    token = world.log_in()
    answers = [
        world.open_call("/api/auth/login", {"password": PASSWORD + "x"}),
        world.call("POST", "/api/auth/change-password", {"old_password": "canary", "new_password": ["canary"]}),
        world.call("POST", "/api/backup/create", {"passphrase": ["canary-passphrase"]}),
        world.call("POST", "/api/auth/logout", token=token),
    ]
    said = repr(world.lines.__dict__) + "".join(response.get_data(as_text=True) for response in answers)
    assert "canary" not in said
    assert token not in said


# --- the service ---


def test_the_status_has_the_contracts_shape_with_its_backends_beside(world: World) -> None:
    account = Account(id=1, email="a@example.com", created_at="2025-10-19T07:30:00.000Z", status="online")
    world.configuration.kept_accounts = {1: account, 2: account.model_copy(update={"id": 2, "status": "offline"})}
    body = world.call("GET", "/api/system/status").get_json()
    assert body == {
        "service_running": True,
        "service_state": "running",
        "redis_connected": True,
        "queue_size": 5,
        "account_count": 2,
        "active_accounts": 1,
        "bot_count": 0,
        "mapping_count": 0,
        "offline_at_kook": [],
        "uptime_seconds": 0,
        "version": VERSION,
        "backend": {
            "state_store": {"name": "dynamodb", "reachable": True},
            "queue": {"name": "sqs", "reachable": True},
        },
    }


def test_a_status_without_its_store_is_no_error(world: World) -> None:
    world.configuration.broken = True
    world.depths.broken = True
    body = world.call("GET", "/api/system/status").get_json()
    assert (body["redis_connected"], body["service_running"], body["service_state"]) == (False, False, "unknown")
    assert body["backend"]["queue"]["reachable"] is False


def test_stop_start_and_restart(world: World) -> None:
    stopped = world.call("POST", "/api/system/stop").get_json()
    assert (stopped["success"], stopped["service_running"], stopped["service_state"]) == (True, False, "stopped")
    assert world.call("GET", "/api/system/status").get_json()["service_running"] is False
    assert world.call("POST", "/api/system/start").get_json()["service_running"] is True
    assert world.call("POST", "/api/system/restart").get_json()["service_state"] == "running"
    assert world.sources.requests == [False, True, False, True]


def test_a_switch_that_fails_says_that_it_is_tried_again(world: World) -> None:
    world.sources.failure = EventSourcesUnavailable("AccessDeniedException")
    body = error_of(world.call("POST", "/api/system/stop", **ENGLISH), 503, "SERVICE_SWITCH_FAILED")
    assert "every minute" in body["solution"]
    assert body["reason"] == "AccessDeniedException"


def test_cache_statistics_are_the_contracts(world: World) -> None:
    assert world.call("GET", "/api/cache/stats").get_json() == {
        "cache_size": 1234,
        "hit_rate": 0.85,
        "miss_rate": 0.15,
        "total_hits": 5000,
        "total_misses": 882,
        "scope": "process",
    }


# --- figures ---


def test_statistics_are_the_contracts(world: World) -> None:
    assert world.call("GET", "/api/logs/stats?period=week").get_json() == {
        "total": 1234,
        "success": 1200,
        "failed": 34,
        "success_rate": 97.2,
        "avg_latency_ms": 1234,
        "by_platform": {"discord": 1200, "telegram": 34, "feishu": 0},
    }
    trend = world.call("GET", "/api/logs/stats/trend?period=month").get_json()["data"]
    assert (len(trend), trend[-1]["date"], trend[-1]["total"], trend[0]["total"]) == (30, "2025-10-19", 1234, 0)


@pytest.mark.parametrize("path", ["/api/logs/stats", "/api/logs/stats/trend"])
def test_an_unknown_period_is_refused(world: World, path: str) -> None:
    assert error_of(world.call("GET", f"{path}?period=year"), 400, "INVALID_PARAMETER")["field"] == "period"


def test_clearing_is_ordered_and_can_be_watched(world: World) -> None:
    body = world.call("POST", "/api/logs/clear?days=7", **ENGLISH).get_json()
    assert body["message"] == "Rows from before 2025-10-12 are being removed in the background"
    assert (body["success"], body["status"], body["days"]) == (True, "queued", 7)
    shown = world.call("GET", f"/api/logs/clear/{body['job_id']}").get_json()
    assert (shown["created_at"], shown["finished_at"], shown["removed_count"]) == (NOW, None, 0)
    assert world.call("POST", "/api/logs/clear").get_json()["days"] == 30
    error_of(world.call("GET", "/api/logs/clear/clear_ffffffffffffffff"), 404, "CLEARING_NOT_FOUND")


@pytest.mark.parametrize("days", ["0", "-1", "3651", "x", "1.5"])
def test_days_out_of_range_are_refused(world: World, days: str) -> None:
    assert error_of(world.call("POST", f"/api/logs/clear?days={days}"), 400, "INVALID_PARAMETER")["field"] == "days"


def test_days_may_stand_in_the_body(world: World) -> None:
    assert world.call("POST", "/api/logs/clear", {"days": 7}).get_json()["days"] == 7
    assert world.call("POST", "/api/logs/clear?days=7", {"days": 7}).get_json()["days"] == 7


@pytest.mark.parametrize("body", [{"days": 0}, {"days": "7"}, {"days": 3651}, {"days": True}])
def test_days_out_of_range_in_the_body_are_refused(world: World, body: dict[str, Any]) -> None:
    error_of(world.call("POST", "/api/logs/clear", body), 400, "INVALID_PARAMETER")


def test_two_different_numbers_of_days_clear_nothing(world: World) -> None:
    error_of(world.call("POST", "/api/logs/clear?days=7", {"days": 30}), 400, "INVALID_PARAMETER")
    assert world.clearings.kept == {}


# --- health ---


def test_health_has_the_contracts_names_and_a_hint_at_each_red_light(world: World) -> None:
    account = Account(id=1, email="a@example.com", bot_token="1/t", created_at=NOW, last_active="2025-10-19T07:29:00Z")
    world.configuration.kept_accounts = {1: account}
    world.configuration.kept_bots = {7: Bot(id=7, platform="discord", name="guild", config={}, created_at=NOW)}
    response = world.call("GET", "/api/health/check", **ENGLISH)
    body = response.get_json()
    assert (response.status_code, body["status"], body["timestamp"]) == (200, "degraded", NOW)
    components = body["components"]
    assert set(components) == {"redis", "database", "worker", "scrapers", "destinations", "machines"}
    assert components["machines"] == {"total": 0, "online": 0, "silent": []}
    assert components["redis"]["status"] == "up"
    assert isinstance(components["redis"]["latency_ms"], int)
    assert components["redis"]["backend"] == components["database"]["backend"] == "dynamodb"
    assert components["worker"]["status"] == "running"
    assert components["worker"]["hint"].startswith("2 message(s) lie in the dead letters of discord")
    (queue,) = components["worker"]["queues"]
    assert (queue["waiting"], queue["dead_letters"], queue["oldest_at"]) == (3, 2, "2025-10-19T15:00:00")
    scrapers = components["scrapers"]
    assert (scrapers["total"], scrapers["active"], scrapers["last_event_at"]) == (1, 0, "2025-10-19T15:29:00")
    assert "Account(s) 1 are offline at KOOK" in scrapers["hint"]
    destinations = components["destinations"]
    assert (destinations["total"], destinations["working"]) == (1, 0)
    assert "guild (#7)" in destinations["hint"]
    [troubled] = destinations["troubled"]
    assert (troubled["bot_id"], troubled["state"], troubled["reason"]) == (7, "off", DEAD.reason)
    assert troubled["solution"].startswith("Make a new webhook")


# --- backups ---


def test_backups_over_their_whole_life(world: World) -> None:
    made = world.call("POST", "/api/backup/create", {"passphrase": "correct horse"}).get_json()
    assert (made["success"], made["backup_id"]) == (True, "backup_20251019_153000")
    assert (made["backup_path"], made["secrets"]) == ("backups/backup_20251019_153000.zip", "passphrase")
    assert isinstance(made["size_mb"], float)
    (listed,) = world.call("GET", "/api/backup/list").get_json()["backups"]
    assert (listed["filename"], listed["created_at"]) == ("backup_20251019_153000.zip", NOW)
    download = world.call("GET", f"/api/backup/{made['backup_id']}/download")
    assert download.mimetype == "application/zip"
    assert download.data == world.backup_store.files[made["backup_id"]]
    restored = world.call(
        "POST", "/api/backup/restore", {"backup_id": made["backup_id"], "passphrase": "correct horse"}, **ENGLISH
    ).get_json()
    assert restored["message"] == "Restored: 0 account(s), 0 bot(s), 0 mapping(s)"
    assert restored["safety_backup_id"] == "backup_20251019_153000_1"
    uploaded = world.client.post("/api/backup/upload", data=download.data, headers={"X-API-Token": TOKEN})
    assert (uploaded.status_code, uploaded.get_json()["backup_id"]) == (201, "backup_20251019_153000_2")
    assert world.call("DELETE", f"/api/backup/{made['backup_id']}").status_code == 200
    error_of(world.call("DELETE", f"/api/backup/{made['backup_id']}"), 404, "BACKUP_NOT_FOUND")


def test_a_backup_without_a_body_leaves_secrets_out(world: World) -> None:
    assert world.call("POST", "/api/backup/create").get_json()["secrets"] == "left_out"


@pytest.mark.parametrize("backup_id", ["backup_20990101_000000", "../../etc/passwd", "x"])
def test_an_unknown_backup_is_404(world: World, backup_id: str) -> None:
    error_of(world.call("POST", "/api/backup/restore", {"backup_id": backup_id}), 404, "BACKUP_NOT_FOUND")


def test_an_unusable_file_is_refused_with_its_reason_in_both_languages(world: World) -> None:
    for headers, reason in (({}, "不是有效的 zip 文件"), (ENGLISH, "it is no zip file")):
        response = world.client.post("/api/backup/upload", data=b"no zip", headers={"X-API-Token": TOKEN, **headers})
        body = error_of(response, 422, "BACKUP_UNUSABLE")
        assert (body["reason"], body["reason_code"]) == (reason, "not_a_zip")


def test_an_upload_larger_than_other_bodies_is_taken_within_its_own_bound(world: World) -> None:
    headers = {"X-API-Token": TOKEN}
    error_of(world.client.post("/api/backup/upload", data=bytes(3 << 20), headers=headers), 422, "BACKUP_UNUSABLE")
    too_large = error_of(
        world.client.post("/api/backup/upload", data=bytes(5 << 20), headers=headers), 413, "BODY_TOO_LARGE"
    )
    assert str(4 << 20) in too_large["error_message"], "the bound of this request, not of the others"
    error_of(world.client.post("/api/backup/upload", headers=headers), 400, "BODY_MISSING")


def test_a_restore_that_goes_on_in_the_background_says_so(world: World) -> None:
    world.restorer.complete = False
    made = world.call("POST", "/api/backup/create").get_json()
    body = world.call("POST", "/api/backup/restore", {"backup_id": made["backup_id"]}, **ENGLISH).get_json()
    assert (body["complete"], "within a minute" in body["note"]) == (False, True)


def test_a_full_disk_is_503_with_the_reason(world: World) -> None:
    world.backup_store.broken = True
    body = error_of(world.call("POST", "/api/backup/create", **ENGLISH), 503, "BACKUP_STORE_UNAVAILABLE")
    assert body["error_message"] == "The backup storage is unavailable: No space left on device"


@pytest.mark.parametrize("passphrase", ["short", "x" * 1025])
def test_a_passphrase_out_of_bounds_is_refused(world: World, passphrase: str) -> None:
    response = world.call("POST", "/api/backup/create", {"passphrase": passphrase})
    assert error_of(response, 400, "INVALID_PARAMETER")["field"] == "passphrase"


# --- updates ---


def test_updates_have_the_contracts_shape(world: World) -> None:
    release = {"tag_name": "v99.0.0", "body": "notes", "html_url": "https://example.com/99"}
    world.feed.script = [answer(200, release)]
    assert world.call("GET", "/api/updates/check").get_json() == {
        "current_version": VERSION,
        "latest_version": "99.0.0",
        "update_available": True,
        "release_notes": "notes",
        "download_url": "https://example.com/99",
    }


def test_offline_the_present_version_is_answered_with_a_note(world: World) -> None:
    world.feed.script = [NoAnswer("timeout", "slow")]
    response = world.call("GET", "/api/updates/check", **ENGLISH)
    body = response.get_json()
    assert (response.status_code, body["latest_version"], body["update_available"]) == (200, VERSION, False)
    assert body["note"] == "The update feed could not be read (timeout); the present version is shown"


# --- texts ---


def test_every_refusal_and_every_flaw_has_its_words_once() -> None:
    assert not ERRORS.keys() & CONTROL_ERRORS.keys()
    assert {refusal.value for refusal in Refusal} <= {str(code) for code in (*ERRORS, *CONTROL_ERRORS, *WEB_ERRORS)}
    assert {flaw.value for flaw in Flaw} | {"invalid_records", "unknown_platform"} == set(BACKUP_FLAWS)
