"""Which in-flight messages a restart makes visible: those a killed runner was working on, not those it had deferred."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from local.engines.fauxqs import release_interrupted_messages

VISIBILITY_SECONDS = 360
FUNCTION_TIMEOUT_SECONDS = 60
LAST_WRITE = 1_800_000_000.0


def write_state(folder: Path, deadlines: dict[str, float | None]) -> Path:
    """A state file like fauxqs's, last written at LAST_WRITE; deadlines are seconds after that."""
    path = folder / "sqs" / "fauxqs.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE sqs_queues (name TEXT, attributes TEXT)")
        database.execute(
            "CREATE TABLE sqs_messages (message_id TEXT, queue_name TEXT, receipt_handle TEXT, visibility_deadline INT)"
        )
        attributes = json.dumps({"VisibilityTimeout": str(VISIBILITY_SECONDS)})
        database.executemany("INSERT INTO sqs_queues VALUES (?, ?)", [("work.fifo", attributes), ("dead", attributes)])
        for name, seconds in deadlines.items():
            queue = "dead" if name.startswith("dead") else "work.fifo"
            deadline = None if seconds is None else int((LAST_WRITE + seconds) * 1000)
            row = (name, queue, None if deadline is None else "handle", deadline)
            database.execute("INSERT INTO sqs_messages VALUES (?, ?, ?, ?)", row)
    database.close()
    os.utime(path, (LAST_WRITE, LAST_WRITE))
    return path


def visible(path: Path) -> set[str]:
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT message_id FROM sqs_messages WHERE receipt_handle IS NULL").fetchall()
    database.close()
    return {row[0] for row in rows}


def test_what_was_being_worked_on_is_released_and_what_was_deferred_is_not(tmp_path: Path) -> None:
    path = write_state(
        tmp_path,
        {
            "just received": VISIBILITY_SECONDS,
            "almost timed out": VISIBILITY_SECONDS - FUNCTION_TIMEOUT_SECONDS,
            "deferred for 30 s": 30,
            "deferred for an hour": 3600,
            "waiting": None,
            "dead, looked at by hand": VISIBILITY_SECONDS,
        },
    )
    assert release_interrupted_messages(tmp_path, {"work.fifo": FUNCTION_TIMEOUT_SECONDS}) == 2
    assert visible(path) == {"just received", "almost timed out", "waiting"}


def test_what_a_living_runner_is_working_on_is_not_released(tmp_path: Path) -> None:
    path = write_state(tmp_path, {"in hand": VISIBILITY_SECONDS, "answer lost": VISIBILITY_SECONDS})
    with sqlite3.connect(path) as database:
        database.execute("UPDATE sqs_messages SET receipt_handle = message_id")
    database.close()
    os.utime(path, (LAST_WRITE, LAST_WRITE))
    timeouts = {"work.fifo": FUNCTION_TIMEOUT_SECONDS}
    assert release_interrupted_messages(tmp_path, timeouts, still_worked_on={"in hand"}) == 1
    assert visible(path) == {"answer lost"}


def test_a_first_start_has_nothing_to_release(tmp_path: Path) -> None:
    assert release_interrupted_messages(tmp_path, {"work.fifo": 60}) == 0


def test_an_unexpected_state_file_is_left_alone_and_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "sqs").mkdir()
    (tmp_path / "sqs" / "fauxqs.db").write_bytes(b"not a database at all, but long enough to be looked at")
    assert release_interrupted_messages(tmp_path, {"work.fifo": 60}) == 0
    assert "were not released" in caplog.text
