"""Routing: which events become which deliveries, and that doing it twice changes nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from shared.relay.errors import SecretsUnreadable
from shared.relay.models import Account
from shared.relay.queue_messages import DeliveryOrder
from tests.unit.relay.routing_scene import CHANNEL, FRAMES, Scene, replace_enabled, replace_target


def test_a_message_becomes_one_record_and_one_order_for_every_mapping() -> None:
    scene = Scene()
    routing = scene.route()
    assert routing.queued == [1, 2]
    assert [platform for platform, _ in scene.queued] == ["discord", "telegram"]
    record = next(iter(scene.records.created.values()))
    assert record.sender_name == "昵称"
    assert record.content
    assert record.kook_channel_id == CHANNEL
    order = DeliveryOrder.from_body(scene.queued[0][1].body)
    assert (order.message_id, order.mapping_id, order.generation) == (record.message_id, 1, 1)
    assert scene.queued[0][1].group == "discord:1:chat"
    assert scene.queued[0][1].deduplication_id != scene.queued[1][1].deduplication_id


def test_the_same_event_again_orders_what_is_open_and_nothing_that_is_closed() -> None:
    scene = Scene()
    scene.route()
    first = list(scene.queued)
    key = next(iter(scene.records.created))
    scene.records.closed.add(key)
    scene.queued.clear()
    routing = scene.route()
    assert routing.queued == [2]
    assert scene.queued == first[1:]
    assert len(scene.records.created) == 2


def test_one_message_through_two_accounts_is_delivered_once() -> None:
    scene = Scene()
    scene.accounts_by_id[2] = Account(id=2, email="b@example.com", kook_user_id="9", created_at="")
    scene.route()
    scene.route(account_id=2)
    assert len(scene.records.created) == 2
    assert len({message.deduplication_id for _, message in scene.queued}) == 2


def test_a_queue_that_is_down_brings_the_event_back_and_the_second_try_queues_it() -> None:
    scene = Scene()
    scene.queue_down = True
    with pytest.raises(ConnectionError):
        scene.route()
    scene.queue_down = False
    assert scene.route().queued == [1, 2]


@pytest.mark.parametrize(
    ("bot", "code"),
    [
        (None, "bot_deleted"),
        ({"status": "disabled", "disabled_reason": "gone"}, "destination_disabled"),
        ({"config": {"broken": True}}, "bot_misconfigured"),
        ({"platform": "telegram"}, "bot_misconfigured"),
    ],
)
def test_a_mapping_to_a_bot_that_cannot_be_used_fails_visibly_and_the_others_go_on(
    bot: dict[str, Any] | None, code: str
) -> None:
    scene = Scene()
    if bot is None:
        del scene.bots[1]
    else:
        scene.bots[1] = scene.bots[1].model_copy(update=bot)
    routing = scene.route()
    assert (routing.failed, routing.queued) == ([1], [2])
    (closing,) = scene.records.failed.values()
    assert closing.error_code == code
    assert closing.error_message


@pytest.mark.parametrize(
    ("policy", "text", "media"),
    [("upload", "昵称: ", 1), ("link", "昵称: 截图 1.jpg (https://img.kookapp.cn/", 0), ("omit", "昵称: [图片]", 0)],
)
def test_a_mappings_media_policy_decides_what_becomes_of_a_picture(policy: str, text: str, media: int) -> None:
    scene = Scene()
    scene.mappings = [scene.mapping(1, "discord", 1, media_policy=policy), scene.mapping(2, "telegram", 2)]
    scene.route("image")
    first, second = scene.records.created.values()
    assert first.parts[0].text.startswith(text)
    assert (len(first.parts[0].media), len(second.parts[0].media)) == (media, 1)


def test_a_card_without_its_pictures_keeps_its_text() -> None:
    scene = Scene()
    scene.mappings = [scene.mapping(1, "discord", 1, media_policy="omit")]
    scene.route("card_user_mixed")
    (record,) = scene.records.created.values()
    assert "看这个" in record.parts[0].text
    assert record.parts[0].media == ()


def test_what_a_disabled_bot_was_to_send_is_kept_for_a_retry() -> None:
    scene = Scene()
    scene.bots[1] = scene.bots[1].model_copy(update={"status": "disabled", "disabled_reason": "gone"})
    scene.route()
    (key,) = scene.records.failed
    assert scene.records.failed_parts[key]


def test_a_disabled_mapping_is_no_mapping() -> None:
    scene = Scene()
    scene.mappings = [replace_enabled(one) for one in scene.mappings]
    assert scene.route().dropped == "channel not mapped"


def test_a_message_whose_rendering_fails_goes_out_as_plain_text_with_a_note(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.discord.explode = True
    scene.route("reply_quote")
    record = next(iter(scene.records.created.values()))
    (logged,) = caplog.records
    assert vars(logged)["exception"] == "ValueError"
    assert "compose" in vars(logged)["stack"][-1]
    assert "done!" not in logging.Formatter("%(message)s %(exception)s %(stack)s").format(logged)
    assert record.parts[0].text == "昵称: done!"
    assert record.notes == ("plain text: rendering failed",)


def test_a_message_no_rendering_works_for_fails_visibly_and_the_other_destinations_get_it() -> None:
    scene = Scene()
    scene.discord.explode_always = True
    routing = scene.route()
    assert (routing.failed, routing.queued) == ([1], [2])
    (closing,) = scene.records.failed.values()
    assert (closing.error_code, closing.error_message) == ("internal_error", "ValueError while rendering for discord")


def test_a_destination_that_cannot_be_read_now_keeps_none_of_the_others_waiting() -> None:
    scene = Scene()
    scene.unreadable_bots = {1}
    with pytest.raises(SecretsUnreadable):
        scene.route()
    assert [platform for platform, _ in scene.queued] == ["telegram"]
    scene.unreadable_bots = set()
    scene.queued.clear()
    assert scene.route().queued == [1, 2]


def test_a_message_even_its_beginning_is_too_large_of_fails_visibly() -> None:
    scene = Scene()
    scene.records.too_large = 2
    routing = scene.route()
    assert (routing.failed, routing.queued) == ([1], [2])
    assert next(iter(scene.records.failed.values())).error_code == "message_too_large"


def test_names_of_any_length_fit_a_record() -> None:
    scene = Scene()
    frame = json.loads((FRAMES / "text.json").read_text())["d"]
    author = {**frame["extra"]["author"], "nickname": "名" * 300_000}
    scene.route(extra={**frame["extra"], "author": author, "channel_name": "道" * 300_000})
    record = next(iter(scene.records.created.values()))
    assert len(record.sender_name) <= 200
    assert len(record.kook_channel_name) <= 200
    assert record.sender_name.startswith("名名")


def test_a_message_too_large_for_a_record_is_shortened_with_a_note() -> None:
    scene = Scene()
    scene.records.too_large = 1
    scene.route()
    record = next(iter(scene.records.created.values()))
    assert record.parts[0].text.endswith("…")
    assert record.notes == ("shortened: too large",)


def test_an_order_for_a_group_name_sqs_refuses_is_hashed() -> None:
    scene = Scene()
    scene.mappings = [replace_target(scene.mappings[0], "频道 #1")]
    scene.route()
    assert scene.queued[0][1].group.isalnum()
