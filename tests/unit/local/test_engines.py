"""Engine processes and their supervisor, with a small HTTP server in an engine's place."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, InstalledEngines, installed_engines
from local.engines.process import EngineFailed, EngineProcess, EngineSpec, free_port
from local.engines.supervisor import EngineSupervisor, command_line, end_stale_engines
from local.messages import EmbeddedStackError

SERVER = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), "
SERVER += "http.server.SimpleHTTPRequestHandler).serve_forever()"


def spec(folder: Path, program: str = SERVER, **changes: object) -> EngineSpec:
    port = free_port()
    given: dict[str, object] = {
        "name": "engine",
        "command": [sys.executable, "-c", program, str(port), str(folder)],
        "environment": {},
        "port": port,
        "health_path": "/",
        "log_file": folder / "logs" / "engine.log",
        "marker": str(folder),
        "ready_deadline_seconds": 20.0,
    }
    return EngineSpec(**{**given, **changes})  # type: ignore[arg-type]


def in_session(work: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            await work(session)

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def answers(session: aiohttp.ClientSession, one: EngineSpec) -> bool:
    try:
        async with session.get(one.base_url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


def test_an_engine_starts_answers_and_stops(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        engine = await EngineProcess.spawn(spec(tmp_path))
        await engine.wait_ready(session)
        assert await answers(session, engine.spec)
        await engine.stop()
        assert not await answers(session, engine.spec)

    in_session(work)


def test_an_engine_that_ends_is_reported_with_its_last_words(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        failing = spec(tmp_path, "print('Error: the disk is full'); print('bye'); raise SystemExit(3)")
        engine = await EngineProcess.spawn(failing)
        with pytest.raises(EngineFailed, match="ended with 3: Error: the disk is full"):
            await engine.wait_ready(session)

    in_session(work)


def test_a_silent_engine_runs_into_its_deadline(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        silent = spec(tmp_path, "import time; time.sleep(60)", ready_deadline_seconds=0.1)
        engine = await EngineProcess.spawn(silent)
        with pytest.raises(EngineFailed, match="no answer within"):
            await engine.wait_ready(session)
        await engine.stop()

    in_session(work)


def test_an_engine_that_ignores_a_stop_is_killed_after_its_grace(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        stubborn = spec(tmp_path, "import signal; signal.signal(15, signal.SIG_IGN); " + SERVER, stop_grace_seconds=0.1)
        engine = await EngineProcess.spawn(stubborn)
        await engine.wait_ready(session)
        await engine.stop()
        assert await engine.wait() == -signal.SIGKILL

    in_session(work)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        with pytest.raises(EngineFailed, match="nowhere: No such file"):
            await EngineProcess.spawn(spec(tmp_path, command=["/nowhere"]))

    in_session(work)


def test_a_dead_engine_is_restarted_on_its_port(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        one = spec(tmp_path)
        restarted: list[tuple[str, bool]] = []
        supervisor = EngineSupervisor(
            lambda: [one],
            tmp_path,
            session,
            before_restart=lambda name: restarted.append((name, command_line(first) == "")),
        )
        await supervisor.start()
        first = supervisor.pids["engine"]
        assert restarted == []
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.pids["engine"] != first)
        async with asyncio.timeout(20):
            while not await answers(session, one):
                await asyncio.sleep(0.02)
        assert json.loads((tmp_path / "engines.json").read_text()) == supervisor.pids
        # Its state is nobody's between the two.
        assert restarted == [("engine", True)]
        second = supervisor.pids["engine"]
        await supervisor.stop()
        assert command_line(second) == ""
        assert not (tmp_path / "engines.json").exists()

    in_session(work)


def test_a_first_start_that_lost_its_port_tries_another(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        specs = iter([spec(tmp_path, "raise SystemExit('port taken')"), spec(tmp_path)])
        before: list[str] = []
        supervisor = EngineSupervisor(lambda: [next(specs)], tmp_path, session, lambda: before.append("once"))
        (started,) = await supervisor.start()
        assert await answers(session, started)
        assert before == ["once"]
        await supervisor.stop()

    in_session(work)


def test_an_engine_that_never_starts_is_one_clear_error(tmp_path: Path) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        supervisor = EngineSupervisor(lambda: [spec(tmp_path, "raise SystemExit('no room')")], tmp_path, session)
        with pytest.raises(EmbeddedStackError, match=r"engine engine does not start: .*no room"):
            await supervisor.start()

    in_session(work)


def test_only_processes_that_are_still_engines_are_ended(tmp_path: Path) -> None:
    record = tmp_path / "engines.json"
    program = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    stale = subprocess.Popen([*program, str(tmp_path)], stdout=subprocess.PIPE)
    other = subprocess.Popen([*program, "someone else"], stdout=subprocess.PIPE)
    try:
        for process in (stale, other):
            assert process.stdout is not None
            process.stdout.readline()  # the command line is the program's own from here on
        record.write_text(json.dumps({"a": stale.pid, "b": other.pid}))
        end_stale_engines(record, [str(tmp_path)])
        assert stale.wait(10) == -signal.SIGTERM
        assert other.poll() is None
    finally:
        for process in (stale, other):
            process.kill()
            process.wait()
            process.stdout.close()  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"a": "b"}'])
def test_a_damaged_record_of_processes_ends_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "engines.json").write_text(text)
    end_stale_engines(tmp_path / "engines.json", [""])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
def test_an_engine_dies_with_a_killed_runner(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from local.engines.process import EngineProcess, EngineSpec
async def main():
    command = [sys.executable, "-c", "import time; time.sleep(60)", {str(tmp_path)!r}]
    one = EngineSpec("engine", command, {{}}, 1, "/", Path({str(tmp_path / "log")!r}), "")
    print((await EngineProcess.spawn(one)).pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    runner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert runner.stdout is not None
    engine_pid = int(runner.stdout.readline())
    runner.kill()
    runner.wait()
    runner.stdout.close()
    deadline = time.monotonic() + 10
    while str(tmp_path) in command_line(engine_pid):
        assert time.monotonic() < deadline, "the engine outlived its runner"
        time.sleep(0.02)


def test_the_engines_folder_can_be_chosen(tmp_path: Path) -> None:
    assert EngineLayout.from_environment({"KOOK_RELAY_ENGINES": str(tmp_path)}).root == tmp_path
    assert EngineLayout.from_environment({}).root.name == ".engines"


def test_engines_that_are_missing_or_of_another_version_are_told_apart(tmp_path: Path) -> None:
    layout = EngineLayout(tmp_path)
    with pytest.raises(EnginesMissing, match="no state engines"):
        installed_engines(layout)
    InstalledEngines(EngineKind.MINISTACK, layout).write()
    with pytest.raises(EnginesMissing, match="ministack is missing"):
        installed_engines(layout)
    layout.ministack.parent.mkdir(parents=True)
    layout.ministack.write_text("")
    assert installed_engines(layout).kind is EngineKind.MINISTACK
    record = json.loads(layout.record.read_text())
    layout.record.write_text(json.dumps({**record, "fingerprint": "older"}))
    with pytest.raises(EnginesMissing, match="another version"):
        installed_engines(layout)
