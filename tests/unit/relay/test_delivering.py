"""Carrying out one delivery order: every outcome of a platform, and every way a record can be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.message.model import RelayMessage
from shared.platforms.base import (
    Ability,
    Destination,
    InvalidConfig,
    Limits,
    Part,
    RateLimit,
    SendContext,
    SentPart,
)
from shared.platforms.outcomes import (
    REPLY_NOT_FOUND,
    ChangeOutcome,
    Delivered,
    Outcome,
    Permanent,
    RetryAfter,
    Unchangeable,
    Unknown,
)
from shared.platforms.pacing import Pacer, PacingBatch, ScopeState
from shared.platforms.registry import PlatformRegistry
from shared.relay.deliveries import (
    AlreadyClosed,
    Claimed,
    ClaimLost,
    ClaimResult,
    Closing,
    Delivery,
    DeliveryAction,
    HeldElsewhere,
    NoSuchDelivery,
    Subject,
)
from shared.relay.delivering import PARKED_NOTE, POSSIBLE_DUPLICATE_NOTE, Deferred, DeliverMessages, Done
from shared.relay.destination_circuits import CircuitListener, DestinationCircuits
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.retrying import RetryPolicy
from tests.fakes.clock import FakeClock
from tests.unit.platforms.test_pacing import MemoryPacingStore

ORDER = DeliveryOrder("msg-1", 7, 1)


class ScriptedPlatform:
    name: ClassVar[str] = "discord"
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self.script: list[Outcome | Exception] = []
        self.sent: list[tuple[str, str, str]] = []
        self.can: frozenset[Ability] = frozenset({"edit", "delete"})
        self.changes: list[str] = []
        self.replies: list[tuple[str, str]] = []
        self.reply_gone = False
        self.change_script: list[ChangeOutcome] = []
        self.limit = Limits(destination=(RateLimit(1000, 1),))

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return dict(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        if "broken" in config:
            raise InvalidConfig("webhook_url", "malformed", "is not a Discord webhook address")
        target = target_channel_id or str(config.get("own_target", "t"))
        key = "discord:1" if target == "t" else f"discord:{target}"
        return Destination("discord", bot_id, config, target, key, "channel:1")

    def limits(self, destination: Destination) -> Limits:
        return self.limit

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return [Part("text", message.plain_text)]

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return self.can

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        self.changes.append(f"edit {sent.message_ids[0]} to {part.text}")
        assert context.message_id == "original"
        return self.change_script.pop(0) if self.change_script else Delivered(sent.message_ids)

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        self.changes.append(f"delete {sent.message_ids[0]}")
        return self.change_script.pop(0) if self.change_script else Delivered()

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        if context.reply_to:
            self.replies.append((context.reply_to, part.text))
            if self.reply_gone:
                return Permanent(REPLY_NOT_FOUND, "gone")
        self.sent.append((part.text, destination.target_id, context.idempotency_key))
        outcome = self.script.pop(0) if self.script else Delivered((f"id-{len(self.sent)}",))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def test(self, destination: Destination) -> Outcome:
        return Delivered()


class RecordingDeliveries:
    """The store's promises, without a database: one claim, then releases, parts and one closing."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.claim_result: ClaimResult = Claimed(delivery)
        self.parts_sent: list[tuple[str, ...]] = []
        self.released: list[dict[str, Any]] = []
        self.closed: list[Closing] = []
        self.lost = False

    def claim(self, order: DeliveryOrder) -> ClaimResult:
        assert order == ORDER
        return self.claim_result

    def part_sent(self, delivery: Delivery, part_ids: Sequence[str]) -> None:
        if self.lost:
            raise ClaimLost
        self.parts_sent.append(tuple(part_ids))
        delivery.sent_parts += 1
        delivery.platform_message_ids.append(list(part_ids))

    def release(self, delivery: Delivery, *, next_attempt_ms: int, error_code: str, error_message: str) -> None:
        self.released.append({"next": next_attempt_ms, "code": error_code, "message": error_message})

    def close(self, delivery: Delivery, closing: Closing) -> None:
        if self.lost:
            raise ClaimLost
        self.closed.append(closing)


class FakeBots:
    """With ``unwritable`` set the store behind it takes no changes."""

    def __init__(self, bot: Bot | None) -> None:
        self.found = bot
        self.unwritable = False
        self.unreadable = False
        self.disabled: list[tuple[int, str]] = []
        self.moved: set[tuple[int, str, str]] = set()
        self.mappings: dict[int, ChannelMapping] = {}
        self.disabled_mappings: list[tuple[int, str]] = []

    def mapping(self, mapping_id: int) -> ChannelMapping | None:
        return self.mappings.get(mapping_id)

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        self.disabled_mappings.append((mapping_id, reason))

    def bot(self, bot_id: int) -> Bot | None:
        if self.unreadable:
            raise StoreUnavailable("read bot")
        return self.found

    def disable_bot(self, bot_id: int, reason: str) -> None:
        if self.unwritable:
            raise StoreUnavailable("update bot")
        self.disabled.append((bot_id, reason))

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None:
        if self.unwritable:
            raise StoreUnavailable("move target")
        self.moved.add((bot_id, old_target_id, new_target_id))


class FakeSubjects:
    """Implements Subjects: the one message a change is about, and what was written down of it."""

    def __init__(self) -> None:
        self.found: Subject | None = None
        self.written: list[tuple[str, list[tuple[str, tuple[str, ...]]]]] = []
        self.unwritable = False

    def subject(self, message_id: str, mapping_id: int) -> Subject | None:
        assert (message_id, mapping_id) == ("original", 7)
        return self.found

    def write_edit(self, subject: Subject, parts: Sequence[SentPart], change: Delivery) -> None:
        self._write("edit", change, [(one.part.text, one.message_ids) for one in parts])

    def write_unsent_edit(self, subject: Subject, parts: Sequence[Part], change: Delivery) -> None:
        self._write("unsent", change, [(one.text, ()) for one in parts])

    def write_deletion(self, subject: Subject, change: Delivery) -> None:
        self._write("deletion", change, [])

    def _write(self, what: str, change: Delivery, parts: list[tuple[str, tuple[str, ...]]]) -> None:
        if self.unwritable:
            raise StoreUnavailable("write")
        assert self.found is not None
        self.written.append((what, parts))
        self.found = replace(self.found, changed_by=change.message_id)


class Scene:
    def __init__(self, texts: Sequence[str] = ("one",), *, bot: Bot | None = None, sent_parts: int = 0) -> None:
        self.clock = FakeClock()
        self.platform = ScriptedPlatform()
        self.delivery = Delivery(
            message_id="msg-1",
            mapping_id=7,
            generation=1,
            platform="discord",
            bot_id=3,
            target_channel_id="t",
            parts=[Part("text", text) for text in texts],
            sent_parts=sent_parts,
            platform_message_ids=[],
            kook_channel_id="c",
            received_at_ms=self.clock.ms() - 250,
            created_at_ms=self.clock.ms() - 200,
            first_attempt_ms=self.clock.ms(),
            attempts=0,
            unknown_attempts=0,
            possible_duplicate=False,
            claim_id="x",
        )
        self.deliveries = RecordingDeliveries(self.delivery)
        self.bots = FakeBots(bot or Bot(id=3, platform="discord", name="b", config={}, created_at=""))
        self.subjects = FakeSubjects()
        self.pacing_store = MemoryPacingStore()
        self.seconds_left: list[float] = []
        self.circuit_listener: CircuitListener | None = None

    def run(self) -> Done | Deferred:
        pacing: PacingBatch
        with Pacer(self.pacing_store, self.clock).batch() as pacing:
            return DeliverMessages(
                deliveries=self.deliveries,
                bots=self.bots,
                platforms=PlatformRegistry([self.platform]),
                policy=RetryPolicy(jitter=lambda: 1.0),
                clock_ms=self.clock.ms,
                subjects=self.subjects,
                circuits=DestinationCircuits(self.circuit_listener),
            ).deliver(ORDER, pacing, lambda: self.seconds_left.pop(0) if self.seconds_left else 100.0)


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


# --- edits and deletions ---


class ChangeScene(Scene):
    """A message of two parts was delivered as ids "a" and "b"; a change of it is carried out."""

    def __init__(self, action: DeliveryAction, texts: Sequence[str] = (), *, note: str = "") -> None:
        super().__init__(list(texts))
        self.delivery.action = action
        self.delivery.subject_id = "original"
        self.delivery.created_at_ms = 1000
        self.delivery.note_parts = [Part("text", note, note)] if note else []
        sent = [SentPart(Part("text", text, text), (id_,)) for text, id_ in (("one", "a"), ("two", "b"))]
        self.subjects.found = Subject("original", 7, "success", 1, sent, "", 0, is_deleted=False)

    @property
    def closing(self) -> Closing:
        (closing,) = self.deliveries.closed
        return closing


def test_an_edit_changes_the_parts_that_differ_and_is_written_down_where_the_next_one_looks() -> None:
    scene = ChangeScene("edit", ["one", "TWO", "three"])
    assert scene.run() == Done()
    assert scene.platform.changes == ["edit b to TWO"]
    assert [text for text, _, _ in scene.platform.sent] == ["three"]
    assert scene.subjects.written == [("edit", [("one", ("a",)), ("TWO", ("b",)), ("three", ("id-1",))])]
    assert scene.closing.status == "success"


def test_an_edit_to_fewer_parts_takes_the_rest_back() -> None:
    scene = ChangeScene("edit", ["ONE"])
    scene.run()
    assert scene.platform.changes == ["edit a to ONE", "delete b"]
    assert scene.subjects.written == [("edit", [("ONE", ("a",))])]


def test_a_deletion_takes_every_part_back() -> None:
    scene = ChangeScene("delete")
    scene.run()
    assert scene.platform.changes == ["delete b", "delete a"]
    assert scene.subjects.written == [("deletion", [])]
    assert scene.closing.status == "success"


def test_a_change_goes_on_at_the_step_that_failed() -> None:
    scene = ChangeScene("edit", ["ONE", "TWO"])
    scene.platform.change_script = [Delivered(("a",)), RetryAfter("server_error", "")]
    assert isinstance(scene.run(), Deferred)
    assert scene.subjects.written == []
    scene.run()
    assert scene.platform.changes == ["edit a to ONE", "edit b to TWO", "edit b to TWO"]
    assert scene.subjects.written == [("edit", [("ONE", ("a",)), ("TWO", ("b",))])]


def test_a_change_killed_before_it_was_closed_is_not_made_again() -> None:
    scene = ChangeScene("edit", ["ONE", "TWO"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, changed_by=scene.delivery.message_id)
    scene.run()
    assert scene.platform.changes == []
    assert scene.closing.status == "success"


def test_what_cannot_be_written_down_comes_back_and_changes_nothing_twice() -> None:
    scene = ChangeScene("delete")
    scene.subjects.unwritable = True
    with pytest.raises(StoreUnavailable):
        scene.run()
    scene.subjects.unwritable = False
    scene.run()
    assert scene.platform.changes == ["delete b", "delete a"]


@pytest.mark.parametrize("refused_by", ["platform", "ability"])
def test_what_cannot_be_changed_is_said_in_a_note(refused_by: str) -> None:
    scene = ChangeScene("delete", note="deleted: one")
    if refused_by == "ability":
        scene.platform.can = frozenset()
    else:
        scene.platform.change_script = [Unchangeable("too_old_to_delete", "48 h")]
    scene.run()
    assert [text for text, _, _ in scene.platform.sent] == ["deleted: one"]
    assert scene.closing.status == "success"
    assert any(note.startswith("delete not possible: ") for note in scene.delivery.notes)
    assert scene.subjects.written == [("deletion", [])]


def test_what_can_be_changed_is_changed_beside_what_cannot() -> None:
    scene = ChangeScene("edit", ["ONE", "TWO", "three"], note="now: ONE TWO three")
    scene.platform.change_script = [Unchangeable("too_old_to_edit", "")]
    scene.run()
    assert scene.platform.changes == ["edit a to ONE", "edit b to TWO"]
    assert [text for text, _, _ in scene.platform.sent] == ["three", "now: ONE TWO three"]
    assert len({key for _, _, key in scene.platform.sent}) == 2
    assert scene.subjects.written == [("edit", [("ONE", ("a",)), ("TWO", ("b",)), ("three", ("id-1",))])]


def test_without_a_note_what_cannot_be_changed_stays_and_the_log_says_so() -> None:
    scene = ChangeScene("edit", ["ONE", "two"])
    scene.platform.change_script = [Unchangeable("message_not_found", "")]
    scene.run()
    assert scene.platform.sent == []
    assert scene.closing.status == "success"
    assert scene.delivery.notes == ["edit not possible: message_not_found"]


def test_a_note_that_fails_is_tried_again() -> None:
    scene = ChangeScene("delete", note="gone")
    scene.platform.can = frozenset()
    scene.platform.script = [RetryAfter("server_error", ""), Delivered(("n",))]
    assert isinstance(scene.run(), Deferred)
    assert scene.run() == Done()
    assert len(scene.platform.sent) == 2


def test_a_change_does_not_wait_for_a_message_whose_retry_may_stand_behind_it() -> None:
    scene = ChangeScene("edit", ["ONE"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="pending")
    assert scene.run() == Done()
    assert scene.platform.changes == []
    assert scene.closing.error_code == "original_pending"


@pytest.mark.parametrize(("action", "written"), [("edit", ("unsent", [("ONE", ())])), ("delete", ("deletion", []))])
def test_a_message_that_is_still_to_be_sent_is_changed_before_it_is(action: DeliveryAction, written: Any) -> None:
    scene = ChangeScene(action, ["ONE"] if action == "edit" else [])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="pending", parts=[])
    scene.run()
    assert scene.subjects.written == [written]
    assert scene.closing.status == "success"


def test_a_message_that_is_held_by_somebody_is_not_changed_under_them() -> None:
    scene = ChangeScene("edit", ["ONE"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="pending", parts=[], in_flight=True)
    scene.run()
    assert (scene.subjects.written, scene.closing.error_code) == ([], "original_pending")


def test_a_message_deleted_in_kook_before_it_was_sent_is_not_sent() -> None:
    scene = Scene(["one"])
    scene.delivery.is_deleted = True
    scene.run()
    assert scene.platform.sent == []
    assert scene.deliveries.closed[0].error_code == "message_deleted"


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"is_deleted": True}, "the message was deleted before"),
        ({"changed_at_ms": 2000}, "overtaken by a later change"),
    ],
)
def test_a_change_that_comes_too_late_changes_nothing(changes: dict[str, Any], note: str) -> None:
    scene = ChangeScene("edit", ["ONE"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, **changes)
    scene.run()
    assert (scene.platform.changes, scene.delivery.notes) == ([], [note])


@pytest.mark.parametrize(("action", "written"), [("edit", ("unsent", [("ONE", ())])), ("delete", ("deletion", []))])
def test_a_message_that_never_arrived_is_changed_for_its_retry(action: DeliveryAction, written: Any) -> None:
    scene = ChangeScene(action, ["ONE"] if action == "edit" else [])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="failed", parts=[])
    scene.run()
    assert scene.platform.changes == []
    assert scene.subjects.written == [written]


def test_a_change_of_a_message_whose_record_is_gone_fails_visibly() -> None:
    scene = ChangeScene("edit", ["ONE"])
    scene.subjects.found = None
    scene.run()
    assert scene.closing.error_code == "original_not_delivered"


# --- replies ---


class ReplyScene(Scene):
    """A message replies to one that was delivered as id "a"."""

    def __init__(self, texts: Sequence[str] = ("answer",), quoting: Sequence[str] = ("> question answer",)) -> None:
        super().__init__(list(texts))
        self.delivery.subject_id = "original"
        self.delivery.note_parts = [Part("text", text, text) for text in quoting]
        sent = [SentPart(Part("text", "question"), ("a", "a2")), SentPart(Part("text", "more"), ("b",))]
        self.subjects.found = Subject("original", 7, "success", 1, sent, "", 0, is_deleted=False)

    @property
    def shown(self) -> list[str]:
        return [text for text, _, _ in self.platform.sent]


def test_a_reply_is_sent_as_one_with_its_first_part_only() -> None:
    scene = ReplyScene(["answer", "continued"])
    assert scene.run() == Done()
    assert scene.platform.replies == [("a", "answer")]
    assert scene.shown == ["answer", "continued"]


@pytest.mark.parametrize("why", ["no record", "nothing arrived", "deleted"])
def test_without_the_message_replied_to_the_quoted_line_is_sent(why: str) -> None:
    scene = ReplyScene()
    assert scene.subjects.found is not None
    scene.subjects.found = {
        "no record": None,
        "nothing arrived": replace(scene.subjects.found, parts=[]),
        "deleted": replace(scene.subjects.found, is_deleted=True),
    }[why]
    scene.run()
    assert (scene.platform.replies, scene.shown) == ([], ["> question answer"])


def test_a_reply_whose_target_the_platform_no_longer_has_is_quoted_at_once() -> None:
    scene = ReplyScene()
    scene.platform.reply_gone = True
    assert scene.run() == Done()
    assert scene.shown == ["> question answer"]
    assert scene.deliveries.closed[0].status == "success"


def test_a_reply_goes_on_as_it_began() -> None:
    scene = ReplyScene(["answer", "continued"], ["> question", "answer", "continued"])
    found, scene.subjects.found = scene.subjects.found, None
    scene.platform.script = [Delivered(("q",)), RetryAfter("server_error", "")]
    assert isinstance(scene.run(), Deferred)
    scene.subjects.found = found
    assert scene.run() == Done()
    assert scene.shown == ["> question", "answer", "answer", "continued"]

    scene = ReplyScene(["answer", "continued"], ["> question", "answer", "continued"])
    scene.platform.script = [Delivered(("q",)), RetryAfter("server_error", "")]
    assert isinstance(scene.run(), Deferred)
    scene.subjects.found = None
    assert scene.run() == Done()
    assert scene.shown == ["answer", "continued", "continued"]
