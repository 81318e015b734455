"""The service's record, event sources and queues in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.aws.queue_depths import QueueDepth, QueuesUnavailable
from shared.aws.store_failures import StoreUnavailable
from shared.relay.account_connections import AccountConnection
from shared.relay.models import Account
from shared.relay.service_switch import EventSourcesUnavailable, ServiceRecord


class FakeServiceStore:
    """With ``broken`` set every call raises StoreUnavailable."""

    def __init__(self) -> None:
        self.record: ServiceRecord | None = None
        self.broken = False

    def service(self) -> ServiceRecord | None:
        if self.broken:
            raise StoreUnavailable("fake")
        return self.record

    def add_service(self, record: ServiceRecord) -> None:
        self.record = self.record or record

    def save_service(self, record: ServiceRecord) -> None:
        self.record = record

    def settle_service(self, record: ServiceRecord) -> None:
        assert self.record is not None
        if (self.record.running, self.record.changed_at_ms) == (record.running, record.changed_at_ms):
            self.record = ServiceRecord(record.running, record.started_at_ms, record.changed_at_ms, settled=True)


class FakeEventSources:
    """They follow at once unless ``slow``. ``requests`` keeps what was asked."""

    def __init__(self) -> None:
        self.reading = True
        self.slow = False
        self.failure: EventSourcesUnavailable | None = None
        self.requests: list[bool] = []

    def request(self, enabled: bool) -> None:
        if self.failure is not None:
            raise self.failure
        self.requests.append(enabled)
        if not self.slow:
            self.reading = enabled

    def follow(self, enabled: bool) -> bool:
        if self.failure is not None:
            raise self.failure
        return self.reading == enabled


class FakeDepths:
    def __init__(self, *depths: QueueDepth) -> None:
        self.answer = list(depths)
        self.broken = False

    def depths(self) -> list[QueueDepth]:
        if self.broken:
            raise QueuesUnavailable("AccessDenied")
        return self.answer


class FakeConnections:
    """Implements shared.relay.system_status.Connections; accounts that are not named are online."""

    def __init__(self, states: Mapping[int, str] | None = None) -> None:
        self.states = dict(states or {})

    def of(self, accounts: Sequence[Account]) -> Mapping[int, AccountConnection]:
        return {account.id: AccountConnection(self.states.get(account.id, "online")) for account in accounts}
