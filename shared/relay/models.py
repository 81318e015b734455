"""What the relay keeps: KOOK accounts, destination bots and channel mappings. Pure; secrets are held in clear here
and sealed by the store."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

# Kept sealed, never shown.
ACCOUNT_SECRETS = ("bot_token", "verify_token", "encrypt_key", "cookie", "password")

AccountStatus: TypeAlias = Literal["online", "offline"]
# How KOOK's events come in. KOOK itself has a bot in one of the two modes only.
Ingress: TypeAlias = Literal["webhook", "gateway"]
BotStatus: TypeAlias = Literal["active", "disabled"]

# What RelayMessage.kind can be, for filters.
MESSAGE_KINDS = ("text", "image", "video", "file", "audio", "kmarkdown", "card", "item", "unknown")


# What becomes of pictures and files: sent as such, sent as links to KOOK, or left out.
MediaPolicy: TypeAlias = Literal["upload", "link", "omit"]

# What becomes of a KOOK message's edit or deletion, of a pin or a reaction: done at the destination; the same, with a
# short note where the platform cannot do it; or left alone.
ChangePolicy: TypeAlias = Literal["apply", "apply_or_note", "ignore"]

# What follows an attempt nobody knows the outcome of: another one, which may double the message, or a person decides.
OutcomePolicy: TypeAlias = Literal["at_least_once", "at_most_once"]


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(_Stored):
    """A KOOK bot. Times are UTC ISO 8601 with Z, ``*_ms`` are milliseconds since the epoch.

    ``status`` is what the operator asked for: online accounts relay. An event received while the account was
    stopped (from ``stopped_at_ms`` until ``started_at_ms``) is acknowledged and not relayed. ``ingress`` is how its
    events come in: KOOK posts them to the webhook, or the embedded runner fetches them from KOOK's gateway.
    """

    id: int
    email: str
    bot_token: str = Field("", repr=False)
    verify_token: str = Field("", repr=False)
    encrypt_key: str = Field("", repr=False)
    cookie: str = Field("", repr=False)
    password: str = Field("", repr=False)
    kook_user_id: str = ""
    kook_user_name: str = ""
    ingress: Ingress = "webhook"
    status: AccountStatus = "online"
    created_at: str
    started_at_ms: int = 0
    stopped_at_ms: int = 0
    last_active: str | None = None
    # Live events wait until then for what was missed before them; ``held_by`` is the backfill they wait for.
    held_until_ms: int = 0
    held_by: str = ""
    is_default: bool = False  # serves the plain /webhook when there are several accounts
    unreadable: tuple[str, ...] = ()  # secret fields whose seal does not open; they read as ""

    def relays_event_received_at(self, received_at_ms: int) -> bool:
        """Whether an event taken in at that time belongs to a span in which the account was running."""
        if self.status == "offline":
            return received_at_ms < self.stopped_at_ms
        return not (self.stopped_at_ms <= received_at_ms < self.started_at_ms)


class Bot(_Stored):
    """A destination's credential and settings. ``config`` is the platform's own, in clear."""

    id: int
    platform: str
    name: str
    config: dict[str, Any] = Field(repr=False)
    status: BotStatus = "active"
    disabled_reason: str = ""
    created_at: str
    unreadable: tuple[str, ...] = ()  # secret settings whose seal does not open; they are left out of ``config``


class Filters(_Stored):
    """Which messages of the channel go through. An empty list means no restriction."""

    include_keywords: tuple[str, ...] = ()
    exclude_keywords: tuple[str, ...] = ()
    include_users: tuple[str, ...] = ()
    exclude_users: tuple[str, ...] = ()
    message_kinds: tuple[str, ...] = ()
    relay_bots: bool = False


class Mapping(_Stored):
    """One KOOK channel (or private chat code) to one destination."""

    id: int
    kook_server_id: str
    kook_channel_id: str
    kook_channel_name: str
    target_platform: str
    target_bot_id: int
    target_channel_id: str
    enabled: Literal[0, 1] = 1
    disabled_reason: str = ""
    name_format: str = "{name}"
    media_policy: MediaPolicy = "upload"
    edit_policy: ChangePolicy = "apply_or_note"
    delete_policy: ChangePolicy = "apply_or_note"
    pin_policy: ChangePolicy = "ignore"
    reaction_policy: ChangePolicy = "ignore"
    outcome_policy: OutcomePolicy = "at_least_once"
    filters: Filters = Field(default_factory=Filters)
    starts_at_ms: int = 0  # what was said before is not fetched from KOOK's history
    created_at: str = ""
