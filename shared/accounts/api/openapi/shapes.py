"""What the API answers, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

Time: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", description="UTC")]
Status: TypeAlias = Literal["pending", "active", "inactive", "expired"]
Outcome: TypeAlias = Literal["logged_in", "must_log_in", "unknown"]


class ErrorDetails(BaseModel):
    hint: str = Field(description="What to do about it")
    reason: str = Field("", description="Which kind of invalid request it was", examples=["MISSING_PARAMETER"])
    field: str = Field("", description="The field to blame, when one is")
    errors: list[dict[str, str]] = Field(default_factory=list, description="{field, reason, message} of each field")
    error_id: str = Field("", description="Finds an unexpected failure in the server's log")


class ErrorBody(BaseModel):
    code: str = Field(examples=["ACCOUNT_NOT_FOUND"])
    message: str
    details: ErrorDetails


class Error(BaseModel):
    """Every error. ``code`` is stable; texts follow Accept-Language."""

    success: Literal[False]
    error: ErrorBody


class ListedAccount(BaseModel):
    """An account as lists show it."""

    id: int
    account_id: str
    platform: str
    account_name: str
    account_type: Literal["personal", "business"]
    status: Status
    priority: int
    user_id: str
    project_id: str
    tags: dict[str, Any]
    platform_user_id: str
    platform_user_name: str
    use_count: int
    success_count: int
    fail_count: int
    last_error: str | None
    last_used_at: Time | None
    last_check_at: Time | None
    created_at: Time
    updated_at: Time


class Account(ListedAccount):
    """An account without its cookie."""

    metadata: dict[str, Any]
    platform_user_avatar_url: str


class ChangedAccount(Account):
    message: str


class AccountPage(BaseModel):
    accounts: list[ListedAccount]
    total: int
    limit: int
    offset: int


class Figures(BaseModel):
    account_id: str
    platform: str
    status: Status
    use_count: int
    success_count: int
    fail_count: int
    success_rate: float = Field(description="Percent of the reported uses, two decimals")


class UsageLog(BaseModel):
    action: str
    success: bool
    duration_ms: int
    created_at: Time
    error: str | None


class Statistics(Figures):
    recent_logs: list[UsageLog]


class UsageRecorded(Figures):
    message: str


class Health(BaseModel):
    account_id: str
    account_name: str
    platform_user_id: str = Field(description='As the platform told at the last check that passed, or ""')
    platform_user_name: str
    healthy: bool
    outcome: Outcome
    status: Status
    message: str
    last_check_at: Time | None
    error: str = Field("", description="Why it is not known to be logged in")


class HealthTally(BaseModel):
    """``fail_count`` are all that are not known to be logged in, ``unknown_count`` those of which nobody could tell."""

    success_count: int
    fail_count: int
    unknown_count: int
    total: int
    pending: int = Field(description="Not checked yet: a task does it")
    job_id: str | None


class CookieItem(BaseModel):
    name: str
    value: str
    domain: str


class Cookies(BaseModel):
    account_id: str
    cookies: dict[str, str]
    items: list[CookieItem]
    warning: str


class Deleted(BaseModel):
    message: str
    account_id: str


class Session(BaseModel):
    """A login under way."""

    session_id: str
    state: Literal["waiting", "scanned", "done", "expired", "refused", "unknown"]
    message: str
    reason: str | None
    account_id: str | None
    expires_at: Time


class LoginStatus(BaseModel):
    is_logged_in: bool
    platform: str
    account_id: str = ""
    account_name: str = ""
    last_check: Time | None = None
    status: Literal["healthy", "unhealthy"]
    outcome: Outcome | None = None
    message: str
    session: Session | None = None


class QrCode(BaseModel):
    platform: str
    qrcode_url: str
    qrcode_image: str = Field("", description="PNG as data URL; left out where a browser is needed")
    expires_in: int
    session_id: str
    message: str


class LoginKept(BaseModel):
    account_id: str
    platform: str
    account_name: str
    status: Status
    message: str


class Pool(BaseModel):
    id: int
    pool_id: str
    name: str
    platform: str
    description: str
    strategy: Literal["round_robin", "random", "priority", "least_used", "weighted"]
    max_size: int
    member_count: int
    is_active: bool
    created_at: Time
    updated_at: Time


class ChangedPool(Pool):
    message: str


class PoolMember(BaseModel):
    pool_id: str
    account_id: str
    priority: int
    joined_at: Time


class PoolMemberAccount(PoolMember):
    account_name: str
    status: Status
    use_count: int


class PoolWithMembers(Pool):
    members: list[PoolMemberAccount]


class MemberAdded(PoolMember):
    message: str


class PoolDeleted(BaseModel):
    message: str
    pool_id: str


class MemberRemoved(PoolDeleted):
    account_id: str


class Selected(BaseModel):
    account_id: str
    platform: str
    account_name: str
    status: Literal["active"]
