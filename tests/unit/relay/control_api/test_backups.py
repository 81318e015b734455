"""Backups over HTTP: made, listed, taken in, restored, deleted, and what is refused."""

from __future__ import annotations

import pytest

from tests.relay_answers import NOW, TOKEN, error_of
from tests.unit.relay.control_api.control_world import ENGLISH, World


def test_backups_over_their_whole_life(world: World) -> None:
    made = world.call("POST", "/api/backup/create", {"passphrase": "correct horse"}).get_json()
    assert (made["success"], made["backup_id"]) == (True, "backup_20251019_153000")
    assert (made["backup_path"], made["secrets"]) == ("backups/backup_20251019_153000.zip", "passphrase")
    assert isinstance(made["size_mb"], float)
    (listed,) = world.call("GET", "/api/backup/list").get_json()["backups"]
    assert (listed["filename"], listed["created_at"]) == ("backup_20251019_153000.zip", NOW)
    download = world.call("GET", f"/api/backup/{made['backup_id']}/download")
    assert download.mimetype == "application/zip"
    assert download.data == world.backup_store.files[made["backup_id"]]
    restored = world.call(
        "POST", "/api/backup/restore", {"backup_id": made["backup_id"], "passphrase": "correct horse"}, **ENGLISH
    ).get_json()
    assert restored["message"] == "Restored: 0 account(s), 0 bot(s), 0 mapping(s)"
    assert restored["safety_backup_id"] == "backup_20251019_153000_1"
    uploaded = world.client.post("/api/backup/upload", data=download.data, headers={"X-API-Token": TOKEN})
    assert (uploaded.status_code, uploaded.get_json()["backup_id"]) == (201, "backup_20251019_153000_2")
    assert world.call("DELETE", f"/api/backup/{made['backup_id']}").status_code == 200
    error_of(world.call("DELETE", f"/api/backup/{made['backup_id']}"), 404, "BACKUP_NOT_FOUND")


def test_a_backup_without_a_body_leaves_secrets_out(world: World) -> None:
    assert world.call("POST", "/api/backup/create").get_json()["secrets"] == "left_out"


@pytest.mark.parametrize("backup_id", ["backup_20990101_000000", "../../etc/passwd", "x"])
def test_an_unknown_backup_is_404(world: World, backup_id: str) -> None:
    error_of(world.call("POST", "/api/backup/restore", {"backup_id": backup_id}), 404, "BACKUP_NOT_FOUND")


def test_an_unusable_file_is_refused_with_its_reason_in_both_languages(world: World) -> None:
    for headers, reason in (({}, "不是有效的 zip 文件"), (ENGLISH, "it is no zip file")):
        response = world.client.post("/api/backup/upload", data=b"no zip", headers={"X-API-Token": TOKEN, **headers})
        body = error_of(response, 422, "BACKUP_UNUSABLE")
        assert (body["reason"], body["reason_code"]) == (reason, "not_a_zip")


def test_an_upload_larger_than_other_bodies_is_taken_within_its_own_bound(world: World) -> None:
    headers = {"X-API-Token": TOKEN}
    error_of(world.client.post("/api/backup/upload", data=bytes(3 << 20), headers=headers), 422, "BACKUP_UNUSABLE")
    too_large = error_of(
        world.client.post("/api/backup/upload", data=bytes(5 << 20), headers=headers), 413, "BODY_TOO_LARGE"
    )
    assert str(4 << 20) in too_large["error_message"], "the bound of this request, not of the others"
    error_of(world.client.post("/api/backup/upload", headers=headers), 400, "BODY_MISSING")


def test_a_restore_that_goes_on_in_the_background_says_so(world: World) -> None:
    world.restorer.complete = False
    made = world.call("POST", "/api/backup/create").get_json()
    body = world.call("POST", "/api/backup/restore", {"backup_id": made["backup_id"]}, **ENGLISH).get_json()
    assert (body["complete"], "within a minute" in body["note"]) == (False, True)


def test_a_full_disk_is_503_with_the_reason(world: World) -> None:
    world.backup_store.broken = True
    body = error_of(world.call("POST", "/api/backup/create", **ENGLISH), 503, "BACKUP_STORE_UNAVAILABLE")
    assert body["error_message"] == "The backup storage is unavailable: No space left on device"


@pytest.mark.parametrize("passphrase", ["short", "x" * 1025])
def test_a_passphrase_out_of_bounds_is_refused(world: World, passphrase: str) -> None:
    response = world.call("POST", "/api/backup/create", {"passphrase": passphrase})
    assert error_of(response, 400, "INVALID_PARAMETER")["field"] == "passphrase"
