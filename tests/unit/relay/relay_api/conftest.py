"""A control API a test, empty or with a mapping in it."""

from __future__ import annotations

import pytest

from tests.unit.relay.relay_api.relay_world import BOT, MAPPING, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def mapped(world: World) -> World:
    assert world.call("POST", "/api/bots", BOT).status_code == 201
    assert world.call("POST", "/api/mappings", MAPPING).status_code == 201
    return world
