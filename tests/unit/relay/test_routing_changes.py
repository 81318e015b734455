"""Routing what refers to another message: edits and deletions go where it went, replies find it there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.platforms.base import Ability
from shared.relay.deliveries import KnownDelivery
from shared.relay.models import Filters
from tests.unit.relay.routing_scene import FRAMES, Scene

ORIGINAL = "59def270-0000-4000-8000-8db935e054a1"


def known(mapping_id: int, platform: str, **changes: Any) -> KnownDelivery:
    fields: dict[str, Any] = {
        "message_id": ORIGINAL,
        "mapping_id": mapping_id,
        "action": "send",
        "platform": platform,
        "bot_id": mapping_id,
        "destination_key": f"{platform}:as it was",
        "target_channel_id": "t",
        "kook_channel_name": "大厅",
        "message_kind": "kmarkdown",
        "sender_id": "77",
        "sender_name": "昵称",
        "content": "旧的文本",
    }
    return KnownDelivery(**fields | changes)


def changing(*deliveries: KnownDelivery) -> Scene:
    scene = Scene()
    scene.known[ORIGINAL] = list(deliveries or (known(1, "discord"), known(2, "telegram")))
    return scene


def test_an_edit_goes_wherever_the_message_went_and_behind_it() -> None:
    scene = changing()
    assert scene.route("sys_updated_message").queued == [1, 2]
    first, second = scene.records.created.values()
    assert (first.action, first.subject_id, first.message_kind) == ("edit", ORIGINAL, "edit")
    assert (first.sender_name, first.content) == ("昵称", "改后的 文本")
    assert "改后的" in first.parts[0].text
    assert len(first.note_parts) == 1
    assert "改后的" in first.note_parts[0].text
    assert [one.destination_key for one in (first, second)] == ["discord:as it was", "telegram:as it was"]


def test_a_deletion_shows_nothing_and_notes_which_message_it_was() -> None:
    scene = changing(known(1, "discord"))
    assert scene.route("sys_deleted_message").queued == [1]
    (record,) = scene.records.created.values()
    assert (record.action, list(record.parts)) == ("delete", [])
    assert "旧的文本" in record.note_parts[0].text
    assert record.content.endswith("旧的文本")


@pytest.mark.parametrize("frame", ["sys_updated_message", "sys_deleted_message"])
def test_a_change_that_was_routed_before_is_not_made_twice(frame: str) -> None:
    scene = changing(known(1, "discord"))
    scene.route(frame)
    scene.records.closed.update(scene.records.created)
    assert scene.route(frame).queued == []


@pytest.mark.parametrize(
    ("policies", "frame", "notes"),
    [
        ({"edit_policy": "ignore"}, "sys_updated_message", None),
        ({"delete_policy": "ignore"}, "sys_deleted_message", None),
        ({"edit_policy": "apply"}, "sys_updated_message", 0),
        ({"delete_policy": "apply"}, "sys_deleted_message", 0),
        ({"edit_policy": "ignore"}, "sys_deleted_message", 1),
    ],
)
def test_a_mapping_says_which_changes_it_follows(policies: dict[str, str], frame: str, notes: int | None) -> None:
    scene = changing(known(1, "discord"))
    scene.mappings = [scene.mapping(1, "discord", 1, **policies)]
    scene.route(frame)
    assert [len(one.note_parts) for one in scene.records.created.values()] == ([] if notes is None else [notes])


def test_an_edit_that_the_filters_hold_back_changes_nothing() -> None:
    scene = changing(known(1, "discord"))
    scene.mappings = [scene.mapping(1, "discord", 1, filters=Filters(exclude_keywords=("改后",)))]
    assert scene.route("sys_updated_message").dropped == "nothing to change"


def test_a_change_of_a_mapping_that_is_off_or_gone_is_not_made() -> None:
    scene = changing(known(9, "discord"))
    assert scene.route("sys_updated_message").dropped == "nothing to change"


def test_a_change_that_was_itself_relayed_is_no_message_to_change() -> None:
    scene = changing(known(1, "discord", action="edit"))
    assert scene.route("sys_updated_message").dropped == "nothing to change"


def replying(*abilities: Ability) -> Scene:
    scene = Scene()
    scene.mappings = [scene.mapping(1, "discord", 1)]
    scene.discord.can = frozenset(abilities)
    quoted = json.loads((FRAMES / "reply_quote.json").read_text())["d"]["extra"]["quote"]["rong_id"]
    (mapping,) = scene.mappings
    scene.known[quoted] = [known(1, "discord", target_channel_id=mapping.target_channel_id)]
    return scene


def test_a_reply_is_native_where_the_message_went_and_keeps_its_quote_for_when_that_is_gone() -> None:
    scene = replying("reply")
    assert scene.route("reply_quote").queued == [1]
    (record,) = scene.records.created.values()
    assert record.subject_id in scene.known
    assert record.action == "send"
    assert len(record.parts) == len(record.note_parts) == 1
    assert scene.discord.composed[-2:] == [True, False]


def test_the_message_replied_to_is_looked_up_once_an_event_however_many_mappings_there_are() -> None:
    scene = replying("reply")
    scene.mappings = [scene.mapping(number, "discord", 1) for number in range(1, 6)]
    assert len(scene.route("reply_quote").queued) == 5
    assert scene.known_reads == list(scene.known)
    scene = replying()
    scene.route("reply_quote")
    assert scene.known_reads == []


@pytest.mark.parametrize("why", ["ability", "never sent", "elsewhere by now", "other mapping"])
def test_a_reply_is_a_quoted_line_everywhere_else(why: str) -> None:
    scene = replying(*([] if why == "ability" else ["reply"]))
    ((quoted, (delivered,)),) = scene.known.items()
    if why == "never sent":
        scene.known.clear()
    elif why == "elsewhere by now":
        scene.known[quoted] = [replace(delivered, target_channel_id="another")]
    elif why == "other mapping":
        scene.known[quoted] = [replace(delivered, mapping_id=9)]
    scene.route("reply_quote")
    (record,) = scene.records.created.values()
    assert (record.subject_id, list(record.note_parts)) == ("", [])
