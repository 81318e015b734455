"""Making one delivery: claim the record, send what is left of it, write down what became of it.

Attempts are counted in the record, not by the queue. Nothing here sleeps: what has to wait goes back to the queue with
the seconds to wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from shared.platforms.base import Destination, InvalidConfig, Platform, SendContext
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from shared.platforms.pacing import InvalidRateLimits, PacingBatch, effective_limits
from shared.platforms.registry import PlatformRegistry, UnknownPlatform
from shared.relay.deliveries import Claimed, ClaimLost, Closing, Delivery, HeldElsewhere, NoSuchDelivery
from shared.relay.delivering_ports import Bots, Deliveries
from shared.relay.delivery_results import Deferred, DeliveryResult, Done, EndedDelivery
from shared.relay.delivery_work import NothingToDo, StepAction, Subjects, Work, work_of
from shared.relay.destination_verdicts import INTERNAL_ERROR, reason_of, verdict_of
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.retrying import RetryPolicy
from shared.stack_traces import failure_fields

# The slowest part there is: pictures fetched (5 s), a large upload, and the same again as a link.
SECONDS_FOR_A_PART = 60.0

PARKED_NOTE = "look whether it arrived before trying it again: the mapping sends at most once"
POSSIBLE_DUPLICATE_NOTE = "possible duplicate: an attempt ended without an answer"

logger = logging.getLogger("kook_relay.delivering")


class DeliverMessages:
    def __init__(
        self,
        *,
        deliveries: Deliveries,
        bots: Bots,
        platforms: PlatformRegistry,
        policy: RetryPolicy,
        clock_ms: Callable[[], int],
        subjects: Subjects,
    ) -> None:
        self._deliveries = deliveries
        self._subjects = subjects
        self._bots = bots
        self._platforms = platforms
        self._policy = policy
        self._clock_ms = clock_ms

    def deliver(self, order: DeliveryOrder, pacing: PacingBatch, seconds_left: Callable[[], float]) -> DeliveryResult:
        """Carry out one order.

        ``seconds_left`` says how long the invocation may still run: a part is only begun when it can end in time.
        Raises only for failures of our own storage: the order then comes back, and the record is free unless it was
        the storage of the record itself that failed.
        """
        if seconds_left() < SECONDS_FOR_A_PART:
            return Deferred(1.0)
        claim = self._deliveries.claim(order)
        if isinstance(claim, HeldElsewhere):
            return Deferred(max(claim.seconds, 1.0))
        if isinstance(claim, NoSuchDelivery):
            logger.error("order without a record", extra={"mapping_id": order.mapping_id})
            return Done()
        if not isinstance(claim, Claimed):
            return Done()
        try:
            return self._carry_out(claim.delivery, pacing, seconds_left)
        except ClaimLost:
            # The record moved on under us (an operator replayed it, or our lease ran out): its new holder decides.
            return Done()

    def _carry_out(self, delivery: Delivery, pacing: PacingBatch, seconds_left: Callable[[], float]) -> DeliveryResult:
        _mark_possible_duplicate(delivery)
        if delivery.unknown_attempts >= self._policy.max_unknown_attempts:
            # Its holders died one after another: perhaps of this very message, and everything behind it waits.
            return self._fail(delivery, "outcome_unknown", "every attempt ended without an outcome")
        if delivery.unknown_attempts and self._is_left_to_the_operator(delivery):
            return self._park(delivery, "the attempt before ended without an outcome")
        try:
            with self._given_back_on_failure(delivery):
                platform, destination = self._destination(delivery)
        except _CannotSend as cannot:
            return self._fail(delivery, cannot.code, cannot.detail)
        with self._given_back_on_failure(delivery):
            work = work_of(delivery, platform, destination, self._subjects)
        if isinstance(work, NothingToDo):
            return self._end_without_request(delivery, work)
        return self._work_off(work, platform, destination, delivery, pacing, seconds_left)

    def _work_off(
        self,
        work: Work,
        platform: Platform,
        destination: Destination,
        delivery: Delivery,
        pacing: PacingBatch,
        seconds_left: Callable[[], float],
    ) -> DeliveryResult:
        while (step := work.next_step(delivery)) is not None:
            if seconds_left() < SECONDS_FOR_A_PART:
                return self._defer(delivery, 1.0, "", "")
            with self._given_back_on_failure(delivery):
                wait = pacing.take(destination, effective_limits(platform.limits(destination), destination.config))
            if wait is not None:
                return self._defer(delivery, wait.seconds, wait.code, wait.detail)
            outcome = self._do(step, destination, delivery)
            self._report(outcome, destination, delivery, pacing)
            result = self._after(outcome, platform, delivery, destination, pacing, len(work.steps))
            if result is not None:
                return result
            if isinstance(outcome, Delivered) and outcome.new_target_id is not None:
                destination = platform.destination(destination.bot_id, destination.config, delivery.target_channel_id)
        with self._given_back_on_failure(delivery):
            work.finish()
        return self._succeed(delivery)

    def _report(self, outcome: Outcome, destination: Destination, delivery: Delivery, pacing: PacingBatch) -> None:
        """Tell the destination's circuit what the outcome says of the destination, if anything."""
        verdict = verdict_of(outcome)
        if verdict == "says_nothing":
            return
        failure = reason_of(outcome) if verdict == "fails" else None
        with _not_undone_by_failure("the state of a circuit was not kept"):
            change = pacing.report(destination, failure)
            if change is not None:
                self._bots.circuit_changed(delivery.bot_id, delivery.target_channel_id, change, failure or "")

    def _end_without_request(self, delivery: Delivery, nothing: NothingToDo) -> DeliveryResult:
        if nothing.note and nothing.note not in delivery.notes:
            delivery.notes.append(nothing.note)
        latency_ms = max(0, self._clock_ms() - delivery.received_at_ms)
        return self._close(delivery, replace(nothing.closing, latency_ms=latency_ms))

    @contextmanager
    def _given_back_on_failure(self, delivery: Delivery) -> Iterator[None]:
        """Around what comes before a send: when it fails nothing was sent, and the record must not look as if its
        holder had died in the middle of sending."""
        try:
            yield
        except _CannotSend:
            raise
        except Exception:
            try:
                self._deliveries.release(delivery, next_attempt_ms=self._clock_ms(), error_code="", error_message="")
            except Exception as error:  # noqa: BLE001 - the first failure is the one to report
                logger.error("a claim was not given back", extra={"exception": type(error).__name__})
            raise

    def _destination(self, delivery: Delivery) -> tuple[Platform, Destination]:
        bot = self._bots.bot(delivery.bot_id)
        if bot is None:
            raise _CannotSend("bot_deleted", f"bot {delivery.bot_id} no longer exists")
        if bot.status == "disabled":
            raise _CannotSend("destination_disabled", bot.disabled_reason or "the bot is switched off")
        mapping = self._bots.mapping(delivery.mapping_id)
        if mapping is not None and not mapping.enabled and mapping.disabled_reason:
            # Switched off by us because its destination is dead. What an operator switches off still goes out.
            raise _CannotSend("destination_disabled", mapping.disabled_reason)
        try:
            platform = self._platforms.get(delivery.platform)
            destination = platform.destination(bot.id, bot.config, delivery.target_channel_id)
            effective_limits(platform.limits(destination), bot.config)
        except (InvalidConfig, InvalidRateLimits, UnknownPlatform) as error:
            raise _CannotSend("bot_misconfigured", str(error)) from error
        return platform, destination

    def _do(self, step: StepAction, destination: Destination, delivery: Delivery) -> Outcome:
        number = delivery.sent_parts
        message_id = delivery.message_id if delivery.action == "send" else delivery.subject_id
        context = SendContext(
            delivery.idempotency_key(number), delivery.attempts + 1, message_id, reference=delivery.reference(number)
        )
        try:
            return step(destination, context)
        except Exception as error:  # noqa: BLE001 - see below
            # A bug in a platform adapter must not hold up everything behind this message: it goes to quarantine as a
            # failed delivery that an operator can replay, with the exception's type and never its text: a library's
            # text can quote the URL, and with some platforms the URL holds the token.
            logger.error("platform adapter failed", extra=failure_fields(error, platform=delivery.platform))
            return Permanent(INTERNAL_ERROR, f"{type(error).__name__} while sending part {number + 1}")

    def _after(
        self,
        outcome: Outcome,
        platform: Platform,
        delivery: Delivery,
        destination: Destination,
        pacing: PacingBatch,
        step_count: int,
    ) -> DeliveryResult | None:
        """What an outcome means for the delivery; None to go on with the next step."""
        if isinstance(outcome, Delivered):
            return self._part_delivered(outcome, delivery, destination, step_count)
        if isinstance(outcome, Permanent):
            if outcome.disables_destination and self._has_new_settings(delivery, destination):
                return self._defer(delivery, 1.0, outcome.code, outcome.detail)
            done = self._fail(delivery, outcome.code, outcome.detail)
            if outcome.disables_destination:
                with _not_undone_by_failure("the destination was not switched off, the next message tries again"):
                    self._switch_off(platform, destination, delivery, f"{outcome.code}: {outcome.detail}")
            return done
        if isinstance(outcome, Unknown):
            delivery.unknown_attempts += 1
            delivery.possible_duplicate = True
            _mark_possible_duplicate(delivery)
            if delivery.unknown_attempts >= self._policy.max_unknown_attempts:
                return self._fail(delivery, "outcome_unknown", outcome.detail)
            if self._is_left_to_the_operator(delivery):
                return self._park(delivery, outcome.detail)
            return self._try_again(delivery, None, outcome, pacing.probe_in_seconds(destination))
        if outcome.scope != "message" and outcome.seconds is not None:
            pacing.block(destination, outcome.scope, outcome.seconds)
        if outcome.rate_limited:
            # Being told to wait is not a failed attempt: a busy channel must not use up a message's day.
            seconds = self._policy.delay_seconds(1, outcome.seconds)
            return self._defer(delivery, seconds, outcome.code, outcome.detail)
        return self._try_again(delivery, outcome.seconds, outcome, pacing.probe_in_seconds(destination))

    def _is_left_to_the_operator(self, delivery: Delivery) -> bool:
        """Whether another attempt is not ours to make, because it might show the message twice. A change can be made
        twice."""
        if delivery.action != "send":
            return False
        with self._given_back_on_failure(delivery):
            mapping = self._bots.mapping(delivery.mapping_id)
        return mapping is not None and mapping.outcome_policy == "at_most_once"

    def _park(self, delivery: Delivery, detail: str) -> Done:
        if PARKED_NOTE not in delivery.notes:
            delivery.notes.append(PARKED_NOTE)
        return self._fail(delivery, "outcome_unknown", detail)

    def _has_new_settings(self, delivery: Delivery, destination: Destination) -> bool:
        """A bot that was mended a moment ago is not switched off for what its old settings led to, and the message is
        tried with the new ones."""
        with self._given_back_on_failure(delivery):
            return self._bots.was_changed(delivery.bot_id, destination.config)

    def _switch_off(self, platform: Platform, destination: Destination, delivery: Delivery, reason: str) -> None:
        """The bot, when the dead destination is its own; only the mapping, when that leads elsewhere: one deleted
        chat must not silence a bot in its other chats."""
        try:
            own_key = platform.destination(destination.bot_id, destination.config, "").key
        except InvalidConfig:
            own_key = ""
        if destination.key == own_key:
            self._bots.disable_bot(delivery.bot_id, reason)
        elif self._leads_there(delivery):
            self._bots.disable_mapping(delivery.mapping_id, reason)

    def _leads_there(self, delivery: Delivery) -> bool:
        """Whether the mapping leads where the delivery went: an operator may have led it elsewhere since."""
        mapping = self._bots.mapping(delivery.mapping_id)
        there = (delivery.bot_id, delivery.target_channel_id)
        return mapping is None or (mapping.target_bot_id, mapping.target_channel_id) == there

    def _follow_move(self, delivery: Delivery, old_target_ids: set[str], new_target_id: str) -> None:
        """The platform moved the chat: the bot and its mappings go there from now on. Done once it is written down
        that the message arrived: a failure here must not send it again, and the next message is told of the move too.
        """
        with _not_undone_by_failure("a moved chat was not followed, the next message tries again"):
            for old_target_id in old_target_ids:
                self._bots.move_target(delivery.bot_id, old_target_id, new_target_id)

    def _part_delivered(
        self, outcome: Delivered, delivery: Delivery, destination: Destination, step_count: int
    ) -> DeliveryResult | None:
        delivery.notes.extend(note for note in outcome.notes if note not in delivery.notes)
        old_chat, slash, thread = destination.target_id.partition("/")
        old_target_ids = {delivery.target_channel_id, old_chat}
        if outcome.new_target_id is not None:
            delivery.target_channel_id = f"{outcome.new_target_id}{slash}{thread}"
        done = self._note_part(outcome, delivery, step_count)
        if outcome.new_target_id is not None:
            self._follow_move(delivery, old_target_ids, outcome.new_target_id)
        return done

    def _note_part(self, outcome: Delivered, delivery: Delivery, step_count: int) -> Done | None:
        """Write down that a step is done; with its last part a message is delivered. A change is not done before it is
        written down in the message's own record as well."""
        if delivery.action != "send" or delivery.sent_parts + 1 < step_count:
            self._deliveries.part_sent(delivery, outcome.message_ids)
            return None
        delivery.sent_parts += 1
        delivery.platform_message_ids.append(list(outcome.message_ids))
        return self._succeed(delivery)

    def _succeed(self, delivery: Delivery) -> Done:
        latency_ms = max(0, self._clock_ms() - delivery.received_at_ms)
        return self._close(delivery, Closing("success", latency_ms=latency_ms))

    def _try_again(
        self, delivery: Delivery, asked_seconds: float | None, outcome: RetryAfter | Unknown, probe_in_seconds: float
    ) -> DeliveryResult:
        """``probe_in_seconds`` is above 0 while the circuit is open: this delivery is first in its group, hence the
        probe, and comes back when that is due, whatever the retry policy would say, unless the platform asked for
        more."""
        delivery.attempts += 1
        if self._policy.gives_up(delivery.first_attempt_ms, self._clock_ms(), delivery.attempts):
            return self._fail(delivery, "gave_up", reason_of(outcome))
        seconds = self._policy.delay_seconds(delivery.attempts, asked_seconds)
        if probe_in_seconds > 0:
            seconds = max(probe_in_seconds, asked_seconds or 0.0)
        return self._defer(delivery, seconds, outcome.code, outcome.detail)

    def _defer(self, delivery: Delivery, seconds: float, code: str, detail: str) -> Deferred:
        next_attempt_ms = self._clock_ms() + int(seconds * 1000)
        self._deliveries.release(delivery, next_attempt_ms=next_attempt_ms, error_code=code, error_message=detail)
        return Deferred(seconds)

    def _fail(self, delivery: Delivery, code: str, detail: str) -> Done:
        latency_ms = max(0, self._clock_ms() - delivery.received_at_ms)
        return self._close(delivery, Closing("failed", code, detail, latency_ms))

    def _close(self, delivery: Delivery, closing: Closing) -> Done:
        self._deliveries.close(delivery, closing)
        return Done(EndedDelivery(delivery, closing))


@contextmanager
def _not_undone_by_failure(consequence: str) -> Iterator[None]:
    """Around what follows an outcome that has been written down: its failure is logged and changes nothing."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see above
        logger.error(consequence, extra={"exception": type(error).__name__})


def _mark_possible_duplicate(delivery: Delivery) -> None:
    """Where the operator sees it: the notes are part of the log."""
    if delivery.possible_duplicate and POSSIBLE_DUPLICATE_NOTE not in delivery.notes:
        delivery.notes.append(POSSIBLE_DUPLICATE_NOTE)


class _CannotSend(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
