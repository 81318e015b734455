"""The service's state in the configuration table.

pk "system"  sk "service"        what the operator wants, since when
pk "system"  sk "event_sources"  for the embedded stack: what its pollers were asked for, and what they do
"""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute

from shared.aws.database import conditional, database
from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.service_switch import EventSourcesUnavailable, ServiceRecord

SYSTEM, SERVICE, EVENT_SOURCES = "system", "service", "event_sources"


class ServiceRow(ConfigRow):
    running = BooleanAttribute(null=True)
    settled = BooleanAttribute(null=True)
    started_at_ms = NumberAttribute(null=True)
    changed_at_ms = NumberAttribute(null=True)


class EventSourcesRow(ConfigRow):
    """``wanted`` is written here, ``actual`` by the embedded runner; missing means reading."""

    wanted = BooleanAttribute(null=True)
    actual = BooleanAttribute(null=True)


class ServiceRecords:
    """Implements shared.relay.service_switch.ServiceStore."""

    def __init__(self, table: ConfigurationTable) -> None:
        self._table = table

    def service(self) -> ServiceRecord | None:
        row = self._table.get(ServiceRow, SYSTEM, SERVICE)
        if row is None or row.running is None:
            return None
        return ServiceRecord(
            running=row.running,
            started_at_ms=int(row.started_at_ms or 0),
            changed_at_ms=int(row.changed_at_ms or 0),
            settled=bool(row.settled),
        )

    def add_service(self, record: ServiceRecord) -> None:
        try:
            with conditional("first start", _Unmet()):
                _row(record).save(condition=ServiceRow.running.does_not_exist())
        except _Unmet:
            return

    def save_service(self, record: ServiceRecord) -> None:
        with database("switch service"):
            _row(record).save()

    def settle_service(self, record: ServiceRecord) -> None:
        same = (ServiceRow.running == record.running) & (ServiceRow.changed_at_ms == record.changed_at_ms)
        try:
            with conditional("settle service", _Unmet()):
                ServiceRow(SYSTEM, SERVICE).update(actions=[ServiceRow.settled.set(True)], condition=same)
        except _Unmet:
            return


class EmbeddedEventSources:
    """Implements shared.relay.service_switch.EventSources: the embedded runner reads the row every second."""

    def __init__(self, table: ConfigurationTable) -> None:
        self._table = table

    def request(self, enabled: bool) -> None:
        try:
            with database("switch event sources"):
                EventSourcesRow(SYSTEM, EVENT_SOURCES).update(actions=[EventSourcesRow.wanted.set(enabled)])
        except StoreUnavailable as error:
            raise EventSourcesUnavailable(str(error)) from None

    def follow(self, enabled: bool) -> bool:
        try:
            row = self._table.get(EventSourcesRow, SYSTEM, EVENT_SOURCES)
        except StoreUnavailable as error:
            raise EventSourcesUnavailable(str(error)) from None
        if row is None:
            return enabled
        wanted = True if row.wanted is None else row.wanted
        actual = True if row.actual is None else row.actual
        return wanted == actual == enabled


def _row(record: ServiceRecord) -> ServiceRow:
    return ServiceRow(
        SYSTEM,
        SERVICE,
        running=record.running,
        settled=record.settled,
        started_at_ms=record.started_at_ms,
        changed_at_ms=record.changed_at_ms,
    )


class _Unmet(Exception):
    pass
