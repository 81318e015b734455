"""What there is to do for one delivery, step by step: a message's parts to send, or a change of what was sent.

Steps are counted in the record and a plan is the same at every attempt, so that whoever takes the record up again goes
on at the step that is not certainly done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, cast

from shared.platforms.base import (
    Destination,
    Mark,
    MarkingPlatform,
    MarkKind,
    Part,
    Platform,
    SendContext,
    SentPart,
)
from shared.platforms.outcomes import REPLY_NOT_FOUND, ChangeOutcome, Delivered, Outcome, Permanent, Unchangeable
from shared.relay.deliveries import QUOTED_NOTE, Closing, Delivery, Subject
from shared.relay.edit_plan import Step, plan_delete, plan_edit

# In the notes of a change, so that the log says it and a later attempt knows it.
_NOT_POSSIBLE = " not possible: "

StepAction: TypeAlias = Callable[[Destination, SendContext], Outcome]


def _nothing_more() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """``finish`` writes down elsewhere what the steps have come to, before the delivery is closed; repeating it does no
    harm. ``send_note`` comes last, and only where the platform would not make a change."""

    steps: Sequence[StepAction]
    finish: Callable[[], None] = _nothing_more
    send_note: StepAction | None = None

    def next_step(self, delivery: Delivery) -> StepAction | None:
        """The first step that is not certainly done, None behind the last."""
        if delivery.sent_parts < len(self.steps):
            return self.steps[delivery.sent_parts]
        was_refused = any(_NOT_POSSIBLE in note for note in delivery.notes)
        return self.send_note if was_refused and delivery.sent_parts == len(self.steps) else None


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """The delivery ends without a request, with a ``note`` for the log."""

    closing: Closing
    note: str = ""


WorkToDo: TypeAlias = Work | NothingToDo


class Subjects(Protocol):
    """The part of shared.relay.subject_store.SubjectStore that is used here."""

    def subject(self, message_id: str, mapping_id: int) -> Subject | None: ...

    def write_edit(self, subject: Subject, parts: Sequence[SentPart], change: Delivery) -> None: ...

    def write_unsent_edit(self, subject: Subject, parts: Sequence[Part], change: Delivery) -> None: ...

    def write_deletion(self, subject: Subject, change: Delivery) -> None: ...


def work_of(delivery: Delivery, platform: Platform, destination: Destination, subjects: Subjects) -> WorkToDo:
    """What is to be done for the delivery. Raises whatever ``subjects`` raises."""
    if delivery.action == "send" and delivery.is_deleted:
        return NothingToDo(Closing("failed", "message_deleted", "deleted in KOOK before it was sent"))
    if delivery.action == "send":
        return _sending(delivery, platform, subjects)
    subject = subjects.subject(delivery.subject_id, delivery.mapping_id)
    if delivery.action not in ("edit", "delete"):
        return _marking(delivery, subject, platform, destination)
    early = _settled(delivery, subject)
    if early is not None or subject is None:
        return early or NothingToDo(Closing("failed", "original_not_delivered", "the message it changes is gone"))
    if not subject.parts:
        return _change_unsent(delivery, subject, subjects)
    plan = plan_edit(subject.parts, delivery.parts) if delivery.action == "edit" else plan_delete(subject.parts)
    abilities = platform.abilities(destination)

    def finish() -> None:
        if delivery.action == "delete":
            subjects.write_deletion(subject, delivery)
        else:
            subjects.write_edit(subject, plan.result(delivery.platform_message_ids), delivery)

    steps = [_changing(platform, step, can=step.kind == "send" or step.kind in abilities) for step in plan.steps]
    return Work(steps, finish, send_step(platform, delivery.note_parts[0]) if delivery.note_parts else None)


def _marking(delivery: Delivery, subject: Subject | None, platform: Platform, destination: Destination) -> WorkToDo:
    """A pin or a reaction, on the first part of the message. Nothing is written down of it: repeated it is harmless."""
    if subject is None:
        return NothingToDo(Closing("failed", "original_not_delivered", "the message it marks is gone"))
    if subject.is_deleted:
        return NothingToDo(Closing("success"), "the message was deleted before")
    if not subject.parts:
        return NothingToDo(Closing("failed", "original_not_delivered", "the message it marks has not arrived"))
    mark = Mark(cast(MarkKind, delivery.action), delivery.parts[0].text if delivery.parts else "")
    sent = subject.parts[0]

    def put(destination: Destination, context: SendContext) -> Outcome:
        detail = f"{platform.name} offers no way to {mark.kind}"
        outcome: ChangeOutcome = Unchangeable("not_supported", detail, answered=False)
        if mark.ability in platform.abilities(destination) and sent.message_ids:
            outcome = cast(MarkingPlatform, platform).mark(sent, mark, destination, context)
        if isinstance(outcome, Unchangeable):
            return Delivered((), (f"{mark.kind}{_NOT_POSSIBLE}{outcome.code}",), answered=outcome.answered)
        return outcome

    return Work([put], send_note=send_step(platform, delivery.note_parts[0]) if delivery.note_parts else None)


def _sending(delivery: Delivery, platform: Platform, subjects: Subjects) -> Work:
    """The parts of a message. One that replies is sent as a reply while what it replies to is there, else with a quoted
    line; whichever it began with it goes on with. One that was edited before it was sent has no such line any more."""
    if not delivery.subject_id:
        return Work([send_step(platform, part) for part in delivery.parts])
    reply_to = ""
    if not delivery.sent_parts:
        subject = subjects.subject(delivery.subject_id, delivery.mapping_id)
        ids = subject.parts[0].message_ids if subject is not None and subject.parts and not subject.is_deleted else ()
        reply_to = ids[0] if ids else ""
    begins_quoted = QUOTED_NOTE in delivery.notes or not (reply_to or delivery.sent_parts)
    if begins_quoted and not delivery.note_parts:
        return Work([send_step(platform, part) for part in delivery.parts])
    if begins_quoted:
        first, *others = delivery.note_parts
        return Work([_quoting(platform, first), *(send_step(platform, part) for part in others)])
    first, *others = delivery.parts
    only_quoting = delivery.note_parts[0] if len(delivery.note_parts) == 1 and not others else first
    return Work([_replying(platform, first, only_quoting, reply_to), *(send_step(platform, part) for part in others)])


def _quoting(platform: Platform, part: Part) -> StepAction:
    def send(destination: Destination, context: SendContext) -> Outcome:
        outcome = platform.send(part, destination, context)
        return replace(outcome, notes=(*outcome.notes, QUOTED_NOTE)) if isinstance(outcome, Delivered) else outcome

    return send


def _replying(platform: Platform, part: Part, quoting: Part, reply_to: str) -> StepAction:
    """``quoting`` is sent where the message replied to has gone: the whole message with its quoted line, or its first
    part as it is, since the parts behind that are cut for it."""

    def send(destination: Destination, context: SendContext) -> Outcome:
        outcome = platform.send(part, destination, replace(context, reply_to=reply_to))
        if isinstance(outcome, Permanent) and outcome.code == REPLY_NOT_FOUND:
            return platform.send(quoting, destination, context)
        return outcome

    return send


def _settled(delivery: Delivery, subject: Subject | None) -> WorkToDo | None:
    """What can be said before looking at any part; None when there is something to change."""
    if subject is None:
        return None
    if subject.changed_by == delivery.message_id:
        return NothingToDo(Closing("success"))
    if subject.is_deleted:
        return NothingToDo(Closing("success"), "the message was deleted before")
    if subject.changed_at_ms > delivery.created_at_ms:
        return NothingToDo(Closing("success"), "overtaken by a later change")
    if subject.status == "pending" and (subject.parts or subject.in_flight):
        # An operator has it tried again, and its order may stand behind this one: waiting here would be for ever.
        return NothingToDo(Closing("failed", "original_pending", "the message it changes is just being sent again"))
    return None


def _change_unsent(delivery: Delivery, subject: Subject, subjects: Subjects) -> NothingToDo:
    """Nothing of the message arrived: what is still to be sent, or a retry of it would send, is changed instead."""
    if delivery.action == "delete":
        subjects.write_deletion(subject, delivery)
    else:
        subjects.write_unsent_edit(subject, delivery.parts, delivery)
    return NothingToDo(Closing("success"), "the message had not arrived: it is changed before it is sent")


def send_step(platform: Platform, part: Part) -> StepAction:
    """Sending one part."""
    return lambda destination, context: platform.send(part, destination, context)


def _changing(platform: Platform, step: Step, *, can: bool) -> StepAction:
    """One step of a change. What the platform will not change stays as it is and is noted; the other parts of the
    message are changed all the same."""

    def change(destination: Destination, context: SendContext) -> Outcome:
        outcome = _changed(platform, step, destination, context, can=can)
        if not isinstance(outcome, Unchangeable):
            return outcome
        ids = step.sent.message_ids if step.sent is not None and step.kind == "edit" else ()
        return Delivered(ids, (f"{step.kind}{_NOT_POSSIBLE}{outcome.code}",), answered=outcome.answered)

    return change


def _changed(
    platform: Platform, step: Step, destination: Destination, context: SendContext, *, can: bool
) -> ChangeOutcome:
    if not can:
        detail = f"{platform.name} offers no way to {step.kind} this message"
        return Unchangeable("not_supported", detail, answered=False)
    if step.sent is None and step.part is not None:
        return platform.send(step.part, destination, context)
    if step.sent is None:
        raise ValueError("a step without a part")
    if not step.sent.message_ids:
        return Unchangeable("no_message_id", "the platform gave no id for the message", answered=False)
    if step.part is None:
        return platform.delete(step.sent, destination, context)
    return platform.edit(step.sent, step.part, destination, context)
