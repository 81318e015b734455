"""Keeps the state engines up: starts them, restarts one that died, leaves none behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp

from local.engines.process import EngineFailed, EngineProcess, EngineSpec
from local.messages import EmbeddedStackError

_PROCESS_RECORD: Final = "engines.json"
# ministack takes up to 21 s to save its state.
_STALE_DEADLINE_SECONDS: Final = 30.0
_FIRST_START_ATTEMPTS: Final = 3
_SHORTEST_RESTART_PAUSE_SECONDS: Final = 0.1
_LONGEST_RESTART_PAUSE_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


class EngineSupervisor:
    """The engines of one data folder.

    ``make_specs`` chooses ports, so that a first start that lost its port to another program can choose again; later
    restarts keep the port, which the functions' clients know. ``before_start`` runs once, when no engine of this
    folder runs any more and none runs yet; ``before_restart`` whenever one has died and is not running again, with its
    name.
    """

    def __init__(
        self,
        make_specs: Callable[[], Sequence[EngineSpec]],
        data_dir: Path,
        session: aiohttp.ClientSession,
        before_start: Callable[[], object] = lambda: None,
        before_restart: Callable[[str], object] = lambda name: None,
    ) -> None:
        self._make_specs = make_specs
        self._before_start = before_start
        self._before_restart = before_restart
        self._record = data_dir / _PROCESS_RECORD
        self._session = session
        self._engines: dict[str, EngineProcess] = {}
        #: One task an engine; none of them ends by itself.
        self.watchers: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def pids(self) -> dict[str, int]:
        return {name: engine.pid for name, engine in self._engines.items()}

    async def start(self) -> Sequence[EngineSpec]:
        """Start every engine and wait until all answer. Returns what was started.

        Raises EmbeddedStackError naming the engine that does not come up.
        """
        specs = self._make_specs()
        await asyncio.to_thread(end_stale_engines, self._record, [spec.marker for spec in specs])
        self._before_start()
        for attempt in range(1, _FIRST_START_ATTEMPTS + 1):
            try:
                # One after another on purpose: prctl ties a child to the forking thread, which is this one.
                for spec in specs:
                    self._engines[spec.name] = await EngineProcess.spawn(spec)
                self._write_record()
                await asyncio.gather(*(engine.wait_ready(self._session) for engine in self._engines.values()))
                break
            except EngineFailed as error:
                failed = next((s.name for s in specs if s.name not in self._engines), "") or self._ended_engine()
                await self._stop_all()
                if attempt == _FIRST_START_ATTEMPTS:
                    raise EmbeddedStackError("engine_failed", name=failed, reason=error) from None
                logger.warning("engine %s did not start, trying again: %s", failed, error)
                specs = self._make_specs()
        self.watchers = [asyncio.create_task(self._keep_up(engine)) for engine in self._engines.values()]
        return specs

    async def stop(self) -> None:
        """End every engine, giving each its grace."""
        self._stopping = True
        for watcher in self.watchers:
            watcher.cancel()
        await asyncio.gather(*self.watchers, return_exceptions=True)
        await self._stop_all()
        self._record.unlink(missing_ok=True)

    async def _stop_all(self) -> None:
        await asyncio.gather(*(engine.stop() for engine in self._engines.values()))
        self._engines.clear()

    def _ended_engine(self) -> str:
        ended = [name for name, engine in self._engines.items() if engine.ended]
        return ", ".join(ended or self._engines)

    async def _keep_up(self, engine: EngineProcess) -> None:
        spec = engine.spec
        pause_seconds = _SHORTEST_RESTART_PAUSE_SECONDS
        while not self._stopping:
            code = await engine.wait()
            logger.error("engine %s (pid %d) ended with %d, restarting it", spec.name, engine.pid, code)
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_RESTART_PAUSE_SECONDS)
            self._before_restart(spec.name)
            try:
                engine = await EngineProcess.spawn(spec)
                self._engines[spec.name] = engine
                self._write_record()
                await engine.wait_ready(self._session)
            except EngineFailed as error:
                logger.error("engine %s did not come back, trying again: %s", spec.name, error)
                await engine.stop()
                continue
            logger.info("engine %s is back (pid %d)", spec.name, engine.pid)
            pause_seconds = _SHORTEST_RESTART_PAUSE_SECONDS

    def _write_record(self) -> None:
        temporary = self._record.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.pids) + "\n", "utf-8")
        temporary.replace(self._record)


def end_stale_engines(record: Path, markers: Sequence[str]) -> None:
    """End engines that an earlier runner left behind.

    A recorded pid is only ended when its command line still holds one of the markers: the number may belong to
    another program by now.
    """
    try:
        pids = [int(pid) for pid in json.loads(record.read_text("utf-8")).values()]
    except (OSError, ValueError, AttributeError, TypeError):
        return
    stale = [pid for pid in pids if any(marker in command_line(pid) for marker in markers)]
    for pid in stale:
        logger.warning("ending an engine that an earlier run left behind (pid %d)", pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STALE_DEADLINE_SECONDS
    while stale and time.monotonic() < deadline:
        time.sleep(0.02)
        stale = [pid for pid in stale if any(marker in command_line(pid) for marker in markers)]
    for pid in stale:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def command_line(pid: int) -> str:
    """The command line of a process, or nothing when there is none."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()
