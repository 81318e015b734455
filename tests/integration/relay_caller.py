"""One of several operators who use the control API side by side, each knowing what it made."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

from shared.relay.api.delivery_texts import FAILURES
from tests.documented import Documented
from tests.e2e.stage import VERIFY_TOKEN, Relay
from tests.standins.discord import DEFAULT_WEBHOOK_URL

# Long lists are checked in the contract walk: here they would take most of the time.
CHECKED_BYTES = 5_000
# Lists are read whole: what everybody has at a time is bounded, so that the time goes into calls and not into rows.
MOST_KEPT = 8
# What an operator is told to do about it, in the language of the tests' stack.
BOT_DELETED = FAILURES["bot_deleted"].solution.en


def configured(data: Any) -> Any:
    """Records without what changes by itself: how things stand at present."""
    if isinstance(data, list):
        return [configured(row) for row in data]
    at_present = {"connection", "circuit", "destinations"}
    return {name: value for name, value in data.items() if name not in at_present} if isinstance(data, dict) else data


class Caller:
    """One of those who call side by side. What it made, and what it should look like, is in ``kept``."""

    def __init__(self, relay: Relay, name: str, contract: Documented) -> None:
        self.name = name
        self.random = random.Random(name)
        self.kept: dict[str, dict[int, dict[str, Any]]] = {"accounts": {}, "bots": {}, "mappings": {}}
        self.statuses: Counter[int] = Counter()
        self._base_url = relay.stack.base_url
        self._contract = contract
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers.update(relay.stack.headers)
        self._made = 0

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        answer = self._http.request(method, self._base_url + path, json=body, timeout=60)
        self.statuses[answer.status_code] += 1
        if len(answer.content) <= CHECKED_BYTES:
            plain_path, media_type = urlsplit(path).path, answer.headers.get("Content-Type", "")
            self._contract.check(method, plain_path, answer.status_code, media_type, answer.content)
        return answer

    def done(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.call(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json() if answer.content else {}
        if isinstance(data := found.get("data"), dict | list):
            found["data"] = configured(data)
        return found

    def work(self, calls: int) -> None:
        """Make that many calls, of every kind, in an order of one's own."""
        steps: list[Callable[[], None]] = [
            self.add_bot, self.add_bot, self.add_account, self.add_mapping, self.add_mapping, self.add_batch,
            self.change_account, self.change_bot, self.change_mapping, self.change_mapping,
            self.delete_account, self.delete_bot, self.delete_mapping,
            self.read_lists, self.read_logs, self.read_logs, self.read_one,
        ]  # fmt: skip
        tidying = {"accounts": self.delete_account, "bots": self.delete_bot, "mappings": self.delete_mapping}
        while self.statuses.total() < calls:
            crowded = [kind for kind, kept in self.kept.items() if len(kept) > MOST_KEPT]
            step = tidying[crowded[0]] if crowded else self.random.choice(steps)
            step()

    def unique(self) -> str:
        self._made += 1
        return f"{self.name}-{self._made}"

    def pick(self, kind: str) -> int | None:
        return self.random.choice(list(self.kept[kind])) if self.kept[kind] else None

    # --- changing ---

    def add_account(self) -> None:
        fields = {"email": f"{self.unique()}@example.com", "verify_token": VERIFY_TOKEN}
        made = self.done("POST", "/api/accounts", fields)
        self.kept["accounts"][made["account_id"]] = made["data"]
        assert made["data"]["email"] == fields["email"]

    def change_account(self) -> None:
        number = self.pick("accounts")
        if number is not None:
            email = f"{self.unique()}@example.com"
            changed = self.done("PATCH", f"/api/accounts/{number}", {"email": email})["data"]
            assert changed == {**self.kept["accounts"][number], "email": email}
            self.kept["accounts"][number] = changed

    def delete_account(self) -> None:
        number = self.pick("accounts")
        if number is not None:
            self.done("DELETE", f"/api/accounts/{number}")
            del self.kept["accounts"][number]
            assert self.call("GET", f"/api/accounts/{number}").status_code == 404

    def add_bot(self) -> None:
        fields = {"platform": "discord", "name": self.unique(), "config": {"webhook_url": DEFAULT_WEBHOOK_URL}}
        made = self.done("POST", "/api/bots", fields)
        self.kept["bots"][made["id"]] = made["data"]
        assert made["data"]["name"] == fields["name"]

    def change_bot(self) -> None:
        number = self.pick("bots")
        if number is not None:
            name = self.unique()
            changed = self.done("PUT", f"/api/bots/{number}", {"name": name})["data"]
            assert changed == {**self.kept["bots"][number], "name": name}
            self.kept["bots"][number] = changed

    def delete_bot(self) -> None:
        number = self.pick("bots")
        if number is None:
            return
        led_here = {
            key
            for key, mapping in self.kept["mappings"].items()
            if mapping["target_bot_id"] == number and mapping["enabled"]
        }
        switched_off = self.done("DELETE", f"/api/bots/{number}")["disabled_mappings"]
        del self.kept["bots"][number]
        assert {mapping["id"] for mapping in switched_off} == led_here
        for key in led_here:
            self.kept["mappings"][key] |= {"enabled": 0, "disabled_reason": "bot_deleted", "solution": BOT_DELETED}

    def new_mapping(self, bot_id: int) -> dict[str, Any]:
        return {
            "kook_server_id": "7001",
            "kook_channel_id": self.unique(),
            "kook_channel_name": "公告频道",
            "target_platform": "discord",
            "target_bot_id": bot_id,
            "target_channel_id": f"thread:{self.random.randrange(10**18)}",
        }

    def add_mapping(self) -> None:
        bot_id = self.pick("bots")
        if bot_id is not None:
            made = self.call("POST", "/api/mappings", self.new_mapping(bot_id))
            assert made.status_code == 201, made.text
            self.kept["mappings"][made.json()["id"]] = made.json()["data"]

    def add_batch(self) -> None:
        bot_id = self.pick("bots")
        if bot_id is not None:
            rows = [self.new_mapping(bot_id) for _ in range(3)]
            made = self.done("POST", "/api/mappings/batch", {"mappings": rows})
            assert made["success_count"] == 3
            self.kept["mappings"] |= {row["id"]: row for row in made["data"]}

    def change_mapping(self) -> None:
        number = self.pick("mappings")
        if number is None:
            return
        mapping = self.kept["mappings"][number]
        wanted: dict[str, Any] = {"name_format": f"{self.unique()} {{name}}"}
        if mapping["target_bot_id"] in self.kept["bots"]:
            wanted["enabled"] = self.random.choice([0, 1])
        changed = self.done("PUT", f"/api/mappings/{number}", wanted)["data"]
        reason = None if "enabled" in wanted else mapping["disabled_reason"]
        assert changed == {**mapping, **wanted, "disabled_reason": reason, "solution": BOT_DELETED if reason else None}
        self.kept["mappings"][number] = changed

    def delete_mapping(self) -> None:
        number = self.pick("mappings")
        if number is not None:
            self.done("DELETE", f"/api/mappings/{number}")
            del self.kept["mappings"][number]

    # --- reading ---

    def read_lists(self) -> None:
        for kind, kept in self.kept.items():
            rows = self.done("GET", f"/api/{kind}")["data"]
            numbers = [row["id"] for row in rows]
            assert numbers == sorted(set(numbers))
            # Nobody else touches what is one's own: it is there, as it was left.
            assert {row["id"]: row for row in rows if row["id"] in kept} == kept

    def read_logs(self) -> None:
        status = self.random.choice(["", "&status=success", "&status=pending", "&status=failed"])
        page = self.done("GET", f"/api/logs?limit={self.random.choice([5, 20, 100])}{status}")
        rows = [(row["id"], row["kook_message_id"], row["mapping_id"]) for row in page["data"]]
        assert rows == sorted(set(rows), reverse=True)

    def read_one(self) -> None:
        kind = self.random.choice(list(self.kept))
        number = self.pick(kind)
        if number is not None:
            assert self.done("GET", f"/api/{kind}/{number}")["data"] == self.kept[kind][number]
