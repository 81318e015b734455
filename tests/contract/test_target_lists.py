"""Where bots could send to, asked of the stand-ins over real HTTP; and every way in which a platform may not tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.kook.client.client import KookClients
from shared.platforms.discord_targets import DiscordTargets
from shared.platforms.feishu_targets import PAGE_SIZE, FeishuTargets
from shared.platforms.http import RequestsHttpClient
from shared.platforms.kook_targets import KookTargets
from shared.platforms.targets import ListsTargets, TargetChannel, TargetList, TargetsUnavailable
from shared.platforms.telegram_targets import TelegramTargets
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.discord import (
    DEFAULT_CHANNEL_ID,
    DEFAULT_WEBHOOK_ID,
    DEFAULT_WEBHOOK_TOKEN,
    DEFAULT_WEBHOOK_URL,
    DiscordStandIn,
    StandInWebhook,
)
from tests.standins.feishu import APP_ID, APP_SECRET, CHAT_ID, TOKEN_PATH, FeishuStandIn, rate_limited_answer
from tests.standins.kook import KookStandIn, RateRule
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault
from tests.standins.telegram import BOT_TOKEN, TelegramStandIn
from tests.standins.telegram_chats import GROUP_CHAT_ID, TOPIC_ID
from tests.standins.telegram_errors import flood_answer

FEISHU_CONFIG = {"app_id": APP_ID, "app_secret": APP_SECRET}
TELEGRAM_CONFIG = {"bot_token": BOT_TOKEN, "chat_id": str(GROUP_CHAT_ID)}
DISCORD_CONFIG = {"webhook_url": DEFAULT_WEBHOOK_URL}


@pytest.fixture
def http() -> RequestsHttpClient:
    return RequestsHttpClient(guarded_session(OutboundGuard(allow=("127.0.0.0/8",))))


@pytest.fixture
def discord() -> Iterator[DiscordStandIn]:
    with DiscordStandIn() as running:
        yield running


@pytest.fixture
def telegram() -> Iterator[TelegramStandIn]:
    with TelegramStandIn() as running:
        yield running


@pytest.fixture
def feishu() -> Iterator[FeishuStandIn]:
    with FeishuStandIn() as running:
        yield running


@pytest.fixture
def kook() -> Iterator[KookStandIn]:
    with KookStandIn() as running:
        yield running


def refused(lister: ListsTargets, config: dict[str, Any], *secrets: str) -> TargetsUnavailable:
    with pytest.raises(TargetsUnavailable) as failure:
        lister.list_targets(config)
    for secret in secrets:
        assert secret not in repr(failure.value)
        assert secret not in failure.value.detail
    assert failure.value.detail
    return failure.value


# --- Discord ---


def test_a_discord_webhook_has_its_own_channel(discord: DiscordStandIn, http: RequestsHttpClient) -> None:
    discord.add_webhook(StandInWebhook("42", "a-token", "7700", name="公告 推送"))
    lister = DiscordTargets(http, discord.api_base)
    assert lister.list_targets(DISCORD_CONFIG) == TargetList((TargetChannel(DEFAULT_CHANNEL_ID, "relay"),))
    other = {"webhook_url": "https://discord.com/api/webhooks/42/a-token"}
    assert lister.list_targets(other) == TargetList((TargetChannel("7700", "公告 推送"),))


def test_a_deleted_discord_webhook_says_so(discord: DiscordStandIn, http: RequestsHttpClient) -> None:
    discord.delete_webhook(DEFAULT_WEBHOOK_ID)
    failure = refused(DiscordTargets(http, discord.api_base), DISCORD_CONFIG, DEFAULT_WEBHOOK_TOKEN)
    assert failure.code == "webhook_deleted"


def test_discord_may_be_unusable(discord: DiscordStandIn, http: RequestsHttpClient) -> None:
    lister = DiscordTargets(http, discord.api_base)
    discord.script(Fault(answer=Answer.of_json({"name": "x"})))
    assert refused(lister, DISCORD_CONFIG, DEFAULT_WEBHOOK_TOKEN).code == "unexpected_answer"
    discord.script(Fault(answer=Answer(502, b"<html>")))
    assert refused(lister, DISCORD_CONFIG, DEFAULT_WEBHOOK_TOKEN).code == "server_unavailable"
    assert refused(lister, {"webhook_url": "https://example.com/x"}).code == "bad_configuration"
    nowhere = DiscordTargets(http, "http://127.0.0.1:9/api/v10")
    assert refused(nowhere, DISCORD_CONFIG, DEFAULT_WEBHOOK_TOKEN).code == "connect_refused"


# --- Telegram ---


def supergroup(chat_id: int, title: str) -> dict[str, Any]:
    return {"id": chat_id, "type": "supergroup", "title": title}


def test_telegram_lists_the_bots_chat_and_the_chats_it_heard_from(
    telegram: TelegramStandIn, http: RequestsHttpClient
) -> None:
    telegram.chats[GROUP_CHAT_ID].title = "公告"
    telegram.add_update("message", {"chat": supergroup(-1002, "General  chat"), "text": "hi"})
    telegram.add_update("message", {"chat": supergroup(GROUP_CHAT_ID, "公告"), "text": "hi"})
    telegram.add_update("channel_post", {"chat": {"id": -1003, "type": "channel", "title": "News"}})
    telegram.add_update("message", {"chat": {"id": 55, "type": "private", "first_name": "Ann", "last_name": "B"}})
    telegram.add_update("callback_query", {"id": "1", "message": {"chat": supergroup(-1004, "Buttons")}})
    telegram.add_update("business_message", {"chat": {"id": 66, "type": "private", "first_name": "A customer"}})
    telegram.add_update("inline_query", {"id": "2", "query": "x"})
    listed = TelegramTargets(http, telegram.base_url).list_targets(TELEGRAM_CONFIG)
    assert [(channel.id, channel.name) for channel in listed.channels] == [
        (str(GROUP_CHAT_ID), "公告"),
        ("-1002", "General chat"),
        ("-1003", "News"),
        ("55", "Ann B"),
        ("-1004", "Buttons"),
    ]
    assert "recent activity" in listed.incomplete
    assert telegram.violations == []
    assert len(telegram.updates) == 7, "asking must not confirm updates somebody else waits for"
    assert [request.json() for request in telegram.requests][1] == {"limit": 100, "timeout": 0}


def test_telegram_topics_are_places_of_their_own(telegram: TelegramStandIn, http: RequestsHttpClient) -> None:
    opened = {"forum_topic_created": {"name": "攻略", "icon_color": 1}}
    message = {"chat": supergroup(-1002, "Game"), "is_topic_message": True, "message_thread_id": 9}
    telegram.add_update("message", {**message, "reply_to_message": opened})
    telegram.add_update("message", message)
    telegram.add_update("message", {**message, "message_thread_id": 10})
    listed = TelegramTargets(http, telegram.base_url).list_targets(TELEGRAM_CONFIG)
    assert [(channel.id, channel.name) for channel in listed.channels][1:] == [
        ("-1002", "Game"),
        ("-1002/9", "Game / 攻略"),
        ("-1002/10", "Game / 10"),
    ]


def test_telegram_chats_the_bot_left_are_not_listed(telegram: TelegramStandIn, http: RequestsHttpClient) -> None:
    telegram.add_update("message", {"chat": supergroup(-1002, "Left"), "text": "hi"})
    telegram.add_update("message", {"chat": {"id": -7, "type": "group", "title": "Old"}, "text": "hi"})
    telegram.add_update("my_chat_member", {"chat": supergroup(-1002, "Left"), "new_chat_member": {"status": "kicked"}})
    telegram.add_update("message", {"chat": {"id": -7, "type": "group", "title": "Old"}, "migrate_to_chat_id": -1007})
    telegram.add_update("my_chat_member", {"chat": supergroup(-1007, "New"), "new_chat_member": {"status": "member"}})
    listed = TelegramTargets(http, telegram.base_url).list_targets(TELEGRAM_CONFIG)
    assert [channel.id for channel in listed.channels][1:] == ["-1007"]


def test_telegram_keeps_the_form_in_which_the_bots_chat_is_configured(
    telegram: TelegramStandIn, http: RequestsHttpClient
) -> None:
    telegram.add_update("message", {"chat": supergroup(GROUP_CHAT_ID, "stand-in"), "text": "hi"})
    config = {"bot_token": BOT_TOKEN, "chat_id": "@standin_group", "message_thread_id": TOPIC_ID}
    listed = TelegramTargets(http, telegram.base_url).list_targets(config)
    assert listed.channels == (TargetChannel("@standin_group", "stand-in"),)


def test_telegram_lists_what_it_can(telegram: TelegramStandIn, http: RequestsHttpClient) -> None:
    lister = TelegramTargets(http, telegram.base_url)
    telegram.updates_taken = True
    listed = lister.list_targets(TELEGRAM_CONFIG)
    assert [channel.id for channel in listed.channels] == [str(GROUP_CHAT_ID)]
    assert "webhook is active" in listed.incomplete
    telegram.updates_taken = False
    telegram.add_update("message", {"chat": supergroup(-1002, "General"), "text": "hi"})
    listed = lister.list_targets({**TELEGRAM_CONFIG, "chat_id": "-999"})
    assert [channel.id for channel in listed.channels] == ["-1002"]
    assert "chat not found" in listed.incomplete


def test_telegram_may_tell_nothing(telegram: TelegramStandIn, http: RequestsHttpClient) -> None:
    lister = TelegramTargets(http, telegram.base_url)
    wrong = "1:a-wrong-token-0123456789"
    assert refused(lister, {**TELEGRAM_CONFIG, "bot_token": wrong}, wrong, "a-wrong-token").code == "unauthorized"
    telegram.script(Fault(answer=flood_answer(9)), times=2)
    limited = refused(lister, TELEGRAM_CONFIG, BOT_TOKEN)
    assert (limited.code, limited.retry_after_seconds) == ("rate_limited", 9.0)
    assert refused(lister, {"chat_id": "1"}).code == "bad_configuration"
    telegram.script(Fault(answer=Answer.of_json({"ok": True, "result": "nonsense"})), times=2)
    assert lister.list_targets(TELEGRAM_CONFIG).channels == (TargetChannel(str(GROUP_CHAT_ID), str(GROUP_CHAT_ID)),)


# --- Feishu ---


def test_feishu_lists_the_groups_of_all_pages(feishu: FeishuStandIn, http: RequestsHttpClient) -> None:
    feishu.chats = {f"oc_{number:04d}" for number in range(2 * PAGE_SIZE + 5)} | {"ou_person"}
    feishu.chat_names = {"oc_0000": "公告", "oc_0204": "General"}
    listed = FeishuTargets(http, feishu.base_url).list_targets(FEISHU_CONFIG)
    assert [channel.id for channel in listed.channels] == [f"oc_{number:04d}" for number in range(205)]
    assert listed.channels[0].name == "公告"
    assert listed.channels[204].name == "General"
    assert listed.channels[1].name == "oc_0001"
    assert listed.incomplete == ""
    assert sum(request.path.endswith("/chats") for request in feishu.requests) == 3


def test_feishu_gets_a_fresh_token_when_the_kept_one_is_refused(
    feishu: FeishuStandIn, http: RequestsHttpClient
) -> None:
    lister = FeishuTargets(http, feishu.base_url)
    assert [channel.id for channel in lister.list_targets(FEISHU_CONFIG).channels] == [CHAT_ID]
    feishu.revoke_tokens()
    assert [channel.id for channel in lister.list_targets(FEISHU_CONFIG).channels] == [CHAT_ID]
    assert sum(request.path == TOKEN_PATH for request in feishu.requests) == 2


def test_feishu_may_not_tell(feishu: FeishuStandIn, http: RequestsHttpClient) -> None:
    lister = FeishuTargets(http, feishu.base_url)
    hook = {"webhook_url": "https://open.feishu.cn/open-apis/bot/v2/hook/a-secret-hook-id"}
    assert refused(lister, hook, "a-secret-hook-id").code == "not_listable"
    assert refused(lister, {}).code == "bad_configuration"
    wrong = {**FEISHU_CONFIG, "app_secret": "a-wrong-secret-0123"}
    assert refused(lister, wrong, "a-wrong-secret-0123").code == "app_credentials_refused"
    feishu.script(Fault(answer=rate_limited_answer(7)), matching=lambda request: request.path.endswith("/chats"))
    limited = refused(lister, FEISHU_CONFIG, APP_SECRET)
    assert (limited.code, limited.retry_after_seconds) == ("rate_limited", 7.0)
    no_scope = Answer.of_json({"code": 99991672, "msg": "Access denied. One of the following scopes is required"}, 400)
    feishu.script(Fault(answer=no_scope), matching=lambda request: request.path.endswith("/chats"))
    assert refused(lister, FEISHU_CONFIG, APP_SECRET).code == "scope_missing"


# --- KOOK ---


def test_kook_lists_the_text_channels_of_every_server(kook: KookStandIn, http: RequestsHttpClient) -> None:
    kook.world.populate(guilds=2, channels=60)
    kook.world.add_channel("7002", "9100", "general")
    lister = KookTargets(KookClients(http, kook.api_base))
    listed = lister.list_targets({"bot_token": DEFAULT_BOT_TOKEN})
    expected = [TargetChannel(str(8000 + number), f"频道 {number}") for number in range(1, 61)]
    assert list(listed.channels) == [*expected, TargetChannel("9100", "general")]
    assert listed.incomplete == ""


def test_kook_may_not_tell(http: RequestsHttpClient) -> None:
    with KookStandIn(rate_rules={"guild/list": RateRule(0, 30.0)}) as kook:
        lister = KookTargets(KookClients(http, kook.api_base))
        limited = refused(lister, {"bot_token": DEFAULT_BOT_TOKEN}, DEFAULT_BOT_TOKEN)
        assert limited.code == "rate_limited"
        assert limited.retry_after_seconds is not None
        assert 1 <= limited.retry_after_seconds <= 30
        assert refused(lister, {"bot_token": "1/wrong/token"}, "1/wrong/token").code == "unauthorized"
        assert refused(lister, {}).code == "bad_configuration"
    nowhere = KookTargets(KookClients(http, "http://127.0.0.1:9/api/v3"))
    assert refused(nowhere, {"bot_token": DEFAULT_BOT_TOKEN}, DEFAULT_BOT_TOKEN).code == "unreachable"
