from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.aws.settings import Settings
from shared.kook.webhook import MessageRefused, QueueUnavailable
from shared.kook.webhook_composition import EventsQueue
from shared.kook.webhook_settings import DEFAULT_CONFIG_TABLE, SettingMissing, WebhookSettings

ENVIRONMENT = {"CONFIG_TABLE": "table", "EVENTS_QUEUE_URL": "http://queue/events.fifo", "DATA_KEY_FILE": "data.key"}


class FakeSqs:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **request: Any) -> dict[str, str]:
        if self.failure:
            raise self.failure
        self.sent.append(request)
        return {"MessageId": "1"}


def _client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SendMessage")


def _send(sqs: FakeSqs) -> None:
    EventsQueue(sqs, "http://queue/events.fifo")(body="{}", group_id="group", deduplication_id="dedup")


def test_a_message_is_sent_with_its_group_and_deduplication_id() -> None:
    sqs = FakeSqs()
    _send(sqs)
    assert sqs.sent == [
        {
            "QueueUrl": "http://queue/events.fifo",
            "MessageBody": "{}",
            "MessageGroupId": "group",
            "MessageDeduplicationId": "dedup",
        }
    ]


@pytest.mark.parametrize(
    "failure",
    [
        _client_error("AWS.SimpleQueueService.NonExistentQueue", "the queue does not exist"),
        _client_error("InvalidParameterValue", "The request include parameter that is not valid for this queue type"),
        _client_error("ServiceUnavailable", ""),
        ReadTimeoutError(endpoint_url="http://queue"),
    ],
)
def test_a_queue_that_refuses_or_is_silent_is_unavailable(failure: Exception) -> None:
    with pytest.raises(QueueUnavailable):
        _send(FakeSqs(failure))


@pytest.mark.parametrize(
    "failure",
    [
        _client_error(
            "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.",
        ),
        _client_error("InvalidMessageContents", "Invalid characters found."),
        _client_error("AWS.SimpleQueueService.InvalidMessageContents", "Invalid characters found."),
    ],
)
def test_a_message_sqs_will_never_take_is_told_apart(failure: ClientError) -> None:
    with pytest.raises(MessageRefused):
        _send(FakeSqs(failure))


def test_settings_come_from_the_environment() -> None:
    settings = WebhookSettings.from_environment({**ENVIRONMENT, "KMS_KEY_ID": "alias/relay"})
    assert settings == WebhookSettings("table", "http://queue/events.fifo", "data.key", "alias/relay")


def test_the_table_has_a_default_name() -> None:
    settings = WebhookSettings.from_environment({**ENVIRONMENT, "CONFIG_TABLE": ""})
    assert settings.config_table == "kook-relay-config"


@pytest.mark.parametrize("name", ["EVENTS_QUEUE_URL", "DATA_KEY_FILE"])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingMissing, match=name):
        WebhookSettings.from_environment({**ENVIRONMENT, name: ""})


def test_the_default_table_is_the_one_of_the_common_settings() -> None:
    assert Settings.model_fields["config_table"].default == DEFAULT_CONFIG_TABLE
