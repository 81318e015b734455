"""What relaying a million messages costs on AWS, counted request by request and priced."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from benchmarks.counting_proxy import COUNTED_PATH, Traffic
from benchmarks.engine_stage import EngineStage, engine_stage
from benchmarks.open_load import SEED, make_events
from benchmarks.relay_stage import kook_channel, running_receiver, speaking_process
from benchmarks.relayed_messages import DELIVER, ROUTE, WEBHOOK, RelayedMessages, Spent
from benchmarks.result import Aim, Cell, Result, Table

BATCH = 10
_CHANNELS = 10
_MESSAGES = 200
_WARM_UP_MESSAGES = 20
_DESTINATION_SECONDS = 0.1

# us-east-1, USD per million requests or units, and for Lambda per million GB-seconds.
_HTTP_API = 1.00
_SQS_FIFO = 0.50
_WRITE_UNIT = 0.625
_READ_UNIT = 0.125
_LAMBDA_REQUEST = 0.20
_LAMBDA_GB_SECOND = 16.67
_LOGS_PER_GB = 0.50
# What one gets of a core: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MEMORY_OF_A_CORE_MB = 1769
# Lambda keeps five long polls of 20 s open for a queue that is quiet.
_POLLS_A_MONTH = 5 * 3 * 60 * 24 * 30
_QUEUES_USED = 2


@dataclass
class Load:
    """How messages come, and what was counted for ``messages`` of them."""

    name: str
    batch: int
    messages: int = 0
    dynamodb: Traffic = field(default_factory=Traffic)
    sqs: Traffic = field(default_factory=Traffic)
    spent: dict[str, Spent] = field(default_factory=dict)
    log_bytes: int = 0

    @property
    def is_quiet(self) -> bool:
        return self.batch == 1


def run(rounds: int) -> Result:
    """``rounds`` is the harness's: what is counted comes out the same every time."""
    with tempfile.TemporaryDirectory() as folder:
        loads, memory_mb = asyncio.run(_count(Path(folder)))
    return _result(loads, memory_mb)


async def _count(folder: Path) -> tuple[list[Load], dict[str, int]]:
    proxies: list[str] = []

    @contextmanager
    def counted(engine_url: str) -> Iterator[str]:
        with speaking_process("benchmarks.counting_proxy", engine_url) as proxy_url:
            proxies.append(proxy_url)
            yield proxy_url

    with running_receiver(_CHANNELS, ["--latency", str(_DESTINATION_SECONDS)]) as receiver:
        environment = {"DISCORD_API_BASE": f"{receiver.base_url}/api/v10", "OUTBOUND_ALLOW": "127.0.0.0/8"}
        async with engine_stage(folder, environment, counted) as stage:
            loads = await asyncio.to_thread(_relay_all, stage, proxies)
            memory_mb = {name: stage.template.functions[name].memory_mb for name in (WEBHOOK, ROUTE, DELIVER)}
    return loads, memory_mb


def _relay_all(stage: EngineStage, proxies: list[str]) -> list[Load]:
    # The functions as on AWS, where a process is frozen between two calls.
    os.environ["DEPLOYMENT"] = "aws"
    with _counted_stdout() as log:
        relayed = RelayedMessages(stage, _CHANNELS)
        loads = [Load("one at a time", 1), Load(f"bursts of {BATCH}", BATCH)]
        for number, load in enumerate(loads):
            relayed.spent = {}
            _relay(relayed, load.batch, _WARM_UP_MESSAGES, f"warm-up-{number}")
            for proxy in proxies:
                _taken(proxy)
            relayed.spent, logged_before = {}, log.size
            _relay(relayed, load.batch, _MESSAGES, f"counted-{number}")
            load.messages, load.spent, load.log_bytes = _MESSAGES, relayed.spent, log.size - logged_before
            load.dynamodb, load.sqs = (_taken(proxy) for proxy in proxies)
    return loads


def _relay(relayed: RelayedMessages, batch: int, messages: int, run_name: str) -> None:
    channels = [kook_channel(number) for number in range(_CHANNELS)]
    drawn = make_events(run_name, 1000.0, (3 * messages + 100) / 1000, channels, SEED + len(run_name))
    by_channel = [[event for event in drawn if event.channel == number] for number in range(_CHANNELS)]
    # One message of each channel a batch: a FIFO queue gives out no more.
    events = list(itertools.chain.from_iterable(zip(*by_channel, strict=False)))[:messages]
    if len(events) != messages:
        raise AssertionError("too few events were drawn")
    for start in range(0, messages, batch):
        relayed.relay(events[start : start + batch])


def _taken(proxy_url: str) -> Traffic:
    answer = requests.get(proxy_url + COUNTED_PATH, timeout=10)
    answer.raise_for_status()
    return Traffic.from_json(answer.json())


class _CountingStream(io.TextIOBase):
    size = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.size += len(text.encode())
        return len(text)


def _counted_stdout() -> AbstractContextManager[_CountingStream]:
    stream: Any = _CountingStream()
    return redirect_stdout(stream)


@dataclass(frozen=True)
class Line:
    """One line of the bill. ``count`` is for one message, ``usd`` for a million."""

    item: str
    count: float
    usd: float


def bill(load: Load, memory_mb: dict[str, int]) -> list[Line]:
    """What a million messages of the load cost."""
    lines = [Line("HTTP API requests", 1.0, _HTTP_API)]
    lines += _queue_lines(load) + _table_lines(load) + _function_lines(load, memory_mb)
    log_bytes = load.log_bytes / load.messages
    return [*lines, Line("log bytes", log_bytes, log_bytes * 1e6 / 1e9 * _LOGS_PER_GB)]


def _queue_lines(load: Load) -> list[Line]:
    per_message = {action: count / load.messages for action, count in load.sqs.requests.items()}
    sent = sum(per_message.get(action, 0.0) for action in ("SendMessage", "SendMessageBatch"))
    taken = sum(per_message.get(action, 0.0) for action in ("ReceiveMessage", "DeleteMessageBatch"))
    others = max(0.0, round(sum(per_message.values()) - sent - taken, 6))
    empty = _QUEUES_USED * _POLLS_A_MONTH / 1e6 if load.is_quiet else 0.0
    named = [("SQS sends", sent), ("SQS receives and deletes", taken), ("SQS empty receives, a month", empty)]
    return [Line(item, count, count * _SQS_FIFO) for item, count in [*named, ("SQS, others", others)] if count]


def _table_lines(load: Load) -> list[Line]:
    kinds: list[tuple[str, Counter[str], float]] = [
        ("write units", load.dynamodb.write_units, _WRITE_UNIT),
        ("read units", load.dynamodb.read_units, _READ_UNIT),
    ]
    return [
        Line(
            f"DynamoDB {kind}, {table.removeprefix('kook-relay-')}", units / load.messages, units / load.messages * usd
        )
        for kind, tables, usd in kinds
        for table, units in sorted(tables.items())
    ]


def _function_lines(load: Load, memory_mb: dict[str, int]) -> list[Line]:
    lines = []
    for name, spent in load.spent.items():
        calls, gb_seconds = spent.calls / load.messages, billed_gb_seconds(spent, memory_mb[name]) / load.messages
        short = name.removesuffix("Function")
        lines.append(Line(f"Lambda requests, {short}", calls, calls * _LAMBDA_REQUEST))
        lines.append(Line(f"Lambda GB-s, {short}", gb_seconds, gb_seconds * _LAMBDA_GB_SECOND))
    return lines


def billed_gb_seconds(spent: Spent, memory_mb: int) -> float:
    """What the calls would be billed: waiting as it was here, processor time stretched to the share of a core that the
    memory buys."""
    stretch = max(1.0, _MEMORY_OF_A_CORE_MB / memory_mb)
    waiting = max(0.0, spent.wall_seconds - spent.cpu_seconds)
    return (waiting + spent.cpu_seconds * stretch) * memory_mb / 1024


def _rows(lines: list[Line]) -> list[list[Cell]]:
    return [[line.item, line.count, line.usd] for line in lines]


def _result(loads: list[Load], memory_mb: dict[str, int]) -> Result:
    bills = {load.name: bill(load, memory_mb) for load in loads}
    totals = {name: sum(line.usd for line in lines) for name, lines in bills.items()}
    return Result(
        method=(
            f"{_MESSAGES} encrypted messages of {_CHANNELS} channels to a Discord webhook each, through the template's "
            "functions, tables and queues. A proxy before each engine counts requests and the capacity DynamoDB says "
            f"it consumed. The destination takes {_DESTINATION_SECONDS * 1000:.0f} ms. Prices: us-east-1, no free tier."
        ),
        tables=[
            Table(
                ["item", "a message", "USD a million"],
                [*_rows(lines), ["total", "", totals[name]]],
                f"Messages {name}",
            )
            for name, lines in bills.items()
        ],
        aims=[Aim(f"USD per million messages, {name}", total, "at most", 6.5) for name, total in totals.items()],
        notes=[
            "Durations are those measured here, waiting included; processor time is stretched by what the function's "
            f"memory buys of a core ({_MEMORY_OF_A_CORE_MB} MB are one).",
            "One at a time: a million in a month, so the two queues' pollers come back empty five times in 20 s. "
            "In bursts: the pollers are busy.",
            "Not in it: the front door (CloudFront, whose first 10 million requests a month are free), alarms and "
            "storage; X-Ray, which is off by default: it would trace every message of a quiet relay, 5 USD a million.",
        ],
    )
