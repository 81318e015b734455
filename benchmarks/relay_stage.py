"""What the relay's benchmarks run on: the embedded stack and a receiver, each in processes of their own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.receiver import channel_id, webhook_url
from benchmarks.result import NotRun
from scripts.trial_processes import end_process
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually

VERIFY_TOKEN = "vt-EXAMPLE"
ENCRYPT_KEY = "benchmark-key-123"
_FIRST_KOOK_CHANNEL = 5_823_400_000_000_000
# The platforms' own limits would be all that is measured.
RATE_LIMITS = [{"requests": 10_000, "per_seconds": 1}]
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Arrival:
    """``channel`` counts from 0, ``at`` is time.time()."""

    channel: int
    text: str
    at: float


class ReceiverProcess:
    def __init__(self, base_url: str, webhooks: int) -> None:
        self.base_url = base_url
        self._http = _session()
        self._numbers = {channel_id(number): number for number in range(webhooks)}

    def arrivals(self) -> list[Arrival]:
        """What the receiver took, in the order in which it came."""
        messages = self._control("messages").json()
        return [Arrival(self._numbers[one["target"]], one["text"], one["arrived_at"]) for one in messages]

    def clear(self) -> None:
        self._control("clear")

    def fail_for(self, seconds: float) -> None:
        self._control(f"outage?seconds={seconds}")

    def _control(self, path: str) -> requests.Response:
        answer = self._http.get(f"{self.base_url}/_standin/{path}", timeout=30)
        answer.raise_for_status()
        return answer


@contextmanager
def running_receiver(webhooks: int, arguments: Sequence[str] = ()) -> Iterator[ReceiverProcess]:
    with speaking_process("benchmarks.receiver", "--webhooks", str(webhooks), *arguments) as base_url:
        yield ReceiverProcess(base_url, webhooks)


@contextmanager
def running_bridge(receiver: ReceiverProcess, channels: int) -> Iterator[str]:
    """The peer; its webhook URL. Raises NotRun where khl.py is not installed."""
    if importlib.util.find_spec("khl") is None:
        raise NotRun("khl.py is missing: pip install -r requirements-bench.txt")
    arguments = ("--receiver", receiver.base_url, "--channels", str(channels))
    with speaking_process("benchmarks.khl_bridge", *arguments) as base_url:
        url = f"{base_url}/webhook"
        eventually(lambda: _answers(url), deadline_seconds=30)
        yield url


@contextmanager
def speaking_process(module: str, *arguments: str) -> Iterator[str]:
    """A module as a process, and the first line it says."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY_ROOT)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        end_process(process, _STOP_SECONDS)


def _answers(url: str) -> bool:
    try:
        return bool(_session().get(url, timeout=2).status_code)
    except requests.ConnectionError:
        return False


def kook_channel(number: int) -> str:
    return str(_FIRST_KOOK_CHANNEL + number)


class Relay:
    """A running relay, mapped from as many KOOK channels to as many of the receiver's webhooks."""

    def __init__(self, stack: EmbeddedStack, channels: int) -> None:
        self.stack = stack
        self.channels = channels
        self._http = _session()

    @property
    def webhook_url(self) -> str:
        return f"{self.stack.base_url}/webhook/1"

    @property
    def kook_channels(self) -> list[str]:
        return [kook_channel(number) for number in range(self.channels)]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(
            method, self.stack.base_url + path, json=body, headers=self.stack.headers, timeout=30
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


def configure_relay(call: Callable[[str, str, Any], Any], channels: int) -> None:
    """An account, and that many channels, each mapped to a webhook of the receiver. ``call`` makes one call of the
    control API, given its method, path and body, and returns the answer's."""
    call("POST", "/api/accounts", {"email": "b@example.com", "verify_token": VERIFY_TOKEN, "encrypt_key": ENCRYPT_KEY})
    for number in range(channels):
        config = {"webhook_url": webhook_url(number), "rate_limits": RATE_LIMITS}
        bot = call("POST", "/api/bots", {"platform": "discord", "name": f"hook {number}", "config": config})
        mapping = {
            "kook_server_id": "7001",
            "kook_channel_id": kook_channel(number),
            "kook_channel_name": f"频道 {number}",
            "target_platform": "discord",
            "target_bot_id": bot["id"],
            "target_channel_id": "",
        }
        call("POST", "/api/mappings", mapping)


@contextmanager
def running_relay(
    folder: Path, receiver: ReceiverProcess, channels: int, environment: Mapping[str, str] | None = None
) -> Iterator[Relay]:
    settings = {
        "DISCORD_API_BASE": f"{receiver.base_url}/api/v10",
        "OUTBOUND_ALLOW": "127.0.0.0/8",
        **(environment or {}),
    }
    with EmbeddedStack(folder / "data", environment=settings) as stack:
        relay = Relay(stack, channels)
        configure_relay(relay.call, channels)
        yield relay


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
