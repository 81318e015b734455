from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.invoke import (
    MAX_ABANDONED_CALLS,
    FunctionRunner,
    InvocationFailed,
    LambdaContext,
    concurrency_of,
    load_handler,
)
from local.messages import EmbeddedStackError
from local.template import Function, QueueSource


def function(timeout_seconds: Any = 5, **changes: Any) -> Function:
    given: dict[str, Any] = {
        "logical_id": "OneFunction",
        "code_path": Path("functions/one"),
        "handler": "handler.handler",
        "timeout_seconds": timeout_seconds,
        "memory_mb": 128,
        "reserved_concurrency": None,
        "environment": {},
    }
    return Function(**{**given, **changes})


def call(handler: Callable[[Any, Any], Any], event: Any = None, timeout_seconds: Any = 5) -> Any:
    async def main() -> Any:
        runner = FunctionRunner.in_threads(function(timeout_seconds), handler)
        try:
            return await runner.invoke(event)
        finally:
            runner.close()

    return asyncio.run(main())


def test_a_handler_gets_event_and_context_and_its_result_comes_back() -> None:
    def handler(event: Any, context: LambdaContext) -> Any:
        return [event, context.function_name, context.memory_limit_in_mb, context.get_remaining_time_in_millis()]

    event, name, memory, remaining = call(handler, {"a": 1})
    assert (event, name, memory) == ({"a": 1}, "OneFunction", 128)
    assert 0 < remaining <= 5000


def test_the_context_knows_its_arn_and_a_request_id_of_its_own() -> None:
    one, other = (LambdaContext("OneFunction", 128, 1) for _ in range(2))
    assert one.invoked_function_arn.endswith(":function:OneFunction")
    assert one.log_group_name == "/aws/lambda/OneFunction"
    assert one.aws_request_id != other.aws_request_id


def test_an_exception_is_reported_by_type_and_logged_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    def handler(event: Any, context: Any) -> Any:
        raise KeyError("x")

    with pytest.raises(InvocationFailed) as failed:
        call(handler)
    assert failed.value.error_type == "KeyError"
    assert "OneFunction failed, request" in caplog.text
    assert "KeyError" in caplog.text


def test_a_timed_out_call_fails_at_once_and_its_late_result_is_dropped() -> None:
    release = threading.Event()

    def handler(event: Any, context: Any) -> Any:
        release.wait(10)
        return "late"

    async def main() -> tuple[str, int, int]:
        runner = FunctionRunner.in_threads(function(0.05), handler, concurrency=1)
        with pytest.raises(InvocationFailed) as failed:
            await runner.invoke(None)
        abandoned = runner.abandoned
        release.set()
        await runner.drain(5)
        runner.close()
        return failed.value.error_type, abandoned, runner.abandoned

    assert asyncio.run(main()) == ("Sandbox.Timedout", 1, 0)


def test_a_slot_lost_to_a_timeout_is_replaced_but_not_without_bound() -> None:
    release = threading.Event()

    def handler(event: Any, context: Any) -> Any:
        if event == "hang":
            release.wait(30)
        return event

    async def main() -> tuple[Any, str]:
        runner = FunctionRunner.in_threads(function(0.02), handler, concurrency=2)
        try:
            await asyncio.gather(
                *(runner.invoke("hang") for _ in range(MAX_ABANDONED_CALLS - 1)), return_exceptions=True
            )
            answer = await runner.invoke("ok")
            with pytest.raises(InvocationFailed):
                await runner.invoke("hang")
            with pytest.raises(InvocationFailed) as refused:
                await runner.invoke("ok")
            return answer, refused.value.error_type
        finally:
            release.set()
            await runner.drain(5)
            runner.close()

    assert asyncio.run(main()) == ("ok", "TooManyRequestsException")


def test_no_more_calls_run_at_once_than_the_concurrency() -> None:
    lock = threading.Lock()
    running = most = 0
    both = threading.Barrier(2, timeout=10)

    def handler(event: Any, context: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1

    async def main() -> None:
        runner = FunctionRunner.in_threads(function(), handler, concurrency=2)
        await asyncio.gather(*(runner.invoke(None) for _ in range(8)))
        runner.close()

    asyncio.run(main())
    assert most == 2


def test_a_cancelled_wait_leaves_the_call_counted_until_it_ends() -> None:
    started, release = threading.Event(), threading.Event()

    def handler(event: Any, context: Any) -> None:
        started.set()
        release.wait(10)

    async def main() -> tuple[int, int]:
        runner = FunctionRunner.in_threads(function(), handler)
        task = asyncio.create_task(runner.invoke(None))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        during = runner.running
        release.set()
        await runner.drain(5)
        runner.close()
        return during, runner.running

    assert asyncio.run(main()) == (1, 0)


def test_concurrency_follows_the_template() -> None:
    assert concurrency_of(function()) == 16
    assert concurrency_of(function(reserved_concurrency=1)) == 1
    sources = (QueueSource("A", 10, 20), QueueSource("B", 10))
    assert concurrency_of(function(queue_sources=sources)) == 36


def write_handler(root: Path, name: str, text: str) -> Function:
    folder = root / "functions" / name
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text(text, "utf-8")
    return function(code_path=folder, logical_id=f"{name.title()}Function")


def test_handlers_of_the_same_file_name_are_modules_of_their_own(tmp_path: Path) -> None:
    one = load_handler(write_handler(tmp_path, "one", "WHO = 1\ndef handler(event, context): return WHO"), tmp_path)
    two = load_handler(write_handler(tmp_path, "two", "WHO = 2\ndef handler(event, context): return WHO"), tmp_path)
    assert (one(None, None), two(None, None)) == (1, 2)
    assert one.__module__ == "functions.one.handler"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("handler = 5", "has no function 'handler'"),
        ("def handler(:", "SyntaxError"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    broken = write_handler(tmp_path, "broken", text)
    with pytest.raises(EmbeddedStackError) as refused:
        load_handler(broken, tmp_path)
    assert "BrokenFunction" in str(refused.value)
    assert complaint in str(refused.value)


def test_a_missing_handler_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedStackError, match=r"handler\.py is missing"):
        load_handler(function(code_path=tmp_path), tmp_path)
