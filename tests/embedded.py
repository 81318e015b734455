"""The embedded stack as a child process, for integration tests: start, kill, restart, look at what it did.

with EmbeddedStack(tmp_path / "data") as stack:      # the relay's own template
    requests.get(f"{stack.base_url}/health", timeout=5)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

REPOSITORY_ROOT = Path(__file__).resolve().parents[1]
API_TOKEN = "integration-test-token-5b1c7e"
START_DEADLINE_SECONDS = 60.0
# With COVERAGE_… the child's coverage is measured when the tests' is; KOOK_RELAY_AWS_CALLS: see local.aws_calls.
_INHERITED = (
    "PATH",
    "HOME",
    "KOOK_RELAY_ENGINES",
    "KOOK_RELAY_AWS_CALLS",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)
STOP_DEADLINE_SECONDS = 60.0
# For anything a stack is to do, on a machine that has little time for it: a wait ends when it may.
WAIT_SECONDS = 60.0

Found = TypeVar("Found")


class StackDidNotStart(AssertionError):
    """It ended or did not become ready in time; the text holds its output."""


def eventually(
    probe: Callable[[], Found | None], deadline_seconds: float = WAIT_SECONDS, pause_seconds: float = 0.05
) -> Found:
    """Call ``probe`` until it returns something true, and return that. Fails with its last answer at the deadline."""
    deadline = time.monotonic() + deadline_seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {deadline_seconds} s; the last answer was {answer!r}")
        time.sleep(pause_seconds)


class EmbeddedStack:
    """One embedded stack with a data folder of its own, on a free port that it keeps over restarts.

    ``environment`` is added to the little the child gets (PATH, HOME, engines, coverage, API_TOKEN, LANGUAGE=en,
    one process for what reads queues); nothing else of the test's own environment reaches it.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environment: Mapping[str, str] | None = None,
        template: Path = REPOSITORY_ROOT / "template.yaml",
        port: int = 0,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.api_token = API_TOKEN
        self._template = template
        self._log = data_dir.with_name(f"{data_dir.name}.log")
        self._process: subprocess.Popen[bytes] | None = None
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._environment = {
            **inherited,
            "DATA_DIR": str(data_dir),
            "API_TOKEN": self.api_token,
            "LANGUAGE": "en",
            # As many as on two cores, wherever the tests run: each more costs half a second of processor time.
            "FUNCTION_PROCESSES": "1",
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What opens the control API."""
        return {"X-API-Token": self.api_token}

    @property
    def pid(self) -> int:
        assert self._process is not None, "the stack is not started"
        return self._process.pid

    @property
    def engine_pids(self) -> dict[str, int]:
        return dict(self.status()["engines"])

    def status(self) -> dict[str, Any]:
        """What the stack says of itself; empty while it is not ready."""
        try:
            status: dict[str, Any] = json.loads((self.data_dir / "runner.json").read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return status

    def output(self) -> str:
        """Everything it printed and logged, over all starts."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def error_lines(self) -> list[str]:
        """What it complained about, one line each."""
        return [line for line in self.output().splitlines() if line.startswith(("Error:", "错误："))]

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the child without waiting for it: for starts that are meant to fail."""
        command = [sys.executable, "-m", "local", "run", "--port", str(self.port)]
        command += ["--template", str(self._template), "--env-file", os.devnull]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=REPOSITORY_ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        return self._process

    def start(self, deadline_seconds: float = START_DEADLINE_SECONDS) -> Self:
        """Start and wait until ready. Raises StackDidNotStart."""
        process = self.spawn()
        deadline = time.monotonic() + deadline_seconds
        while self.status().get("pid") != process.pid:
            if process.poll() is not None:
                raise StackDidNotStart(f"ended with {process.returncode}:\n{self.output()[-4000:]}")
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise StackDidNotStart(f"not ready within {deadline_seconds} s:\n{self.output()[-4000:]}")
            time.sleep(0.02)
        self.port = int(self.status()["port"])
        return self

    def stop(self, deadline_seconds: float = STOP_DEADLINE_SECONDS) -> int:
        """Ask it to stop as Ctrl-C does and return its exit code."""
        assert self._process is not None, "the stack is not started"
        if self.is_running:
            self._process.send_signal(signal.SIGINT)
        return self.wait(deadline_seconds)

    def wait(self, deadline_seconds: float = STOP_DEADLINE_SECONDS) -> int:
        """Wait until it has ended and return its exit code."""
        assert self._process is not None, "the stack is not started"
        try:
            return self._process.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"it did not stop within {deadline_seconds} s:\n{self.output()[-4000:]}") from None

    def kill9(self) -> None:
        """Kill it without warning; the engines die with it."""
        assert self._process is not None, "the stack is not started"
        self._process.kill()
        self._process.wait()

    def restart(self) -> Self:
        """Start again on the same port and data, after ``stop`` or ``kill9``."""
        assert not self.is_running, "stop it first"
        return self.start()

    def resident_bytes(self) -> int:
        """Memory of the runner and its engines (Linux only)."""
        return sum(_resident_bytes(pid) for pid in (self.pid, *self.engine_pids.values()))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.is_running:
            self.stop()
        if error is not None:
            print(self.output()[-8000:])  # pytest shows it with the failure


def _resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} tells no resident size")
