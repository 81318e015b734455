"""One embedded stack for the whole walk, between stand-ins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import documented
from tests.contract.relay_api.walk import FIRST_PASSWORD, GUILD_ID, Walk
from tests.e2e.stage import running_relay


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    environment = {"ADMIN_PASSWORD": FIRST_PASSWORD, "TIME_ZONE": "Asia/Shanghai"}
    with running_relay(tmp_path_factory.mktemp("walk"), environment) as relay:
        world = relay.stage.kook.world
        world.populate()
        # A channel called like the place that the stand-in's Discord webhook posts to.
        world.add_channel(GUILD_ID, "8100", "relay")
        world.online.add(world.bot["id"])
        yield Walk(relay, documented.load())
