"""What is run in containers and what must come out: one message from KOOK's webhook to Discord, step by step."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.sam_test.permissions import PermissionWatch
from scripts.sam_test.sam import ROOT, HttpAnswer, LocalFunctions, LocalHttpApi, SamFailed
from scripts.sam_test.state import State
from tests.standins.discord import DEFAULT_WEBHOOK_URL, DiscordStandIn

EVENTS = ROOT / "events"
KOOK = ROOT / "tests" / "data" / "kook"
_JSON = {"Content-Type": "application/json"}


def expect(what: str, seen: Any, wanted: Any) -> None:
    """Raises SamFailed unless both are equal."""
    if seen != wanted:
        raise SamFailed(f"{what}: expected {wanted!r}, got {seen!r}")


class Scenario:
    """``say`` is told each step that came out right."""

    def __init__(
        self,
        functions: LocalFunctions,
        state: State,
        discord: DiscordStandIn,
        api_token: str,
        watch: PermissionWatch,
        say: Callable[[str], None],
    ) -> None:
        self._functions = functions
        self._state = state
        self._discord = discord
        self._api_token = api_token
        self._watch = watch
        self._say = say
        self._manifest = json.loads((KOOK / "manifest.json").read_text(encoding="utf-8"))

    def run(self) -> None:
        """Raises SamFailed at the first thing that is not as it must be."""
        with self._functions.http_api() as api:
            try:
                self._health_and_access(api)
                self._configure(api)
                self._challenges(api)
                self._webhook()
                self._route()
                self._deliver()
                self._log(api)
            except SamFailed as failure:
                raise SamFailed(f"{failure}\n--- sam local start-api ---\n{api.log()}") from None
        self._websocket()

    # --- HTTP functions, by start-api ---

    def _health_and_access(self, api: LocalHttpApi) -> None:
        self._watch.running("RelayApiFunction")
        answer = api.request("GET", "/health")
        expect("GET /health", (answer.status, answer.json().get("status")), (200, "healthy"))
        expect("GET /api/accounts without a token", api.request("GET", "/api/accounts").status, 401)
        self._say("RelayApiFunction answers /health and keeps strangers out of /api")

    def _configure(self, api: LocalHttpApi) -> None:
        token, key = self._manifest["verify_token"], self._manifest["encrypt_key"]
        for number, encrypt_key in ((1, key), (2, "")):
            account = {"email": f"bot{number}@example.com", "verify_token": token, "encrypt_key": encrypt_key}
            created = self._call(api, "POST", "/api/accounts", account, 201)
            expect("account id", created["account_id"], number)
        bot = {"platform": "discord", "name": "sam-test", "config": {"webhook_url": DEFAULT_WEBHOOK_URL}}
        self._call(api, "POST", "/api/bots", bot, 201)
        event = json.loads((KOOK / "expected" / "text.json").read_text(encoding="utf-8"))["d"]
        mapping = {
            "kook_server_id": event["extra"]["guild_id"],
            "kook_channel_id": event["target_id"],
            "kook_channel_name": event["extra"]["channel_name"],
            "target_platform": "discord",
            "target_bot_id": 1,
            "target_channel_id": "",
        }
        self._call(api, "POST", "/api/mappings", mapping, 201)
        listed = json.dumps(self._call(api, "GET", "/api/accounts", None, 200))
        expect("secrets in the list of accounts", [secret for secret in (token, key) if secret in listed], [])
        self._say("RelayApiFunction made two accounts, a bot and a mapping, and told no secret")

    def _call(self, api: LocalHttpApi, method: str, path: str, body: Any, status: int) -> Any:
        self._watch.running("RelayApiFunction")
        headers = {"X-API-Token": self._api_token, **(_JSON if body is not None else {})}
        answer = api.request(method, path, body=None if body is None else json.dumps(body).encode(), headers=headers)
        if answer.status != status:
            raise SamFailed(f"{method} {path}: expected {status}, got {answer.status}: {answer.body[:600]!r}")
        return answer.json()

    def _challenges(self, api: LocalHttpApi) -> None:
        def post(path: str, vector: str) -> HttpAnswer:
            body = (KOOK / "bodies" / f"{vector}.bin").read_bytes()
            return api.request("POST", f"{path}?compress=0", body=body, headers=_JSON)

        self._watch.running("KookWebhookFunction")
        wanted = json.loads((KOOK / "expected" / "challenge.json").read_text(encoding="utf-8"))["d"]["challenge"]
        for path, vector in (("/webhook/2", "challenge.plain"), ("/webhook", "challenge.enc")):
            answer = post(path, vector)
            expect(f"{vector} to {path}", (answer.status, answer.json()), (200, {"challenge": wanted}))
        expect("a wrong verify token", post("/webhook/2", "neg_bad_verify_token.plain").status, 401)
        self._say("KookWebhookFunction answers KOOK's challenge, plain and encrypted, and refuses a wrong token")

    # --- from the webhook to Discord, by invoke ---

    def _webhook(self) -> None:
        challenge = self._invoke("KookWebhookFunction", "kook_webhook_challenge")
        expect("kook_webhook_challenge", (challenge["statusCode"], "challenge" in challenge["body"]), (200, True))
        mangled = self._invoke("KookWebhookFunction", "kook_webhook_text_mangled")
        expect("a body that an HTTP API mangled", mangled["statusCode"], 400)
        expect("queued before any event", self._state.take("EventsQueue"), [])
        accepted = self._invoke("KookWebhookFunction", "kook_webhook_text_encrypted_compressed")
        expect("an encrypted and compressed event", accepted["statusCode"], 200)
        (body,) = self._exactly_one("EventsQueue")
        seen, example = json.loads(body), self._queued_body("route_event")
        seen["received_at_ms"] = example["received_at_ms"]
        expect("the queued event", seen, example)
        self._say("KookWebhookFunction queued an encrypted and compressed event")

    def _route(self) -> None:
        expect("RouteEventFunction", self._invoke("RouteEventFunction", "route_event"), {"batchItemFailures": []})
        (body,) = self._exactly_one("DiscordQueue")
        expect("the queued order", json.loads(body), self._queued_body("deliver_discord"))
        self._say("RouteEventFunction queued one delivery")
        # With an open delivery to look at: it is a moment old, so nothing is overdue.
        done = self._invoke("MaintenanceFunction", "maintenance")
        expect("MaintenanceFunction", (done["ordered_again"], set(done.values())), (0, {0}))
        self._say("MaintenanceFunction left a fresh delivery alone")

    def _deliver(self) -> None:
        answers = [self._invoke("DeliverDiscordFunction", "deliver_discord") for _ in range(2)]
        expect("DeliverDiscordFunction, twice", answers, [{"batchItemFailures": []}] * 2)
        received = self._discord.received()
        if len(received) != 1:
            tried = [(request.method, request.path.rpartition("/")[0]) for request in self._discord.requests]
            raise SamFailed(f"Discord received {len(received)} messages instead of one; requests: {tried}")
        content = json.loads((KOOK / "expected" / "text.json").read_text(encoding="utf-8"))["d"]["content"]
        expect("what Discord received", content in received[0].text, True)
        self._say("DeliverDiscordFunction sent the message once, although it was asked twice")

    def _log(self, api: LocalHttpApi) -> None:
        logged = self._call(api, "GET", "/api/logs", None, 200)
        rows = [(row["target_platform"], row["status"]) for row in logged["data"]]
        expect("the message log", rows, [("discord", "success")])
        self._say("RelayApiFunction shows the delivery in the message log")

    def _websocket(self) -> None:
        # Without a token it is let in to say its first message, and hears nothing before that; a wrong one is refused.
        waiting = self._invoke("WebsocketFunction", "websocket_connect")
        expect("a WebSocket without a token", waiting["statusCode"], 200)
        with tempfile.TemporaryDirectory() as folder:
            event = json.loads(_event_file("websocket_connect").read_text(encoding="utf-8"))
            event["headers"]["X-API-Token"] = "not-the-token"
            event_file = Path(folder) / "event.json"
            event_file.write_text(json.dumps(event), encoding="utf-8")
            refused = self._functions.invoke("WebsocketFunction", event_file)
        expect("a WebSocket with a wrong token", refused["statusCode"], 401)
        self._say("WebsocketFunction refuses a connection with a wrong token")

    # --- inside ---

    def _invoke(self, function: str, event: str) -> Any:
        self._watch.running(function)
        return self._functions.invoke(function, _event_file(event))

    def _exactly_one(self, queue: str) -> list[str]:
        bodies = self._state.take(queue)
        if len(bodies) != 1:
            raise SamFailed(f"{queue} holds {len(bodies)} messages instead of one")
        return bodies

    def _queued_body(self, event: str) -> Any:
        (record,) = json.loads(_event_file(event).read_text(encoding="utf-8"))["Records"]
        return json.loads(record["body"])


def _event_file(name: str) -> Path:
    return EVENTS / f"{name}.json"
