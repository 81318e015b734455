"""A cookie is found nowhere in plain: not in an answer, a log, a table, a queue or a backup."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.accounts_api.caller import Caller
from tests.standins.server import Answer, Fault

CANARY = "canary-7f3b9e21c05d4a68"
# Stored in plain beside it: what cannot find this could not find the canary either.
CONTROL = "control-5d20c8e1b7"
BACKUP_PASSPHRASE = "canary backup passphrase 51"


@pytest.fixture(scope="module", autouse=True)
def _what_can_be_found(caller: Caller) -> None:
    caller.new_account(account_name=CONTROL)
    _backup(caller)


def _backup(caller: Caller, **options: Any) -> tuple[list[requests.Response], bytes]:
    """The answers about a new backup, and its file as an operator gets it."""
    made = caller.call("POST", "/api/backup/create", options)
    assert made.status_code in (200, 201), made.text
    listed = caller.call("GET", "/api/backup/list")
    assert listed.status_code == 200, listed.text
    backup_id = made.json()["backup_id"]
    downloaded = caller.call("GET", f"/api/backup/{backup_id}/download")
    assert downloaded.status_code == 200, downloaded.text
    return [made, listed], downloaded.content


def _members(archive: bytes, folder: Path) -> dict[str, bytes]:
    path = folder / "downloaded.zip"
    path.write_bytes(archive)
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _answers_about(caller: Caller, account_id: str, cookie: str) -> list[requests.Response]:
    """Everything the API answers of an account, but the one guarded endpoint; refusals of bad cookies too."""
    path = f"/api/v1/accounts/{account_id}"
    pool_id, _ = caller.new_pool()
    return [
        caller.call("GET", path),
        caller.call("GET", "/api/v1/accounts", params={"platform": "douyin", "limit": 200}),
        caller.call("PUT", path, {"cookie_data": f"{cookie}; ttwid={CANARY}", "status": "active"}),
        caller.call("POST", f"{path}/health-check"),
        caller.call("POST", "/api/v1/accounts/batch-health-check", params={"platform": "douyin"}),
        caller.call("POST", f"{path}/usage", {"action": "publish", "success": False}),
        caller.call("POST", f"/api/v1/pools/{pool_id}/members", {"account_id": account_id}),
        caller.call("GET", f"/api/v1/pools/{pool_id}"),
        caller.call("POST", f"/api/v1/pools/{pool_id}/select"),
        caller.call("GET", f"{path}/stats"),
        caller.call("GET", "/api/v1/login/status", params={"platform": "douyin"}),
        caller.call("POST", "/api/v1/login/callback", {"platform": "douyin", "cookie_data": cookie}),
        caller.call("POST", "/api/v1/login/callback", {"platform": CANARY, "cookie_data": cookie}),
        caller.call("PUT", path, {"cookie_data": f"broken {CANARY}"}),
        caller.call("PUT", path, {"cookie_data": [CANARY], "priority": CANARY}),
        caller.call("PUT", path, {"cookie_data": {"ttwid": CANARY + "\n"}}),
        caller.call_raw("PUT", path, '{"cookie_data": "' + CANARY),
        caller.call("GET", "/api/audit"),
    ]


def test_a_cookie_is_found_nowhere_in_plain(caller: Caller, tmp_path: Path) -> None:
    cookie = caller.platforms.issue("douyin", CANARY)
    body = {"platform": "douyin", "cookie_data": cookie}
    account_id = caller.done("POST", "/api/v1/accounts", body)["account_id"]
    answers = _answers_about(caller, account_id, cookie)
    assert caller.done("GET", f"/api/v1/accounts/{account_id}/cookies")["cookies"]["ttwid"] == CANARY
    for options in ({}, {"passphrase": BACKUP_PASSPHRASE}):
        about_backup, archive = _backup(caller, **options)
        answers += about_backup
        members = _members(archive, tmp_path)
        assert members, "the backup has something in it"
        assert not any(CANARY.encode() in content for content in (archive, *members.values()))
    for answer in answers:
        assert CANARY not in answer.text, answer.url
        assert CANARY not in str(answer.headers), answer.url
    _assert_nowhere(caller, CANARY)


def test_the_cookies_of_a_login_by_qr_code_are_found_nowhere_in_plain(caller: Caller) -> None:
    """The phone confirms, then the site is in trouble: what there is of the session is kept until the next look."""
    begun = caller.done("GET", "/api/v1/login/qrcode", params={"platform": "toutiao"})
    token = caller.platforms.toutiao.tokens[-1]
    caller.platforms.toutiao.confirm(token)
    query = {"platform": "toutiao", "session_id": begun["session_id"]}
    caller.platforms.script(Fault(answer=Answer(502)), matching=lambda request: "/sso/callback" in request.path)
    broken_off = caller.call("GET", "/api/v1/login/status", params=query)
    assert broken_off.json()["data"]["session"]["state"] == "waiting"
    _assert_nowhere(caller, token)

    finished = caller.call("GET", "/api/v1/login/status", params=query)
    assert finished.json()["data"]["session"]["state"] == "done"
    account_id = finished.json()["data"]["account_id"]
    shown = caller.call("GET", f"/api/v1/accounts/{account_id}")
    value = caller.done("GET", f"/api/v1/accounts/{account_id}/cookies")["cookies"]["sessionid"]
    assert value == f"tt-session-{token[:8]}"
    for answer in (broken_off, finished, shown):
        assert value not in answer.text
        assert token not in answer.text
    _assert_nowhere(caller, value)
    _assert_nowhere(caller, token)


def _assert_nowhere(caller: Caller, secret: str) -> None:
    """Not in what was printed and logged, and not in what was stored, where the control is."""
    assert "request" in caller.stack.output(), "there is a log to look at"
    assert secret not in caller.stack.output()
    stored = _stored_bytes(caller.stack.data_dir)
    assert any(CONTROL.encode() in value for value in stored)
    assert not any(secret.encode() in value for value in stored)


def _stored_bytes(folder: Path) -> list[bytes]:
    """Every file of the data folder, and every value of its databases, which may be stored compressed or in pages."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = [path.read_bytes() for path in files]
    for path in files:
        if path.read_bytes()[:16].startswith(b"SQLite format 3"):
            found += _values(path)
    archives = [path for path in files if zipfile.is_zipfile(path)]
    assert archives, "there are backups to look into"
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            found += [archive.read(name) for name in archive.namelist()]
    return found


def _values(path: Path) -> list[bytes]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for name in tables for row in connection.execute(f'SELECT * FROM "{name}"')]
    finally:
        connection.close()
    return [str(value).encode() if not isinstance(value, bytes) else value for row in rows for value in row]
