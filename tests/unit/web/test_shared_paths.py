"""One path of several areas: the claim that holds gets the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.web.shared_paths import Claim, bearer_token, with_claims


def answering(name: str) -> Any:
    return lambda event, context: {"statusCode": 200, "body": name}


def no_robots_token(headers: Mapping[str, str], cookies: Sequence[str]) -> bool:
    return bearer_token(headers) != "robots" or "session=1" in cookies


HANDLER = with_claims(answering("own"), [Claim("/api/admin/logs", no_robots_token, lambda: answering("other"))])


@pytest.mark.parametrize(
    ("event", "answered_by"),
    [
        ({"rawPath": "/api/admin/logs", "headers": {"Authorization": "Bearer robots"}}, "own"),
        ({"rawPath": "/api/admin/logs/", "headers": {"authorization": "bearer  robots "}}, "own"),
        ({"rawPath": "/api/admin/logs", "headers": {}}, "other"),
        ({"rawPath": "/api/admin/logs/"}, "other"),
        ({"rawPath": "/api/admin/logs", "headers": {"authorization": "Basic robots"}}, "other"),
        (
            {"rawPath": "/api/admin/logs", "headers": {"authorization": "Bearer robots"}, "cookies": ["session=1"]},
            "other",
        ),
        ({"rawPath": "/api/admin/users", "headers": {}}, "own"),
    ],
)
def test_a_request_goes_to_the_first_claim_that_holds(event: dict[str, Any], answered_by: str) -> None:
    assert HANDLER(event, None)["body"] == answered_by


def test_without_claims_nothing_stands_in_between() -> None:
    own = answering("own")
    assert with_claims(own, ()) is own
