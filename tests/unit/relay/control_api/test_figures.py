"""Statistics, and clearing the log, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.relay_answers import NOW, error_of
from tests.unit.relay.control_api.control_world import ENGLISH, World


def test_statistics_are_the_contracts(world: World) -> None:
    assert world.call("GET", "/api/logs/stats?period=week").get_json() == {
        "total": 1234,
        "success": 1200,
        "failed": 34,
        "success_rate": 97.2,
        "avg_latency_ms": 1234,
        "by_platform": {"discord": 1200, "telegram": 34, "feishu": 0},
    }
    trend = world.call("GET", "/api/logs/stats/trend?period=month").get_json()["data"]
    assert (len(trend), trend[-1]["date"], trend[-1]["total"], trend[0]["total"]) == (30, "2025-10-19", 1234, 0)


@pytest.mark.parametrize("path", ["/api/logs/stats", "/api/logs/stats/trend"])
def test_an_unknown_period_is_refused(world: World, path: str) -> None:
    assert error_of(world.call("GET", f"{path}?period=year"), 400, "INVALID_PARAMETER")["field"] == "period"


def test_clearing_is_ordered_and_can_be_watched(world: World) -> None:
    body = world.call("POST", "/api/logs/clear?days=7", **ENGLISH).get_json()
    assert body["message"] == "Rows from before 2025-10-12 are being removed in the background"
    assert (body["success"], body["status"], body["days"]) == (True, "queued", 7)
    shown = world.call("GET", f"/api/logs/clear/{body['job_id']}").get_json()
    assert (shown["created_at"], shown["finished_at"], shown["removed_count"]) == (NOW, None, 0)
    assert world.call("POST", "/api/logs/clear").get_json()["days"] == 30
    error_of(world.call("GET", "/api/logs/clear/clear_ffffffffffffffff"), 404, "CLEARING_NOT_FOUND")


@pytest.mark.parametrize("days", ["0", "-1", "3651", "x", "1.5"])
def test_days_out_of_range_are_refused(world: World, days: str) -> None:
    assert error_of(world.call("POST", f"/api/logs/clear?days={days}"), 400, "INVALID_PARAMETER")["field"] == "days"


def test_days_may_stand_in_the_body(world: World) -> None:
    assert world.call("POST", "/api/logs/clear", {"days": 7}).get_json()["days"] == 7
    assert world.call("POST", "/api/logs/clear?days=7", {"days": 7}).get_json()["days"] == 7


@pytest.mark.parametrize("body", [{"days": 0}, {"days": "7"}, {"days": 3651}, {"days": True}])
def test_days_out_of_range_in_the_body_are_refused(world: World, body: dict[str, Any]) -> None:
    error_of(world.call("POST", "/api/logs/clear", body), 400, "INVALID_PARAMETER")


def test_two_different_numbers_of_days_clear_nothing(world: World) -> None:
    error_of(world.call("POST", "/api/logs/clear?days=7", {"days": 30}), 400, "INVALID_PARAMETER")
    assert world.clearings.kept == {}
