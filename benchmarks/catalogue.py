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
    "bomb": Benchmark("benchmarks.bomb", "a body of 64 KB that inflates to 64 MB"),
    "coldstart": Benchmark(
        "benchmarks.coldstart", "what a sandbox does before its first request", time_limit_seconds=600
    ),
    "http": Benchmark("benchmarks.http", "API Gateway event to response, in process"),
    "render": Benchmark("benchmarks.render", "KMarkdown and cards to a platform's markup"),
    "package": Benchmark("benchmarks.package", "what is uploaded, and its build", time_limit_seconds=600),
    "matching": Benchmark("benchmarks.channel_matching", "channels to the targets they are named like"),
}
