"""Sixty requests a minute and no more, unless the operator says otherwise."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from tests.contract.robots_api.robots_stack import RobotsStack
from tests.durable_engines import require_durable_engines
from tests.embedded import EmbeddedStack

LIMIT = 60


def flood(robots: RobotsStack, token: str | None, forwarded_for: str) -> tuple[list[int], requests.Response]:
    """The statuses of the first LIMIT requests and the answer to the next, all within one minute of the clock."""
    while time.time() % 60 > 40:  # a window may not end amid it
        time.sleep(0.2)
    url = robots.stack.base_url + "/api/user/info"
    headers = {"X-Forwarded-For": forwarded_for, "Accept-Language": "zh"}
    headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
    with requests.Session() as session:
        answers = [session.get(url, headers=headers, timeout=30) for _ in range(LIMIT + 1)]
    return [answer.status_code for answer in answers[:-1]], answers[-1]


@pytest.mark.timeout(180)
def test_the_sixty_first_request_of_a_minute_is_refused(tmp_path: Path) -> None:
    require_durable_engines()
    with EmbeddedStack(tmp_path / "data") as stack:
        robots = RobotsStack(stack)
        user = robots.new_user()
        statuses, refused = flood(robots, user.token, "203.0.113.1")
        assert statuses == [200] * LIMIT
        assert refused.status_code == 429
        seconds = refused.json()["data"]["retryAfter"]
        assert refused.json() == {
            "code": 429,
            "message": "请求过于频繁，请稍后重试",
            "data": {"retryAfter": seconds},
        }
        assert 1 <= seconds <= 60
        assert refused.headers["Retry-After"] == str(seconds)
        # Somebody else is not held back by it, and without a token the address counts.
        statuses, refused = flood(robots, None, "203.0.113.2")
        assert statuses == [401] * LIMIT
        assert refused.status_code == 429
