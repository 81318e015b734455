"""Calls a template's functions in this process, as Lambda would: context, concurrency, hard timeout.

A thread cannot be ended, so a function that outlives its timeout goes on in the background while its invocation has
already failed; its late result is dropped. Threads lost this way are replaced up to a bound.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol, Self

from local.messages import EmbeddedStackError
from local.template import Function, function_arn

DEFAULT_CONCURRENCY: Final = 16
# How many timed-out calls of one function may still be running before new ones are refused.
MAX_ABANDONED_CALLS: Final = 32

Handler = Callable[[Any, Any], Any]
logger = logging.getLogger(__name__)


class InvocationFailed(Exception):
    """The function raised, timed out or cannot take more calls. ``error_type`` is what Lambda would report."""

    def __init__(self, function: str, error_type: str) -> None:
        super().__init__(f"{function}: {error_type}")
        self.error_type = error_type


class CallFailed(Exception):
    """A function failed where it ran, and that was logged there. ``error_type`` is what Lambda would report."""

    def __init__(self, error_type: str) -> None:
        super().__init__(error_type)
        self.error_type = error_type


@dataclass(frozen=True)
class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name: str
    memory_limit_in_mb: int
    timeout_seconds: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: float = field(default_factory=time.monotonic)
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        return function_arn(self.function_name)

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return "embedded"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.started_at + self.timeout_seconds - time.monotonic()) * 1000))


class Calls(Protocol):
    """Where a function runs."""

    def begin(self, event: Any, context: LambdaContext) -> asyncio.Future[Any]:
        """The function's result to be. It is not cancelled: what runs cannot be stopped."""
        ...

    def close(self) -> None:
        """Begin no more; does not wait for a call that never returns."""
        ...


class ThreadCalls:
    """Calls in threads of this process. Implements Calls."""

    def __init__(self, name: str, handler: Handler, threads: int) -> None:
        self._handler = handler
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def begin(self, event: Any, context: LambdaContext) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._threads, self._handler, event, context)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class FunctionRunner:
    """One function of the template, callable. To be used from one event loop."""

    def __init__(self, function: Function, where: Calls, concurrency: int = DEFAULT_CONCURRENCY) -> None:
        self.function = function
        self.concurrency = concurrency
        self._where = where
        self._slots = asyncio.Semaphore(concurrency)
        self._calls: set[asyncio.Future[Any]] = set()
        self._abandoned = 0

    @classmethod
    def in_threads(cls, function: Function, handler: Handler, concurrency: int = DEFAULT_CONCURRENCY) -> Self:
        """The function in this process."""
        return cls(function, ThreadCalls(function.logical_id, handler, threads_for(concurrency)), concurrency)

    @property
    def running(self) -> int:
        """Calls that have not ended, those that outlived their timeout included."""
        return len(self._calls)

    @property
    def abandoned(self) -> int:
        """Calls that outlived their timeout and have not ended yet."""
        return self._abandoned

    async def invoke(self, event: Any) -> Any:
        """Call the function and return what it returned. Raises InvocationFailed."""
        name, timeout_seconds = self.function.logical_id, self.function.timeout_seconds
        async with self._slots:
            if self._abandoned >= MAX_ABANDONED_CALLS:
                logger.error("%s refused: %d timed-out calls are still running", name, self._abandoned)
                raise InvocationFailed(name, "TooManyRequestsException")
            context = LambdaContext(name, self.function.memory_mb, timeout_seconds)
            call = self._where.begin(event, context)
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
            try:
                done, _ = await asyncio.wait({call}, timeout=timeout_seconds)
            except asyncio.CancelledError:
                self._abandon(call)
                raise
            if not done:
                logger.error("%s timed out after %d s, request %s", name, timeout_seconds, context.aws_request_id)
                self._abandon(call)
                raise InvocationFailed(name, "Sandbox.Timedout")
        error = call.exception()
        if error is None:
            return call.result()
        if isinstance(error, CallFailed):
            raise InvocationFailed(name, error.error_type)
        logger.error("%s failed, request %s", name, context.aws_request_id, exc_info=error)
        raise InvocationFailed(name, type(error).__name__)

    def _abandon(self, call: asyncio.Future[Any]) -> None:
        """Nobody waits for this call any more: count it until it ends, and drop what it returns."""
        self._abandoned += 1

        def ended(late: asyncio.Future[Any]) -> None:
            self._abandoned -= 1
            if not late.cancelled() and late.exception() is not None:
                logger.error("%s failed after its timeout", self.function.logical_id, exc_info=late.exception())

        call.add_done_callback(ended)

    async def drain(self, deadline_seconds: float) -> None:
        """Wait for the calls in progress, but no longer than the deadline."""
        if self._calls:
            await asyncio.wait(set(self._calls), timeout=deadline_seconds)

    def close(self) -> None:
        """Let the threads end; does not wait for a call that never returns."""
        self._where.close()


def threads_for(concurrency: int) -> int:
    """What runs, and what goes on although nobody waits for it any more."""
    return concurrency + MAX_ABANDONED_CALLS


def concurrency_of(function: Function) -> int:
    """How many calls of the function run at once: its reserved concurrency, or what its queues ask for together."""
    if function.reserved_concurrency is not None:
        return function.reserved_concurrency
    asked = sum(source.maximum_concurrency or DEFAULT_CONCURRENCY for source in function.queue_sources)
    return asked or DEFAULT_CONCURRENCY


def load_handler(function: Function, root: Path) -> Handler:
    """Import ``functions/<name>/handler.py`` and return its handler.

    Raises EmbeddedStackError when the file or the handler is missing or its import fails.
    """
    return import_handler(function.logical_id, function.handler, function.code_path, root)


def import_handler(name: str, handler_path: str, code_path: Path, root: Path) -> Handler:
    """The same for a function of which that is known."""
    module_path, _, attribute = handler_path.rpartition(".")
    file = code_path / (module_path.replace(".", "/") + ".py")
    if not module_path or not file.is_file():
        raise EmbeddedStackError("bad_function", name=name, reason=f"{file} is missing")
    try:
        module = _import_file(_module_name(file, root), file)
    except Exception as error:
        logger.debug("import of %s failed", file, exc_info=True)
        reason = f"{type(error).__name__}: {error}"
        raise EmbeddedStackError("bad_function", name=name, reason=reason) from error
    handler = getattr(module, attribute, None)
    if not callable(handler):
        reason = f"{file} has no function {attribute!r}"
        raise EmbeddedStackError("bad_function", name=name, reason=reason)
    loaded: Handler = handler
    return loaded


def _module_name(file: Path, root: Path) -> str:
    """The dotted name below the template's folder, so that every function's ``handler`` is a module of its own."""
    file = file.resolve()
    relative = file.relative_to(root.resolve()) if file.is_relative_to(root.resolve()) else Path(*file.parts[1:])
    return ".".join(relative.with_suffix("").parts)


def _import_file(name: str, file: Path) -> ModuleType:
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(file):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
