"""One embedded stack for all tests of the robots API, with two users, two robots and an administrator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.robots_api.robots_stack import ADMIN_PASSWORD, ADMIN_PHONE, RobotsStack
from tests.durable_engines import require_durable_engines
from tests.embedded import EmbeddedStack


@pytest.fixture(scope="package")
def robots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RobotsStack]:
    require_durable_engines()
    environment = {
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "ADMIN_PHONE": ADMIN_PHONE,
        "ADMIN_USERNAME": "operator",
        "ROBOTS_RATE_LIMIT_PER_MINUTE": "100000",
        "TIME_ZONE": "Asia/Shanghai",
    }
    with EmbeddedStack(tmp_path_factory.mktemp("robots") / "data", environment=environment) as stack:
        yield RobotsStack(stack)
