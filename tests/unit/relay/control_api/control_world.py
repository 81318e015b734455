"""The control API with the relay's own control in it, over fakes."""

from __future__ import annotations

import zoneinfo
from typing import Any

from flask.testing import FlaskClient

from shared.aws.queue_depths import QueueDepth
from shared.platforms.registry import PlatformRegistry
from shared.relay.accounts import Accounts
from shared.relay.administrator import Administrator
from shared.relay.api.application import build_relay_api
from shared.relay.api.control_area import ControlArea
from shared.relay.backups import Backups
from shared.relay.bots import Bots
from shared.relay.configuration_reader import CacheStatistics
from shared.relay.destination_states import DestinationState
from shared.relay.health import HealthCheck
from shared.relay.log_clearing import Clearing, LogClearings
from shared.relay.login_attempts import LoginAttempts
from shared.relay.mappings import Mappings
from shared.relay.service_switch import ServiceSwitch
from shared.relay.session_verifier import SessionVerifier
from shared.relay.statistics import DeliveryStatistics
from shared.relay.system_status import SystemOverview
from shared.relay.updates import UpdateFeed
from shared.security.passwords import ScryptCost
from shared.security.tokens import token_digest
from shared.security.vault import Vault
from shared.web.authentication import ApiTokenVerifier, Authenticator
from tests.fakes.administrator import FakeAdministratorStore
from tests.fakes.backups import FakeBackupStore, FakeRestorer
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess
from tests.fakes.platforms import FakePlatform
from tests.fakes.request_log import FakeRequestLog
from tests.fakes.scripted_http import ScriptedHttp
from tests.fakes.service import FakeConnections, FakeDepths, FakeEventSources, FakeServiceStore
from tests.fakes.task_queue import FakeTaskQueue
from tests.relay_answers import NOW_EPOCH, TOKEN

PASSWORD = "canary-password"
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
        verifiers = [ApiTokenVerifier("", lambda: [token_digest(TOKEN)]), SessionVerifier(administrator)]
        return build_relay_api(
            accounts=Accounts(self.configuration, FakeKookAccess(), self.clock.ms),
            bots=Bots(self.configuration, registry, self.clock.ms),
            mappings=Mappings(self.configuration, registry, self.clock.ms),
            log=FakeLog(),
            areas=(self._control_area(administrator),),
            authenticator=Authenticator(verifiers),
            zone=ZONE,
            request_log=self.lines,
            clock=self.clock,
        )

    def _control_area(self, administrator: Administrator) -> ControlArea:
        switch = ServiceSwitch(FakeServiceStore(), self.sources, self.clock.ms)
        counters = FakeDayCounters()
        return ControlArea(
            administrator=administrator,
            overview=SystemOverview(self.configuration, self.depths, switch, FakeConnections()),
            switch=switch,
            cache_statistics=lambda: CacheStatistics(size=1234, hits=5000, misses=882),
            statistics=DeliveryStatistics(counters, ("discord", "telegram", "feishu"), self.clock.ms),
            clearings=LogClearings(self.clearings, FakeTaskQueue(), counters, self.clock.ms),
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

    def call(self, method: str, path: str, body: Any = None, token: str = TOKEN, **headers: str) -> Any:
        return self.client.open(path, method=method, json=body, headers={"X-API-Token": token, **headers})

    def open_call(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(path, json=body, headers=headers)

    def log_in(self) -> str:
        token: str = self.open_call("/api/auth/login", {"password": PASSWORD}).get_json()["token"]
        return token
