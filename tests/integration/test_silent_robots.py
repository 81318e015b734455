"""A robot whose device fell silent, as the relay's health check names it on the embedded stack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from shared.robots.presence import OFFLINE_AFTER_MS, DynamoSightings, Sighting
from shared.robots.table import RobotsTable
from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.integration.robot_device import RobotState, connected, now_ms

pytestmark = needs_durable_engines


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    environment = {"KOOK_API_BASE": "http://127.0.0.1:9/api/v3"}
    with EmbeddedStack(tmp_path_factory.mktemp("silent") / "data", environment=environment) as stack:
        yield stack


def machines(stack: EmbeddedStack) -> dict[str, Any]:
    answer = requests.get(f"{stack.base_url}/api/health/check", headers=stack.headers, timeout=30)
    found: dict[str, Any] = answer.json()["components"]["machines"]
    return found


def test_a_robot_is_counted_while_it_talks_and_named_when_it_falls_silent(stack: EmbeddedStack) -> None:
    state = RobotState(stack)
    robot, token = state.activated("device-1")
    state.activated("device-2")  # never connected: it is new, not silent
    assert (machines(stack)["total"], machines(stack)["silent"]) == (0, [])

    async def connect() -> None:
        async with connected(stack, robot.robot_id, token):
            await asyncio.to_thread(eventually, lambda: machines(stack)["online"] == 1)

    asyncio.run(connect())
    assert machines(stack)["silent"] == []

    DynamoSightings(RobotsTable()).note_sighting(Sighting(robot.robot_id, now_ms() - OFFLINE_AFTER_MS))
    shown = eventually(lambda: machines(stack) if machines(stack)["silent"] else None)
    (silent,) = shown["silent"]
    assert (silent["kind"], silent["id"], silent["name"]) == ("robot", robot.robot_id, robot.name)
    assert silent["last_seen_at"]
    assert (shown["total"], shown["online"]) == (1, 0)
    assert "do not report" in shown["hint"]
