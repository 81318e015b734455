"""Carrying out one delivery order: every outcome of a platform, and every way a record can be found."""

from __future__ import annotations

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.platforms.base import (
    Limits,
    RateLimit,
)
from shared.platforms.outcomes import (
    Delivered,
    Permanent,
    RetryAfter,
    Unknown,
)
from shared.platforms.pacing import ScopeState
from shared.relay.deliveries import (
    AlreadyClosed,
    ClaimResult,
    Closing,
    HeldElsewhere,
    NoSuchDelivery,
)
from shared.relay.delivering import PARKED_NOTE, POSSIBLE_DUPLICATE_NOTE
from shared.relay.delivery_results import Deferred, Done
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.retrying import RetryPolicy
from tests.unit.platforms.test_pacing import MemoryPacingStore
from tests.unit.relay.delivery_scene import Scene


def test_every_part_is_sent_in_order_and_the_last_closes_the_delivery() -> None:
    scene = Scene(["one", "two", "three"])
    assert scene.run() == Done()
    assert [text for text, _, _ in scene.platform.sent] == ["one", "two", "three"]
    assert len({key for _, _, key in scene.platform.sent}) == 3
    assert scene.deliveries.parts_sent == [("id-1",), ("id-2",)]
    assert scene.deliveries.closed == [Closing("success", latency_ms=250)]
    assert scene.delivery.platform_message_ids[-1] == ["id-3"]


def test_a_retry_starts_at_the_part_that_failed() -> None:
    scene = Scene(["one", "two", "three"], sent_parts=2)
    scene.run()
    assert [text for text, _, _ in scene.platform.sent] == ["three"]


def test_a_rate_limit_waits_as_asked_and_is_no_attempt() -> None:
    scene = Scene()
    scene.platform.script = [RetryAfter("rate_limited", "429", 12.0, rate_limited=True, scope="destination")]
    result = scene.run()
    assert isinstance(result, Deferred)
    assert 12.0 <= result.seconds <= 13.3
    assert scene.delivery.attempts == 0
    assert scene.pacing_store.states["discord:1"].blocked_until == pytest.approx(scene.clock() + 12.0)
    assert scene.deliveries.closed == []


def test_a_rate_limit_even_after_a_day_does_not_give_up() -> None:
    scene = Scene()
    scene.delivery.first_attempt_ms -= 10 * 86_400_000
    scene.platform.script = [RetryAfter("rate_limited", "429", 5.0, rate_limited=True)]
    assert isinstance(scene.run(), Deferred)


def test_a_transient_failure_counts_backs_off_and_keeps_the_reason() -> None:
    scene = Scene()
    scene.platform.script = [RetryAfter("server_error", "HTTP 502")]
    assert scene.run() == Deferred(2.0)
    assert scene.delivery.attempts == 1
    assert scene.deliveries.released[0]["code"] == "server_error"


def test_a_day_of_transient_failures_ends_as_failed_with_the_last_reason() -> None:
    scene = Scene()
    scene.delivery.first_attempt_ms -= 86_400_000
    scene.delivery.attempts = 30
    scene.platform.script = [RetryAfter("server_error", "HTTP 502")]
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].status == "failed"
    assert scene.deliveries.closed[0].error_code == "gave_up"
    assert "HTTP 502" in scene.deliveries.closed[0].error_message


def test_a_permanent_failure_fails_this_message_alone() -> None:
    scene = Scene()
    scene.platform.script = [Permanent("content_refused", "AutoMod")]
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].error_code == "content_refused"
    assert scene.bots.disabled == []


def test_a_dead_destination_is_switched_off_with_its_reason() -> None:
    scene = Scene()
    scene.platform.script = [Permanent("webhook_deleted", "unknown webhook", disables_destination=True)]
    scene.run()
    assert scene.bots.disabled == [(3, "webhook_deleted: unknown webhook")]


def test_a_bot_that_was_mended_meanwhile_stays_on_and_the_message_is_tried_with_its_new_settings() -> None:
    scene = Scene()
    assert scene.bots.found is not None
    scene.bots.mended = scene.bots.found.model_copy(update={"config": {**scene.bots.found.config, "url": "new"}})
    dead = Permanent("webhook_deleted", "unknown webhook", disables_destination=True)
    scene.platform.script = [dead, dead]

    assert scene.run() == Deferred(1.0)
    assert (scene.bots.disabled, scene.deliveries.closed) == ([], [])

    scene.run()  # the new settings lead nowhere either
    assert scene.bots.disabled == [(3, "webhook_deleted: unknown webhook")]
    assert scene.deliveries.closed[0].error_code == "webhook_deleted"


def test_a_mapping_that_leads_elsewhere_by_now_is_not_switched_off_for_its_old_target() -> None:
    scene = Scene()
    scene.delivery.target_channel_id = "another chat"
    scene.bots.mappings[7] = at_most_once().model_copy(update={"target_bot_id": 3, "target_channel_id": "a third chat"})
    scene.platform.script = [Permanent("chat_not_found", "chat not found", disables_destination=True)]
    scene.run()
    assert (scene.bots.disabled, scene.bots.disabled_mappings) == ([], [])
    assert scene.deliveries.closed[0].error_code == "chat_not_found"


def test_an_unknown_outcome_is_tried_again_and_marked_as_a_possible_duplicate() -> None:
    scene = Scene()
    scene.platform.script = [Unknown("no_answer", "timeout")]
    assert isinstance(scene.run(), Deferred)
    assert scene.delivery.possible_duplicate
    assert scene.delivery.unknown_attempts == 1
    assert scene.delivery.notes == [POSSIBLE_DUPLICATE_NOTE]


def test_a_record_whose_holder_died_while_sending_is_marked_in_the_log() -> None:
    scene = Scene()
    scene.delivery.possible_duplicate = True
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].status == "success"
    assert scene.delivery.notes == [POSSIBLE_DUPLICATE_NOTE]


def test_a_destination_that_never_answers_is_not_sent_to_without_end() -> None:
    scene = Scene()
    scene.delivery.unknown_attempts = 19
    scene.platform.script = [Unknown("no_answer", "timeout")]
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].error_code == "outcome_unknown"


def test_an_empty_bucket_defers_without_sending_or_counting() -> None:
    scene = Scene(["one", "two"])
    scene.platform.limit = Limits(destination=(RateLimit(1, 30),))
    result = scene.run()
    assert isinstance(result, Deferred)
    assert result.seconds == pytest.approx(30.0)
    assert [text for text, _, _ in scene.platform.sent] == ["one"]
    assert scene.deliveries.parts_sent == [("id-1",)]
    assert (scene.delivery.attempts, scene.deliveries.released[0]["code"]) == (0, "")


def test_a_bug_in_an_adapter_puts_the_delivery_in_quarantine_without_its_text() -> None:
    scene = Scene()
    scene.platform.script = [ZeroDivisionError("token 123:SECRET")]
    assert scene.run() == Done()
    closing = scene.deliveries.closed[0]
    assert closing.error_code == "internal_error"
    assert "SECRET" not in closing.error_message
    assert "ZeroDivisionError" in closing.error_message


@pytest.mark.parametrize(
    ("bot", "code"),
    [
        (None, "bot_deleted"),
        (
            Bot(
                id=3, platform="discord", name="b", config={}, status="disabled", disabled_reason="gone", created_at=""
            ),
            "destination_disabled",
        ),
        (Bot(id=3, platform="discord", name="b", config={"broken": 1}, created_at=""), "bot_misconfigured"),
        (Bot(id=3, platform="discord", name="b", config={"rate_limits": "x"}, created_at=""), "bot_misconfigured"),
    ],
    ids=["deleted", "disabled", "malformed address", "unusable rate limits"],
)
def test_a_bot_that_cannot_be_used_fails_the_delivery_with_a_reason(bot: Bot | None, code: str) -> None:
    scene = Scene()
    scene.bots.found = bot
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].error_code == code
    assert scene.platform.sent == []


def test_a_chat_that_moved_is_followed_by_the_parts_that_are_left() -> None:
    scene = Scene(["one", "two"])
    scene.platform.script = [Delivered(("1",), new_target_id="-100500")]
    scene.run()
    assert scene.bots.moved == {(3, "t", "-100500")}
    assert [target for _, target, _ in scene.platform.sent] == ["t", "-100500"]


def test_a_topic_moves_along_with_its_chat() -> None:
    scene = Scene(["one", "two"])
    scene.delivery.target_channel_id = "-5/42"
    scene.platform.script = [Delivered(("1",), new_target_id="-100500")]
    scene.run()
    assert scene.bots.moved == {(3, "-5/42", "-100500"), (3, "-5", "-100500")}
    assert [target for _, target, _ in scene.platform.sent] == ["-5/42", "-100500/42"]


def test_a_dead_destination_that_is_not_the_bots_own_switches_off_its_mapping_alone() -> None:
    scene = Scene()
    scene.delivery.target_channel_id = "another chat"
    scene.platform.script = [Permanent("chat_not_found", "chat not found", disables_destination=True)]
    scene.run()
    assert scene.bots.disabled == []
    assert scene.bots.disabled_mappings == [(7, "chat_not_found: chat not found")]


@pytest.mark.parametrize(("reason", "sent"), [("chat_not_found: gone", 0), ("", 1)])
def test_what_waits_for_a_mapping_we_switched_off_fails_and_what_waits_for_a_paused_one_goes_out(
    reason: str, sent: int
) -> None:
    scene = Scene()
    scene.bots.mappings[7] = ChannelMapping(
        id=7,
        kook_server_id="g",
        kook_channel_id="c",
        kook_channel_name="n",
        target_platform="discord",
        target_bot_id=3,
        target_channel_id="t",
        enabled=0,
        disabled_reason=reason,
    )
    assert scene.run() == Done()
    assert len(scene.platform.sent) == sent


def test_no_part_is_begun_that_could_not_end_in_time() -> None:
    scene = Scene(["one", "two"])
    scene.seconds_left = [100.0, 100.0, 59.0]
    assert scene.run() == Deferred(1.0)
    assert [text for text, _, _ in scene.platform.sent] == ["one"]
    scene = Scene()
    scene.seconds_left = [59.0]
    assert scene.run() == Deferred(1.0)
    assert (scene.platform.sent, scene.deliveries.released) == ([], [])


@pytest.mark.parametrize("found", [AlreadyClosed(), NoSuchDelivery()])
def test_an_order_with_nothing_left_to_do_is_done(found: ClaimResult) -> None:
    scene = Scene()
    scene.deliveries.claim_result = found
    assert scene.run() == Done()
    assert scene.platform.sent == []


def test_a_record_somebody_else_holds_comes_back_when_their_lease_ends() -> None:
    scene = Scene()
    scene.deliveries.claim_result = HeldElsewhere(17.5)
    assert scene.run() == Deferred(17.5)


def test_a_record_that_moved_on_while_sending_is_left_to_its_new_holder() -> None:
    scene = Scene()
    scene.deliveries.lost = True
    assert scene.run() == Done()


def test_a_message_that_killed_its_function_again_and_again_fails_and_holds_up_nobody() -> None:
    scene = Scene()
    scene.delivery.unknown_attempts = RetryPolicy().max_unknown_attempts
    scene.delivery.possible_duplicate = True
    assert scene.run() == Done()
    assert scene.platform.sent == []
    assert (scene.deliveries.closed[0].status, scene.deliveries.closed[0].error_code) == ("failed", "outcome_unknown")
    assert POSSIBLE_DUPLICATE_NOTE in scene.delivery.notes


def test_a_transient_failure_after_a_day_of_rate_limits_is_tried_again() -> None:
    scene = Scene()
    scene.delivery.first_attempt_ms -= 2 * 86_400_000
    scene.platform.script = [RetryAfter("server_error", "HTTP 502")]
    assert isinstance(scene.run(), Deferred)
    assert scene.deliveries.closed == []


def test_what_fails_before_a_send_leaves_a_free_record_behind() -> None:
    scene = Scene()
    scene.bots.unreadable = True
    with pytest.raises(StoreUnavailable):
        scene.run()
    assert len(scene.deliveries.released) == 1
    assert (scene.delivery.attempts, scene.deliveries.closed) == (0, [])


def test_pacing_that_cannot_be_read_leaves_a_free_record_behind() -> None:
    class UnreadablePacing(MemoryPacingStore):
        def load(self, scope: str) -> ScopeState:
            raise ConnectionError("no table")

    scene = Scene()
    scene.pacing_store = UnreadablePacing()
    with pytest.raises(ConnectionError):
        scene.run()
    assert len(scene.deliveries.released) == 1
    assert scene.platform.sent == []


def test_a_move_that_cannot_be_followed_now_does_not_send_the_message_again() -> None:
    scene = Scene(["one", "two"])
    scene.bots.unwritable = True
    scene.platform.script = [Delivered(("id-1",), new_target_id="-100")]
    assert scene.run() == Done()
    assert scene.deliveries.parts_sent == [("id-1",)]
    assert [(text, target) for text, target, _ in scene.platform.sent] == [("one", "t"), ("two", "-100")]


def test_a_dead_destination_that_cannot_be_switched_off_now_still_fails_the_delivery() -> None:
    scene = Scene()
    scene.bots.unwritable = True
    scene.platform.script = [Permanent("unknown_webhook", "10015", disables_destination=True)]
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].error_code == "unknown_webhook"


def test_what_an_adapter_says_when_it_breaks_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.platform.script = [RuntimeError("bad URL https://api.telegram.org/bot1:SECRET/sendMessage")]
    assert scene.run() == Done()
    (logged,) = caplog.records
    assert vars(logged)["exception"] == "RuntimeError"
    assert any("send" in frame for frame in vars(logged)["stack"])
    assert "SECRET" not in caplog.text + repr(vars(logged))
    assert "SECRET" not in repr(scene.deliveries.closed)


def at_most_once() -> ChannelMapping:
    return ChannelMapping(
        id=7,
        kook_server_id="1",
        kook_channel_id="c",
        kook_channel_name="n",
        target_platform="discord",
        target_bot_id=3,
        target_channel_id="t",
        outcome_policy="at_most_once",
    )


def test_at_most_once_leaves_an_unknown_outcome_to_the_operator() -> None:
    scene = Scene(["one", "two"])
    scene.bots.mappings[7] = at_most_once()
    scene.platform.script = [Delivered(("a",)), Unknown("timeout", "no answer")]
    assert scene.run() == Done()
    assert [text for text, _, _ in scene.platform.sent] == ["one", "two"]
    assert (scene.deliveries.closed[0].status, scene.deliveries.closed[0].error_code) == ("failed", "outcome_unknown")
    assert {POSSIBLE_DUPLICATE_NOTE, PARKED_NOTE} <= set(scene.delivery.notes)


def test_at_most_once_sends_nothing_after_a_holder_that_died_while_it_may_have_been_sending() -> None:
    scene = Scene(["one"])
    scene.bots.mappings[7] = at_most_once()
    scene.delivery.unknown_attempts, scene.delivery.possible_duplicate = 1, True
    scene.run()
    assert scene.platform.sent == []
    assert scene.deliveries.closed[0].error_code == "outcome_unknown"


def test_at_most_once_tries_again_what_certainly_did_not_arrive() -> None:
    scene = Scene(["one"])
    scene.bots.mappings[7] = at_most_once()
    scene.platform.script = [RetryAfter("server_unavailable", "503"), Delivered(("a",))]
    assert isinstance(scene.run(), Deferred)
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].status == "success"
