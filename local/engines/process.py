"""One engine as a child process: what to run, when it is ready, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

LOOPBACK: Final = "127.0.0.1"
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_PROBE_PAUSE_SECONDS: Final = 0.02


class EngineFailed(Exception):
    """An engine did not become ready. The text is one line, from its own output where there is any."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """How one engine is run. ``marker`` is a part of its command line that no other program's has."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    health_path: str
    log_file: Path
    marker: str
    ready_deadline_seconds: float = 20.0
    stop_grace_seconds: float = 5.0
    # Sent by the kernel when the runner dies. KILL where every write is already on disk, TERM where a stop saves.
    death_signal: signal.Signals = signal.SIGKILL

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def free_port() -> int:
    """A loopback port that nothing has at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """A preexec function that ties a child's life to this process; None where the kernel cannot.

    The tie is to the thread that forks, so children must be started from the main thread (prctl(2)).
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # died between fork and prctl: nobody is left to send the signal
            os._exit(1)

    return tie


class EngineProcess:
    """A running engine."""

    def __init__(self, spec: EngineSpec, process: asyncio.subprocess.Process) -> None:
        self.spec = spec
        self._process = process

    @classmethod
    async def spawn(cls, spec: EngineSpec) -> EngineProcess:
        """Start the engine; it is not ready yet. Raises EngineFailed when the program cannot be run."""
        spec.log_file.parent.mkdir(parents=True, exist_ok=True)
        with spec.log_file.open("wb") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *spec.command,
                    env=dict(spec.environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=asyncio.subprocess.STDOUT,
                    # A terminal's Ctrl-C goes to the whole process group; the engines must outlive the drain.
                    start_new_session=True,
                    preexec_fn=die_with_parent(spec.death_signal),
                )
            except OSError as error:
                raise EngineFailed(f"{spec.command[0]}: {error.strerror}") from None
        return cls(spec, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    async def wait(self) -> int:
        """Wait for the engine to end. Returns its exit code, negative for a signal."""
        return await self._process.wait()

    async def wait_ready(self, session: aiohttp.ClientSession) -> None:
        """Wait until the engine answers. Raises EngineFailed when it ends or the deadline passes first."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.spec.ready_deadline_seconds
        while loop.time() < deadline:
            if self.ended:
                raise EngineFailed(self._last_words(f"ended with {self._process.returncode}"))
            if await _answers(session, self.spec.base_url + self.spec.health_path):
                return
            await asyncio.sleep(_PROBE_PAUSE_SECONDS)
        raise EngineFailed(self._last_words(f"no answer within {self.spec.ready_deadline_seconds:.0f} s"))

    async def stop(self) -> None:
        """Ask the engine to end, and make it end after its grace."""
        if self.ended:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), self.spec.stop_grace_seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def _last_words(self, otherwise: str) -> str:
        try:
            lines = self.spec.log_file.read_text("utf-8", "replace")[-4000:].splitlines()
        except OSError:
            lines = []
        telling = [line.strip() for line in lines if "error" in line.lower()]
        spoken = telling or [line.strip() for line in lines if line.strip()]
        return f"{otherwise}: {spoken[-1][:300]}" if spoken else otherwise


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as response:
            return response.status < 500
    except (aiohttp.ClientError, TimeoutError):
        return False
