"""Which nodes there are, for those who need nothing secret of them: no data key is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.monitor.live_board import NodePlace
from shared.monitor.rows import NODES
from shared.monitor.settings import SECRET_NAMES, SiteSettings
from shared.monitor.table import MonitorTable
from shared.security.tokens import token_digest


class DynamoNodeDirectory:
    """Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def uuid_of_token(self, token: str) -> str | None:
        """Which node an agent's token is of. Right after a node was added this read may still miss it; the agent
        tries again."""
        item = self._table.get(f"token#{token_digest(token)}", consistent=False)
        return None if item is None else str(item.body["uuid"])

    def exists(self, uuid: str) -> bool:
        return self._table.get(NODES, uuid, consistent=False) is not None

    def record_preserve_hours(self) -> int:
        """How long load records are kept, 0 when nothing is recorded."""
        item = self._table.get("settings")
        public = {} if item is None else {name: item.body[name] for name in item.body if name not in SECRET_NAMES}
        site = SiteSettings.model_validate(public)
        return site.record_preserve_time if site.record_enabled else 0

    def names(self) -> Mapping[str, str]:
        """Of the nodes whose agent has told what machine it runs on, by uuid."""
        told = [item for item in self._table.listed(NODES) if item.body.get("version") or item.body.get("os")]
        return {item.sk: str(item.body["name"]) for item in told}

    def places(self) -> Sequence[NodePlace]:
        """In the order in which they were added."""
        items = sorted(self._table.listed(NODES), key=lambda item: (str(item.body.get("created_at")), item.sk))
        return [NodePlace(item.sk, int(item.body.get("weight") or 0), bool(item.body.get("hidden"))) for item in items]
