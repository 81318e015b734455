"""Processes that run functions beside the runner's own, so that what the queues bring uses every core.

As with Lambda, a call goes to whichever sandbox is least busy, and one that ends unasked takes its calls with it: their
messages reappear when their visibility timeout ends. Another one takes its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.engines.process import die_with_parent
from local.frames import HEADER, to_frame
from local.invoke import CallFailed, LambdaContext, concurrency_of, threads_for
from local.messages import EmbeddedStackError
from local.template import Function

MAX_SANDBOXES: Final = 3
_READY_DEADLINE_SECONDS: Final = 60.0
_STOP_GRACE_SECONDS: Final = 2.0
_RESTART_PAUSE_SECONDS: Final = 0.5
_PROJECT: Final = Path(__file__).resolve().parents[1]

logger = logging.getLogger(__name__)


class SandboxDidNotStart(Exception):
    """It ended or was not ready in time."""


@dataclass(frozen=True)
class SandboxContents:
    """The functions of every sandbox, and the variables each is imported with, by logical id."""

    functions: Sequence[Function]
    variables: Mapping[str, Mapping[str, str]]
    root: Path

    def to_document(self) -> dict[str, Any]:
        return {
            "root": str(self.root),
            "import_folders": [str(self.root)],
            "functions": [
                {
                    "name": function.logical_id,
                    "handler": function.handler,
                    "code_path": str(function.code_path),
                    "variables": dict(self.variables.get(function.logical_id, {})),
                    "threads": threads_for(concurrency_of(function)),
                }
                for function in self.functions
            ],
        }


def available_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_sandbox_count(cores: int) -> int:
    """One core is left to the front door, the pollers and the engines; beyond three the engines are what limits."""
    return max(1, min(MAX_SANDBOXES, cores - 1))


class Sandbox:
    """One process. To be used from one event loop."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._has_ended = False

    @classmethod
    async def spawn(cls, contents: SandboxContents) -> Sandbox:
        """Start the process and tell it what to load; ``wait_ready`` tells when it has."""
        ours, theirs = socket.socketpair()
        with theirs:
            paths = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "local.sandbox", str(theirs.fileno())),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                # A terminal's Ctrl-C goes to the whole process group; what is running has to end in peace.
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(to_frame(contents.to_document()))
        return cls(process, reader, writer)

    async def wait_ready(self) -> None:
        """Raises EmbeddedStackError for a function that cannot be loaded, SandboxDidNotStart."""
        try:
            async with asyncio.timeout(_READY_DEADLINE_SECONDS):
                answer = await self._receive()
        except TimeoutError:
            raise SandboxDidNotStart("a sandbox was not ready in time") from None
        if answer is None:
            raise SandboxDidNotStart("a sandbox ended before it was ready")
        if "refused" in answer:
            raise EmbeddedStackError(answer["refused"], **answer["values"])

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    @property
    def calls(self) -> int:
        """How many are under way."""
        return len(self._calls)

    def begin(self, event: Any, context: LambdaContext) -> asyncio.Future[Any]:
        """The call's result to be, or CallFailed."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        frame = to_frame(
            {
                "id": number,
                "function": context.function_name,
                "memory_mb": context.memory_limit_in_mb,
                "timeout_seconds": context.timeout_seconds,
                "request_id": context.aws_request_id,
                "event": event,
            }
        )
        self._calls[number] = future
        # Not drained: what is under way is bounded by the functions' concurrency.
        self._writer.write(frame)
        return future

    async def serve(self) -> None:
        """Hand out the answers until the process ends; what it had not answered then has failed."""
        while (answer := await self._receive()) is not None:
            future = self._calls.pop(answer["id"])
            if future.done():
                continue
            if "error_type" in answer:
                future.set_exception(CallFailed(answer["error_type"]))
            else:
                future.set_result(answer["result"])
        self._has_ended = True
        for future in self._calls.values():
            if not future.done():
                future.set_exception(CallFailed("Runtime.ExitError"))
        self._calls.clear()

    async def stop(self) -> None:
        """Close our end, which ends the process, and make sure of it."""
        self._writer.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_GRACE_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _receive(self) -> Any:
        """The next document; None when the process is gone."""
        try:
            (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            return json.loads(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


@dataclass
class SandboxPool:
    """As many sandboxes as wanted, each with all of the functions. Implements local.invoke.Calls."""

    contents: SandboxContents
    count: int
    _sandboxes: list[Sandbox] = field(default_factory=list)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def pids(self) -> list[int]:
        return [sandbox.pid for sandbox in self._sandboxes]

    async def spawn(self) -> None:
        self._sandboxes = [await Sandbox.spawn(self.contents) for _ in range(self.count)]

    async def wait_ready(self) -> None:
        """Raises EmbeddedStackError for a function that cannot be loaded, SandboxDidNotStart."""
        await asyncio.gather(*(sandbox.wait_ready() for sandbox in self._sandboxes))
        self._keepers = [asyncio.create_task(self._keep(place), name="sandbox") for place in range(self.count)]

    def begin(self, event: Any, context: LambdaContext) -> asyncio.Future[Any]:
        """Call a function in the least busy sandbox."""
        alive = [sandbox for sandbox in self._sandboxes if not sandbox.has_ended]
        if not alive:
            failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            failed.set_exception(CallFailed("Runtime.ExitError"))
            return failed
        return min(alive, key=lambda sandbox: sandbox.calls).begin(event, context)

    def close(self) -> None:
        """One function of several is done with: the processes end with ``stop``."""

    async def stop(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*(sandbox.stop() for sandbox in self._sandboxes))

    async def _keep(self, place: int) -> None:
        """Serve one place of the pool for ever, with one sandbox after another."""
        while True:
            await self._sandboxes[place].serve()
            logger.error("a sandbox ended; its messages reappear, another one takes its place")
            await self._sandboxes[place].stop()
            self._sandboxes[place] = await self._replacement()

    async def _replacement(self) -> Sandbox:
        while True:
            await asyncio.sleep(_RESTART_PAUSE_SECONDS)
            replacement = await Sandbox.spawn(self.contents)
            try:
                await replacement.wait_ready()
            except (SandboxDidNotStart, EmbeddedStackError) as error:
                logger.error("a sandbox did not start, trying again: %s", error)
                await replacement.stop()
            except asyncio.CancelledError:
                await replacement.stop()
                raise
            else:
                return replacement
