"""Secrets are found nowhere: not in tables, queues and files, not in the log, not in answers, frames and backups.

Exceptions and metrics end in the log: the functions write both there and nowhere else.
"""

from __future__ import annotations

import base64
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durable_engines import require_durable_engines
from tests.security.canary.scene import Scene, scene
from tests.security.canary.search import found_in, stored, traces

# The file the data key is kept in.
KEY_FILE = "data.key"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    require_durable_engines()
    with scene(tmp_path_factory.mktemp("canary")) as setting:
        setting.sign_in()
        setting.configure_relay()
        setting.relay()
        setting.read_everything()
        setting.send_nonsense()
        setting.robots()
        setting.content_accounts()
        setting.monitor()
        setting.watch()
        setting.without_database()
        yield setting


def test_the_scene_knows_every_kind_of_secret(played: Scene) -> None:
    assert len(played.secrets) >= 30
    assert len(set(played.secrets.values())) == len(played.secrets)


def test_the_log_tells_no_secret(played: Scene) -> None:
    log = played.stack.output()
    assert '"route":' in log
    assert '"exception' in log, "failures are logged too"
    assert found_in(log.encode(), played.secrets) == []


def test_answers_and_frames_tell_no_secret_but_to_whom_it_is_for(played: Scene) -> None:
    assert len(played.recorder.said) > 80
    assert {said.where.split()[0] for said in played.recorder.said} >= {"GET", "POST", "PUT", "WS"}
    told = {
        (name, said.where)
        for said in played.recorder.said
        for name in found_in(said.content, played.secrets)
        if said.where.partition("?")[0] not in played.given_out[name]
    }
    assert told == set()


def test_tables_queues_files_and_backups_hold_no_secret(played: Scene) -> None:
    places = list(stored(played.stack.data_dir, without=[KEY_FILE]))
    assert any(name.endswith(".zip") or "backup" in name for name, _ in places)
    assert any(b"canary@example.com" in content for _, content in places), "what is no secret is found"
    kept = {(name, secret) for name, content in places for secret in found_in(content, played.secrets)}
    assert kept == set()


# --- that the search can find ---


@pytest.mark.parametrize("lead", ["", "a", "ab"])
def test_a_secret_is_found_in_every_form(tmp_path: Path, lead: str) -> None:
    secret = {"it": 'canary-"/+secret=zß'}
    raw = f"{lead}{secret['it']}tail".encode()
    for form in (raw, raw.hex().encode(), base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        assert found_in(b"before " + form + b" after", secret) == ["it"], form
    assert found_in(b"canary-secret of another kind", secret) == []
    assert all(len(trace) >= 12 for trace in traces(secret["it"]))


def test_a_secret_is_found_in_archives_and_databases(tmp_path: Path) -> None:
    import sqlite3

    secret = {"it": "canary-0123456789abcdef"}
    with zipfile.ZipFile(tmp_path / "kept.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member.json", secret["it"] * 3)
    with sqlite3.connect(tmp_path / "kept.sqlite") as database:
        database.execute("CREATE TABLE rows (value BLOB)")
        database.execute("INSERT INTO rows VALUES (?)", (zlib.compress(secret["it"].encode()),))
    found = {name for name, content in stored(tmp_path) if found_in(content, secret)}
    assert found == {"kept.zip/member.json", "kept.sqlite: rows"}
    assert list(stored(tmp_path, without=["kept.zip", "kept.sqlite"])) == []
