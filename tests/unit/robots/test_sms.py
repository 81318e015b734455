"""How login codes leave."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.robots.errors import SmsNotSent
from shared.robots.sms import ConsoleSms, SnsSms

PHONE, CODE = "13800000000", "042917"


class FakeSns:
    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.published: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": "Throttled", "Message": f"no {PHONE} {CODE}"}}, "Publish")
        self.published.append(message)


def test_the_console_shows_the_code_and_no_log_does(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    with caplog.at_level(logging.DEBUG):
        ConsoleSms(stream).send(PHONE, CODE)
    assert stream.getvalue() == f"Login code for 138****0000: {CODE}\n"
    assert caplog.records == []


def test_sns_gets_a_transactional_message_for_the_number_with_its_country() -> None:
    sns = FakeSns()
    SnsSms(lambda: sns).send(PHONE, CODE)
    [message] = sns.published
    assert message["PhoneNumber"] == "+8613800000000"
    assert CODE in message["Message"]
    assert message["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"] == "Transactional"


def test_a_refusal_of_sns_tells_neither_number_nor_code() -> None:
    with pytest.raises(SmsNotSent) as refused:
        SnsSms(lambda: FakeSns(refuses=True)).send(PHONE, CODE)
    assert refused.value.__suppress_context__
    assert PHONE not in str(refused.value)
    assert CODE not in str(refused.value)
