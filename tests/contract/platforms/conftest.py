"""One run of the suite per platform. A platform's owner adds a module and its name here."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from tests.contract.platforms.harness import Harness

HARNESSES = ("discord", "telegram", "feishu_app", "feishu_hook", "webhook", "kook")


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    module = importlib.import_module(f"tests.contract.platforms.harness_{request.param}")
    with module.open_harness() as opened:
        yield opened
