"""Gateway sessions and their states in the configuration table (pk "gateway")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pynamodb.expressions.update import Action

from shared.aws.database import database
from shared.aws.store_failures import StoreUnavailable
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayState, GatewayStatus, RecordsUnavailable
from shared.relay.configuration_rows import GATEWAY, GatewayRow, record_key
from shared.relay.configuration_table import ConfigurationTable
from shared.security.sealing import Sealer, opened_or_none

# A connection writes its state at least every half minute (states.STATUS_INTERVAL_SECONDS).
STALE_AFTER_MS = 120_000


class DynamoGatewayRecords:
    """Implements shared.kook.gateway.states.GatewayRecords."""

    def __init__(self, table: ConfigurationTable, sealer: Sealer, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._sealer = sealer
        self._clock_ms = clock_ms

    def session(self, account_id: int, holder: str) -> GatewaySession | None:
        with _typed():
            row = self._table.get(GatewayRow, GATEWAY, record_key(account_id))
        if row is None or row.holder != holder:
            return None
        url = self._opened(account_id, "url", row.url)
        session_id = self._opened(account_id, "session_id", row.session_id)
        return GatewaySession(url, session_id, int(row.sn or 0)) if url and session_id else None

    def save_session(self, account_id: int, holder: str, session: GatewaySession | None) -> None:
        if session is None or not session.session_id:
            actions = [GatewayRow.holder.remove(), GatewayRow.url.remove(), GatewayRow.session_id.remove()]
            self._update(account_id, [*actions, GatewayRow.sn.remove()])
            return
        self._update(
            account_id,
            [
                GatewayRow.holder.set(holder),
                GatewayRow.url.set(self._sealed(account_id, "url", session.url)),
                GatewayRow.session_id.set(self._sealed(account_id, "session_id", session.session_id)),
                GatewayRow.sn.set(session.sn),
            ],
        )

    def status(self, account_id: int) -> GatewayStatus | None:
        with _typed():
            row = self._table.get(GatewayRow, GATEWAY, record_key(account_id))
        if row is None or row.state is None or self._clock_ms() - int(row.updated_at_ms or 0) > STALE_AFTER_MS:
            return None
        return GatewayStatus(
            state=GatewayState(str(row.state)),
            problem=row.problem or "",
            since=row.since or "",
            last_event_at=row.last_event_at or "",
            missed_at=row.missed_at or "",
        )

    def save_status(self, account_id: int, status: GatewayStatus) -> None:
        self._update(
            account_id,
            [
                GatewayRow.state.set(status.state.value),
                GatewayRow.problem.set(status.problem),
                GatewayRow.since.set(status.since),
                GatewayRow.updated_at_ms.set(self._clock_ms()),
                # Of an earlier connection where this one has seen none yet.
                *([GatewayRow.last_event_at.set(status.last_event_at)] if status.last_event_at else []),
                *([GatewayRow.missed_at.set(status.missed_at)] if status.missed_at else []),
            ],
        )

    def account_ids(self) -> list[int]:
        with _typed():
            return [int(row.sk) for row in self._table.query(GatewayRow, GATEWAY)]

    def forget(self, account_id: int) -> None:
        with _typed(), database("forget gateway"):
            GatewayRow(GATEWAY, record_key(account_id)).delete()

    def _update(self, account_id: int, actions: list[Action]) -> None:
        with _typed(), database("save gateway"):
            GatewayRow(GATEWAY, record_key(account_id)).update(actions=actions)

    def _sealed(self, account_id: int, field: str, value: str) -> str:
        return self._sealer.seal(value, record=f"{GATEWAY}/{account_id}", field=field)

    def _opened(self, account_id: int, field: str, sealed: str | None) -> str:
        """ "" for what does not open: then there is no session, and KOOK begins a new one."""
        return opened_or_none(self._sealer, sealed or "", record=f"{GATEWAY}/{account_id}", field=field) or ""


@contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        raise RecordsUnavailable(str(error)) from None
