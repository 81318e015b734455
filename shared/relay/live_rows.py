"""The texts of deliveries that just ended, for the live log."""

from __future__ import annotations

from collections.abc import Sequence

from shared.relay.delivery_rows import DeliveryRow
from shared.relay.live_log import DeliveryKey, DeliveryTexts

_READ = [
    "message_id",
    "mapping_id",
    "log_id",
    "content",
    "message_type",
    "sender_name",
    "kook_channel_name",
    "created_at",
]


class DynamoTextLookup:
    """Implements shared.relay.live_log.TextLookup. What it reads never changes, so any replica will do."""

    def texts(self, keys: Sequence[DeliveryKey]) -> dict[DeliveryKey, DeliveryTexts]:
        unique = list(dict.fromkeys(keys))
        return {
            (row.message_id, int(row.mapping_id)): DeliveryTexts(
                log_id=int(row.log_id),
                content=row.content,
                message_type=row.message_type,
                sender_name=row.sender_name,
                kook_channel_name=row.kook_channel_name,
                created_at=row.created_at,
            )
            for row in DeliveryRow.batch_get(unique, attributes_to_get=_READ)
        }
