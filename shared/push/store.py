"""Connections and tickets in DynamoDB, in one table.

connection_id <API Gateway's id>     a connection; ``topic`` only while it listens, which puts it into by_topic
connection_id ticket#<SHA-256>       a one-time ticket that opens a connection
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, PynamoDBException, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from shared.aws.tables import is_conditional_failure
from shared.push.connections import Connection, ConnectionsUnavailable, Language
from shared.push.tickets import StoredTicket


class ByTopic(GlobalSecondaryIndex["ConnectionRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_topic"
        projection = AllProjection()

    topic = UnicodeAttribute(hash_key=True)
    connection_id = UnicodeAttribute(range_key=True)


class ConnectionRow(Model):
    """``shared.aws.tables.bind(ConnectionRow, table_name)`` binds TicketRow as well."""

    class Meta:
        table_name = "unbound"

    connection_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    topic = UnicodeAttribute(null=True)
    principal = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    connected_at = NumberAttribute(null=True)
    expires_at = NumberAttribute()
    strikes = NumberAttribute(null=True)
    resting_until = NumberAttribute(null=True)
    by_topic = ByTopic()


class TicketRow(ConnectionRow):
    """The same table and connection; ``kind`` is the kind of socket that the ticket opens."""


@contextmanager
def _table(operation: str) -> Iterator[None]:
    """Every failure of DynamoDB as ConnectionsUnavailable. The cause is cut off: its text can quote what was sent."""
    try:
        yield
    except (PynamoDBException, BotoCoreError, ClientError):
        raise ConnectionsUnavailable(operation) from None


class DynamoConnections:
    """Implements shared.push.connections.ConnectionStore. ``clock`` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def add(self, connection: Connection) -> None:
        row = ConnectionRow(
            connection.connection_id,
            kind=connection.kind,
            # An empty text cannot be an index key, and what has no topic must not be in the index.
            topic=connection.topic or None,
            principal=connection.principal or None,
            language=connection.language,
            connected_at=connection.connected_at,
            expires_at=connection.expires_at,
        )
        with _table("add a connection"):
            row.save()

    def get(self, connection_id: str) -> Connection | None:
        with _table("read a connection"):
            try:
                row = ConnectionRow.get(connection_id, consistent_read=True)
            except ConnectionRow.DoesNotExist:
                return None
        return _connection(row) if row.expires_at > self._clock() else None

    def admit(self, connection_id: str, *, topic: str, principal: str, expires_at: int) -> bool:
        actions: list[Any] = [ConnectionRow.principal.set(principal), ConnectionRow.expires_at.set(expires_at)]
        if topic:
            actions.append(ConnectionRow.topic.set(topic))
        with _table("admit a connection"):
            return self._update(connection_id, actions, ConnectionRow.expires_at > int(self._clock()))

    def remove(self, connection_id: str) -> None:
        with _table("remove a connection"):
            ConnectionRow(connection_id).delete()

    def of_topic(self, topic: str) -> Iterator[Connection]:
        with _table("list connections"):
            for row in ConnectionRow.by_topic.query(topic, filter_condition=self._unexpired()):
                yield _connection(row)

    def any_of_topic(self, topic: str) -> bool:
        with _table("look for connections"):
            found = ConnectionRow.by_topic.query(topic, filter_condition=self._unexpired(), limit=1)
            return next(iter(found), None) is not None

    def note_strikes(self, connection_id: str, *, strikes: int, resting_until: int) -> None:
        actions = [ConnectionRow.strikes.set(strikes), ConnectionRow.resting_until.set(resting_until)]
        with _table("note a slow connection"):
            self._update(connection_id, actions, ConnectionRow.connection_id.exists())

    def _unexpired(self) -> Condition:
        condition: Condition = ConnectionRow.expires_at > int(self._clock())
        return condition

    def _update(self, connection_id: str, actions: list[Any], condition: Condition) -> bool:
        try:
            ConnectionRow(connection_id).update(actions=actions, condition=condition)
        except UpdateError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True


class DynamoTickets:
    """Implements shared.push.tickets.TicketStore."""

    def add(self, ticket: StoredTicket) -> None:
        row = TicketRow(_ticket_key(ticket.digest), kind=ticket.kind, principal=ticket.principal)
        row.expires_at = ticket.expires_at
        with _table("add a ticket"):
            row.save()

    def take(self, digest: str) -> StoredTicket | None:
        with _table("take a ticket"):
            try:
                row = TicketRow.get(_ticket_key(digest), consistent_read=True)
            except TicketRow.DoesNotExist:
                return None
            try:
                # Of several that read it, the one whose delete finds it has it.
                row.delete(condition=TicketRow.connection_id.exists())
            except DeleteError as error:
                if is_conditional_failure(error):
                    return None
                raise
        return StoredTicket(digest, str(row.kind), str(row.principal), int(row.expires_at))


def _ticket_key(digest: str) -> str:
    return f"ticket#{digest}"


def _connection(row: ConnectionRow) -> Connection:
    language: Language = "en" if row.language == "en" else "zh"
    return Connection(
        connection_id=row.connection_id,
        kind=row.kind,
        topic=row.topic or "",
        principal=row.principal or "",
        language=language,
        connected_at=int(row.connected_at or 0),
        expires_at=int(row.expires_at),
        strikes=int(row.strikes or 0),
        resting_until=int(row.resting_until or 0),
    )
