"""A control API a test."""

from __future__ import annotations

import pytest

from tests.unit.relay.control_api.control_world import World


@pytest.fixture
def world() -> World:
    return World()
