"""The control API around KOOK: its services over fakes, and over a stand-in KOOK where one is given."""

from __future__ import annotations

import time
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient

from shared.kook.client.client import KookClients
from shared.platforms.http import HttpClient
from shared.platforms.registry import PlatformRegistry
from shared.platforms.targets import ListsTargets, TargetChannel, TargetList, TargetsUnavailable
from shared.relay.accounts import Accounts
from shared.relay.api.application import build_relay_api
from shared.relay.api.kook_area import KookArea
from shared.relay.bot_targets import BotTargets
from shared.relay.bots import Bots
from shared.relay.kook_calling import AccountConnection, KookCalling
from shared.relay.kook_directory import (
    KookCategory,
    KookChannel,
    KookDirectory,
    KookLists,
    KookServer,
    ListedKind,
    ServerChannels,
)
from shared.relay.kook_lists import RestKookLists
from shared.relay.logs import LogPage
from shared.relay.mappings import Mappings
from shared.relay.models import Account, Bot
from shared.relay.smart_mapping import SmartMapping
from shared.security.tokens import token_digest
from shared.web.authentication import ApiTokenVerifier, Authenticator, Principal
from tests.fakes.audit_trail import FakeAuditTrail
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess
from tests.fakes.platforms import FakePlatform
from tests.fakes.request_log import FakeRequestLog
from tests.fakes.scripted_http import ScriptedHttp
from tests.relay_answers import NOW_EPOCH, TOKEN

ROBOT_TOKEN = "robots-token"
BOT_TOKEN = "1/MTAwMDE=/canary-bot-token"
CREATED_AT = "2025-10-19T07:30:00.000Z"


class FakeKookLists:
    """``channels_of`` maps a server to the names of its text channels; ids are server id + position."""

    def __init__(self, channels_of: Mapping[str, Sequence[str]] | None = None) -> None:
        self.channels_of: dict[str, Sequence[str]] = dict(channels_of or {})
        self.failure: Exception | None = None

    def servers(self, bot_token: str) -> list[KookServer]:
        if self.failure is not None:
            raise self.failure
        return [KookServer(server_id, f"Server {server_id}", "") for server_id in self.channels_of]

    def channels(self, bot_token: str, server_id: str, kinds: Sequence[ListedKind]) -> ServerChannels:
        names = self.channels_of.get(server_id, ())
        text = [KookChannel(f"{server_id}{at}", name, "text", server_id, "c1", "闲") for at, name in enumerate(names)]
        voice = [KookChannel(f"{server_id}99", "Voice", "voice", server_id)] if "voice" in kinds else []
        return ServerChannels((*text, *voice), (KookCategory("c1", "闲"),))


class FakeTargets:
    """Lists by webhook_url; an exception there is raised."""

    def __init__(self, by_url: Mapping[str, Sequence[tuple[str, str]] | TargetsUnavailable]) -> None:
        self.by_url = by_url

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        found = self.by_url[config["webhook_url"]]
        if isinstance(found, TargetsUnavailable):
            raise found
        return TargetList(tuple(TargetChannel(channel_id, name) for channel_id, name in found))


class EmptyLog:
    def page(self, **query: Any) -> LogPage:
        return LogPage([], total=0, page=1, next_cursor=None)


class RobotVerifier:
    """A token that is good and not the administrator's."""

    def verify(self, token: str) -> Principal | None:
        return Principal("robot-7", "robot_token") if token == ROBOT_TOKEN else None


class KookApiWorld:
    """Without ``http`` KOOK's lists are ``self.lists`` and no call gets through."""

    def __init__(
        self,
        *,
        listers: Mapping[str, ListsTargets] | None = None,
        http: HttpClient | None = None,
        api_base: str = "http://127.0.0.1:9/api/v3",
    ) -> None:
        self.store = FakeConfiguration()
        self.audit = FakeAuditTrail()
        self.lines = FakeRequestLog()
        self.clock = FakeClock(NOW_EPOCH)
        self.lists = FakeKookLists()
        self.http = ScriptedHttp([])
        registry = PlatformRegistry([FakePlatform("discord"), FakePlatform("telegram"), FakePlatform("kook")])
        accounts = Accounts(self.store, FakeKookAccess(), self.clock.ms)
        bots = Bots(self.store, registry, self.clock.ms)
        mappings = Mappings(self.store, registry, self.clock.ms)
        clients = KookClients(http or self.http, api_base)
        lists: KookLists = self.lists if http is None else RestKookLists(clients)
        directory = KookDirectory(accounts, lists, time.monotonic)
        self.calling = KookCalling(
            accounts,
            lambda account: AccountConnection(account, clients, http or self.http, api_base, "zh"),
            self.audit,
        )
        self.smart_mapping = SmartMapping(directory, bots, mappings, BotTargets(listers or {}, time.monotonic))
        app = build_relay_api(
            accounts=accounts,
            bots=bots,
            mappings=mappings,
            log=EmptyLog(),
            authenticator=Authenticator([ApiTokenVerifier("", lambda: [token_digest(TOKEN)]), RobotVerifier()]),
            zone=zoneinfo.ZoneInfo("Asia/Shanghai"),
            areas=[KookArea(directory, self.calling, self.audit, self.smart_mapping)],
            request_log=self.lines,
            clock=self.clock,
        )
        self.client: FlaskClient = app.test_client()

    def add_account(self, bot_token: str = BOT_TOKEN, **changes: Any) -> int:
        number = len(self.store.kept_accounts) + 1
        account = Account(id=number, email=f"{number}@example.com", bot_token=bot_token, created_at=CREATED_AT)
        self.store.kept_accounts[number] = account.model_copy(update=changes)
        return number

    def add_bot(self, name: str, platform: str = "discord", **changes: Any) -> int:
        number = len(self.store.kept_bots) + 1
        config = {"webhook_url": f"https://discord.com/{number}"}
        bot = Bot(id=number, platform=platform, name=name, config=config, created_at=CREATED_AT)
        self.store.kept_bots[number] = bot.model_copy(update=changes)
        return number

    def call(self, method: str, path: str, body: Any = None, token: str = TOKEN, **headers: str) -> Any:
        return self.client.open(path, method=method, json=body, headers={"X-API-Token": token, **headers})
