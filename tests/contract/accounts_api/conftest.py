"""One embedded stack for all tests here, beside a stand-in of the content platforms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.accounts_api.caller import Caller
from tests.durable_engines import require_durable_engines
from tests.embedded import EmbeddedStack
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn


@pytest.fixture(scope="session")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    require_durable_engines()
    with ContentPlatformsStandIn() as platforms:
        environment = {
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "CONTENT_PLATFORM_BASES": ",".join(f"{name}={platforms.base_url}" for name in PLATFORMS),
        }
        folder = tmp_path_factory.mktemp("accounts")
        with EmbeddedStack(folder / "data", environment=environment) as stack:
            yield Caller(stack, platforms)
