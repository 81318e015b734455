"""ministack, an AWS emulator, on a free port of this machine's loopback, for as long as a context is open."""

# ruff: noqa: S603

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import boto3

from local.engines.process import free_port
from scripts.trial_processes import end_process

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-deploy"
REGION = "us-east-1"
_START_SECONDS = 60
_STOP_SECONDS = 30
_LOG_CHARACTERS = 6000
_LINE_CHARACTERS = 1500
_LINES = 4
_TROUBLE = re.compile(r"ERROR|WARNING|Traceback|errorMessage")


class EmulatorFailed(Exception):
    """The emulator does not start; the text holds what it printed."""


class Emulator:
    """``AUTH`` is on: a call that its caller's IAM policies do not allow is refused, as on AWS."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log_file = folder / "emulator.log"
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Emulator:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        settings = {
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "AUTH": "true",
        }
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [str(VENV / "bin" / "ministack")],
                cwd=self._folder,
                env={**kept, **settings, **self.credentials()},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_listens()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @staticmethod
    def credentials() -> dict[str, str]:
        """Of the emulator's own administrator, who deploys."""
        return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

    def client(self, service: str) -> boto3.client:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's own
        )

    def log(self) -> str:
        """The last of what the emulator and the functions printed."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")[-_LOG_CHARACTERS:]

    def function_errors(self) -> str:
        """The last errors and warnings of each function's log."""
        logs = self.client("logs")
        found = []
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                events = logs.filter_log_events(logGroupName=group["logGroupName"], limit=1000)["events"]
                lines = [event["message"].strip() for event in events if _TROUBLE.search(event["message"])]
                found += [f"{group['logGroupName']}: {line[:_LINE_CHARACTERS]}" for line in lines[-_LINES:]]
        return "\n".join(found)

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.1)
        raise EmulatorFailed(f"ministack does not start:\n{self.log()}")

    def _stop(self) -> None:
        # It stops the functions' processes, its children, on TERM.
        end_process(self._process, _STOP_SECONDS)
