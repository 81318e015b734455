from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from shared.platforms.registry import PlatformRegistry
from shared.relay.bots import MAX_CONFIG_BYTES, Bots
from shared.relay.errors import Refusal, RelayError
from shared.relay.models import Bot, Mapping
from shared.relay.requests import BotChanges, NewBot
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.platforms import FakePlatform

URL = "https://discord.com/api/webhooks/123456/canary"


class World:
    def __init__(self) -> None:
        self.store = FakeConfiguration()
        self.platform = FakePlatform("discord")
        self.clock = FakeClock()
        registry = PlatformRegistry([self.platform, FakePlatform("telegram")])
        self.bots = Bots(self.store, registry, self.clock.ms)

    def create(self, **fields: Any) -> Bot:
        values = {"platform": "discord", "name": "news", "config": {"webhook_url": URL}}
        return self.bots.create(NewBot(**{**values, **fields}))

    def map(self, mapping_id: int, bot_id: int, enabled: int = 1) -> None:
        self.store.kept_mappings[mapping_id] = Mapping(
            id=mapping_id, kook_server_id="1", kook_channel_id=str(mapping_id), kook_channel_name=f"c{mapping_id}",
            target_platform="discord", target_bot_id=bot_id, target_channel_id="t", enabled=enabled,
        )  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


def refused(refusal: Refusal) -> Any:
    return pytest.raises(RelayError, match=refusal.value)


def test_a_bot_is_kept_with_its_normalised_configuration(world: World) -> None:
    bot = world.create(config={"webhook_url": URL, "unknown": 1, "thread": "7"})
    assert world.bots.get(bot.id) == bot
    assert bot.config == {"webhook_url": URL, "thread": "7"}
    assert (bot.status, bot.disabled_reason) == ("active", "")


def test_secrets_are_masked_when_shown(world: World) -> None:
    bot = world.create(config={"webhook_url": URL, "thread": "7"})
    assert world.bots.shown_config(bot) == {"webhook_url": "https://discord.com/api/webhooks/123456/***", "thread": "7"}


def test_everything_is_masked_for_a_platform_that_is_gone(world: World) -> None:
    bot = Bot(id=9, platform="gone", name="x", config={"key": "canary"}, created_at="")
    assert world.bots.shown_config(bot) == {"key": "***"}


def test_an_unknown_platform_is_refused_with_the_known_ones(world: World) -> None:
    with refused(Refusal.UNSUPPORTED_PLATFORM) as refusal:
        world.create(platform="myspace")
    assert refusal.value.params["expected"] == "discord, telegram"


@pytest.mark.parametrize(("config", "reason"), [({}, "missing"), ({"webhook_url": "ftp://canary"}, "malformed")])
def test_a_configuration_that_cannot_work_is_refused(world: World, config: dict[str, Any], reason: str) -> None:
    with refused(Refusal.INVALID_BOT_CONFIG) as refusal:
        world.create(config=config)
    assert (refusal.value.field, refusal.value.params["reason_code"]) == ("config.webhook_url", reason)
    assert "canary" not in repr(refusal.value.params)
    assert world.store.kept_bots == {}


def test_an_oversized_configuration_is_refused(world: World) -> None:
    with refused(Refusal.BOT_CONFIG_TOO_LARGE):
        world.create(config={"webhook_url": URL, "thread": "x" * MAX_CONFIG_BYTES})


def test_bots_are_listed_by_platform(world: World) -> None:
    world.create()
    world.create(platform="telegram")
    assert [bot.id for bot in world.bots.all()] == [1, 2]
    assert [bot.id for bot in world.bots.all("telegram")] == [2]


def test_changes_are_merged_into_the_configuration(world: World) -> None:
    world.create(config={"webhook_url": URL, "thread": "7"})
    changed = world.bots.update(1, BotChanges(name="renamed", config={"thread": "8"}))
    assert (changed.name, changed.config) == ("renamed", {"webhook_url": URL, "thread": "8"})
    assert world.bots.update(1, BotChanges(config={"thread": None})).config == {"webhook_url": URL}


def test_a_masked_secret_sent_back_keeps_the_real_one(world: World) -> None:
    bot = world.create()
    shown = world.bots.shown_config(bot)
    assert world.bots.update(1, BotChanges(config={**shown, "thread": "9"})).config["webhook_url"] == URL


def test_a_required_setting_cannot_be_removed(world: World) -> None:
    world.create()
    with refused(Refusal.INVALID_BOT_CONFIG):
        world.bots.update(1, BotChanges(config={"webhook_url": None}))
    assert world.bots.get(1).config == {"webhook_url": URL}


def test_a_bots_platform_stays(world: World) -> None:
    world.create()
    with refused(Refusal.PLATFORM_FIXED):
        world.bots.update(1, BotChanges(platform="telegram"))
    assert world.bots.update(1, BotChanges(platform="discord", name="same")).name == "same"


def test_a_bot_is_switched_off_and_on(world: World) -> None:
    world.create()
    off = world.bots.update(1, BotChanges(status="disabled"))
    assert (off.status, off.disabled_reason) == ("disabled", "operator")
    on = world.bots.update(1, BotChanges(status="active"))
    assert (on.status, on.disabled_reason) == ("active", "")


def test_new_settings_bring_a_dead_destination_back_unless_told_otherwise(world: World) -> None:
    world.create()
    world.store.update_bot(1, {"status": "disabled", "disabled_reason": "unknown_webhook"})
    assert world.bots.update(1, BotChanges(name="still off")).status == "disabled"
    assert world.bots.update(1, BotChanges(config={"thread": "1"}, status="disabled")).status == "disabled"
    assert world.bots.update(1, BotChanges(config={"thread": "2"})).status == "active"


def test_an_empty_change_changes_nothing(world: World) -> None:
    bot = world.create()
    assert world.bots.update(1, BotChanges()) == bot


def test_deleting_a_bot_switches_its_mappings_off_and_names_them(world: World) -> None:
    world.create()
    world.create()
    for mapping_id, bot_id, enabled in ((1, 1, 1), (2, 2, 1), (3, 1, 0), (4, 1, 1)):
        world.map(mapping_id, bot_id, enabled)
    assert [mapping.id for mapping in world.bots.delete(1)] == [1, 4]
    assert [world.store.kept_mappings[number].enabled for number in (1, 2, 3, 4)] == [0, 1, 0, 0]
    assert world.store.kept_mappings[1].disabled_reason == "bot_deleted"
    assert [bot.id for bot in world.bots.all()] == [2]


def test_unknown_bots_are_refused(world: World) -> None:
    for call in (
        lambda: world.bots.get(7),
        lambda: world.bots.delete(7),
        lambda: world.bots.test(7),
        lambda: world.bots.update(7, BotChanges(name="x")),
    ):
        with refused(Refusal.BOT_NOT_FOUND):
            call()


def test_a_test_message_is_really_sent_and_timed(world: World) -> None:
    world.create()
    world.platform.outcome = Delivered(("1",), notes=("plain text",))
    world.platform.while_testing = lambda: world.clock.advance(0.234)
    result = world.bots.test(1, "channel-9")
    assert (result.latency_ms, result.notes) == (234, ("plain text",))
    assert [(sent.target_id, sent.config["webhook_url"]) for sent in world.platform.tested] == [("channel-9", URL)]


@pytest.mark.parametrize(
    ("outcome", "refusal", "seconds"),
    [
        (Permanent("unknown_webhook", "Unknown Webhook (10015)"), Refusal.BOT_TEST_REFUSED, None),
        (RetryAfter("rate_limited", "slow down", 7.0, True), Refusal.BOT_TEST_INCONCLUSIVE, 7.0),
        (Unknown("timeout", "no answer"), Refusal.BOT_TEST_INCONCLUSIVE, None),
    ],
)
def test_a_failed_test_gives_the_platforms_own_reason(
    world: World, outcome: Outcome, refusal: Refusal, seconds: float | None
) -> None:
    world.create()
    world.platform.outcome = outcome
    with refused(refusal) as failure:
        world.bots.test(1)
    assert failure.value.params["reason"] == outcome.detail
    assert failure.value.params["reason_code"] == outcome.code
    assert failure.value.params.get("retry_after_seconds") == seconds


def test_a_test_to_an_impossible_target_is_refused_unsent(world: World) -> None:
    world.create()
    with refused(Refusal.INVALID_TARGET_CHANNEL):
        world.bots.test(1, "bad target")
    assert world.platform.tested == []


def test_a_secret_that_was_made_is_shown_and_one_that_was_given_is_not(world: World) -> None:
    given: dict[str, Any] = {"webhook_url": URL, "makes_key": True}
    assert world.bots.made_secrets(world.create(config=given), given) == {"key": "made-key"}
    given = {"webhook_url": URL, "key": "canary"}
    assert world.bots.made_secrets(world.create(config=given), given) == {}
    given = {"webhook_url": URL}
    assert world.bots.made_secrets(world.create(config=given), given) == {}
