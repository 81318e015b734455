"""Functions in processes of their own: results, failures, and what happens when a process dies."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from local.frames import Unmarshallable, to_frame
from local.invoke import FunctionRunner, InvocationFailed
from local.messages import EmbeddedStackError
from local.sandboxes import SandboxContents, SandboxPool, default_sandbox_count
from tests.unit.local.test_invoke import function

HANDLER = """
import os, time

IMPORTED_WITH = os.environ.get("POWERTOOLS_SERVICE_NAME")


def handler(event, context):
    what = event.get("do")
    if what == "fail":
        raise LookupError("secret text")
    if what == "no json":
        return object()
    if what == "wait":
        open(event["flag"], "w").close()
        time.sleep(60)
    return {
        "event": event,
        "pid": os.getpid(),
        "imported_with": IMPORTED_WITH,
        "variable_now": os.environ.get("POWERTOOLS_SERVICE_NAME"),
        "name": context.function_name,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }
"""


def contents(folder: Path, source: str = HANDLER) -> SandboxContents:
    code_path = folder / "functions" / "one"
    code_path.mkdir(parents=True)
    (code_path / "handler.py").write_text(source, encoding="utf-8")
    one = function(code_path=code_path)
    return SandboxContents([one], {one.logical_id: {"POWERTOOLS_SERVICE_NAME": "one"}}, folder)


def with_pool(
    wanted: SandboxContents,
    work: Callable[[SandboxPool, FunctionRunner], Awaitable[Any]],
    count: int = 1,
    **changes: Any,
) -> Any:
    async def main() -> Any:
        pool = SandboxPool(wanted, count)
        await pool.spawn()
        try:
            await pool.wait_ready()
            return await work(pool, FunctionRunner(function(**changes), pool))
        finally:
            await pool.stop()

    return asyncio.run(main())


def test_a_function_runs_in_another_process_with_its_context_and_its_own_variables(tmp_path: Path) -> None:
    async def work(pool: SandboxPool, runner: FunctionRunner) -> Any:
        return await runner.invoke({"a": "频道"}), pool.pids

    answer, pids = with_pool(contents(tmp_path), work)
    assert answer["event"] == {"a": "频道"}
    assert answer["pid"] in pids
    assert answer["pid"] != os.getpid()
    assert (answer["imported_with"], answer["variable_now"]) == ("one", None)
    assert answer["name"] == "OneFunction"
    assert 0 < answer["remaining_ms"] <= 5000


@pytest.mark.parametrize(("do", "error_type"), [("fail", "LookupError"), ("no json", "Runtime.MarshalError")])
def test_a_failure_comes_back_as_lambda_would_report_it(tmp_path: Path, do: str, error_type: str) -> None:
    async def work(_pool: SandboxPool, runner: FunctionRunner) -> Any:
        with pytest.raises(InvocationFailed) as failed:
            await runner.invoke({"do": do})
        assert "secret" not in str(failed.value)
        return failed.value.error_type, await runner.invoke({})

    failed, after = with_pool(contents(tmp_path), work)
    assert failed == error_type
    assert after["event"] == {}


def test_calls_spread_over_the_sandboxes(tmp_path: Path) -> None:
    async def work(pool: SandboxPool, runner: FunctionRunner) -> Any:
        answers = await asyncio.gather(*(runner.invoke({}) for _ in range(8)))
        return {answer["pid"] for answer in answers}, set(pool.pids)

    used, pids = with_pool(contents(tmp_path), work, count=2)
    assert used == pids
    assert len(pids) == 2


def test_the_timeout_holds_although_the_function_goes_on(tmp_path: Path) -> None:
    async def work(_pool: SandboxPool, runner: FunctionRunner) -> Any:
        with pytest.raises(InvocationFailed) as failed:
            await runner.invoke({"do": "wait", "flag": str(tmp_path / "flag")})
        return failed.value.error_type, runner.abandoned, (await runner.invoke({}))["name"]

    assert with_pool(contents(tmp_path), work, timeout_seconds=1) == ("Sandbox.Timedout", 1, "OneFunction")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_sandbox_that_dies_fails_its_calls_and_is_replaced(tmp_path: Path) -> None:
    flag = tmp_path / "flag"

    async def work(pool: SandboxPool, runner: FunctionRunner) -> Any:
        call = asyncio.create_task(runner.invoke({"do": "wait", "flag": str(flag)}))
        await until(flag.exists)
        dead = pool.pids[0]
        os.kill(dead, signal.SIGKILL)
        with pytest.raises(InvocationFailed) as failed:
            await call
        with pytest.raises(InvocationFailed):  # until there is another one
            await runner.invoke({})
        await until(lambda: pool.pids[0] != dead)
        return failed.value.error_type, (await runner.invoke({}))["pid"] == pool.pids[0]

    assert with_pool(contents(tmp_path), work) == ("Runtime.ExitError", True)


def test_the_processes_end_with_the_pool_whatever_they_are_at(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    pids: list[int] = []

    async def work(pool: SandboxPool, runner: FunctionRunner) -> None:
        pids.extend(pool.pids)
        call = asyncio.create_task(runner.invoke({"do": "wait", "flag": str(flag)}))
        await until(flag.exists)
        call.cancel()

    with_pool(contents(tmp_path), work)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_function_that_cannot_be_imported_stops_the_start_with_its_reason(tmp_path: Path) -> None:
    async def work(_pool: SandboxPool, _runner: FunctionRunner) -> None:
        raise AssertionError("it was not ready")

    with pytest.raises(EmbeddedStackError) as refused:
        with_pool(contents(tmp_path, "raise LookupError('no such thing')"), work)
    assert refused.value.key == "bad_function"
    assert "OneFunction" in str(refused.value)
    assert "LookupError" in str(refused.value)


@pytest.mark.parametrize(("cores", "count"), [(1, 1), (2, 1), (3, 2), (4, 3), (64, 3)])
def test_one_core_is_left_to_the_rest(cores: int, count: int) -> None:
    assert default_sandbox_count(cores) == count


@pytest.mark.parametrize("document", [object(), {"a": {1, 2}}, threading.Lock()])
def test_what_json_does_not_know_is_no_frame(document: Any) -> None:
    with pytest.raises(Unmarshallable):
        to_frame(document)
