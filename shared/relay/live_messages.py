"""What the relay pushes to those who watch it: ``log`` when a delivery ends, ``status`` when a state changes. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, TypeAlias

from shared.relay.logs import LogRow

RELAY_TOPIC = "relay"

StateOwner: TypeAlias = Literal["account", "bot", "mapping", "service"]


def log_message(row: LogRow, ended_at_ms: int, zone: dt.tzinfo) -> dict[str, Any]:
    """A delivery as ``GET /api/logs`` shows it, under the names that the push contract gives to some of it.

    ``timestamp`` is when it ended, in the form and zone in which the API shows times.
    """
    return {
        "type": "log",
        "data": {
            "id": row.id,
            "message_id": row.kook_message_id,
            "mapping_id": row.mapping_id,
            "status": row.status,
            "content": row.content,
            "message_type": row.message_type,
            "sender_name": row.sender_name,
            "latency_ms": row.latency_ms,
            "platform": row.platform,
            "target_bot_id": row.bot_id,
            "target_channel": row.target_channel,
            "kook_channel_id": row.kook_channel_id,
            "kook_channel_name": row.kook_channel_name,
            "error_code": row.error_code,
            "error_message": row.error_message,
            "notes": list(row.notes),
            "timestamp": _shown(ended_at_ms, zone),
        },
    }


def status_message(
    owner: StateOwner, record_id: int | None, status: str, reason: str, changed_at_ms: int, zone: dt.tzinfo
) -> dict[str, Any]:
    """``id`` is the account's, bot's or mapping's, null for the service; ``reason`` null when there is none."""
    return {
        "type": "status",
        "data": {
            "kind": owner,
            "id": record_id,
            "status": status,
            "reason": reason or None,
            "timestamp": _shown(changed_at_ms, zone),
        },
    }


def _shown(moment_ms: int, zone: dt.tzinfo) -> str:
    """``2025-10-19T15:30:00``, as in the contract's examples."""
    return dt.datetime.fromtimestamp(moment_ms // 1000, zone).replace(tzinfo=None).isoformat()
