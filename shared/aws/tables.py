"""The base of every pynamodb model: names are bound at composition, not at import."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from pynamodb.connection import Connection
from pynamodb.models import Model

from shared.aws.service_models import without_search
from shared.aws.user_agent import USER_AGENT


class UnboundTable:
    """The base of a model's ``Meta``: a table that ``bind`` gives its name. The time limits are those of a connection
    of the model's own."""

    table_name = "unbound"
    connect_timeout_seconds = 2
    read_timeout_seconds = 5


def shared_connection() -> Connection:
    """A connection for all tables of a process: a botocore client costs some 200 ms to make.

    Endpoint, region and credentials come from botocore's own environment variables, so the same code talks to AWS
    and to the embedded engines.
    """
    connection = Connection(
        connect_timeout_seconds=2,
        read_timeout_seconds=5,
        max_retry_attempts=3,
        max_pool_connections=64,
    )
    without_search(connection.session)
    connection.session.set_default_client_config(Config(user_agent=USER_AGENT))
    # Made now: left to the first call, every thread of a busy start would make a client (and a session) of its own.
    _ = connection.client
    return connection


def bind(model: type[Model], table_name: str, connection: Connection | None = None) -> None:
    """Point a model (and its indexes) at a table, over ``connection`` or one of its own. Called once per process by
    the composition root."""
    meta: Any = model.Meta
    meta.table_name = table_name
    model._connection = None
    if connection is not None:
        own = model._get_connection()
        # pynamodb has no public way to share one: it keeps a table's schema in the connection it makes for the table.
        if table_name not in connection._tables:  # several models may share a table
            connection.add_meta_table(own.connection._tables[table_name])
        own.connection = connection


def is_conditional_failure(error: Any) -> bool:
    """Whether a pynamodb error says that the write's own condition did not hold."""
    return getattr(error, "cause_response_code", None) == "ConditionalCheckFailedException"
