"""The embedded stack as a process of its own, started and stopped by the demo."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

ROOT = Path(__file__).parents[2]
READY_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 30.0
_OUTPUT_LINES = 200


class RelayNotReady(RuntimeError):
    """The stack did not come up; the text holds what it printed."""


class RelayProcess:
    """``with RelayProcess(data_dir, environment) as relay``: ready when entered, stopped by its own pid when left.
    ``port`` 0 takes a free one."""

    def __init__(self, data_dir: Path, environment: dict[str, str], port: int = 0) -> None:
        self._port = port or _free_port()
        self._environment = {
            **os.environ,
            **environment,
            "PORT": str(self._port),
            "DATA_DIR": str(data_dir),
            "PYTHONUNBUFFERED": "1",
        }
        self._output: collections.deque[str] = collections.deque(maxlen=_OUTPUT_LINES)
        self._process: subprocess.Popen[str] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def recent_output(self) -> str:
        return "".join(self._output)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local", "run"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._collect_output, daemon=True).start()
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _collect_output(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._output.append(line)

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RelayNotReady(f"the stack ended with {process.returncode}:\n{self.recent_output()}")
            # Not listening yet, or still busy starting: ask again until the deadline.
            with contextlib.suppress(requests.RequestException):
                if requests.get(self.base_url + "/health", timeout=2).ok:
                    return
            time.sleep(0.05)
        raise RelayNotReady(f"not ready within {READY_TIMEOUT_SECONDS:.0f} s:\n{self.recent_output()}")

    def _stop(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
