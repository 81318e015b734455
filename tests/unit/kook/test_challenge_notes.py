"""Noting that a challenge was answered, and reading it back."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from shared.kook.challenge_notes import ChallengeNotes
from shared.relay.configuration_rows import CHALLENGE, record_key


class FakeDynamoDb:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.put: list[dict[str, Any]] = []

    def put_item(self, **request: Any) -> None:
        if self.failure:
            raise self.failure
        self.put.append(request)


def test_the_note_is_one_item_that_the_relay_finds() -> None:
    dynamodb = FakeDynamoDb()
    ChallengeNotes(dynamodb, "configuration")(7, 1_790_000_000_500)
    item = {"pk": {"S": CHALLENGE}, "sk": {"S": record_key(7)}, "answered_at_ms": {"N": "1790000000500"}}
    assert dynamodb.put == [{"TableName": "configuration", "Item": item}]


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException", "Message": "secret"}}, "PutItem"), "AccessDenied"),
        (ConnectTimeoutError(endpoint_url="http://secret"), "ConnectTimeoutError"),
    ],
)
def test_a_failure_is_logged_without_its_text_and_the_answer_goes_out(
    caplog: pytest.LogCaptureFixture, failure: Exception, word: str
) -> None:
    with caplog.at_level(logging.WARNING):
        ChallengeNotes(FakeDynamoDb(failure), "configuration")(7, 1_790_000_000_500)
    assert word in caplog.text
    assert "secret" not in caplog.text
