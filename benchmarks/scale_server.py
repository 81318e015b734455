"""One size of the scale benchmark, in a process of its own: ``python -m benchmarks.scale_server ROWS``.

Says "ready" once its tables are full. Each line of stdin then names a question and how often to ask it; each answer is
a line of JSON: the seconds that every call took.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.engine_stage import API_TOKEN, EngineStage, engine_stage


def questions(stage: EngineStage) -> dict[str, Callable[[], int]]:
    """By name; each gives the number of rows, points or days that it was answered."""
    # There have to be tables before this is imported.
    from benchmarks.scale_rows import CHANNEL, CHART_HOURS, NODE
    from shared import composition, monitor_composition

    relay, monitor = composition.relay_api().test_client(), monitor_composition.monitor_api().test_client()
    headers = {"X-API-Token": API_TOKEN}

    def data_of(client: Any, path: str) -> Any:
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            raise AssertionError(f"{path}: {answer.status_code} {answer.data[:300]!r}")
        return json.loads(answer.data)

    return {
        "log": lambda: len(data_of(relay, "/api/logs?limit=100")["data"]),
        "log of a channel": lambda: len(data_of(relay, f"/api/logs?limit=100&channel_id={CHANNEL}")["data"]),
        "statistics": lambda: int(data_of(relay, "/api/logs/stats")["total"] > 0),
        "trend": lambda: len(data_of(relay, "/api/logs/stats/trend?period=month")["data"]),
        "node chart": lambda: data_of(monitor, f"/api/records/load?uuid={NODE}&hours={CHART_HOURS}")["data"]["count"],
    }


async def serve(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with engine_stage(Path(folder), {}) as stage:
            await asyncio.to_thread(_serve, stage, rows)


def _serve(stage: EngineStage, rows: int) -> None:
    from benchmarks.scale_rows import load_deliveries, load_nodes

    load_deliveries(rows)
    load_nodes(rows)
    asked = questions(stage)
    print("ready", flush=True)
    for line in sys.stdin:
        name, _, times = line.strip().rpartition(" ")
        print(json.dumps(_ask(asked[name], int(times))), flush=True)


def _ask(question: Callable[[], int], times: int) -> dict[str, Any]:
    seconds, found = [], 0
    for _ in range(times):
        began_at = time.perf_counter()
        found = question()
        seconds.append(time.perf_counter() - began_at)
    return {"seconds": seconds, "found": found}


if __name__ == "__main__":
    logging.disable(logging.INFO)
    asyncio.run(serve(int(sys.argv[1])))
