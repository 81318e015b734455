"""`make standins`: what it prints is all that is needed to see a message arrive."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.embedded import REPOSITORY_ROOT, WAIT_SECONDS, eventually


@contextmanager
def standins() -> Iterator[list[str]]:
    """The lines it prints, growing."""
    command = [sys.executable, "-m", "local", "standins", "--port", "0", "--pause", "1"]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY_ROOT,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # it prints what each thread is at
            code = process.wait(WAIT_SECONDS)
        reader.join(WAIT_SECONDS)
    assert code == 0, "".join(lines)


def printed(lines: list[str], pattern: str) -> str:
    """The first group of the first line that matches, once there is one."""

    def found() -> str:
        return next((match[1] for line in list(lines) if (match := re.search(pattern, line))), "")

    return eventually(found, 90)


def test_an_account_is_challenged_and_its_channels_messages_arrive() -> None:
    with standins() as lines:
        base = printed(lines, r"(http://127\.0\.0\.1:\d+)/console/")
        assert requests.get(f"{base}/console/", timeout=30).ok
        login = requests.post(
            f"{base}/api/auth/login", json={"password": printed(lines, r"Password +(\S+)")}, timeout=30
        )
        headers = {"X-API-Token": login.json()["token"]}
        account = {"email": "me@example.com", "bot_token": printed(lines, r"Token +(1/\S+)")}
        account["verify_token"] = printed(lines, r"Verify Token +(\S+)")
        assert requests.post(f"{base}/api/accounts", json=account, headers=headers, timeout=30).status_code == 201

        def challenged() -> bool:
            shown = requests.get(f"{base}/api/accounts/1", headers=headers, timeout=30).json()["data"]
            return shown["connection"]["challenged_at"] is not None

        eventually(challenged)
        config = {"webhook_url": printed(lines, r"(https://discord\.com/\S+)")}
        bot = {"platform": "discord", "name": "try", "config": config}
        assert requests.post(f"{base}/api/bots", json=bot, headers=headers, timeout=30).status_code == 201
        mapping = {
            "kook_server_id": "6016389900000001",
            "kook_channel_id": "5823400000000001",
            "kook_channel_name": "公告",
            "target_platform": "discord",
            "target_bot_id": 1,
            "target_channel_id": "default",
        }
        assert requests.post(f"{base}/api/mappings", json=mapping, headers=headers, timeout=30).status_code == 201
        assert printed(lines, r"discord ← (.+)")
