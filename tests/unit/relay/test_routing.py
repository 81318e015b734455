"""Routing: which events become which deliveries, and that doing it twice changes nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from shared.message.model import RelayMessage
from shared.message.render_plain import render_plain
from shared.platforms.base import Ability, Destination, InvalidConfig, Limits, Part, SendContext
from shared.platforms.outcomes import Delivered, Outcome
from shared.platforms.registry import PlatformRegistry
from shared.relay.deliveries import Closing, KnownDelivery, NewDelivery, PartsTooLarge
from shared.relay.errors import SecretsUnreadable
from shared.relay.models import Account, Bot, Filters
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import DeliveryOrder, IncomingEvent, Outgoing
from shared.relay.routing import ChannelHeld, RouteEvents, Routing
from shared.relay.routing_ports import LoopJudge
from tests.fakes.clock import FakeClock

FRAMES = Path(__file__).parents[2] / "data" / "kook" / "expected"
CHANNEL = "5823400000000001"
JOINED_GUILD = {"extra": {"type": "joined_guild", "body": {"user_id": "77"}}}


class RenderingPlatform:
    """Renders as plain text; ``explode`` makes rendering anything but plain text fail, ``explode_always`` that too."""

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, name: str) -> None:
        self.name = name
        self.explode = False
        self.explode_always = False
        self.can: frozenset[Ability] = frozenset()
        self.composed: list[bool] = []  # whether with a quote

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return dict(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        if "broken" in config:
            raise InvalidConfig("webhook_url", "malformed", "is not a webhook address")
        key = f"{self.name}:{bot_id}:{target_channel_id}"
        return Destination(self.name, bot_id, config, target_channel_id, key, key)

    def limits(self, destination: Destination) -> Limits:
        return Limits(())

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        if self.explode_always or (self.explode and message.quote is not None):
            raise ValueError(f"cannot render {message.plain_text}")
        self.composed.append(message.quote is not None)
        return [Part("text", f"{author_label}: {render_plain(message.body)}", media=message.media)]

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return self.can

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        return Delivered()

    def test(self, destination: Destination) -> Outcome:
        return Delivered()


class Records:
    def __init__(self) -> None:
        self.created: dict[tuple[str, int], NewDelivery] = {}
        self.failed: dict[tuple[str, int], Closing] = {}
        self.failed_parts: dict[tuple[str, int], Sequence[Part]] = {}
        self.closed: set[tuple[str, int]] = set()
        self.too_large = 0

    def create(self, new: NewDelivery) -> bool:
        if self.too_large:
            self.too_large -= 1
            raise PartsTooLarge
        key = (new.message_id, new.mapping_id)
        if key in self.created or key in self.failed:
            return False
        self.created[key] = new
        return True

    def create_failed(self, new: NewDelivery, closing: Closing) -> bool:
        self.failed[new.message_id, new.mapping_id] = closing
        self.failed_parts[new.message_id, new.mapping_id] = new.parts
        return True

    def is_pending(self, message_id: str, mapping_id: int) -> bool:
        key = (message_id, mapping_id)
        return key in self.created and key not in self.closed


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.known: dict[str, list[KnownDelivery]] = {}
        self.accounts_by_id = {
            1: Account(id=1, email="a@example.com", bot_token="t", kook_user_id="2862900001", created_at="")
        }
        self.bots = {
            1: Bot(id=1, platform="discord", name="d", config={}, created_at=""),
            2: Bot(id=2, platform="telegram", name="t", config={}, created_at=""),
        }
        self.mappings = [self.mapping(1, "discord", 1), self.mapping(2, "telegram", 2)]
        self.records = Records()
        self.queued: list[tuple[str, Outgoing]] = []
        self.queue_down = False
        self.unreadable_bots: set[int] = set()
        self.looked_up: list[str] = []
        self.asked: list[int] = []
        self.own_id = ""
        self.discord = RenderingPlatform("discord")
        self.loops: LoopJudge = self
        self.known_reads: list[str] = []

    @staticmethod
    def mapping(mapping_id: int, platform: str, bot_id: int, **changes: Any) -> ChannelMapping:
        return ChannelMapping(
            id=mapping_id,
            kook_server_id="g",
            kook_channel_id=CHANNEL,
            kook_channel_name="大厅",
            target_platform=platform,
            target_bot_id=bot_id,
            target_channel_id="chat",
            **changes,
        )

    # the ports
    def account(self, account_id: int, received_at_ms: int) -> Account | None:
        return self.accounts_by_id.get(account_id)

    def accounts(self) -> Sequence[Account]:
        return list(self.accounts_by_id.values())

    def bot(self, bot_id: int) -> Bot | None:
        if bot_id in self.unreadable_bots:
            raise SecretsUnreadable("bot", bot_id, ("webhook_url",))
        return self.bots.get(bot_id)

    def mappings_for_channel(self, channel_id: str, received_at_ms: int) -> Sequence[ChannelMapping]:
        self.looked_up.append(channel_id)
        return [one for one in self.mappings if one.kook_channel_id == channel_id]

    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        if self.queue_down:
            raise ConnectionError("queue down")
        self.queued += [(platform, message) for message in messages]

    def deliveries_of(self, message_id: str) -> Sequence[KnownDelivery]:
        self.known_reads.append(message_id)
        return self.known.get(message_id, [])

    def judge(self, message: RelayMessage, mappings: Sequence[ChannelMapping]) -> dict[int, Closing]:
        return {}

    def kook_user_id(self, account: Account) -> str:
        self.asked.append(account.id)
        return self.own_id

    def route(self, name: str = "text", *, account_id: int = 1, backfilled: bool = False, **changes: Any) -> Routing:
        event = json.loads((FRAMES / f"{name}.json").read_text())["d"]
        event.update(changes)
        incoming = IncomingEvent(account_id, event["msg_id"], self.clock.ms(), event, backfilled)
        return RouteEvents(
            configuration=self,
            deliveries=self.records,
            queues=self,
            identities=self,
            platforms=PlatformRegistry([self.discord, RenderingPlatform("telegram")]),
            clock_ms=self.clock.ms,
            random_bits=lambda: 5,
            delivered=self,
            loops=self.loops,
        ).route(incoming)


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
    ("frame", "changes", "reason"),
    [
        ("own_bot_echo", {}, "own echo"),
        ("text", {"nonce": "kook-relay:1"}, "own echo"),
        ("sys_deleted_message", {}, "nothing to change"),
        ("sys_deleted_message", JOINED_GUILD, "system event"),
        ("text", {"target_id": "123"}, "channel not mapped"),
    ],
)
def test_what_concerns_nobody_is_dropped_with_a_reason(frame: str, changes: dict[str, Any], reason: str) -> None:
    scene = Scene()
    routing = scene.route(frame, **changes)
    assert routing.dropped == reason
    assert scene.records.created == {}
    assert scene.queued == []


@pytest.mark.parametrize(
    ("frame", "changes", "reason"),
    [
        ("sys_deleted_message", JOINED_GUILD, "system event"),  # most events of a busy guild
        ("text", {"target_id": "9" * 3000}, "channel not mapped"),  # no index takes a key of that length
    ],
)
def test_what_can_have_no_mapping_costs_no_read(frame: str, changes: dict[str, Any], reason: str) -> None:
    scene = Scene()
    assert scene.route(frame, **changes).dropped == reason
    assert scene.looked_up == []


def test_a_deleted_account_relays_nothing() -> None:
    assert Scene().route(account_id=9).dropped == "account deleted"


def test_a_stopped_account_relays_what_came_before_the_stop_and_nothing_after() -> None:
    scene = Scene()
    running = scene.accounts_by_id[1]
    stopped_at = scene.clock.ms() + 1
    scene.accounts_by_id[1] = running.model_copy(update={"status": "offline", "stopped_at_ms": stopped_at})
    assert scene.route().queued == [1, 2]
    scene.clock.advance(1)
    assert scene.route(msg_id="later").dropped == "account stopped"
    restarted = {"status": "online", "stopped_at_ms": stopped_at, "started_at_ms": scene.clock.ms() + 5}
    scene.accounts_by_id[1] = running.model_copy(update=restarted)
    assert scene.route(msg_id="while stopped").dropped == "account stopped"
    scene.clock.advance(1)
    assert scene.route(msg_id="after the start").queued == [1, 2]


def test_another_bot_is_filtered_unless_the_mapping_wants_bots() -> None:
    scene = Scene()
    scene.mappings[1] = scene.mapping(2, "telegram", 2, filters=Filters(relay_bots=True))
    scene.accounts_by_id[1] = scene.accounts_by_id[1].model_copy(update={"kook_user_id": "1111"})
    routing = scene.route("own_bot_echo", nonce="")
    assert (routing.filtered, routing.queued) == ([1], [2])


@pytest.mark.parametrize(("own_id", "dropped"), [("", "own echo"), ("2862900001", "own echo"), ("77", "")])
def test_a_bot_speaking_while_our_own_id_is_unknown_is_looked_up(own_id: str, dropped: str) -> None:
    scene = Scene()
    scene.accounts_by_id[1] = scene.accounts_by_id[1].model_copy(update={"kook_user_id": ""})
    scene.own_id = own_id
    assert scene.route("own_bot_echo", nonce="").dropped == dropped
    assert scene.asked == [1]


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


def replace_enabled(mapping: ChannelMapping) -> ChannelMapping:
    return mapping.model_copy(update={"enabled": 0})


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


def replace_target(mapping: ChannelMapping, target: str) -> ChannelMapping:
    return mapping.model_copy(update={"target_channel_id": target})


# --- edits and deletions ---

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


# --- replies ---


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


def test_a_live_event_waits_for_the_backfill_of_its_account_and_a_backfilled_one_does_not() -> None:
    scene = Scene()
    held = scene.accounts_by_id[1].model_copy(update={"held_until_ms": scene.clock.ms() + 40_000})
    scene.accounts_by_id[1] = held
    with pytest.raises(ChannelHeld) as caught:
        scene.route()
    assert caught.value.seconds == 40
    assert scene.records.created == {}
    assert scene.route(backfilled=True).queued == [1, 2]
    scene.clock.advance(40)
    assert scene.route(msg_id="another").queued == [1, 2]


def test_what_is_dropped_does_not_wait() -> None:
    scene = Scene()
    scene.accounts_by_id[1] = scene.accounts_by_id[1].model_copy(update={"held_until_ms": scene.clock.ms() + 40_000})
    assert scene.route(target_id="999").dropped == "channel not mapped"


def test_a_mapping_gets_nothing_from_the_history_before_its_beginning() -> None:
    scene = Scene()
    scene.mappings[1] = scene.mapping(2, "telegram", 2, starts_at_ms=scene.clock.ms() + 1)
    assert scene.route(backfilled=True).queued == [1]
    assert next(iter(scene.records.created.values())).notes == ("backfilled",)
    # A live event is what it begins with, whatever two clocks say.
    assert scene.route().queued == [1, 2]
