"""The configuration table's items as pynamodb models. One table, told apart by ``pk``; the composition root binds
``ConfigRow`` to its name (shared.aws.tables.bind), which binds them all.

    pk "account" | "bot" | "mapping"   sk the id, 12 digits     the records
    pk "account_email"                 sk the address           which account has it (makes it unique)
    pk "mapping_target"                sk a digest              which mapping leads there (makes it unique)
    pk "sequence"                      sk the record kind       the last id given out
    pk "security"                      sk "api_token" …         digests of credentials
    pk "gateway"                       sk an account's id       its session at KOOK's gateway, and how that stands
    pk "presence"                      sk an account's id       whether KOOK has its bot online
    pk "challenge"                     sk an account's id       when KOOK's last challenge to its webhook was answered
    pk "backfill"                      sk account id # channel  how far the channel's history is dealt with
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from shared.aws.tables import UnboundTable

ACCOUNT, BOT, MAPPING = "account", "bot", "mapping"
ACCOUNT_EMAIL, MAPPING_TARGET, SEQUENCE, SECURITY = "account_email", "mapping_target", "sequence", "security"
GATEWAY, PRESENCE, BACKFILL, CHALLENGE = "gateway", "presence", "backfill", "challenge"


class MappingsByChannel(GlobalSecondaryIndex["MappingRow"]):  # type: ignore[no-untyped-call]
    """Only mappings carry ``kook_channel_id``, so only they are in it."""

    class Meta:
        index_name = "mappings_by_channel"
        projection = AllProjection()

    kook_channel_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class ConfigRow(Model):
    """What every item has. The subclasses share this class's connection."""

    class Meta(UnboundTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    by_channel = MappingsByChannel()


class AccountRow(ConfigRow):
    """The secret attributes (shared.relay.models.ACCOUNT_SECRETS) are sealed."""

    id = NumberAttribute(null=True)
    email = UnicodeAttribute(null=True)
    bot_token = UnicodeAttribute(null=True)
    verify_token = UnicodeAttribute(null=True)
    encrypt_key = UnicodeAttribute(null=True)
    cookie = UnicodeAttribute(null=True)
    password = UnicodeAttribute(null=True)
    kook_user_id = UnicodeAttribute(null=True)
    kook_user_name = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    started_at_ms = NumberAttribute(null=True)
    stopped_at_ms = NumberAttribute(null=True)
    last_active = UnicodeAttribute(null=True)
    held_until_ms = NumberAttribute(null=True)
    held_by = UnicodeAttribute(null=True)
    is_default = BooleanAttribute(null=True)
    ingress = UnicodeAttribute(null=True)


class BotRow(ConfigRow):
    """``config`` holds the plain settings, ``secrets`` the sealed ones, both by setting name."""

    id = NumberAttribute(null=True)
    platform = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    config = JSONAttribute(null=True)
    secrets = JSONAttribute(null=True)
    status = UnicodeAttribute(null=True)
    disabled_reason = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(null=True)


class MappingRow(ConfigRow):
    id = NumberAttribute(null=True)
    kook_server_id = UnicodeAttribute(null=True)
    kook_channel_id = UnicodeAttribute(null=True)
    kook_channel_name = UnicodeAttribute(null=True)
    target_platform = UnicodeAttribute(null=True)
    target_bot_id = NumberAttribute(null=True)
    target_channel_id = UnicodeAttribute(null=True)
    enabled = NumberAttribute(null=True)
    disabled_reason = UnicodeAttribute(null=True)
    name_format = UnicodeAttribute(null=True)
    media_policy = UnicodeAttribute(null=True)
    edit_policy = UnicodeAttribute(null=True)
    delete_policy = UnicodeAttribute(null=True)
    pin_policy = UnicodeAttribute(null=True)
    reaction_policy = UnicodeAttribute(null=True)
    outcome_policy = UnicodeAttribute(null=True)
    filters = JSONAttribute(null=True)
    starts_at_ms = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)


class ClaimRow(ConfigRow):
    """Makes something unique: whoever created the item owns it (``account_email``, ``mapping_target``)."""

    owner_id = NumberAttribute(null=True)


class GatewayRow(ConfigRow):
    """``url`` and ``session_id`` are sealed. ``holder`` says which credential and start of the account they belong
    to."""

    holder = UnicodeAttribute(null=True)
    url = UnicodeAttribute(null=True)
    session_id = UnicodeAttribute(null=True)
    sn = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    problem = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)
    last_event_at = UnicodeAttribute(null=True)
    missed_at = UnicodeAttribute(null=True)
    updated_at_ms = NumberAttribute(null=True)


class BackfillRow(ConfigRow):
    """Of one account's channel: until when everything said in it is known to be dealt with."""

    verified_ms = NumberAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    filled = NumberAttribute(null=True)
    filled_in_all = NumberAttribute(null=True)
    problem = UnicodeAttribute(null=True)
    problem_at = UnicodeAttribute(null=True)


class PresenceRow(ConfigRow):
    """Whether KOOK has an account's bot online, as last looked at."""

    state = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)
    detail = UnicodeAttribute(null=True)
    attempts = NumberAttribute(null=True)
    next_attempt_ms = NumberAttribute(null=True)
    checked_at_ms = NumberAttribute(null=True)


class ChallengeRow(ConfigRow):
    """When KOOK's last challenge to an account's webhook was answered."""

    answered_at_ms = NumberAttribute(null=True)


class SequenceRow(ConfigRow):
    value = NumberAttribute(null=True)


class SecurityRow(ConfigRow):
    token_sha256 = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(null=True)


def record_key(record_id: int) -> str:
    """Twelve digits, so that the order of the keys is that of the ids."""
    return f"{record_id:012d}"


def email_key(email: str) -> str:
    """Mail domains ignore case and so, in practice, do mailboxes."""
    return email.casefold()


def target_key(kook_channel_id: str, target_bot_id: int, target_channel_id: str) -> str:
    """A key of fixed length for texts of any length."""
    parts = json.dumps([kook_channel_id, target_bot_id, target_channel_id])
    return hashlib.sha256(parts.encode()).hexdigest()


def plain_attributes(row: Model) -> dict[str, Any]:
    """An item's attributes that are there, without the table's keys."""
    return {
        name: value
        for name in row.get_attributes()
        if name not in ("pk", "sk") and (value := getattr(row, name)) is not None
    }
