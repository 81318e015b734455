"""A relay that knows every kind of secret, taken through success and through failure with hostile counterparts."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyotp

from local.demo.stage import StandIns, configure_destinations, stand_ins
from tests.embedded import API_TOKEN, REPOSITORY_ROOT, EmbeddedStack, eventually
from tests.integration.test_websocket_push import engine
from tests.security.canary.recorder import Recorder
from tests.standins import discord, feishu, telegram
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault, RecordedRequest, StandInServer

CHANNEL_ID = "5823400000000001"
PHONE = "13800001234"
ADMIN_PHONE = "13900007777"


class Echo(StandInServer):
    """The worst of counterparts: it refuses, and says back everything it was sent, credentials and all."""

    def respond(self, request: RecordedRequest) -> Answer:
        body = request.body.decode("utf-8", "replace")
        told = f"{request.path} {dict(request.headers)} {request.query} {body}"
        return Answer.of_json({"message": told, "error": told}, 400)


def _is_no_hook(request: RecordedRequest) -> bool:
    return "/hook/" not in request.path


def _quoting(secret: str) -> Answer:
    """A refusal that says the secret back, as it is and as it stands in an address."""
    told = f"bad {secret} in /bot{quote(secret, safe='')}/x"
    refusal = {"message": told, "description": told, "msg": told, "ok": False, "code": 10015, "error_code": 403}
    return Answer.of_json(refusal, 403)


def _canary(name: str) -> str:
    return f"canary-{name}-{secrets.token_hex(12)}"


class Scene:
    """``secrets`` by name. ``given_out`` says by whom a secret may be told: the routes that exist to tell it."""

    def __init__(self, stack: EmbeddedStack, stage: StandIns, echo: Echo, platforms: ContentPlatformsStandIn) -> None:
        self.stack, self.stage, self.echo, self.platforms = stack, stage, echo, platforms
        self.recorder = Recorder(stack)
        self.secrets: dict[str, str] = {}
        self.given_out: dict[str, tuple[str, ...]] = {}
        self._event = json.loads((REPOSITORY_ROOT / "events/kook/text.json").read_text("utf-8"))
        self._events = 0

    def learn(self, name: str, secret: str, *told_by: str) -> str:
        """From now on this is a secret."""
        self.secrets[name] = secret
        self.given_out[name] = told_by
        return secret

    # --- the relay ---

    def sign_in(self) -> None:
        call = self.recorder.call
        wrong = self.learn("a wrong password", _canary("wrong-password"))
        call("POST", "/api/auth/login", {"password": wrong}, token="")
        call("POST", "/api/auth/login", {"password": [self.secrets["administrator's password"]]}, token="")
        body = {"password": self.secrets["administrator's password"]}
        answer = call("POST", "/api/auth/login", body, token="")
        assert answer.status_code == 200, answer.text
        login = "POST /api/auth/login"
        self.session = self.learn("session", answer.json()["token"], login)
        self.robots_admin = self.learn("robots administrator's token", answer.json()["robots_admin_token"], login)
        self.monitor_session = self.learn("monitor session", answer.cookies["session_token"], login)
        call("GET", "/api/accounts", bearer=self.session)
        call("POST", "/api/auth/verify", {"token": self.session}, token="")
        call("POST", "/api/auth/verify", {"token": wrong}, token="")
        change = {"old_password": wrong, "new_password": self.learn("a new password", _canary("new-password"))}
        call("POST", "/api/auth/change-password", change)
        call("GET", "/api/accounts", token=self.learn("a wrong API token", _canary("wrong-token")))
        self.learn("ticket", self.recorder.done("POST", "/api/ws/ticket")["ticket"], "POST /api/ws/ticket")

    def configure_relay(self) -> None:
        done = self.recorder.done
        self.learn("KOOK bot token", DEFAULT_BOT_TOKEN)
        verify = self.learn("verify token", _canary("verify"))
        self.account = done(
            "POST",
            "/api/accounts",
            {
                "email": "canary@example.com",
                "bot_token": DEFAULT_BOT_TOKEN,
                "verify_token": verify,
                "encrypt_key": self.learn("encrypt key", _canary("encrypt-key")[:32]),
            },
        )["account_id"]
        self.plain_account = done(
            "POST", "/api/accounts", {"email": "plain@example.com", "bot_token": "", "verify_token": verify}
        )["account_id"]
        self.learn("Discord webhook", discord.DEFAULT_WEBHOOK_TOKEN)
        self.learn("Telegram bot token", telegram.BOT_TOKEN)
        self.learn("Feishu app secret", feishu.APP_SECRET)
        configure_destinations(lambda method, path, body: done(method, path, body), CHANNEL_ID)
        hook, path_token = self.learn("Feishu hook", feishu.HOOK_ID), self.learn("webhook path", _canary("path"))
        own = {
            "feishu": {"webhook_url": f"https://open.feishu.cn/open-apis/bot/v2/hook/{hook}"},
            "webhook": {
                "url": f"{self.echo.base_url}/hooks/{path_token}",
                "secret": self.learn("webhook secret", f"whsec_{secrets.token_hex(16)}"),
            },
            "kook": {"bot_token": DEFAULT_BOT_TOKEN, "channel_id": "8001"},
        }
        for platform, config in own.items():
            bot = done("POST", "/api/bots", {"platform": platform, "name": f"own {platform}", "config": config})
            mapping = {
                "kook_server_id": "6016389900000001",
                "kook_channel_id": CHANNEL_ID,
                "kook_channel_name": "聊天大厅",
                "target_platform": platform,
                "target_bot_id": bot["id"],
                "target_channel_id": "8001" if platform == "kook" else "any",
            }
            done("POST", "/api/mappings", mapping)
            self.recorder.call("POST", f"/api/bots/{bot['id']}/test")

    def relay(self) -> None:
        """Messages that arrive, then messages whose platforms refuse them, quoting the credential."""
        self._post_event()
        eventually(lambda: self.stage.platforms["discord"].received())
        eventually(lambda: self.echo.requests)
        for platform, secret in (
            ("discord", discord.DEFAULT_WEBHOOK_TOKEN),
            ("telegram", telegram.BOT_TOKEN),
            ("feishu", feishu.APP_SECRET),
        ):
            self.stage.platforms[platform].script(Fault(answer=_quoting(secret)), matching=_is_no_hook, times=20)
        self.stage.platforms["feishu"].script(Fault(answer=_quoting(feishu.HOOK_ID)), times=20)
        self._post_event()

        def refused() -> bool:
            failed = self.recorder.done("GET", "/api/logs", limit=100, status="failed")["data"]
            return len(failed) >= 3

        eventually(refused)

    def _post_event(self) -> None:
        self._events += 1
        event = {**self._event, "d": {**self._event["d"], "verify_token": self.secrets["verify token"]}}
        event["d"]["msg_id"] = f"canary-message-{self._events}"
        answer = self.recorder.call("POST", f"/webhook/{self.plain_account}", event, token="")
        assert answer.status_code == 200, answer.text
        event["d"]["verify_token"] = self.learn("a wrong verify token", _canary("wrong-verify"))
        assert self.recorder.call("POST", f"/webhook/{self.plain_account}", event, token="").status_code == 401

    def read_everything(self) -> None:
        """Every list and record, and a backup without a passphrase."""
        call = self.recorder.call
        made = self.recorder.done("POST", "/api/backup/create")
        passphrase = self.learn("backup passphrase", _canary("backup-passphrase"))
        self.recorder.done("POST", "/api/backup/create", {"passphrase": passphrase})
        for path in (
            "/api/accounts", "/api/bots", "/api/mappings", "/api/mappings/export", "/api/logs", "/api/deliveries",
            "/api/logs/stats", "/api/audit", "/api/health/check", "/api/system/status", "/api/cache/stats",
            "/api/backup/list", f"/api/backup/{made['backup_id']}/download", f"/api/accounts/{self.account}",
            f"/api/accounts/{self.account}/servers", f"/api/accounts/{self.account}/kook", "/health",
            "/api/updates/check",
        ):  # fmt: skip
            call("GET", path)
        for bot in self.recorder.done("GET", "/api/bots")["data"]:
            call("GET", f"/api/bots/{bot['id']}")
        call("POST", "/api/backup/restore", {"backup_id": made["backup_id"], "passphrase": passphrase})

    def send_nonsense(self) -> None:
        """Secrets in fields of the wrong type, in unknown fields, in broken JSON, in paths that do not exist."""
        token = self.secrets["KOOK bot token"]
        call = self.recorder.call
        call("POST", "/api/accounts", {"email": "x@example.com", "bot_token": [token], "verify_token": {"a": token}})
        call("POST", "/api/bots", {"platform": "telegram", "name": "x", "config": {"bot_token": [telegram.BOT_TOKEN]}})
        url = f"https://discord.com/api/webhooks/x/{discord.DEFAULT_WEBHOOK_TOKEN}"
        call("POST", "/api/bots", {"platform": "discord", "name": "x", "config": {"webhook_url": url}})
        call("POST", "/api/bots", {"platform": "webhook", "name": "x", "config": {"url": f"http://10.0.0.1/{token}"}})
        call("POST", f"/api/accounts/{self.account}/kook/message/create", {"content": {"token": token}})
        call("PUT", f"/api/accounts/{self.account}", {"bot_token": f"refused {token}"})
        call("POST", "/api/backup/restore", {"backup_id": "x", "passphrase": [self.secrets["backup passphrase"]]})

    # --- the other areas ---

    def robots(self) -> None:
        call, done = self.recorder.call, self.recorder.done
        done("POST", "/api/user/send-sms", {"phone": PHONE}, token="")
        code = self._login_code()
        user = done("POST", "/api/user/login", {"phone": PHONE, "code": code}, token="")["data"]
        token = self.learn("user token", user["token"], "POST /api/user/login")
        self.learn("user refresh token", user["refreshToken"], "POST /api/user/login")
        wanted = {"count": 1, "validityPeriod": 30, "boundUserId": user["userId"]}
        made = done("POST", "/api/admin/activation-codes", wanted, bearer=self.robots_admin)
        device = {"deviceId": "canary-device", "brand": "x", "model": "y", "os": "Android", "osVersion": "13"}
        body = {"code": made["data"]["codes"][0]["code"], "deviceInfo": {**device, "totalMemory": 8192}}
        robot = done("POST", "/api/robot-ids/activate", body, token="")["data"]
        refreshing = "POST /api/robot/refresh-token"  # within the same second the new token is the old one
        robot_token = self.learn("robot token", robot["token"], "POST /api/robot-ids/activate", refreshing)
        refresh = self.learn("robot refresh token", robot["refreshToken"], "POST /api/robot-ids/activate")
        shown = (f"GET /api/robot/third-party/config/{robot['robotId']}",)
        callback = f"{self.echo.base_url}/callbacks?key={self.learn('callback address', _canary('callback'), *shown)}"
        config = {
            "robotId": robot["robotId"],
            "messageCallbackUrl": callback,
            "resultCallbackUrl": callback,
            "enableSignature": True,
            "secretKey": self.learn("callback secret", _canary("callback-secret")),
        }
        done("POST", "/api/robot/third-party/config", config, bearer=token)
        call("POST", "/api/robot/third-party/config", {**config, "secretKey": [config["secretKey"]]}, bearer=token)
        answering = {"replyStrategy": "ai", "aiProvider": "custom", "aiModel": "m", "replyDelayMin": 0}
        call("PUT", f"/api/robots/{robot['robotId']}", {"name": "x", **answering}, bearer=token)
        report = {"robotId": robot["robotId"], "spoken": "s", "rawSpoken": "s", "receivedName": "n", "groupName": "g"}
        report |= {"roomType": 1, "atMe": True, "textType": 1, "timestamp": "2026-11-21T00:00:00Z"}
        done("POST", "/api/robot/messages", report, bearer=robot_token)
        eventually(lambda: [each for each in self.echo.requests if each.path == "/callbacks"])
        for path in (
            "/api/robots",
            f"/api/robots/{robot['robotId']}",
            f"/api/robot/third-party/config/{robot['robotId']}",
        ):
            done("GET", path, bearer=token)
        done("GET", "/api/admin/logs", bearer=self.robots_admin)
        done("POST", "/api/robot/refresh-token", {"refreshToken": refresh}, token="")
        call("POST", "/api/robot/refresh-token", {"refreshToken": [refresh]}, token="")
        asyncio.run(self.recorder.talk("/ws", [{"type": "ping"}, "{"], robotId=robot["robotId"], token=robot_token))
        asyncio.run(self.recorder.talk("/ws", [], robotId="robot_other", token=robot_token))

    def _login_code(self) -> str:
        shown = f"Login code for {PHONE[:3]}****{PHONE[-4:]}: "
        return eventually(
            lambda: self.stack.output().rpartition(shown)[2][:6] if shown in self.stack.output() else None
        )

    def content_accounts(self) -> None:
        call, done = self.recorder.call, self.recorder.done
        value = self.learn("content cookie", _canary("cookie"))
        cookie = self.platforms.issue("douyin", value)
        account = done("POST", "/api/v1/accounts", {"platform": "douyin", "cookie_data": cookie})["data"]
        path = f"/api/v1/accounts/{account['account_id']}"
        self.given_out["content cookie"] = (f"GET {path}/cookies",)
        for method, where, body in (
            ("GET", path, None),
            ("GET", "/api/v1/accounts", None),
            ("PUT", path, {"cookie_data": f"{cookie}; ttwid={value}", "status": "active"}),
            ("POST", f"{path}/health-check", None),
            ("GET", f"{path}/cookies", None),
            ("PUT", path, {"cookie_data": [value], "priority": value}),
            ("PUT", path, {"cookie_data": f"broken {value}"}),
            ("GET", "/api/v1/login/qrcode?platform=bilibili", None),
        ):
            call(method, where, body)

    def monitor(self) -> None:
        cookies = {"session_token": self.monitor_session}
        done, call = self.recorder.done, self.recorder.call
        shown = ("GET /api/admin/settings/",)
        settings = {
            "api_key": self.learn("monitor API key", _canary("api-key"), *shown),
            "auto_discovery_key": self.learn("discovery key", _canary("discovery"), *shown),
            "tempory_share_token": self.learn("share token", _canary("share"), *shown),
            "tempory_share_token_expire_at": 2**33,
            "o_auth_enabled": True,
            "o_auth_provider": "kook",
        }
        client_secret = self.learn("OAuth client secret", _canary("oauth"), "GET /api/admin/settings/oidc")
        oidc = {"client_id": "canary-client", "client_secret": client_secret}
        done("POST", "/api/admin/settings/oidc?provider=kook", oidc, cookies=cookies)
        done("POST", "/api/admin/settings/", settings, cookies=cookies)
        call("POST", "/api/admin/settings/", {**settings, "api_key": [settings["api_key"]]}, cookies=cookies)
        node = done("POST", "/api/admin/client/add", {"name": "canary"}, cookies=cookies)
        told_by = ("POST /api/admin/client/add", "GET /api/admin/client/list", f"GET /api/admin/client/{node['uuid']}")
        token = self.learn("node token", node["token"], *told_by, f"GET /api/admin/client/{node['uuid']}/token")
        for path in (
            "/api/admin/client/list",
            f"/api/admin/client/{node['uuid']}",
            f"/api/admin/client/{node['uuid']}/token",
        ):
            done("GET", path, cookies=cookies)
        started = call("GET", "/api/oauth", token="")
        state = started.cookies.get("oauth_state", "")
        code = self.learn("OAuth code", _canary("oauth-code"))
        call("GET", "/api/oauth_callback", cookies={"oauth_state": state}, state=state, code=code)
        generated = call("GET", "/api/admin/2fa/generate", cookies=cookies)
        factor = self.learn("second factor", generated.cookies["2fa_secret"], "GET /api/admin/2fa/generate")
        now = pyotp.TOTP(factor).now()
        done("POST", f"/api/admin/2fa/enable?code={now}", cookies={**cookies, "2fa_secret": factor})
        wrong = {"username": "admin", "password": self.secrets["a wrong password"], "2fa_code": "000000"}
        call("POST", "/api/login", wrong, token="")
        call("POST", "/api/login", {**wrong, "password": self.secrets["administrator's password"]}, token="")
        for path in ("session/get", "logs", "settings/", "settings/oidc"):
            call("GET", f"/api/admin/{path}", cookies=cookies)
        call("GET", "/api/nodes", bearer=settings["api_key"])
        for query in ({"token": token}, {"token": self.learn("a wrong node token", _canary("wrong-node"))}):
            call("POST", "/api/clients/uploadBasicInfo", {"cpu_name": "x", "token": token}, **query)
            call("POST", "/api/clients/report", "nonsense", **query)
            call("POST", "/api/clients/v2/rpc", {"jsonrpc": "2.0", "id": 1, "method": "agent.pull"}, **query)
            asyncio.run(self.recorder.talk("/api/clients/v2/rpc", ["{"], token=query["token"]))
        call("POST", "/api/clients/register", {"key": settings["auto_discovery_key"]}, bearer="not-the-key-at-all")
        headers = {"Cookie": f"session_token={self.monitor_session}"}
        asyncio.run(self.recorder.talk("/api/clients", ["get", token], headers=headers))
        ping = {"jsonrpc": "2.0", "id": 1, "method": "rpc.ping", "params": {"token": token}}
        asyncio.run(self.recorder.talk("/api/rpc2", [ping], headers=headers))

    def watch(self) -> None:
        """The live log, by every way to prove oneself."""
        api_token, ticket = self.stack.api_token, self.secrets["ticket"]
        messages: list[Any] = [{"type": "ping"}, {"type": "auth", "token": api_token}, "{", {"type": api_token}]
        asyncio.run(self.recorder.talk("/ws", messages, headers={"X-API-Token": api_token}))
        asyncio.run(self.recorder.talk("/ws", messages, ticket=ticket))
        asyncio.run(self.recorder.talk("/ws", [], ticket=ticket))
        wrong = self.secrets["a wrong API token"]
        asyncio.run(self.recorder.talk("/ws", [{"type": "auth", "token": wrong}]))
        asyncio.run(self.recorder.talk("/ws", [], headers={"Sec-WebSocket-Protocol": f"kook-relay.token.{wrong}"}))

    def without_database(self) -> None:
        """Requests and events while the tables do not answer: what fails then is logged."""
        client = engine(self.stack)
        names = client.list_tables()["TableNames"]
        for name in names:
            if name.endswith(("DeliveriesTable", "PacingTable")):
                client.delete_table(TableName=name)
        for path in ("/api/logs", "/api/deliveries", "/api/health/check"):
            assert self.recorder.call("GET", path).status_code in (200, 503), path
        failures = self.stack.output().count('"exception"')
        self._post_event()
        eventually(lambda: self.stack.output().count('"exception"') > failures)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    known = {name: _canary(name.replace(" ", "-").replace("'", "")) for name in _SETTINGS}
    with stand_ins() as stage, Echo() as echo, ContentPlatformsStandIn() as platforms:
        providers = {"custom": {"base_url": f"{echo.base_url}/v1", "api_key": known["chat model key"]}}
        environment = {
            **stage.environment(),
            "ADMIN_PASSWORD": known["administrator's password"],
            "VAULT_PASSPHRASE": known["vault passphrase"],
            "VAULT_PASSPHRASE_PREVIOUS": known["previous vault passphrase"],
            "AI_PROVIDERS": json.dumps(providers),
            "ADMIN_PHONE": ADMIN_PHONE,
            "CONTENT_PLATFORM_BASES": ",".join(f"{name}={platforms.base_url}" for name in PLATFORMS),
            "UPDATE_FEED_URL": f"{echo.base_url}/releases",
        }
        with EmbeddedStack(folder / "data", environment=environment) as stack:
            set_up = Scene(stack, stage, echo, platforms)
            set_up.learn("API token", API_TOKEN)
            set_up.learn("data key", (stack.data_dir / "data.key").read_text("ascii").strip())
            for name, secret in known.items():
                set_up.learn(name, secret)
            yield set_up


_SETTINGS = ("administrator's password", "vault passphrase", "previous vault passphrase", "chat model key")
