"""What administrators did, kept thirty days."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from shared.monitor.models import AuditEntry
from shared.monitor.rows import AUDIT, ordered
from shared.monitor.sessions import Caller
from shared.monitor.table import Item, MonitorTable
from shared.monitor.times import rfc3339

KEPT_SECONDS = 30 * 86_400
# Pages are walked from the newest entry: a page far back costs all before it, and this many are the end of it.
MAX_WALKED = 2_000


class AuditLog:
    """Every method may raise StoreUnavailable. ``clock`` gives epoch seconds."""

    def __init__(self, table: MonitorTable, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def note(self, kind: str, message: str, caller: Caller, uuid: str = "") -> None:
        """``message`` never holds a secret."""
        at_ms = int(self._clock() * 1000)
        entry_id = self._table.next_number("audit")
        body = {"ip": caller.address[:64], "uuid": uuid, "message": message[:500], "kind": kind, "id": entry_id}
        key = f"{ordered(at_ms)}#{secrets.token_hex(4)}"
        self._table.put(Item(AUDIT, key, body, expires_at_seconds=at_ms // 1000 + KEPT_SECONDS))

    def page(self, page: int, limit: int) -> tuple[Sequence[AuditEntry], int]:
        """(entries newest first, how many there are, counted up to MAX_WALKED)."""
        items = self._table.listed(AUDIT, limit=MAX_WALKED, newest_first=True)
        shown = items[(page - 1) * limit : page * limit]
        return [_entry(item) for item in shown], len(items)


def _entry(item: Item) -> AuditEntry:
    body = item.body
    at_ms = int(item.sk.partition("#")[0])
    return AuditEntry(at_ms, int(body["id"]), body["ip"], body["uuid"], body["message"], body["kind"])


def shown_entry(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.entry_id,
        "ip": entry.ip,
        "uuid": entry.uuid,
        "message": entry.message,
        "msg_type": entry.kind,
        "time": rfc3339(entry.at_ms // 1000),
    }
