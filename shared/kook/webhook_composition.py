"""Wiring of the webhook function alone: the common composition root would import half the project into a cold start
that has to answer KOOK within a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from shared.aws.service_models import without_search
from shared.aws.user_agent import USER_AGENT
from shared.kook.challenge_notes import ChallengeNotes
from shared.kook.webhook import MessageRefused, QueueUnavailable, WebhookReceiver
from shared.kook.webhook_credentials import CachedCredentials, ConfigTableAccounts
from shared.kook.webhook_settings import WebhookSettings
from shared.security.vault import Vault, load_data_key

# KOOK waits one second and tries again: an answer of 503 in time is worth more than a late success.
_CLIENT_CONFIG = Config(
    connect_timeout=0.3,
    read_timeout=0.8,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=32,
    user_agent=USER_AGENT,
)


class EventsQueue:
    """The events queue, by a low-level SQS client; see ``webhook.Enqueue``."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def __call__(self, *, body: str, group_id: str, deduplication_id: str) -> None:
        try:
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageGroupId=group_id,
                MessageDeduplicationId=deduplication_id,
            )
        except ClientError as error:
            if _refuses_the_message_itself(error):
                raise MessageRefused("the queue takes no message of that size or content") from None
            raise QueueUnavailable(f"the events queue refused: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise QueueUnavailable(f"the events queue did not answer: {type(error).__name__}") from None


def _refuses_the_message_itself(error: ClientError) -> bool:
    """Whether the same message would be refused for ever. For its size SQS has no code of its own: it answers
    InvalidParameterValue, as for a wrong queue, and asks for a shorter message."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return code.endswith("InvalidMessageContents") or "must be shorter than" in message


def build(environment: Mapping[str, str] = os.environ) -> WebhookReceiver:
    """The receiver on the real services. No network traffic yet. Raises SettingMissing."""
    settings = WebhookSettings.from_environment(environment)
    # boto3 makes its clients from the same session. Importing it, and S3 transfers with it, is a tenth of a cold start.
    make_client = partial(without_search(Session()).create_client, config=_CLIENT_CONFIG)
    dynamodb = make_client("dynamodb")
    accounts = ConfigTableAccounts(dynamodb, settings.config_table, _lazy_vault(settings, dynamodb, make_client))
    return WebhookReceiver(
        credentials=CachedCredentials(accounts, time.monotonic),
        enqueue=EventsQueue(make_client("sqs"), settings.events_queue_url),
        clock=time.time,
        challenge_answered=ChallengeNotes(dynamodb, settings.config_table),
    )


def _lazy_vault(settings: WebhookSettings, dynamodb: Any, make_client: Callable[[str], Any]) -> Callable[[], Vault]:
    """The vault, made at the first secret to open and kept. A failure is not kept: the next read tries again.

    Called under the lock of CachedCredentials, so never twice at once.
    """
    made: list[Vault] = []

    def vault() -> Vault:
        if not made:
            data_key = load_data_key(
                data_key_file=settings.data_key_file,
                kms_key_id=settings.kms_key_id,
                config_table=settings.config_table,
                dynamodb=dynamodb,
                kms=None if settings.data_key_file else make_client("kms"),
                create_if_missing=False,
            )
            made.append(Vault(data_key))
        return made[0]

    return vault
