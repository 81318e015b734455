"""Machines, their tokens and their live reports in the monitor table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from shared.monitor.models import RECENT_SECONDS, LiveReport, Node
from shared.monitor.rows import LIVE, NODES, RECORD, ordered
from shared.monitor.table import Item, MonitorTable
from shared.security.sealing import Sealer
from shared.security.tokens import token_digest

LIVE_KEPT_SECONDS = 86_400
# Longer than they are shown: the roll-up of a minute must still find them when a run of it came late.
RECENT_KEPT_SECONDS = 900
_ATTEMPTS = 8
_FIELDS = frozenset(each.name for each in fields(Node)) - {"revision"}


class NodeBusy(Exception):
    """Other writers were always faster; nothing was written."""


class DynamoNodes:
    """Machines. Every method may raise StoreUnavailable; those that give out nodes may raise SealBroken."""

    def __init__(self, table: MonitorTable, sealer: Sealer) -> None:
        self._table = table
        self._sealer = sealer

    def add(self, node: Node) -> None:
        if not self._table.write(self._item(node), _token_item(node)):
            raise NodeBusy

    def all(self) -> Sequence[Node]:
        """Every machine, in the order in which they were added."""
        items = self._table.listed(NODES, consistent=True)
        return sorted(map(self._node, items), key=lambda node: (node.created_at, node.uuid))

    def get(self, uuid: str) -> Node | None:
        item = self._table.get(NODES, uuid)
        return None if item is None else self._node(item)

    def uuid_of_token(self, token: str) -> str | None:
        """Which machine an agent's token is of. Needs no data key."""
        item = self._table.get(f"token#{token_digest(token)}", consistent=False)
        return None if item is None else str(item.body["uuid"])

    def change(self, uuid: str, changed: Callable[[Node], Node]) -> Node | None:
        """Replace a machine by what ``changed`` makes of it; None when there is none. The token stays as it is.

        Raises NodeBusy.
        """
        for _ in range(_ATTEMPTS):
            before = self.get(uuid)
            if before is None:
                return None
            after = replace(changed(before), uuid=uuid, token=before.token, revision=before.revision)
            if after == before or self._table.write(self._item(after)):
                return after
        raise NodeBusy

    def remove(self, uuid: str) -> bool:
        """Forget a machine and its token; False when there is none. Its records expire by themselves."""
        for _ in range(_ATTEMPTS):
            node = self.get(uuid)
            if node is None:
                return False
            token = Item(f"token#{token_digest(node.token)}", RECORD, {})
            if self._table.write(deletes=(Item(NODES, uuid, {}, node.revision), token)):
                self._table.delete(LIVE, uuid)
                return True
        raise NodeBusy

    def _item(self, node: Node) -> Item:
        body = asdict(node)
        del body["revision"]
        body["token"] = self._sealer.seal(node.token, record=f"monitor/{node.uuid}", field="token")
        return Item(NODES, node.uuid, body, node.revision)

    def _node(self, item: Item) -> Node:
        body = {name: value for name, value in item.body.items() if name in _FIELDS}
        body["token"] = self._sealer.unseal(body["token"], record=f"monitor/{item.sk}", field="token")
        return Node(**body, revision=item.revision)


def _token_item(node: Node) -> Item:
    return Item(f"token#{token_digest(node.token)}", RECORD, {"uuid": node.uuid})


class DynamoLive:
    """What machines reported last, and within the last minute. Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def report(self, live: LiveReport) -> None:
        """Keep a report: two writes in one call, whatever came before."""
        at_seconds = live.received_at_ms // 1000
        body: dict[str, Any] = {"report": dict(live.report)}
        recent = Item(
            f"recent#{live.uuid}",
            ordered(live.received_at_ms),
            body,
            expires_at_seconds=at_seconds + RECENT_KEPT_SECONDS,
        )
        self._table.put_all([recent, _live_item(live)])

    def latest(self, uuid: str) -> LiveReport | None:
        item = self._table.get(LIVE, uuid)
        return None if item is None else _live(item)

    def all(self) -> dict[str, LiveReport]:
        """By uuid, offline machines too as long as they reported within a day: one query."""
        return {item.sk: _live(item) for item in self._table.listed(LIVE)}

    def disconnected(self, uuid: str, connection_id: str) -> None:
        """The agent's socket has closed. A newer connection of the same agent stays."""
        item = self._table.get(LIVE, uuid)
        live = None if item is None else _live(item)
        if item is not None and live is not None and live.connection_id == connection_id:
            gone = _live_item(replace(live, connection_id=""))
            # Not at its revision any more: a report came meanwhile, so somebody is there.
            self._table.write(replace(gone, revision=item.revision))

    def reports_between(self, uuid: str, from_ms: int, to_ms: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """(received at, report) of the interval, both ends included, oldest first."""
        items = self._table.listed(f"recent#{uuid}", first=ordered(from_ms), last=ordered(to_ms))
        return [(int(item.sk), item.body["report"]) for item in items]

    def recent(self, uuid: str, now_ms: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """(received at, report) of the last minute, oldest first."""
        return self.reports_between(uuid, now_ms - RECENT_SECONDS * 1000, now_ms)


def _live_item(live: LiveReport) -> Item:
    body = {
        "report": dict(live.report),
        "received_at_ms": live.received_at_ms,
        "via": live.via,
        "connection_id": live.connection_id,
    }
    # The time of the report is the revision: reports follow one another without being read first.
    expires_at = live.received_at_ms // 1000 + LIVE_KEPT_SECONDS
    return Item(LIVE, live.uuid, body, live.received_at_ms, expires_at)


def _live(item: Item) -> LiveReport:
    return LiveReport(
        uuid=item.sk,
        received_at_ms=int(item.body["received_at_ms"]),
        report=item.body["report"],
        via=item.body["via"],
        connection_id=str(item.body.get("connection_id") or ""),
    )
