"""A new data key on one machine, as docs/operations.md describes it: back up with a passphrase, restore under the new
key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack

PASSPHRASE = "correct horse battery staple"
BOT = {
    "platform": "discord",
    "name": "kept",
    "config": {"webhook_url": "https://discord.com/api/webhooks/123456789012345678/a-webhooks-token"},
}
pytestmark = needs_durable_engines


def call(stack: EmbeddedStack, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(method, stack.base_url + path, json=body, headers=stack.headers, timeout=60)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


def test_secrets_survive_a_new_data_key(tmp_path: Path) -> None:
    account = {"email": "ops@example.com", "verify_token": "a-verify-token", "encrypt_key": "an-encrypt-key"}
    with EmbeddedStack(tmp_path / "data") as stack:
        call(stack, "POST", "/api/accounts", account)
        call(stack, "POST", "/api/bots", BOT)
        backup_id = call(stack, "POST", "/api/backup/create", {"passphrase": PASSPHRASE})["backup_id"]
        stack.stop()
        key = tmp_path / "data" / "data.key"
        former = key.read_bytes()
        key.unlink()

        stack.restart()
        assert key.read_bytes() != former
        shown = call(stack, "GET", "/api/accounts")["data"][0]
        assert set(shown["unreadable_credentials"]) == {"verify_token", "encrypt_key"}

        call(stack, "POST", "/api/backup/restore", {"backup_id": backup_id, "passphrase": PASSPHRASE})
        shown = call(stack, "GET", "/api/accounts")["data"][0]
        assert "unreadable_credentials" not in shown
        assert set(shown["credentials"]) >= {"verify_token", "encrypt_key"}
        bot = call(stack, "GET", "/api/bots")["data"][0]
        assert bot["name"] == "kept"
        assert bot["config"]["webhook_url"]
