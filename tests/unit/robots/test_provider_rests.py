"""How long a chat model is left alone, on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.tables import bind
from shared.robots.provider_rests import REST_MS, ProviderRests
from shared.robots.rows import RobotsRow
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


def test_a_rest_ends_and_can_begin_again(dynamodb: DynamoEngine) -> None:
    bind(RobotsRow, dynamodb.create_table("RobotsTable"))
    clock = FakeClock()
    rests = ProviderRests(RobotsTable(), clock.ms)
    assert not rests.is_resting("kimi")
    for _ in range(2):
        rests.begin("kimi")
        rests.begin("kimi")
        assert (rests.is_resting("kimi"), rests.is_resting("doubao")) == (True, False)
        clock.advance(REST_MS / 1000)
        assert not rests.is_resting("kimi")
