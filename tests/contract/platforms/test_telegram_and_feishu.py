"""What only Telegram or only Feishu promises, checked over the wire against their stand-ins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.platforms.base import SendContext
from shared.platforms.feishu import FeishuPlatform
from shared.platforms.outcomes import Delivered, Unknown
from shared.platforms.telegram import TelegramPlatform
from tests.contract.platforms import harness_feishu_app, harness_telegram
from tests.contract.platforms.harness import Harness, local_http, media_fetcher, message
from tests.fakes.clock import FakeClock
from tests.standins.assets import AssetStandIn, asset_item, png_picture
from tests.standins.feishu import (
    CHAT_ID,
    HOOK_PREFIX,
    HOOK_SECRET,
    SIGNED_HOOK_ID,
    TOKEN_PATH,
    FeishuStandIn,
)
from tests.standins.feishu_hooks import CustomBot
from tests.standins.feishu_wire import failure
from tests.standins.server import Answer, Fault
from tests.standins.telegram import TelegramStandIn
from tests.standins.telegram_chats import GROUP_CHAT_ID, TOPIC_ID, Chat
from tests.standins.telegram_errors import refusal


@pytest.fixture
def telegram() -> Iterator[Harness]:
    with harness_telegram.open_harness() as opened:
        yield opened


@pytest.fixture
def feishu() -> Iterator[Harness]:
    with harness_feishu_app.open_harness() as opened:
        yield opened


def telegram_stand_in(harness: Harness) -> TelegramStandIn:
    assert isinstance(harness.stand_in, TelegramStandIn)
    return harness.stand_in


def feishu_stand_in(harness: Harness) -> FeishuStandIn:
    assert isinstance(harness.stand_in, FeishuStandIn)
    return harness.stand_in


# --- Telegram ---


def test_topics_and_the_general_topic(telegram: Harness) -> None:
    for target in (f"{GROUP_CHAT_ID}/{TOPIC_ID}", f"{GROUP_CHAT_ID}/1"):
        destination = telegram.platform.destination(7, telegram.destination.config, target)
        (part,) = telegram.compose(message("hello"))
        assert isinstance(telegram.platform.send(part, destination, SendContext("k")), Delivered)
    assert [received.target for received in telegram.received()] == [f"{GROUP_CHAT_ID}/{TOPIC_ID}", str(GROUP_CHAT_ID)]


def test_a_group_that_became_a_supergroup_is_followed(telegram: Harness) -> None:
    stand_in = telegram_stand_in(telegram)
    stand_in.chats |= {-55: Chat(-55, kind="group", moved_to=-10055), -10055: Chat(-10055)}
    destination = telegram.platform.destination(7, telegram.destination.config, "-55")
    (part,) = telegram.compose(message("look", media=[asset_item("picture.png")]))
    outcome = telegram.platform.send(part, destination, SendContext("k"))
    assert isinstance(outcome, Delivered)
    assert outcome.new_target_id == "-10055"
    assert [(received.target, len(received.files)) for received in telegram.received()] == [("-10055", 1)]


def test_an_album_arrives_as_one_with_its_caption(telegram: Harness) -> None:
    names = ["picture.png", "photo.jpg", "clip.mp4"]
    (outcome,) = telegram.deliver(message("look", media=[asset_item(name) for name in names]))
    (received,) = telegram.received()
    assert [file.name for file in received.files] == names
    assert len(outcome.message_ids) == 3
    assert "look" in received.text


def test_a_picture_with_impossible_dimensions_is_a_document() -> None:
    with TelegramStandIn() as stand_in, AssetStandIn() as assets:
        assets.script(Fault(answer=Answer(200, png_picture(2_100, 100), {"Content-Type": "image/png"})))
        platform = TelegramPlatform(local_http(), media_fetcher(assets), stand_in.base_url)
        token = next(iter(stand_in.tokens))
        config = platform.validate_config({"bot_token": token, "chat_id": GROUP_CHAT_ID})
        destination = platform.destination(1, config, "")
        (part,) = platform.compose(message("", media=[asset_item("picture.png")]), destination, "小明")
        assert isinstance(platform.send(part, destination, SendContext("k")), Delivered)
        assert [sent.method for sent in stand_in.sent] == ["sendDocument"]


def test_refused_markup_arrives_as_plain_text(telegram: Harness) -> None:
    telegram.stand_in.script(Fault(answer=refusal(400, "Bad Request: can't parse entities: at byte offset 3")))
    (part,) = telegram.compose(message("1 < 2"))
    assert isinstance(telegram.send(part), Delivered)
    [sent] = telegram_stand_in(telegram).sent
    assert sent.shown_text.endswith("1 < 2")
    assert sent.entities == ()


# --- Feishu ---


def test_a_retry_after_a_lost_answer_posts_nothing_twice(feishu: Harness) -> None:
    (part,) = feishu.compose(message("once"))
    context = SendContext("the-same-part")
    feishu.stand_in.script(Fault(processed=True, reset="before_answer"), matching=feishu.posts)
    assert isinstance(feishu.platform.send(part, feishu.destination, context), Unknown)
    outcome = feishu.platform.send(part, feishu.destination, context)
    (received,) = feishu.received()
    assert outcome == Delivered((received.message_id,))


def test_a_token_that_was_revoked_is_replaced(feishu: Harness) -> None:
    (first,) = feishu.compose(message("first"))
    (second,) = feishu.compose(message("second", media=[asset_item("picture.png")]))
    assert isinstance(feishu.platform.send(first, feishu.destination, SendContext("first")), Delivered)
    feishu_stand_in(feishu).revoke_tokens()
    assert isinstance(feishu.platform.send(second, feishu.destination, SendContext("second")), Delivered)
    assert len(feishu.received()) == 2
    assert [request.path for request in feishu.stand_in.requests].count(TOKEN_PATH) == 2


def test_text_and_pictures_are_one_message(feishu: Harness) -> None:
    feishu.deliver(message("look", media=[asset_item("picture.png"), asset_item("photo.jpg")]))
    (received,) = feishu.received()
    assert [file.name for file in received.files] == ["picture.png", "photo.jpg"]
    assert "look" in received.text


def test_a_refused_post_arrives_as_text(feishu: Harness) -> None:
    feishu.stand_in.script(Fault(answer=failure(230099, "Failed to create card content")), matching=feishu.posts)
    (part,) = feishu.compose(message('<at user_id="all"></at> look', media=[asset_item("picture.png")]))
    assert isinstance(feishu.send(part), Delivered)
    [sent] = feishu_stand_in(feishu).sent
    assert sent.msg_type == "text"
    assert asset_item("picture.png").url in sent.shown.text
    assert sent.target == CHAT_ID


@pytest.mark.parametrize("hours", [0, 5])
def test_a_signed_custom_bot_with_a_keyword_takes_every_part(hours: int) -> None:
    clock = FakeClock()
    hooks = {SIGNED_HOOK_ID: CustomBot(secret=HOOK_SECRET, keywords=("公告",))}
    with FeishuStandIn(hooks=hooks, clock=clock) as stand_in, AssetStandIn() as assets:
        platform = FeishuPlatform(local_http(), media_fetcher(assets), stand_in.base_url, clock)
        webhook_url = f"https://open.feishu.cn{HOOK_PREFIX}{SIGNED_HOOK_ID}"
        raw = {"webhook_url": webhook_url, "secret": HOOK_SECRET, "keyword": "公告"}
        destination = platform.destination(1, platform.validate_config(raw), "")
        parts = platform.compose(message("长" * 12_000), destination, "小明")
        clock.advance(hours * 3600)
        assert len(parts) > 1
        for part in parts:
            assert isinstance(platform.send(part, destination, SendContext("k")), Delivered)
        assert len(stand_in.received()) == len(parts)
