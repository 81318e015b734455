"""The embedded stack with its real engines, as a child process, under a small application of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests

from local.engines.supervisor import command_line
from local.provision import engine_client
from tests.durable_engines import needs_durable_engines
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually

TEMPLATE = REPOSITORY_ROOT / "tests/data/embedded_stack/template.yaml"
FUNCTION_TIMEOUT_SECONDS = 1
VISIBILITY_SECONDS = 6


pytestmark = needs_durable_engines


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """One stack for the tests that leave it as they found it; order has to hold between processes, too."""
    data_dir, environment = tmp_path_factory.mktemp("embedded") / "data", {"FUNCTION_PROCESSES": "2"}
    with EmbeddedStack(data_dir, template=TEMPLATE, environment=environment) as running:
        yield running


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    """A stack for a test that kills or restarts it; not started yet."""
    stack = EmbeddedStack(tmp_path / "data", template=TEMPLATE)
    yield stack
    if stack.is_running:
        stack.stop()


def get(stack: EmbeddedStack, path: str) -> Any:
    answer = requests.get(f"{stack.base_url}{path}", timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def enqueue(stack: EmbeddedStack, *messages: dict[str, Any]) -> None:
    # A few at a time: the function has two seconds, which on a busy machine are not enough for a hundred.
    for start in range(0, len(messages), 10):
        answer = requests.post(f"{stack.base_url}/enqueue", json=messages[start : start + 10], timeout=30)
        assert answer.status_code == 202, answer.text


def attempts(stack: EmbeddedStack, group: str) -> list[tuple[int, str]]:
    return [(int(row["number"]), row["what"]) for row in get(stack, f"/results/{group}")]


def done(stack: EmbeddedStack, group: str) -> list[int]:
    return [number for number, what in attempts(stack, group) if what == "done"]


# --- HTTP ---


def test_http_requests_reach_functions_with_the_templates_environment(stack: EmbeddedStack) -> None:
    assert get(stack, "/health") == {"status": "ok", "greeting": "hello world", "service": "front"}
    answer = requests.post(f"{stack.base_url}/echo/a%20b/?q=1&q=2", data=b"\xff\x00", timeout=10)
    event = answer.json()["event"]
    assert (event["pathParameters"], event["queryStringParameters"]) == ({"proxy": "a b"}, {"q": "1,2"})
    assert event["isBase64Encoded"] is True
    assert 0 < answer.json()["remaining_ms"] <= 2000
    assert answer.headers["x-one"] == "1"
    assert answer.cookies.get_dict() == {"a": "1", "b": "2"}


@pytest.mark.parametrize(("how", "status"), [("raise", 500), ("malformed", 500), ("hang", 500), ("not", 204)])
def test_failing_functions_answer_like_api_gateway(stack: EmbeddedStack, how: str, status: int) -> None:
    assert requests.get(f"{stack.base_url}/fail/{how}", timeout=10).status_code == status


def test_unknown_paths_are_not_found(stack: EmbeddedStack) -> None:
    answer = requests.get(f"{stack.base_url}/nowhere", timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


# --- queues ---


def test_groups_keep_their_order_while_others_go_on(stack: EmbeddedStack) -> None:
    groups = [f"order-{name}" for name in "abcdefgh"]
    slow = {"group": "order-slow", "number": 0, "seconds": 0.9}
    enqueue(stack, slow, *({"group": group, "number": number} for number in range(15) for group in groups))
    for group in groups:
        assert eventually(lambda group=group: len(done(stack, group)) == 15)
        assert attempts(stack, group) == [(number, "done") for number in range(15)]


def test_a_reported_failure_reappears_alone_and_in_order(stack: EmbeddedStack) -> None:
    enqueue(
        stack,
        {"group": "partial", "number": 0},
        {"group": "partial", "number": 1, "trouble": "fail"},
        {"group": "partial", "number": 2},
        {"group": "partial-other", "number": 0},
    )
    eventually(lambda: len(done(stack, "partial")) == 3, 30)
    assert attempts(stack, "partial") == [(0, "done"), (1, "failed"), (1, "done"), (2, "done")]
    assert attempts(stack, "partial-other") == [(0, "done")]


def test_an_exception_and_a_timeout_make_the_message_reappear(stack: EmbeddedStack) -> None:
    enqueue(
        stack,
        {"group": "raising", "number": 0, "trouble": "raise"},
        {"group": "hanging", "number": 0, "trouble": "hang"},
    )
    for group, first in (("raising", "raised"), ("hanging", "hung")):
        eventually(lambda group=group: done(stack, group), 30)
        assert attempts(stack, group) == [(0, first), (0, "done")]


# --- WebSocket ---


def converse(stack: EmbeddedStack, *sent: str, query: str = "?token=right") -> list[str]:
    async def main() -> list[str]:
        received = []
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{stack.base_url}/ws{query}", headers={"User-Agent": "tester"}) as connection,
        ):
            for text in sent:
                await connection.send_str(text)
                message = await connection.receive(timeout=10)
                received.append(str(message.data) if message.type is aiohttp.WSMsgType.TEXT else message.type.name)
        return received

    return asyncio.run(main())


def test_websocket_messages_come_back_through_connections(stack: EmbeddedStack) -> None:
    answers = converse(stack, "hello", "describe me", "raise", "again", "close me")
    assert answers[0] == "echo hello"
    assert json.loads(answers[1]) == {"SourceIp": "127.0.0.1", "UserAgent": "tester"}
    assert json.loads(answers[2])["message"] == "Internal server error"
    assert answers[3:] == ["echo again", "CLOSE"]
    rows = eventually(lambda: [r for r in get(stack, "/results/socket") if r["what"] == "disconnect"])
    connected = next(row for row in get(stack, "/results/socket") if row["what"] == "connect")
    assert json.loads(connected["detail"])["early_post"] == "GoneException"
    assert rows[0]["detail"] == "1000"


def test_a_websocket_without_the_right_token_is_refused(stack: EmbeddedStack) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        converse(stack, "hello", query="?token=wrong")
    assert refused.value.status == 401


# --- the whole ---


def test_schedules_run_soon_after_the_start(stack: EmbeddedStack) -> None:
    rows = eventually(lambda: get(stack, "/results/tick"))
    assert rows[0]["what"] == "Scheduled Event"


def test_everything_listens_on_loopback_only(stack: EmbeddedStack) -> None:
    own = {stack.pid, *stack.engine_pids.values()}
    assert len(own) == 3
    listening = [address for pid in own for address in listening_addresses(pid)]
    assert len(listening) == 4, listening  # front door, @connections, dynoxide, fauxqs
    assert {address for address, _ in listening} == {"127.0.0.1"}


def listening_addresses(pid: int) -> list[tuple[str, int]]:
    """The TCP addresses a process listens on, from /proc (Linux)."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                dotted = ".".join(str(byte) for byte in bytes.fromhex(address)[::-1]) if table == "tcp" else address
                found.append((dotted, int(port, 16)))
    return found


def test_it_all_fits_in_450_megabytes(stack: EmbeddedStack) -> None:
    assert stack.resident_bytes() < 450_000_000


def test_data_is_for_its_owner_alone_and_the_log_holds_no_query(stack: EmbeddedStack) -> None:
    assert stat.S_IMODE(stack.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((stack.data_dir / "data.key").stat().st_mode) == 0o600
    get(stack, "/health?token=do-not-log-me")
    assert "do-not-log-me" not in stack.output()
    assert stack.api_token not in stack.output()


def test_a_port_in_use_is_one_clear_line(stack: EmbeddedStack, tmp_path: Path) -> None:
    second = EmbeddedStack(tmp_path / "data", template=TEMPLATE, port=stack.port)
    assert second.spawn().wait(30) == 1
    (line,) = second.error_lines()
    assert line.startswith(f"Error: port {stack.port} is in use")


def test_a_data_folder_in_use_is_one_clear_line(stack: EmbeddedStack) -> None:
    second = EmbeddedStack(stack.data_dir, template=TEMPLATE)
    before = len(second.error_lines())
    assert second.spawn().wait(30) == 1
    line = second.error_lines()[before]
    assert line.startswith(f"Error: the data folder {stack.data_dir} is in use by another process (pid {stack.pid})")
    assert get(stack, "/health")["status"] == "ok"


@pytest.mark.parametrize(
    ("environment", "start"),
    [
        ({"KOOK_RELAY_ENGINES": "/nonexistent"}, "Error: the state engines are missing (no state engines in /nonexist"),
        ({"PORT": "http"}, "Error: bad setting PORT: "),
        ({"API_TOKEN": "changeme"}, "Error: bad setting API_TOKEN: "),
        ({"LANGUAGE": "zh", "PORT": "http"}, "错误：设置 PORT 有误："),
    ],
)
def test_what_the_operator_can_mend_is_one_clear_line(tmp_path: Path, environment: dict[str, str], start: str) -> None:
    broken = EmbeddedStack(tmp_path / "data", template=TEMPLATE, environment=environment)
    assert broken.spawn().wait(30) == 1
    (line,) = broken.error_lines()
    assert line.startswith(start)


def test_a_bad_template_is_one_clear_line(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  A: { Type: [\n")
    broken = EmbeddedStack(tmp_path / "data", template=template)
    assert broken.spawn().wait(30) == 1
    (line,) = broken.error_lines()
    assert line.startswith("Error: bad template: template.yaml: line 3")


# --- stops, kills, upgrades ---


def test_a_stop_is_clean_and_a_second_start_finds_everything(own_stack: EmbeddedStack) -> None:
    own_stack.start()
    engines = own_stack.engine_pids
    enqueue(own_stack, {"group": "a", "number": 0}, {"group": "a", "number": 1, "seconds": 0.5})
    eventually(lambda: done(own_stack, "a"))
    assert own_stack.stop() == 0
    assert not any(command_line(pid) for pid in engines.values())
    assert "Stopped." in own_stack.output()
    assert "Traceback" not in own_stack.output()
    own_stack.restart()
    eventually(lambda: done(own_stack, "a") == [0, 1])
    assert attempts(own_stack, "a") == [(0, "done"), (1, "done")]


def test_kill_9_loses_nothing_and_work_in_progress_is_taken_up_at_once(own_stack: EmbeddedStack) -> None:
    own_stack.start()
    engines = own_stack.engine_pids
    groups = [f"g{index}" for index in range(6)]
    accepted: dict[str, list[int]] = {group: [] for group in groups}

    def send(group: str) -> None:
        """Send numbered messages one after another until the stack is gone; note those it accepted."""
        with requests.Session() as session:
            for number in range(10_000):
                message = [{"group": group, "number": number}]
                try:
                    answer = session.post(f"{own_stack.base_url}/enqueue", json=message, timeout=10)
                except requests.RequestException:
                    return
                if answer.status_code == 202:
                    accepted[group].append(number)

    with ThreadPoolExecutor(len(groups)) as pool:
        sending = [pool.submit(send, group) for group in groups]
        eventually(lambda: all(len(numbers) >= 20 for numbers in accepted.values()), 60)
        own_stack.kill9()
        for task in sending:
            task.result()
    eventually(lambda: not any(command_line(pid) for pid in engines.values()))
    own_stack.restart()
    for group in groups:
        expected = accepted[group]
        eventually(lambda group=group, expected=expected: set(expected) <= set(done(own_stack, group)), 60)
        handled = done(own_stack, group)
        assert sorted(handled) == handled, "out of order"


def test_a_message_in_hand_at_kill_9_does_not_wait_for_its_visibility(own_stack: EmbeddedStack) -> None:
    """The queue would hide it for 6 s; the runner knows that nobody is working on it any more."""
    own_stack.start()
    enqueue(own_stack, {"group": "a", "number": 0, "trouble": "hang"})
    eventually(lambda: attempts(own_stack, "a"))
    own_stack.kill9()
    with sqlite3.connect(f"file:{own_stack.data_dir}/sqs/fauxqs.db?mode=ro", uri=True) as database:
        ((deadline_ms,),) = database.execute("SELECT visibility_deadline FROM sqs_messages").fetchall()
    own_stack.restart()
    eventually(lambda: done(own_stack, "a") == [0])
    (_, finished) = get(own_stack, "/results/a")
    assert int(finished["sk"]) / 1e6 < deadline_ms


def test_an_engine_that_dies_comes_back_and_nothing_is_lost(own_stack: EmbeddedStack) -> None:
    own_stack.start()
    enqueue(own_stack, *({"group": "a", "number": number, "seconds": 0.05} for number in range(20)))
    for name, pid in own_stack.engine_pids.items():
        os.kill(pid, signal.SIGKILL)
        eventually(lambda name=name, pid=pid: f"engine {name} (pid {pid}) ended with -9" in own_stack.output())
    eventually(lambda: own_stack.output().count(" is back (pid ") == 2)
    eventually(lambda: set(done(own_stack, "a")) == set(range(20)), 60)
    assert get(own_stack, "/health")["status"] == "ok"


def test_a_call_that_never_ends_does_not_hold_up_the_stop_for_ever(own_stack: EmbeddedStack) -> None:
    own_stack.start()
    requests.get(f"{own_stack.base_url}/fail/hang", timeout=10)
    assert own_stack.stop() == 0


def test_a_terminate_signal_stops_as_cleanly_as_ctrl_c(own_stack: EmbeddedStack) -> None:
    own_stack.start()
    os.kill(own_stack.pid, signal.SIGTERM)
    assert own_stack.wait() == 0


def test_an_upgraded_template_gets_its_new_index_queue_and_attributes(own_stack: EmbeddedStack, tmp_path: Path) -> None:
    own_stack.start()
    enqueue(own_stack, {"group": "a", "number": 0})
    eventually(lambda: done(own_stack, "a"))
    assert own_stack.stop() == 0
    text = TEMPLATE.read_text("utf-8").replace("VisibilityTimeout: 6", "VisibilityTimeout: 7")
    text = text.replace("CodeUri: functions/", f"CodeUri: {TEMPLATE.parent}/functions/")
    text += """        - IndexName: by_number
          KeySchema: [{ AttributeName: number, KeyType: HASH }]
          Projection: { ProjectionType: KEYS_ONLY }
  NewQueue: { Type: "AWS::SQS::Queue" }
"""
    text = text.replace(
        "- { AttributeName: kind,", "- { AttributeName: number, AttributeType: N }\n        - { AttributeName: kind,"
    )
    upgraded = tmp_path / "upgraded.yaml"
    upgraded.write_text(text, "utf-8")
    with EmbeddedStack(own_stack.data_dir, template=upgraded) as stack:
        dynamodb_url, sqs_url = (engine_url(stack, name) for name in ("dynoxide", "fauxqs"))
        dynamodb, sqs = engine_client("dynamodb", dynamodb_url), engine_client("sqs", sqs_url)
        found = dynamodb.query(
            TableName="kook-relay-ResultsTable",
            IndexName="by_number",
            KeyConditionExpression="#n = :n",
            ExpressionAttributeNames={"#n": "number"},
            ExpressionAttributeValues={":n": {"N": "0"}},
        )
        # A set: on a busy machine the message may have come a second time, and each attempt is a row.
        assert {item["pk"]["S"] for item in found["Items"]} == {"a"}
        url = sqs.get_queue_url(QueueName="kook-relay-WorkQueue.fifo")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["VisibilityTimeout"] == "7"
        assert sqs.get_queue_url(QueueName="kook-relay-NewQueue")["QueueUrl"]


def engine_url(stack: EmbeddedStack, name: str) -> str:
    ((address, port),) = listening_addresses(stack.engine_pids[name])
    return f"http://{address}:{port}"


def test_the_port_is_free_again_after_a_stop(own_stack: EmbeddedStack) -> None:
    own_stack.start()
    assert own_stack.stop() == 0
    with socket.create_server(("127.0.0.1", own_stack.port)):
        pass
