"""A body of 64 KB that inflates to 64 MB: what its refusal costs, in time and in memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from khl import Cert

from benchmarks.kook_bodies import bodies_by_wire
from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.memory import MEBIBYTE, PeakMemory
from benchmarks.result import Aim, Cell, Result, Table
from benchmarks.rounds import interleaved
from shared.kook.codec import BodyRefused, decode_body

INFLATED_BYTES = 64 * MEBIBYTE
CONTAINERS: Mapping[str, int] = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16, "raw deflate": -zlib.MAX_WBITS}


def run(rounds: int) -> Result:
    PeakMemory()  # before the long part: raises NotRun where it cannot be had
    bombs = {container: bomb(container) for container in CONTAINERS}
    contenders: dict[str, Callable[[], object]] = {
        f"ours, {container}": lambda body=body: refuse(body) for container, body in bombs.items()
    }
    contenders["khl.py, zlib"] = lambda: swallow(bombs["zlib"])
    timings = interleaved(contenders, rounds=rounds)
    growths = _memory_growths({name: bombs[_container(name)] for name in contenders}, rounds)
    rows: list[list[Cell]] = [
        [name, len(bombs[_container(name)]), timing.seconds * 1000, growths[name]] for name, timing in timings.items()
    ]
    ours = [row for row in rows if str(row[0]).startswith("ours")]
    return Result(
        method=(
            "64 MB of a JSON string, compressed as KOOK compresses. Ours refuses it at 1 MiB; khl.py inflates and "
            "parses it all. Time in one process, in turn; memory is how far the peak resident size of a fresh process "
            "rises, which has decoded ordinary bodies before."
        ),
        tables=[Table(["who, container", "bytes", "ms", "memory growth MiB"], rows)],
        aims=[
            Aim("refusal, ms, slowest container", max(float(row[2]) for row in ours), "at most", 5),
            Aim("memory growth, MiB, worst container", max(float(row[3]) for row in ours), "at most", 2),
        ],
    )


def bomb(container: str) -> bytes:
    compressor = zlib.compressobj(9, wbits=CONTAINERS[container])
    head = b'{"s":0,"sn":1,"d":{"content":"'
    tail = b'"}}'
    filling = b"a" * (INFLATED_BYTES - len(head) - len(tail))
    return b"".join([compressor.compress(head), compressor.compress(filling + tail), compressor.flush()])


def refuse(body: bytes) -> None:
    try:
        decode_body(body, None)
    except BodyRefused:
        return
    raise AssertionError("the bomb was taken")


def swallow(body: bytes) -> Any:
    """As khl.receiver.WebhookReceiver reads a body."""
    return Cert(token="", verify_token="unused").decode_raw(zlib.decompress(body))


def _container(contender: str) -> str:
    return contender.partition(", ")[2]


def _memory_growths(bodies: Mapping[str, bytes], rounds: int) -> dict[str, float]:
    """Mebibytes, the median over the rounds."""
    seen: dict[str, list[float]] = {name: [] for name in bodies}
    for _ in range(rounds):
        for name, body in bodies.items():
            command = [sys.executable, "-m", "benchmarks.bomb", name]
            done = subprocess.run(command, cwd=REPOSITORY_ROOT, input=body, stdout=subprocess.PIPE, check=True)
            seen[name].append(json.loads(done.stdout) / MEBIBYTE)
    return {name: statistics.median(growths) for name, growths in seen.items()}


def _print_growth(contender: str) -> None:
    """In a process of its own, which reads the bomb and did not make it: bytes by which decoding it raises the peak."""
    body = sys.stdin.buffer.read()
    decode = refuse if contender.startswith("ours") else swallow
    for genuine in bodies_by_wire()["zlib"].bodies:
        decode_body(genuine, None)
        swallow(genuine)
    memory = PeakMemory()
    decode(body)
    print(memory.growth_bytes())


if __name__ == "__main__":
    _print_growth(sys.argv[1])
