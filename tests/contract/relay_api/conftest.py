"""One embedded stack for the whole walk, between stand-ins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.engines.layout import EngineKind, EngineLayout, EnginesMissing, installed_engines
from tests import documented
from tests.contract.relay_api.walk import FIRST_PASSWORD, GUILD_ID, Walk
from tests.e2e.stage import running_relay


def _durable_engines_are_installed() -> bool:
    try:
        return installed_engines(EngineLayout.from_environment()).kind is EngineKind.DURABLE
    except EnginesMissing:
        return False


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    if not _durable_engines_are_installed():
        pytest.skip("run `python -m local.engines.install` first")
    environment = {"ADMIN_PASSWORD": FIRST_PASSWORD, "TIME_ZONE": "Asia/Shanghai"}
    with running_relay(tmp_path_factory.mktemp("walk"), environment) as relay:
        world = relay.stage.kook.world
        world.populate()
        # A channel called like the place that the stand-in's Discord webhook posts to.
        world.add_channel(GUILD_ID, "8100", "relay")
        world.online.add(world.bot["id"])
        yield Walk(relay, documented.load())
