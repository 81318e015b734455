"""Every place that sends a request somewhere, as the composition root builds it, pointed at an address of choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.accounts.platforms.catalogue import load_platforms
from shared.accounts.platforms.logins import PlatformLogins
from shared.accounts.platforms.outgoing import PlatformAddresses
from shared.accounts.platforms.probe import PlatformProbe
from shared.accounts.probing import LoginFailed
from shared.kook.client.client import KookClient
from shared.kook.client.errors import InvalidCall, KookError
from shared.kook.client.pipes import KookPipe
from shared.message.model import MediaItem
from shared.monitor.errors import MonitorError
from shared.monitor.oauth_providers import GithubAccounts, KookAccounts
from shared.monitor.store_settings import Provider
from shared.platforms.base import Part, Platform, SendContext
from shared.platforms.discord import DiscordPlatform
from shared.platforms.discord_targets import DiscordTargets
from shared.platforms.feishu import FeishuPlatform
from shared.platforms.feishu_targets import FeishuTargets
from shared.platforms.http import HttpClient, HttpResponse
from shared.platforms.kook import KookPlatform
from shared.platforms.media import KookMediaFetcher, MediaUnavailable
from shared.platforms.targets import TargetsUnavailable
from shared.platforms.telegram import TelegramPlatform
from shared.platforms.telegram_targets import TelegramTargets
from shared.platforms.webhook import WebhookPlatform
from shared.relay.updates import UpdateFeed
from shared.robots.ai_providers import ChatModels, ProviderFailed, Providers
from shared.robots.ai_providers import Provider as ModelProvider
from shared.robots.callbacks import CallbackFailure, Callbacks
from shared.robots.third_party import ThirdParty
from shared.tasks.orders import TaskOrder
from shared.web.cookies import Cookie
from tests.fakes.scripted_media import ScriptedMedia

WEBHOOK_URL = f"https://discord.com/api/webhooks/123456789012345678/{'t' * 68}"
BOT_TOKEN = f"123456:{'a' * 35}"


@dataclass(frozen=True)
class Place:
    """``fetch`` gets the client and a base URL and gives what came of it; the place's own failures are caught there,
    so that anything else it raises fails the test. ``modules`` are those whose requests it makes. ``anywhere`` is
    False for a place that goes to hosts of its own list only, whatever address it is given."""

    name: str
    modules: tuple[str, ...]
    fetch: Callable[[HttpClient, str], object]
    anywhere: bool = True


def _update_feed(http: HttpClient, base: str) -> object:
    return UpdateFeed(http, f"{base}/releases/latest", lambda: 0.0).check()


def _github(http: HttpClient, base: str) -> object:
    accounts = GithubAccounts(http, base, base)
    return _told(
        lambda: accounts.account_id(Provider("id", "secret"), "code", "https://relay.example/cb"), MonitorError
    )


def _kook_oauth(http: HttpClient, base: str) -> object:
    accounts = KookAccounts(http, f"{base}/api/v3")
    call = lambda: accounts.account_id(Provider("id", "secret"), "code", "https://relay.example/cb")  # noqa: E731
    return _told(call, MonitorError, ValueError)


class _Robot:
    """A robot's callbacks, kept in memory."""

    def __init__(self, base: str) -> None:
        self._told = ThirdParty("robot_1", message_callback_url=f"{base}/callback", secret_key="s" * 32)
        self.failures: list[CallbackFailure] = []

    def of(self, robot_id: str) -> ThirdParty:
        return self._told

    def payload(self, kind: str, robot_id: str, record_id: str, url: str) -> Mapping[str, Any]:
        return {"robotId": robot_id}

    def note(self, failure: CallbackFailure) -> None:
        self.failures.append(failure)

    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        raise AssertionError("carrying out orders nothing")


def _robot_callback(http: HttpClient, base: str) -> object:
    robot = _Robot(base)
    callbacks = Callbacks(robot, robot, robot, http, robot, lambda: 0)
    order = {"kind": "message", "robot_id": "robot_1", "record_id": "msg_1", "attempt": 1}
    return callbacks.carry_out(order, lambda: 60.0), robot.failures


def _chat_model(http: HttpClient, base: str) -> object:
    models = ChatModels(Providers.model_construct({"own": ModelProvider.model_construct(base_url=base)}), http)
    return _told(lambda: models.complete("own", "m", [], temperature=1, max_tokens=1), ProviderFailed)


def _sent(platform: Platform, config: Mapping[str, Any]) -> object:
    destination = platform.destination(1, config, "8001")
    return platform.send(Part("text", "hello", "hello"), destination, SendContext("key"))


def _webhook(http: HttpClient, base: str) -> object:
    return _sent(WebhookPlatform(http), {"url": f"{base}/hook", "secret": f"whsec_{'c2VjcmV0' * 4}"})


def _discord(http: HttpClient, base: str) -> object:
    return _sent(DiscordPlatform(http, ScriptedMedia(), base), {"webhook_url": WEBHOOK_URL})


def _telegram(http: HttpClient, base: str) -> object:
    return _sent(TelegramPlatform(http, ScriptedMedia(), base), {"bot_token": BOT_TOKEN, "chat_id": "-100123"})


def _feishu_hook(http: HttpClient, base: str) -> object:
    hook = f"https://open.feishu.cn/open-apis/bot/v2/hook/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    return _sent(FeishuPlatform(http, ScriptedMedia(), base), {"webhook_url": hook})


_FEISHU_APP = {"app_id": "cli_a1b2c3d4e5f6a7b8", "app_secret": "s" * 32, "chat_id": "oc_" + "0" * 32}


def _feishu_token(http: HttpClient, base: str) -> object:
    return _sent(FeishuPlatform(http, ScriptedMedia(), base), _FEISHU_APP)


class _WithFeishuToken:
    """Gives out Feishu's token itself, so that the request after it is made."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def request(self, method: str, url: str, **content: Any) -> HttpResponse:
        if url.endswith("/tenant_access_token/internal"):
            return HttpResponse(200, {}, b'{"code": 0, "tenant_access_token": "t-token", "expire": 7200}')
        return self._http.request(method, url, **content)


def _feishu_app(http: HttpClient, base: str) -> object:
    return _sent(FeishuPlatform(_WithFeishuToken(http), ScriptedMedia(), base), _FEISHU_APP)


def _feishu_targets(http: HttpClient, base: str) -> object:
    return _told(lambda: FeishuTargets(_WithFeishuToken(http), base).list_targets(_FEISHU_APP), TargetsUnavailable)


def _discord_targets(http: HttpClient, base: str) -> object:
    config = {"webhook_url": WEBHOOK_URL}
    return _told(lambda: DiscordTargets(http, base).list_targets(config), TargetsUnavailable)


def _telegram_targets(http: HttpClient, base: str) -> object:
    return _told(lambda: TelegramTargets(http, base).list_targets({"bot_token": BOT_TOKEN}), TargetsUnavailable)


def _kook_destination(http: HttpClient, base: str) -> object:
    platform = KookPlatform(lambda token: KookClient(http, f"{base}/api/v3", token), ScriptedMedia())
    return _sent(platform, {"bot_token": "1/MTA=/token==", "channel_id": "8001"})


def _kook_call(http: HttpClient, base: str) -> object:
    return _told(lambda: KookClient(http, f"{base}/api/v3", "1/MTA=/token==").user_me(), KookError, InvalidCall)


def _kook_pipe(http: HttpClient, base: str) -> object:
    return _told(lambda: KookPipe(http, f"{base}/api/v3", "pipe-token").send("hello"), KookError, InvalidCall)


def _media_base(http: HttpClient, base: str) -> object:
    item = MediaItem("image", "https://img.kookapp.cn/attachments/a.png", "a.png")
    return _told(lambda: KookMediaFetcher(http, base).fetch(item, max_bytes=1000), MediaUnavailable, ValueError)


def _media_item(http: HttpClient, base: str) -> object:
    """The address comes out of a message: anybody in a mapped channel chooses it."""
    item = MediaItem("image", f"{base}/a.png", "a.png")
    return _told(lambda: KookMediaFetcher(http).fetch(item, max_bytes=1000), MediaUnavailable)


def _account_probe(http: HttpClient, base: str) -> object:
    probe = PlatformProbe(load_platforms(), http, PlatformAddresses({"bilibili": base}))
    cookies = [Cookie(name, "v", "bilibili.com") for name in ("SESSDATA", "bili_jct", "DedeUserID")]
    return _told(lambda: probe.check("bilibili", cookies), ValueError)


def _account_login(http: HttpClient, base: str) -> object:
    logins = PlatformLogins(load_platforms(), http, PlatformAddresses({"bilibili": base}))
    return _told(lambda: logins.start("bilibili"), LoginFailed, ValueError)


def _account_login_redirect(http: HttpClient, base: str) -> object:
    """The address comes from the platform, or from whoever answers in its place."""
    state = {"token": "t", "cookies": {}, "follow_url": f"{base}/session"}
    return PlatformLogins(load_platforms(), http, PlatformAddresses()).poll("bilibili", state)


def _told(call: Callable[[], object], *failures: type[Exception]) -> object:
    try:
        return call()
    except failures as failure:
        return failure


PLACES = (
    Place("update feed", ("shared.relay.updates",), _update_feed),
    Place("sign-in by GitHub", ("shared.monitor.oauth_providers",), _github),
    Place("sign-in by KOOK", ("shared.kook.client.oauth",), _kook_oauth),
    Place("robots' callbacks", ("shared.robots.callbacks",), _robot_callback),
    Place("chat models", ("shared.robots.ai_providers",), _chat_model),
    Place("signed webhooks", ("shared.platforms.webhook",), _webhook),
    Place("Discord", ("shared.platforms.discord",), _discord),
    Place("Telegram", ("shared.platforms.telegram",), _telegram),
    Place("Feishu's custom bots", ("shared.platforms.feishu_hook",), _feishu_hook),
    Place("Feishu's tokens", ("shared.platforms.feishu_token",), _feishu_token),
    Place("Feishu's apps", ("shared.platforms.feishu_requests",), _feishu_app),
    Place("Feishu's groups", ("shared.platforms.feishu_targets",), _feishu_targets),
    Place("Discord's channels", ("shared.platforms.discord_targets",), _discord_targets),
    Place("Telegram's chats", ("shared.platforms.telegram_targets",), _telegram_targets),
    Place("KOOK as a destination", ("shared.kook.client.transport",), _kook_destination),
    Place("KOOK's REST API", ("shared.kook.client.transport",), _kook_call),
    Place("KOOK's message pipes", ("shared.kook.client.transport",), _kook_pipe),
    Place("KOOK's media", ("shared.platforms.media",), _media_base),
    Place("media in messages", ("shared.platforms.media",), _media_item, anywhere=False),
    Place("checks of content accounts", ("shared.accounts.platforms.probe",), _account_probe),
    Place("logins of content accounts", ("shared.accounts.platforms.budget",), _account_login),
    Place("redirects of such logins", ("shared.accounts.platforms.budget",), _account_login_redirect, anywhere=False),
)
