"""The command line against a relay that runs: each command as an operator types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.demo.stage import stand_ins
from tests.e2e.stage import CHANNEL_ID, Relay
from tests.embedded import API_TOKEN, REPOSITORY_ROOT, EmbeddedStack
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault


@dataclass
class Shell:
    relay: Relay
    folder: Path
    environment: dict[str, str]

    def type(self, *arguments: str, exit_code: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "local", *arguments, "--env-file", os.devnull],
            cwd=REPOSITORY_ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == exit_code, printed
        assert API_TOKEN not in printed
        return printed


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("operator")
    with stand_ins() as stage, EmbeddedStack(folder / "data", environment=stage.environment()) as stack:
        relay = Relay(stack, stage)
        stage.kook.world.online.add(stage.kook.world.bot["id"])
        relay.add_account("plain@example.com", bot_token=DEFAULT_BOT_TOKEN)
        relay.configure_destinations()
        environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(stack.data_dir),
            "API_TOKEN": API_TOKEN,
            "LANGUAGE": "en",
            "COLUMNS": "200",
            **stage.environment(),
        }
        yield Shell(relay, folder, environment)


def test_the_doctor_finds_nothing_wrong_with_a_relay_that_is_well(shell: Shell) -> None:
    printed = shell.type("doctor")
    assert "All is well" in printed
    assert printed.count("✓") == 9


def test_the_doctor_names_what_is_wrong_and_what_to_do(shell: Shell) -> None:
    shell.relay.call("POST", "/api/system/stop")
    printed = shell.type("doctor", exit_code=1)
    assert "POST /api/system/start" in printed
    shell.relay.call("POST", "/api/system/start")
    wrong = shell.type("doctor", exit_code=1, API_TOKEN="another-token-of-decent-length-1234")
    assert "look at API_TOKEN" in wrong
    nobody = shell.type("doctor", "--url", "http://127.0.0.1:9", exit_code=1)
    assert "make run" in nobody


def test_the_doctor_speaks_chinese_unless_told_otherwise(shell: Shell) -> None:
    assert "一切正常" in shell.type("doctor", LANGUAGE="zh")


def test_without_a_token_every_command_says_so(shell: Shell) -> None:
    assert "API_TOKEN" in shell.type("export", "x.json", exit_code=2, API_TOKEN="")


def test_a_test_message_is_sent_and_a_refusal_explained(shell: Shell) -> None:
    assert "arrived" in shell.type("send-test", "1")
    printed = shell.type("send-test", "999", exit_code=2)
    assert "BOT_NOT_FOUND" in printed
    assert "What to do" in printed


def test_failed_deliveries_are_tried_again_with_a_bar(shell: Shell) -> None:
    stage, relay = shell.relay.stage, shell.relay
    assert "no failed delivery" in shell.type("replay")
    gone = Answer.of_json({"message": "no", "code": 50006}, 400)
    stage.platforms["discord"].script(Fault(answer=gone), matching=lambda request: request.method == "POST", times=3)
    author = {"id": "2418200001", "username": "u", "nickname": "n", "bot": False, "avatar": ""}
    for number in range(3):
        d = {
            "channel_type": "GROUP", "type": 9, "target_id": CHANNEL_ID, "author_id": author["id"],
            "content": f"message {number}", "msg_id": f"replay-{number}", "msg_timestamp": 1, "nonce": "",
            "verify_token": "vt-EXAMPLE", "extra": {"type": 9, "guild_id": "1", "author": author},
        }  # fmt: skip
        assert relay.post("/webhook/1", json.dumps({"s": 0, "d": d, "sn": number}).encode()).status_code == 200
    relay.wait_until_idle(9)
    assert "3 deliveries" in shell.type("replay", "--dry-run")
    assert "3 queued again" in shell.type("replay", "--platform", "discord")
    relay.wait_until_idle(9)
    assert len([message for message in relay.received("discord") if "message" in message.text]) >= 3


def test_mappings_leave_and_come_back(shell: Shell) -> None:
    file = shell.folder / "mappings.json"
    assert "3 mappings exported" in shell.type("export", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    exported = json.loads(file.read_text())
    assert "0 created" in shell.type("import", str(file))
    rows = [{**exported["mappings"][0], "kook_channel_id": "777"}, {"kook_channel_id": "1"}]
    file.write_text(json.dumps({"mappings": rows}))
    printed = shell.type("import", str(file), exit_code=1)
    assert "1 created" in printed
    assert "Row 2" in printed
    file.write_text("{")
    assert "cannot be read" in shell.type("import", str(file), exit_code=2)


def test_a_backup_is_saved_and_restored_from_its_file(shell: Shell) -> None:
    file = shell.folder / "backup.zip"
    secret = {"BACKUP_PASSPHRASE": "correct horse battery staple"}
    printed = shell.type("backup", "--with-secrets", "--output", str(file), **secret)
    assert "Saved to" in printed
    assert "correct horse" not in printed
    assert file.stat().st_mode & 0o777 == 0o600
    bots = len(shell.relay.call("GET", "/api/bots").json()["data"])
    shell.relay.call("DELETE", f"/api/bots/{bots}")
    assert f"{bots} bots" in shell.type("restore", str(file), "--with-passphrase", **secret)
    assert len(shell.relay.call("GET", "/api/bots").json()["data"]) == bots
    wrong = shell.type("restore", str(file), "--with-passphrase", exit_code=2, BACKUP_PASSPHRASE="wrong horse battery")
    assert "WRONG_PASSPHRASE" in wrong
