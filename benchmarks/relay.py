"""From the webhook POST to the arrival at the destination, beside a bridge without a queue."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.open_load import SEED, LoadResult, make_events, offer, percentile
from benchmarks.relay_stage import ReceiverProcess, running_bridge, running_receiver, running_relay
from benchmarks.result import Aim, Cell, Result, Table

CHANNELS = 20
RATES = (20.0, 50.0, 100.0)
_ROUNDS = 5
_RUN_SECONDS = 2.5
_WARM_UP_RATE, _WARM_UP_SECONDS = 20.0, 3.0
# A rate is sustained when nothing of it is lost, repeated or out of order, and the slowest of 20 takes no longer than:
_SUSTAINED_P95_MS = 1000.0
_SUSTAINED_SECONDS = 5.0
_SLOWEST_TRIED = 60.0
_STEP = 1.25
_MOST_STEPS = 8
_OUTAGE_RATE, _OUTAGE_RUN_SECONDS, _OUTAGE_AFTER_SECONDS, _OUTAGE_SECONDS = 20.0, 6.0, 2.0, 2.0
_BRIDGE_WAIT_SECONDS = 2.0
_RELAY_WAIT_SECONDS = 60.0


@dataclass
class Contender:
    """``runs`` by rate. ``wait_seconds``: how long it may take for what has not arrived when all is posted."""

    name: str
    url: str
    wait_seconds: float
    runs: dict[float, list[LoadResult]] = field(default_factory=dict)


class Bench:
    def __init__(self, receiver: ReceiverProcess, channels: list[str]) -> None:
        self._receiver = receiver
        self._channels = channels
        self._numbers = itertools.count(1)

    def run(self, contender: Contender, rate_per_second: float, seconds: float) -> LoadResult:
        number = next(self._numbers)
        self._receiver.clear()
        events = make_events(f"run-{number}", rate_per_second, seconds, self._channels, SEED + number)
        return offer(contender.url, events, self._receiver.arrivals, contender.wait_seconds)

    def rounds(self, contenders: list[Contender]) -> None:
        for turn in range(_ROUNDS):
            for rate in RATES:
                for contender in contenders if turn % 2 else reversed(contenders):
                    contender.runs.setdefault(rate, []).append(self.run(contender, rate, _RUN_SECONDS))

    def highest_sustained(self, contender: Contender) -> tuple[LoadResult | None, LoadResult | None]:
        """The fastest run that was sustained, and the one that was not."""
        rate, best = _SLOWEST_TRIED, None
        for _ in range(_MOST_STEPS):
            result = self.run(contender, rate, _SUSTAINED_SECONDS)
            if not is_sustained(result):
                return best, result
            best, rate = result, rate * _STEP
        return best, None

    def outage(self, contender: Contender) -> LoadResult:
        """A run with the destination failing for a while in the middle of it."""
        timer = threading.Timer(_OUTAGE_AFTER_SECONDS, lambda: self._receiver.fail_for(_OUTAGE_SECONDS))
        timer.start()
        try:
            return self.run(contender, _OUTAGE_RATE, _OUTAGE_RUN_SECONDS)
        finally:
            timer.join()


def is_sustained(result: LoadResult) -> bool:
    is_whole = not (result.lost or result.refused or result.twice or result.out_of_order)
    return is_whole and result.percentile_ms(95) <= _SUSTAINED_P95_MS


def run(rounds: int) -> Result:
    """``rounds`` is the harness's; here each rate has five, which is what three minutes hold."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_receiver(CHANNELS) as receiver,
        running_relay(Path(folder), receiver, CHANNELS) as relay,
        running_bridge(receiver, CHANNELS) as bridge_url,
    ):
        ours = Contender("KOOK Relay", relay.webhook_url, _RELAY_WAIT_SECONDS)
        bridge = Contender("khl.py bridge", bridge_url, _BRIDGE_WAIT_SECONDS)
        bench = Bench(receiver, relay.kook_channels)
        for contender in (ours, bridge):
            bench.run(contender, _WARM_UP_RATE, _WARM_UP_SECONDS)
        bench.rounds([ours, bridge])
        best, failing = bench.highest_sustained(ours)
        outages = {contender.name: bench.outage(contender) for contender in (ours, bridge)}
    return _result([ours, bridge], best, failing, outages)


def _result(
    contenders: list[Contender], best: LoadResult | None, failing: LoadResult | None, outages: dict[str, LoadResult]
) -> Result:
    ours = contenders[0]
    everything = [result for runs in ours.runs.values() for result in runs]
    sustained = best.rate_per_second if best is not None else 0.0
    return Result(
        method=(
            f"Encrypted, compressed events on a Poisson schedule over {CHANNELS} channels, each mapped to a Discord "
            "webhook of a stand-in in its own process; latency from the scheduled time of the POST to the arrival, so "
            f"falling behind counts. {_ROUNDS} interleaved rounds of {_RUN_SECONDS:g} s a rate. Verified: every event "
            "answered 200 arrived, once, in its channel's order. The peer is a bridge on khl.py 0.3.17 that posts at "
            "once and keeps nothing: the floor of latency."
        ),
        tables=[
            Table(
                [
                    "events/s",
                    "contender",
                    "p50 ms",
                    "p95 ms",
                    "p99 ms",
                    "answer p50 ms",
                    "sent",
                    "lost",
                    "twice",
                    "order",
                ],
                [_row(rate, contender) for rate in RATES for contender in contenders],
                "Latency (p50: median of the rounds; the others over all rounds)",
            ),
            Table(
                ["contender", "sent", "lost", "twice", "out of order", "slowest s"],
                [_outage_row(name, result) for name, result in outages.items()],
                f"The destination answers 503 for {_OUTAGE_SECONDS:g} s, at {_OUTAGE_RATE:g} events/s",
            ),
        ],
        aims=[
            Aim("p50 at 50 events/s, ms", _median_of_rounds(ours.runs[50.0], 50), "at most", 60),
            Aim("events lost, all runs", sum(one.lost for one in [*everything, outages[ours.name]]), "at most", 0),
            Aim("events twice or out of order", sum(one.twice + one.out_of_order for one in everything), "at most", 0),
            Aim("highest sustained rate, events/s", sustained, "at least", 200),
        ],
        notes=[_note(failing)],
    )


def _row(rate: float, contender: Contender) -> list[Cell]:
    runs = contender.runs[rate]
    latencies = [latency for one in runs for latency in one.latencies_ms]
    return [
        rate,
        contender.name,
        _median_of_rounds(runs, 50),
        percentile(latencies, 95),
        percentile(latencies, 99),
        statistics.median(percentile(one.answers_ms, 50) for one in runs),
        _total(runs, lambda one: one.sent),
        _total(runs, lambda one: one.lost + one.refused),
        _total(runs, lambda one: one.twice),
        _total(runs, lambda one: one.out_of_order),
    ]


def _outage_row(name: str, result: LoadResult) -> list[Cell]:
    slowest = max(result.latencies_ms, default=0.0) / 1000
    return [name, result.sent, result.lost + result.refused, result.twice, result.out_of_order, slowest]


def _note(failing: LoadResult | None) -> str:
    rule = (
        f"A rate is sustained when over {_SUSTAINED_SECONDS:g} s nothing is lost, repeated or out of order and the p95 "
        f"stays within {_SUSTAINED_P95_MS:g} ms; steps of {_STEP:g} from {_SLOWEST_TRIED:g}/s."
    )
    if failing is None:
        return f"{rule} No rate that was tried failed."
    return f"{rule} At {failing.sent / _SUSTAINED_SECONDS:.0f}/s the p95 was {failing.percentile_ms(95):.0f} ms."


def _median_of_rounds(runs: list[LoadResult], percent: int) -> float:
    return statistics.median(one.percentile_ms(percent) for one in runs)


def _total(runs: list[LoadResult], count: Callable[[LoadResult], int]) -> int:
    return sum(count(one) for one in runs)
