"""Mappings over HTTP, one by one and in batches: statuses, shapes and words of the "relay" contract."""

from __future__ import annotations

from typing import Any

import pytest

from tests.relay_answers import NOW, error_of
from tests.unit.relay.relay_api.relay_world import BOT, MAPPING, World


def test_mappings_are_added_and_listed_as_the_contract_has_it(mapped: World) -> None:
    (listed,) = mapped.call("GET", "/api/mappings").get_json()["data"]
    assert {**MAPPING, "id": 1, "enabled": 1}.items() <= listed.items()
    again = mapped.call("POST", "/api/mappings", MAPPING)
    assert (again.status_code, again.get_json()["id"]) == (200, 1)
    error_of(mapped.call("POST", "/api/mappings", {**MAPPING, "enabled": 0}), 409, "MAPPING_EXISTS")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"kook_server_id": 1234567890}, 400, "INVALID_PARAMETER", "kook_server_id"),
        ({"kook_channel_id": ""}, 400, "INVALID_PARAMETER", "kook_channel_id"),
        ({"kook_channel_id": "a b"}, 400, "INVALID_PARAMETER", "kook_channel_id"),
        ({"kook_channel_name": None}, 400, "INVALID_PARAMETER", "kook_channel_name"),
        ({"target_bot_id": "1"}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": True}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": 1.5}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": 0}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"target_bot_id": 2**60}, 400, "INVALID_PARAMETER", "target_bot_id"),
        ({"enabled": 2}, 400, "INVALID_PARAMETER", "enabled"),
        ({"enabled": "1"}, 400, "INVALID_PARAMETER", "enabled"),
        ({"name_format": ""}, 400, "INVALID_PARAMETER", "name_format"),
        ({"media_policy": "burn"}, 400, "INVALID_PARAMETER", "media_policy"),
        ({"edit_policy": "burn"}, 400, "INVALID_PARAMETER", "edit_policy"),
        ({"outcome_policy": "never"}, 400, "INVALID_PARAMETER", "outcome_policy"),
        ({"delete_policy": 1}, 400, "INVALID_PARAMETER", "delete_policy"),
        ({"filters": []}, 400, "INVALID_PARAMETER", "filters"),
        ({"filters": {"include_keywords": "x"}}, 400, "INVALID_PARAMETER", "filters.include_keywords"),
        ({"filters": {"include_users": [7]}}, 400, "INVALID_PARAMETER", "filters.include_users.0"),
        ({"filters": {"message_kinds": ["song"]}}, 400, "INVALID_PARAMETER", "filters.message_kinds.0"),
        ({"filters": {"exclude_users": ["x"] * 101}}, 400, "INVALID_PARAMETER", "filters.exclude_users"),
        ({"target_platform": "myspace"}, 400, "UNSUPPORTED_PLATFORM", "target_platform"),
        ({"target_platform": "telegram"}, 422, "BOT_PLATFORM_MISMATCH", "target_platform"),
        ({"target_bot_id": 99}, 404, "BOT_NOT_FOUND", "target_bot_id"),
        ({"target_channel_id": "bad"}, 422, "INVALID_TARGET_CHANNEL", "target_channel_id"),
    ],
)
def test_a_bad_mapping_is_refused_by_field(
    world: World, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    world.call("POST", "/api/bots", BOT)
    assert error_of(world.call("POST", "/api/mappings", {**MAPPING, **change}), status, code)["field"] == field
    batch = world.call("POST", "/api/mappings/batch", {"mappings": [MAPPING, {**MAPPING, **change}]})
    assert error_of(batch, status, code)["field"] == f"mappings.1.{field}"
    assert world.store.kept_mappings == {}


def test_a_mapping_takes_filters_and_a_name_format(mapped: World) -> None:
    filters = {"include_keywords": ["公告"], "message_kinds": ["text", "card"], "relay_bots": True}
    body = mapped.call("PUT", "/api/mappings/1", {"filters": filters, "name_format": "[KOOK] {name}"}).get_json()
    assert filters.items() <= body["data"]["filters"].items()
    assert body["data"]["name_format"] == "[KOOK] {name}"


@pytest.mark.parametrize("enabled", [0, False])
def test_a_mapping_is_switched_off_by_a_partial_update(mapped: World, enabled: object) -> None:
    body = mapped.call("PUT", "/api/mappings/1", {"enabled": enabled}).get_json()
    assert body["data"] == {**body["data"], **MAPPING, "id": 1, "enabled": 0}


def test_a_mapping_is_deleted(mapped: World) -> None:
    assert mapped.call("DELETE", "/api/mappings/1").get_json()["success"]
    error_of(mapped.call("DELETE", "/api/mappings/1"), 404, "MAPPING_NOT_FOUND")


def test_a_batch_is_added(mapped: World) -> None:
    second = {**MAPPING, "target_channel_id": "other"}
    response = mapped.call("POST", "/api/mappings/batch", {"mappings": [MAPPING, second]})
    body = response.get_json()
    assert (response.status_code, body["success_count"], body["skipped_count"], body["ids"]) == (201, 1, 1, [1, 2])
    for broken in ({}, {"mappings": {}}, {"mappings": []}, {"mappings": [5]}, {"mappings": [MAPPING] * 501}):
        assert mapped.call("POST", "/api/mappings/batch", broken).status_code == 400


def test_an_export_has_the_contracts_shape_and_can_be_imported_again(mapped: World) -> None:
    response = mapped.call("GET", "/api/mappings/export")
    exported = response.get_json()
    assert list(exported) == ["version", "export_time", "mappings"]
    assert (exported["version"], exported["export_time"]) == ("1.0", NOW)
    assert response.headers["Content-Disposition"] == 'attachment; filename="channel_mappings_export.json"'
    assert {**MAPPING, "target_bot_name": "测试Discord Bot"}.items() <= exported["mappings"][0].items()
    mapped.call("DELETE", "/api/mappings/1")
    body = mapped.call("POST", "/api/mappings/import", exported).get_json()
    assert (body["success_count"], body["skipped_count"], body["failed_count"], body["errors"]) == (1, 0, 0, [])


def test_an_import_reports_each_row(mapped: World) -> None:
    rows = [MAPPING, {**MAPPING, "target_channel_id": "new"}, {**MAPPING, "target_bot_id": 99}, {"kook_channel_id": 5}]
    body = mapped.call("POST", "/api/mappings/import", {"mappings": rows}).get_json()
    assert body["message"] == "导入完成：成功 1 个，跳过 1 个，失败 2 个"
    assert (body["success_count"], body["skipped_count"], body["failed_count"]) == (1, 1, 2)
    assert [(error["index"], error["error_code"], error["field"]) for error in body["errors"]] == [
        (2, "BOT_NOT_FOUND", "target_bot_id"),
        (3, "INVALID_PARAMETER", "kook_server_id"),
    ]
    error_of(mapped.call("POST", "/api/mappings/import", {"mappings": "x"}), 400, "INVALID_PARAMETER")


def test_an_import_replaces_only_when_asked(mapped: World) -> None:
    rows = {"mappings": [{**MAPPING, "kook_channel_name": "renamed"}]}
    assert mapped.call("POST", "/api/mappings/import", rows).get_json()["skipped_count"] == 1
    replaced = mapped.call("POST", "/api/mappings/import", {**rows, "replace_existing": True}).get_json()
    assert (replaced["success_count"], replaced["replaced_count"]) == (1, 1)
    assert mapped.call("GET", "/api/mappings/1").get_json()["data"]["kook_channel_name"] == "renamed"
