"""A batch check that is too long for its request goes on over the tasks queue, on the embedded stack."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.contract.accounts_api.caller import Caller
from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn
from tests.standins.server import Fault, RecordedRequest

BATCH_PATH = "/api/v1/accounts/batch-health-check"
# Sixteen are asked side by side: at this speed a request has time for twice sixteen.
ANSWER_DELAY_SECONDS = 6.5
SLOW_ANSWERS = 32
ACCOUNTS = 40
REVOKED = 3


pytestmark = needs_durable_engines


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    with ContentPlatformsStandIn() as platforms:
        environment = {
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "CONTENT_PLATFORM_BASES": ",".join(f"{name}={platforms.base_url}" for name in PLATFORMS),
        }
        with EmbeddedStack(tmp_path / "data", environment=environment) as stack:
            yield Caller(stack, platforms)


def _is_probe(request: RecordedRequest) -> bool:
    return request.path == "/web/api/media/user/info/"


def _add_accounts(caller: Caller) -> None:
    """Those that the platform logged out are checked last: their word has to be noted by the task."""
    for index in range(ACCOUNTS):
        cookie = caller.platforms.issue("douyin", f"batch-{index}")
        if index < REVOKED:
            caller.platforms.revoke("douyin", f"batch-{index}")
        caller.done("POST", "/api/v1/accounts", {"platform": "douyin", "cookie_data": cookie})
    caller.new_account("toutiao")


def _status_total(caller: Caller, status: str) -> int:
    query = {"platform": "douyin", "status": status, "limit": 1}
    return int(caller.done("GET", "/api/v1/accounts", params=query)["total"])


def test_a_batch_too_long_for_its_request_is_finished_by_the_tasks_queue(caller: Caller) -> None:
    _add_accounts(caller)
    caller.platforms.script(Fault(delay_seconds=ANSWER_DELAY_SECONDS), matching=_is_probe, times=SLOW_ANSWERS)

    answered: dict[str, Any] = caller.done("POST", BATCH_PATH, params={"platform": "douyin"})
    assert answered["total"] == ACCOUNTS
    assert answered["pending"] > 0
    assert answered["success_count"] + answered["fail_count"] + answered["pending"] == ACCOUNTS
    assert answered["job_id"]

    path = f"{BATCH_PATH}/{answered['job_id']}"
    eventually(lambda: caller.done("GET", path)["pending"] == 0, deadline_seconds=60)
    finished = caller.done("GET", path)
    assert (finished["success_count"], finished["fail_count"]) == (ACCOUNTS - REVOKED, REVOKED)
    assert finished["unknown_count"] == 0
    assert finished["job_id"] == answered["job_id"]
    assert _status_total(caller, "active") == ACCOUNTS - REVOKED
    assert _status_total(caller, "expired") == REVOKED
    probes = [request for request in caller.platforms.requests if _is_probe(request)]
    assert len(probes) == ACCOUNTS, "every account is asked about once"
    caller.refused(404, "JOB_NOT_FOUND", "GET", f"{BATCH_PATH}/job_none")


def test_a_batch_survives_a_kill(caller: Caller) -> None:
    """In the middle of a slice: the slice is asked about again, and counted once."""
    _add_accounts(caller)
    caller.platforms.script(Fault(delay_seconds=ANSWER_DELAY_SECONDS), matching=_is_probe, times=ACCOUNTS)
    answered: dict[str, Any] = caller.done("POST", BATCH_PATH, params={"platform": "douyin"})
    assert answered["pending"] > 0
    eventually(lambda: sum(map(_is_probe, caller.platforms.requests)) > ACCOUNTS - answered["pending"])
    caller.stack.kill9()
    caller.stack.restart()

    path = f"{BATCH_PATH}/{answered['job_id']}"
    eventually(lambda: caller.done("GET", path)["pending"] == 0, deadline_seconds=90)
    finished = caller.done("GET", path)
    assert (finished["total"], finished["success_count"]) == (ACCOUNTS, ACCOUNTS - REVOKED)
    assert (finished["fail_count"], finished["unknown_count"]) == (REVOKED, 0)
    assert (_status_total(caller, "active"), _status_total(caller, "expired")) == (ACCOUNTS - REVOKED, REVOKED)


def test_two_batches_at_once_count_each_for_itself(caller: Caller) -> None:
    for _ in range(5):
        caller.new_account("bilibili")
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: caller.done("POST", BATCH_PATH, params={"platform": "bilibili"}), range(2)))
    for tally in found:
        assert (tally["total"], tally["success_count"], tally["pending"], tally["job_id"]) == (5, 5, 0, None)
