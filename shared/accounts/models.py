"""Accounts, pools and how they are used. Times are milliseconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_PRIORITY = 10
DEFAULT_PRIORITY = 5
DEFAULT_POOL_SIZE = 10
FAILURES_UNTIL_INACTIVE = 5
USAGE_KEPT_SECONDS = 30 * 86_400


class AccountStatus(StrEnum):
    """``pending``: never checked; ``inactive``: switched off, by an operator or after failures in a row;
    ``expired``: the platform said that the cookie is no longer logged in."""

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"
    EXPIRED = "expired"


class AccountType(StrEnum):
    PERSONAL = "personal"
    BUSINESS = "business"


class Strategy(StrEnum):
    """How a pool chooses."""

    ROUND_ROBIN = "round_robin"
    RANDOM = "random"
    PRIORITY = "priority"
    LEAST_USED = "least_used"
    WEIGHTED = "weighted"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose cookie it is, as the platform tells; "" for what it does not tell."""

    platform_user_id: str = ""
    name: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account without its cookie, which is kept apart.

    Attributes:
        number: the contract's integer ``id``.
        inactive_by_operator: whether an operator set ``inactive``: then only an operator takes it back.
        failures_in_a_row: reported uses that failed since the last one that did not.
        revision: grows with every change but counting; a write names the one it read.
    """

    account_id: str
    number: int
    platform: str
    account_name: str
    created_at_ms: int
    updated_at_ms: int
    account_type: AccountType = AccountType.PERSONAL
    status: AccountStatus = AccountStatus.PENDING
    priority: int = DEFAULT_PRIORITY
    user_id: str = ""
    project_id: str = ""
    tags: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    identity: Identity = field(default_factory=Identity)
    inactive_by_operator: bool = False
    last_error: str = ""
    last_check_at_ms: int | None = None
    last_used_at_ms: int | None = None
    use_count: int = 0
    success_count: int = 0
    fail_count: int = 0
    failures_in_a_row: int = 0
    cookie_hash: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class UsageLog:
    """One reported use."""

    action: str
    success: bool
    duration_ms: int
    created_at_ms: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """``member_count`` is kept with the members. ``revision`` as in Account."""

    pool_id: str
    number: int
    name: str
    platform: str
    created_at_ms: int
    updated_at_ms: int
    description: str = ""
    strategy: Strategy = Strategy.ROUND_ROBIN
    max_size: int = DEFAULT_POOL_SIZE
    is_active: bool = True
    member_count: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class PoolMember:
    """``priority`` counts within the pool; members stand in the order in which they joined."""

    pool_id: str
    account_id: str
    priority: int
    joined_at_ms: int


def success_rate_percent(success_count: int, fail_count: int) -> float:
    """Of the uses whose end was reported, those that succeeded: two decimals, 0 without any."""
    reported = success_count + fail_count
    return round(success_count * 100 / reported, 2) if reported else 0.0
