"""KOOK events posted on a fixed schedule, whatever becomes of the earlier ones: an open model.

Latencies count from the moment an event was due, not from when it was sent, so that a relay that falls behind is not
excused by its own slowness. The events of a channel are posted one after another, as KOOK does; those of different
channels side by side.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from benchmarks.relay_stage import ENCRYPT_KEY, VERIFY_TOKEN, Arrival
from tests.standins.kook_wire import encode

SEED = 20261121
_NAMESPACE = uuid.uuid4()
_LEAD_SECONDS = 0.5
_POST_SECONDS = 10.0
_NUMBER = re.compile(r"event (\d+) of (\S+):")
_TEXT = "这是一条用来测量转发速度的消息，和平常的差不多长：**加粗**，`代码`，还有一个链接 https://example.com/a?b=c 。"


@dataclass
class Event:
    """``due_at`` is time.time(); ``answered_ms`` the time from then to the 200, None when there was none."""

    run: str
    number: int
    channel: int
    due_at: float
    body: bytes
    answered_ms: float | None = None


@dataclass
class LoadResult:
    """Latencies in milliseconds from the scheduled time to the arrival, of the events that arrived."""

    sent: int
    refused: int
    lost: int
    twice: int
    out_of_order: int
    latencies_ms: list[float] = field(default_factory=list)
    answers_ms: list[float] = field(default_factory=list)
    # From the first event due to the last arrival.
    seconds: float = 0.0

    @property
    def rate_per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: int) -> float:
        return percentile(self.latencies_ms, percent)


def percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def make_events(
    run: str, rate_per_second: float, seconds: float, channels: Sequence[str], seed: int = SEED
) -> list[Event]:
    """A Poisson schedule of ``rate_per_second``, over channels drawn evenly; bodies encrypted and compressed.

    ``seed`` is of this run alone: the peer knows events by their sequence numbers, which follow from it."""
    dice = random.Random(seed)
    events: list[Event] = []
    due_at = time.time() + _LEAD_SECONDS
    end = due_at + seconds
    while True:
        due_at += dice.expovariate(rate_per_second)
        if due_at >= end:
            return events
        channel = dice.randrange(len(channels))
        number = len(events)
        events.append(Event(run, number, channel, due_at, _body(run, seed, number, channels[channel], due_at)))


def _body(run: str, seed: int, number: int, kook_channel: str, due_at: float) -> bytes:
    author_id = "3100000001"
    author = {"id": author_id, "username": "测量员", "nickname": "测量员", "bot": False, "avatar": ""}
    d = {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": kook_channel,
        "author_id": author_id,
        "content": f"event {number} of {run}: {_TEXT}",
        "msg_id": str(uuid.uuid5(_NAMESPACE, f"{run}-{number}")),
        "msg_timestamp": int(due_at * 1000),
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
        "extra": {"type": 9, "guild_id": "7001", "channel_name": "频道", "author": author, "mention": []},
    }
    return encode({"s": 0, "d": d, "sn": (seed - SEED) * 100_000 + number + 1}, "enczlib", ENCRYPT_KEY)


async def post_all(url: str, events: Sequence[Event]) -> None:
    """Post every event when it is due, or as soon after as the one before it in its channel has been answered."""
    by_channel: dict[int, list[Event]] = {}
    for event in events:
        by_channel.setdefault(event.channel, []).append(event)
    timeout = aiohttp.ClientTimeout(total=_POST_SECONDS)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=timeout, trust_env=False
    ) as session:
        await asyncio.gather(*(_post_channel(session, url, mine) for mine in by_channel.values()))


async def _post_channel(session: aiohttp.ClientSession, url: str, events: Sequence[Event]) -> None:
    for event in events:
        await asyncio.sleep(max(0.0, event.due_at - time.time()))
        try:
            async with session.post(url, data=event.body) as answer:
                await answer.read()
                if answer.status == 200:
                    event.answered_ms = (time.time() - event.due_at) * 1000
        except (aiohttp.ClientError, TimeoutError):
            continue


def offer(
    url: str, events: Sequence[Event], arrivals: Callable[[], Sequence[Arrival]], wait_seconds: float = 60.0
) -> LoadResult:
    """Post them all, wait for what is still under way, and see what has become of every one of them."""
    asyncio.run(post_all(url, events))
    deadline = time.monotonic() + wait_seconds
    while (result := verify(events, arrivals())).lost and time.monotonic() < deadline:
        time.sleep(0.25)
    return result


def verify(events: Sequence[Event], arrivals: Sequence[Arrival]) -> LoadResult:
    """Every accepted event arrived, once, and in its channel's order. ``arrivals`` are in the order of arrival."""
    seen: dict[int, int] = {}
    first_at: dict[int, float] = {}
    latest: dict[int, int] = {}
    out_of_order = 0
    runs = {event.run for event in events}
    for arrival in arrivals:
        found = _NUMBER.search(arrival.text)
        if found is None or found[2] not in runs:
            continue  # a latecomer of a run before
        number = int(found[1])
        seen[number] = seen.get(number, 0) + 1
        if number in first_at:
            continue
        first_at[number] = arrival.at
        out_of_order += number < latest.get(arrival.channel, -1)
        latest[arrival.channel] = max(number, latest.get(arrival.channel, -1))
    accepted = [event for event in events if event.answered_ms is not None]
    return LoadResult(
        sent=len(events),
        refused=len(events) - len(accepted),
        lost=sum(event.number not in first_at for event in accepted),
        twice=sum(count > 1 for count in seen.values()),
        out_of_order=out_of_order,
        latencies_ms=[(first_at[event.number] - event.due_at) * 1000 for event in accepted if event.number in first_at],
        answers_ms=[event.answered_ms for event in accepted if event.answered_ms is not None],
        seconds=max(first_at.values(), default=0.0) - events[0].due_at if events else 0.0,
    )
