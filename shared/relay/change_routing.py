"""From an edit or a deletion in KOOK to a change of every delivery that the message caused. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.kook.changes import ChangeKind, MessageChange, edited_message
from shared.kook.events import KookEvent
from shared.message.cut import take_excerpt
from shared.message.model import Author, RelayMessage
from shared.message.text import one_line
from shared.message.tree import plain_document
from shared.relay.deliveries import KnownDelivery
from shared.relay.filtering import passes, with_media_policy
from shared.relay.models import ChangePolicy, Mapping

# A note shows how the message reads now, and says of a deleted one no more than which one it was.
_EDIT_NOTE_CHARACTERS = 1000
_NOTE_EXCERPT_CHARACTERS = 80
_EDIT_NOTE = "✏️ 编辑后："
_NOTES: dict[ChangeKind, str] = {
    "delete": "🗑 已删除：",
    "pin": "📌 已置顶：",
    "unpin": "📌 已取消置顶：",
    "react": "{emoji} 有人回应：",
    "unreact": "{emoji} 有人撤回回应：",
}


@dataclass(frozen=True, slots=True)
class ChangeToMake:
    """``message`` is what the destination is to show (None to take it back), ``note`` what says so where that cannot be
    done (None where nothing is to be said). ``logged`` is what the log shows of the change."""

    mapping: Mapping
    subject: KnownDelivery
    message: RelayMessage | None
    note: RelayMessage | None
    logged: RelayMessage


def changes_to_make(
    change: MessageChange, event: KookEvent, subjects: Sequence[KnownDelivery], mappings: Sequence[Mapping]
) -> list[ChangeToMake]:
    """One for each delivery of the message whose mapping is on and follows such changes. An edit that the mapping's
    filters do not let through is not carried over: what was let through stays."""
    by_id = {mapping.id: mapping for mapping in mappings}
    made = []
    for subject in subjects:
        mapping = by_id.get(subject.mapping_id)
        if mapping is None or subject.action != "send":
            continue
        policy = policy_of(mapping, change.kind)
        if policy == "ignore":
            continue
        author = Author(subject.sender_id, subject.sender_name)
        message = None
        if change.kind == "edit":
            was_card = subject.message_kind == "card"
            message = edited_message(event, author=author, channel_name=subject.kook_channel_name, was_card=was_card)
            if not passes(message, mapping.filters):
                continue
            message = with_media_policy(message, mapping.media_policy)
            if subject.is_reply:
                message = replace(message, quote=None)
        note = _note(change, event, author, message, subject)
        logged = message or note
        made.append(ChangeToMake(mapping, subject, message, note if policy == "apply_or_note" else None, logged))
    return made


def policy_of(mapping: Mapping, kind: ChangeKind) -> ChangePolicy:
    if kind in ("pin", "unpin"):
        return mapping.pin_policy
    if kind in ("react", "unreact"):
        return mapping.reaction_policy
    return mapping.edit_policy if kind == "edit" else mapping.delete_policy


def _note(
    change: MessageChange, event: KookEvent, author: Author, message: RelayMessage | None, subject: KnownDelivery
) -> RelayMessage:
    if message is not None:
        text = _EDIT_NOTE + take_excerpt(message.body, _EDIT_NOTE_CHARACTERS)
    else:
        text = _NOTES[change.kind].replace("{emoji}", change.emoji)
        text += one_line(subject.content)[:_NOTE_EXCERPT_CHARACTERS]
    return RelayMessage(
        message_id=subject.message_id,
        channel_id=event.channel_key,
        kind="text",
        author=author,
        body=plain_document(text),
        plain_text=text,
        sent_at_ms=event.sent_at_ms,
        channel_name=subject.kook_channel_name,
        guild_id=event.guild_id,
    )
