"""When KOOK's last challenge was answered, by account: what tells an operator that the callback address works.

Written by the webhook function alone, once a challenge (KOOK sends one when an operator saves the address or brings the
bot online) and never for an event. The answer to KOOK does not depend on it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# As shared.relay.configuration_rows names them, which this function does not import: pynamodb is too slow to load.
_PARTITION = "challenge"
_ID_DIGITS = 12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChallengeNotes:
    """Notes into the configuration table, by a low-level DynamoDB client."""

    dynamodb: Any
    table_name: str

    def __call__(self, account_id: int, answered_at_ms: int) -> None:
        """Keep the moment, in milliseconds. A failure is logged and nothing more: the challenge was answered."""
        item = {
            "pk": {"S": _PARTITION},
            "sk": {"S": f"{account_id:0{_ID_DIGITS}d}"},
            "answered_at_ms": {"N": str(answered_at_ms)},
        }
        try:
            self.dynamodb.put_item(TableName=self.table_name, Item=item)
        except ClientError as error:
            _log.warning("challenge of account %d not noted: %s", account_id, error.response["Error"]["Code"])
        except BotoCoreError as error:
            _log.warning("challenge of account %d not noted: %s", account_id, type(error).__name__)
