"""Bodies of the monitor's answers, for the OpenAPI document. shared.monitor.shown and .charts make them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class MonitorError(BaseModel):
    """Every error. The text is in ``message``; for OAuth and upgrades, and where agents ask, in ``error``."""

    status: Literal["error"]
    message: str = Field("", examples=["UUID is required"])
    error: str = ""


class RobotsRefusal(BaseModel):
    """In the form of the robots' API, which shares the path."""

    code: int
    message: str
    data: Any


class Success(BaseModel):
    status: Literal["success"]
    message: str = ""


class Me(BaseModel):
    """A bare object. A guest has ``username`` "Guest", ``logged_in`` false, and nothing else."""

    model_config = ConfigDict(populate_by_name=True)

    username: str
    logged_in: bool
    uuid: str = ""
    sso_type: str = ""
    sso_id: str = ""
    second_factor: bool = Field(False, alias="2fa_enabled")


class Site(BaseModel):
    allow_cors: bool
    custom_body: str
    custom_head: str
    description: str
    disable_password_login: bool
    oauth_enable: bool
    oauth_provider: str
    ping_record_preserve_time: int = Field(description="Hours")
    private_site: bool
    record_enabled: bool
    record_preserve_time: int = Field(description="Hours")
    sitename: str
    theme: str
    theme_settings: dict[str, Any]


class SiteAnswer(Success):
    data: Site


class Version(BaseModel):
    hash: str
    version: str


class VersionAnswer(Success):
    data: Version


class SessionToken(BaseModel):
    session_token: str


class LoginCookies(BaseModel):
    cookies: SessionToken = Field(alias="set-cookie")


class LoginAnswer(Success):
    data: LoginCookies


class PublicNode(BaseModel):
    """Totals in bytes. ``weight`` orders, ascending; ``price`` -1 is free; texts that are empty may be left out."""

    uuid: str
    name: str
    cpu_name: str
    virtualization: str
    arch: str
    cpu_cores: int
    cpu_physical_cores: int
    os: str
    kernel_version: str
    gpu_name: str
    region: str
    mem_total: int
    swap_total: int
    disk_total: int
    weight: int
    price: float
    billing_cycle: int = Field(description="Days")
    auto_renewal: bool
    currency: str
    expired_at: str | None
    group: str
    tags: str = Field(description="Separated by ;")
    public_remark: str = ""
    hidden: bool
    traffic_limit: int = Field(description="Bytes")
    traffic_limit_type: Literal["max", "min", "sum", "up", "down"]
    created_at: str
    updated_at: str


class WholeNode(PublicNode):
    """For the administrator."""

    token: str = ""
    ipv4: str = ""
    ipv6: str = ""
    remark: str = ""
    version: str = ""


class NodesAnswer(Success):
    data: list[PublicNode]


class Report(BaseModel):
    """A live report as the agent sent it, with the server's time in ``updated_at``."""

    model_config = ConfigDict(extra="allow")

    cpu: dict[str, Any]
    ram: dict[str, int]
    swap: dict[str, int]
    load: dict[str, float]
    disk: dict[str, int]
    network: dict[str, int] = Field(description="up and down in bytes a second, totalUp and totalDown in bytes")
    connections: dict[str, int]
    uptime: int = Field(description="Seconds")
    process: int
    message: str
    updated_at: str


class ReportsAnswer(Success):
    data: list[Report]


class LoadRecord(BaseModel):
    """With ``load_type`` only the fields that belong to it."""

    model_config = ConfigDict(extra="allow")

    client: str
    time: str = Field(description="Start of the slot, RFC 3339")


class LoadRecords(BaseModel):
    count: int
    records: list[LoadRecord] = Field(description="Oldest first; ram, swap and disk in bytes")
    has_gpu_data: bool
    load_type: str = ""


class LoadRecordsAnswer(Success):
    data: LoadRecords


class PingRecord(BaseModel):
    task_id: int
    time: str
    value: int = Field(description="Milliseconds, -1 when no answer came")
    client: str


class PingTaskFigures(BaseModel):
    id: int
    name: str
    type: str
    interval: int = Field(description="Seconds")
    default_on: bool
    loss: float = Field(description="Percent")
    min: int
    max: int
    avg: float
    total: int
    clients: list[str] = Field(default_factory=list, description="Only without uuid")


class PingRecords(BaseModel):
    count: int
    records: list[PingRecord] = Field(description="Newest first")
    basic_info: list[dict[str, Any]] = Field(default_factory=list)
    tasks: list[PingTaskFigures] = Field(default_factory=list)


class PingRecordsAnswer(Success):
    data: PingRecords


class PublicPingTask(BaseModel):
    id: int
    name: str
    clients: list[str]
    type: Literal["icmp", "tcp", "http"]
    interval: int
    weight: int
    default_on: bool


class PublicPingTasksAnswer(Success):
    data: list[PublicPingTask]


class PingTask(PublicPingTask):
    target: str


class PingTasksAnswer(Success):
    data: list[PingTask]


class TaskIdAnswer(Success):
    data: dict[Literal["task_id"], int]


class CommandGiven(BaseModel):
    task_id: str
    clients: list[str] = Field(description="Those that are online: they run it with their next report")


class CommandGivenAnswer(Success):
    data: CommandGiven


class CommandOutcome(BaseModel):
    client: str
    result: str = Field(description="The output, of which the first 8,000 characters are kept")
    exit_code: int | None
    finished_at: str | None = Field(description="null as long as nothing was heard of the node")
    created_at: str


class CommandTask(BaseModel):
    task_id: str
    clients: list[str]
    command: str


class CommandTaskWithResults(CommandTask):
    results: list[CommandOutcome]


class CommandResult(CommandOutcome):
    task_id: str


class CommandTasksAnswer(Success):
    data: list[CommandTask]


class CommandTasksWithResultsAnswer(Success):
    data: list[CommandTaskWithResults]


class CommandTaskAnswer(Success):
    data: CommandTaskWithResults


class CommandResultsAnswer(Success):
    data: list[CommandResult]


class CommandResultAnswer(Success):
    data: CommandResult


class AnyObject(BaseModel):
    """An object of the protocol's own."""

    model_config = ConfigDict(extra="allow")


class Weights(BaseModel):
    """``{id: weight}``."""

    model_config = ConfigDict(extra="allow")


class NewNodeAnswer(BaseModel):
    status: Literal["success"]
    uuid: str
    token: str


class TokenAnswer(Success):
    token: str


class SettingsAnswer(Success):
    data: dict[str, Any]


class SessionsAnswer(BaseModel):
    """Sessions are named by the digest of their token."""

    status: Literal["success"]
    current: str
    data: list[dict[str, Any]]


class LogEntry(BaseModel):
    id: int
    ip: str
    uuid: str
    message: str
    msg_type: str
    time: str


class Logs(BaseModel):
    logs: list[LogEntry]
    total: int


class LogsAnswer(Success):
    data: Logs
