"""The benchmarks by name. A module has ``run(rounds: int) -> Result``; it is imported only to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Benchmark:
    """``is_short``: part of a run without names. ``arguments`` go to the module's ``run`` beside ``rounds``."""

    module: str
    subject: str
    is_short: bool = True
    time_limit_seconds: int = 240
    arguments: Mapping[str, object] = field(default_factory=dict)


BENCHMARKS: Mapping[str, Benchmark] = {
    "decode": Benchmark("benchmarks.decode", "KOOK request bodies to frames"),
    "relay": Benchmark("benchmarks.relay", "webhook POST to arrival, on one machine", time_limit_seconds=420),
    "deliver": Benchmark("benchmarks.deliver", "waiting records to failing destinations", time_limit_seconds=420),
    "cost": Benchmark("benchmarks.cost", "what AWS charges for a million messages"),
    "scale": Benchmark(
        "benchmarks.scale",
        "pages over 20 times the rows",
        arguments={"sizes": (1_000, 20_000)},
        time_limit_seconds=420,
    ),
    "scale-200k": Benchmark(
        "benchmarks.scale",
        "pages over 200 times the rows",
        is_short=False,
        arguments={"sizes": (1_000, 20_000, 200_000)},
        time_limit_seconds=1_800,
    ),
    "bomb": Benchmark("benchmarks.bomb", "a body of 64 KB that inflates to 64 MB"),
    "coldstart": Benchmark(
        "benchmarks.coldstart", "what a sandbox does before its first request", time_limit_seconds=600
    ),
    "http": Benchmark("benchmarks.http", "API Gateway event to response, in process"),
    "render": Benchmark("benchmarks.render", "KMarkdown and cards to a platform's markup"),
    "package": Benchmark("benchmarks.package", "what is uploaded, and its build", time_limit_seconds=600),
    "matching": Benchmark("benchmarks.channel_matching", "channels to the targets they are named like"),
    "deploy": Benchmark(
        "benchmarks.deployability", "the template on an AWS emulator", is_short=False, time_limit_seconds=900
    ),
    "mutation": Benchmark(
        "benchmarks.mutation", "faults that the unit tests notice", is_short=False, time_limit_seconds=3_600
    ),
}
