"""An audit trail in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.relay.audit import Actor, AuditEntry, AuditPage


class FakeAuditTrail:
    """``broken`` names the method that fails: "begin" or "finish"."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.broken = ""

    def begin(self, actor: Actor, action: str, account_id: int, arguments: Mapping[str, Any]) -> str:
        self._check("begin")
        entry_id = f"{1_760_859_000_000 + len(self.entries):013d}-00000000"
        self.entries.append(AuditEntry(entry_id, actor, action, account_id, arguments, "2025-10-19T07:30:00.000Z"))
        return entry_id

    def finish(self, entry_id: str, outcome: str, reason: str = "") -> None:
        self._check("finish")
        position = next(at for at, entry in enumerate(self.entries) if entry.id == entry_id)
        finished = {"outcome": outcome, "reason": reason, "finished_at": "2025-10-19T07:30:01.000Z"}
        self.entries[position] = replace(self.entries[position], **finished)

    def page(self, limit: int, before: str | None) -> AuditPage:
        older = [entry for entry in reversed(self.entries) if before is None or entry.id < before]
        shown = older[:limit]
        return AuditPage(shown, shown[-1].id if len(older) > limit else None)

    def _check(self, method: str) -> None:
        if self.broken == method:
            raise StoreUnavailable("fake audit")
