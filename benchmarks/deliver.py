"""Waiting records to slow and failing destinations, beside loops over the libraries one would use instead."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import requests
from apprise import Apprise, AppriseAsset
from apprise.plugins.discord import NotifyDiscord
from discord_webhook import DiscordWebhook
from discord_webhook.webhook import HTTPException

from benchmarks.engine_stage import EngineStage, engine_stage
from benchmarks.receiver import RETRY_AFTER_SECONDS, TOKEN, webhook_id, webhook_path
from benchmarks.relay_stage import ReceiverProcess, running_receiver
from benchmarks.relayed_messages import DELIVER, DISCORD_QUEUE
from benchmarks.result import Aim, Cell, Result, Table
from benchmarks.waiting_records import WaitingRecords
from local.event_sources import STOPPABLE_LONG_POLL_SECONDS
from local.invoke import FunctionRunner, concurrency_of
from local.pollers import QueuePoller
from local.queue_client import SqsJsonClient
from local.sandboxes import SandboxContents, SandboxPool, available_cores, default_sandbox_count

_ROUNDS = 5
RECORDS_A_ROUND = 500
_PEER_RECORDS_A_ROUND = 50
_DESTINATIONS = 40
_LATENCY_SECONDS, _ERROR_SHARE, _LIMITED_SHARE = 0.1, 0.05, 0.02
_ROUND_WITHIN_SECONDS = 120.0
_DRAIN_SECONDS = 20.0


@dataclass
class Contender:
    """``send`` sends that many texts, each holding its number and the round's name, and returns when it is done."""

    name: str
    records: int
    delivered: list[int] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    per_second: list[float] = field(default_factory=list)

    def note(self, round_name: str, began_at: float, receiver: ReceiverProcess) -> None:
        arrivals = [one for one in receiver.arrivals() if f"of {round_name}" in one.text]
        texts = {one.text for one in arrivals}
        self.delivered.append(len(texts))
        self.lost += self.records - len(texts)
        self.twice += len(arrivals) - len(texts)
        self.per_second.append(len(texts) / (max((one.at for one in arrivals), default=began_at + 1.0) - began_at))


def run(rounds: int) -> Result:
    """``rounds`` is the harness's; here there are five, which is what three minutes hold."""
    contenders = [
        Contender("KOOK Relay", RECORDS_A_ROUND),
        Contender("apprise loop", _PEER_RECORDS_A_ROUND),
        Contender("discord-webhook loop", _PEER_RECORDS_A_ROUND),
    ]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder), contenders))
    return _result(*contenders)


async def _run(folder: Path, contenders: list[Contender]) -> None:
    ours, *peers = contenders
    shares = ["--error-share", str(_ERROR_SHARE), "--limited-share", str(_LIMITED_SHARE)]
    with running_receiver(_DESTINATIONS, ["--latency", str(_LATENCY_SECONDS), *shares]) as receiver:
        environment = {"DISCORD_API_BASE": f"{receiver.base_url}/api/v10", "OUTBOUND_ALLOW": "127.0.0.0/8"}
        async with engine_stage(folder, environment) as stage, aiohttp.ClientSession(trust_env=False) as session:
            records = await asyncio.to_thread(WaitingRecords, stage, _DESTINATIONS)
            relay = _Delivering(stage, session)
            await relay.start()
            try:
                for turn in range(_ROUNDS):
                    round_name = f"round-{turn}-relay"
                    await asyncio.to_thread(records.add, round_name, RECORDS_A_ROUND)
                    began_at = time.time()
                    await relay.work_off(receiver, round_name)
                    ours.note(round_name, began_at, receiver)
                    for peer, loop in zip(peers, (_apprise_loop, _discord_webhook_loop), strict=True):
                        round_name, began_at = f"round-{turn}-{peer.name}", time.time()
                        await asyncio.to_thread(loop, receiver.base_url, round_name)
                        peer.note(round_name, began_at, receiver)
            finally:
                await relay.stop()


class _Delivering:
    """The runner's own poller and processes, for this one queue. It reads only while it is told to."""

    def __init__(self, stage: EngineStage, session: aiohttp.ClientSession) -> None:
        function = stage.template.functions[DELIVER]
        self._pool = SandboxPool(
            SandboxContents([function], {}, stage.template.root), default_sandbox_count(available_cores())
        )
        runner = FunctionRunner(function, self._pool, concurrency_of(function))
        (source,) = function.queue_sources
        queue, url = stage.template.queues[DISCORD_QUEUE], stage.queue_urls[DISCORD_QUEUE]
        client = SqsJsonClient(session, stage.sqs_url)
        self._poller = QueuePoller(source, queue, url, client, runner.invoke, STOPPABLE_LONG_POLL_SECONDS)
        self._poller.pause()

    async def start(self) -> None:
        await self._pool.spawn()
        await self._pool.wait_ready()
        self._polling = asyncio.create_task(self._poller.run())

    async def stop(self) -> None:
        await self._poller.drain(_DRAIN_SECONDS)
        await self._polling
        await self._pool.stop()

    async def work_off(self, receiver: ReceiverProcess, round_name: str) -> None:
        """Deliver what waits, until all of it has arrived."""
        self._poller.resume()
        await asyncio.to_thread(_wait_until_arrived, receiver, round_name)
        self._poller.pause()
        # A poll that is hung up on would take the next round's messages along, to nobody.
        deadline = time.monotonic() + _DRAIN_SECONDS
        while not self._poller.at_rest and time.monotonic() < deadline:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


def _wait_until_arrived(receiver: ReceiverProcess, round_name: str) -> None:
    """Or until its time is up: what is missing then is lost."""
    deadline = time.monotonic() + _ROUND_WITHIN_SECONDS
    while time.monotonic() < deadline:
        arrived = {one.text for one in receiver.arrivals() if f"of {round_name}" in one.text}
        if len(arrived) == RECORDS_A_ROUND:
            return
        time.sleep(0.25)


def _apprise_loop(base_url: str, round_name: str) -> None:
    """One notification after another; what fails is not sent again, as apprise does it."""
    NotifyDiscord.notify_url = f"{base_url}/api/v10/webhooks"
    asset = AppriseAsset(async_mode=False)
    senders = []
    for number in range(_DESTINATIONS):
        sender = Apprise(asset=asset)
        sender.add(f"discord://{webhook_id(number)}/{TOKEN}/?format=text")
        senders.append(sender)
    _in_turn(round_name, lambda destination, text: senders[destination].notify(body=text))


def _discord_webhook_loop(base_url: str, round_name: str) -> None:
    """With its own waiting for rate limits switched on."""
    _in_turn(
        round_name,
        lambda destination, text: DiscordWebhook(
            url=base_url + webhook_path(destination), content=text, rate_limit_retry=True
        ).execute(),
    )


def _in_turn(round_name: str, send: Callable[[int, str], object]) -> None:
    destinations = itertools.cycle(range(_DESTINATIONS))
    for number in range(_PEER_RECORDS_A_ROUND):
        # discord-webhook raises for an error that is not JSON: whoever loops over it goes on with the next.
        with suppress(ValueError, HTTPException, requests.RequestException):
            send(next(destinations), f"record {number} of {round_name}")


def _result(ours: Contender, *peers: Contender) -> Result:
    ratios = {peer.name: _ratio(ours, peer) for peer in peers}
    return Result(
        method=(
            f"{RECORDS_A_ROUND * _ROUNDS} records for {_DESTINATIONS} Discord webhooks of a stand-in that answers in "
            f"{_LATENCY_SECONDS * 1000:.0f} ms, {_ERROR_SHARE:.0%} with 500 and {_LIMITED_SHARE:.0%} with 429 and "
            f"Retry-After {RETRY_AFTER_SECONDS:g} s. {_ROUNDS} interleaved rounds: {RECORDS_A_ROUND} records wait in "
            f"the queue for ours, {_PEER_RECORDS_A_ROUND} are sent in a loop by each peer (apprise 2.2.0 and "
            "discord-webhook 1.4.1). Speed is what arrived by the time until the last of it did, retries included."
        ),
        tables=[
            Table(
                ["contender", "records", "delivered", "lost", "twice", "delivered/s", "ours is, times"],
                [_row(one, ratios.get(one.name, 1.0)) for one in (ours, *peers)],
            )
        ],
        aims=[
            *(Aim(f"speed, times the {name}", ratio, "at least", 5) for name, ratio in ratios.items()),
            Aim("records lost", ours.lost, "at most", 0),
            Aim("records delivered twice", ours.twice, "at most", 0),
        ],
        notes=[
            "The peers lose what is answered 500: neither tries it again. Destinations are independent of one another."
        ],
    )


def _row(one: Contender, ratio: float) -> list[Cell]:
    records = one.records * _ROUNDS
    return [one.name, records, sum(one.delivered), one.lost, one.twice, statistics.median(one.per_second), ratio]


def _ratio(ours: Contender, peer: Contender) -> float:
    """The median of the ratios within a round."""
    return statistics.median(own / theirs for own, theirs in zip(ours.per_second, peer.per_second, strict=True))
