"""fauxqs: SQS on SQLite; what it acknowledges is on disk (group_sync.mjs).

Its traps: its command line neither persists nor stays on loopback (fauxqs.mjs sees to both); a stored queue URL
carries the port of the day the queue was made, so URLs are composed afresh; ChangeMessageVisibility to 0 fails with
persistence on, so nothing here asks for less than 1.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from local.engines.layout import SOURCES, InstalledEngines
from local.engines.process import EngineSpec

FAUXQS = "fauxqs"
_STATE_FOLDER = "sqs"
_DATABASE_FILE = "fauxqs.db"
# Longer than a receive takes to reach the disk.
_WRITE_SLACK_SECONDS = 2.0

logger = logging.getLogger(__name__)


def fauxqs_spec(engines: InstalledEngines, data_dir: Path, port: int) -> EngineSpec:
    state = data_dir / _STATE_FOLDER
    return EngineSpec(
        name=FAUXQS,
        command=[
            engines.node,
            "--disable-warning=ExperimentalWarning",  # node:sqlite
            str(SOURCES / "fauxqs.mjs"),
            str(engines.layout.fauxqs),
            str(port),
            str(state),
        ],
        environment={"PATH": os.environ.get("PATH", os.defpath)},
        port=port,
        health_path="/health",
        log_file=data_dir / "logs" / "fauxqs.log",
        marker=str(state),
    )


def release_interrupted_messages(
    data_dir: Path, function_timeouts: Mapping[str, int], still_worked_on: Collection[str] = ()
) -> int:
    """Make messages that a killed runner was working on visible again; returns how many.

    When only fauxqs died, its runner goes on with what it has: ``still_worked_on`` are the receipt handles of that.
    What remains is what fauxqs had given out in an answer that never arrived.

    Without this they would stay hidden for the rest of their visibility timeout, many times the function's timeout.
    To be called while fauxqs is not running. ``function_timeouts`` maps a queue's name to the timeout in seconds of
    the function that reads it. Deferred messages keep their delay: what was being worked on was received at most one
    function timeout before the last write, so its deadline lies in the last such stretch of the visibility timeout.
    """
    database = data_dir / _STATE_FOLDER / _DATABASE_FILE
    if not database.exists():
        return 0
    files = (database, database.with_name(database.name + "-wal"))
    last_write = max((file.stat().st_mtime for file in files if file.exists()), default=time.time())
    released = 0
    try:
        with closing(sqlite3.connect(database, timeout=5)) as connection, connection:
            queues = connection.execute("SELECT name, attributes FROM sqs_queues").fetchall()
            for name, attributes in queues:
                if name not in function_timeouts:
                    continue
                visibility = float(json.loads(attributes)["VisibilityTimeout"])
                latest = last_write + visibility + _WRITE_SLACK_SECONDS
                earliest = last_write + visibility - function_timeouts[name] - _WRITE_SLACK_SECONDS
                interrupted = connection.execute(
                    "SELECT message_id, receipt_handle FROM sqs_messages"
                    " WHERE queue_name = ? AND visibility_deadline BETWEEN ? AND ?",
                    (name, earliest * 1000, latest * 1000),
                ).fetchall()
                lost = [(name, message) for message, handle in interrupted if handle not in still_worked_on]
                connection.executemany(
                    "UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL"
                    " WHERE queue_name = ? AND message_id = ?",
                    lost,
                )
                released += len(lost)
    except (sqlite3.Error, KeyError, ValueError) as error:
        # Not fatal: the messages come back by themselves when their visibility timeout ends.
        logger.warning("interrupted messages were not released, they reappear later: %s", error)
    return released
