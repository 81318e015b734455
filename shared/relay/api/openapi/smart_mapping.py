"""/api/smart-mapping in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.relay.api.openapi.errors import UnavailableBot
from shared.relay.api.openapi.kook import KOOK_REFUSALS, SERVER_ID, KookChannels, KookServers
from shared.relay.api.openapi.shapes import Confirmed, RecordId
from shared.relay.channel_matching import MatchReason
from shared.relay.errors import Refusal
from shared.relay.requests import MAX_BATCH
from shared.relay.smart_mapping_requests import AutoMatch, ChosenMapping, ChosenMappings
from shared.web.catalogue import Text
from shared.web.error_bodies import FieldError
from shared.web.operations import Answer, Operation, QueryParameter, RequestBody

_ACCOUNT_ID = QueryParameter("account_id", RecordId, Text("账号编号", "The account's id"), required=True)
_CHOSEN = {
    "kook_server_id": "1234567890",
    "kook_channel_id": "9876543210",
    "kook_channel": "公告频道",
    "target": "1287000000000000001",
    "bot_id": 1,
}


class Target(BaseModel):
    """A place that a bot can send to."""

    target: str
    target_name: str
    target_platform: str
    bot_id: RecordId
    bot_name: str


class Offer(Target):
    confidence: float = Field(ge=0, le=1)
    match_reason: str = Field(description="In the language of the request")
    match_reason_code: MatchReason
    already_mapped: bool


class Suggestion(Offer):
    """The best target of one channel."""

    kook_server_id: str
    kook_server: str
    kook_channel_id: str
    kook_channel: str
    kook_category: str | None
    alternatives: list[Offer]


class MatchStatistics(BaseModel):
    total_kook_channels: int
    total_target_channels: int
    matched_count: int
    match_rate: float = Field(description="Percent with one decimal")


class Suggestions(Confirmed):
    mappings: list[Suggestion] = Field(description="Sorted by confidence")
    available_targets: list[Target]
    unavailable_bots: list[UnavailableBot]
    stats: MatchStatistics


class AppliedRow(BaseModel):
    """What became of one row. ``index`` counts from 0; the error's fields are there when it failed."""

    index: int
    status: Literal["created", "skipped", "failed"]
    mapping_id: RecordId | None = None
    error_code: str = ""
    error_message: str = ""
    solution: str = ""
    field: str = ""
    errors: list[FieldError] = Field(default_factory=list)
    reason: str = ""
    reason_code: str = ""


class Applied(Confirmed):
    success_count: int
    skipped_count: int = Field(description="How many were there already")
    failed_count: int
    results: list[AppliedRow]


class ChosenRows(ChosenMappings):
    """Rows are checked one by one, so that one bad row does not cost the others."""

    mappings: Annotated[list[ChosenMapping], Field(min_length=1, max_length=MAX_BATCH)]


OPERATIONS = (
    Operation(
        id="smart_mapping.kook_servers",
        methods=("GET",),
        path="/api/smart-mapping/kook-servers",
        summary=Text("列出可以映射的 KOOK 服务器", "List the KOOK servers to map from"),
        query=(_ACCOUNT_ID,),
        answers=(Answer(200, Text("所有服务器", "All of them"), KookServers),),
        errors=KOOK_REFUSALS,
    ),
    Operation(
        id="smart_mapping.kook_channels",
        methods=("GET",),
        path="/api/smart-mapping/kook-channels",
        summary=Text("列出可以映射的文字频道", "List the text channels to map from"),
        query=(_ACCOUNT_ID, SERVER_ID),
        answers=(Answer(200, Text("所有文字频道", "All of them"), KookChannels),),
        errors=KOOK_REFUSALS,
    ),
    Operation(
        id="smart_mapping.auto_match",
        methods=("POST",),
        path="/api/smart-mapping/auto-match",
        summary=Text("按名称为频道推荐目标", "Suggest a target for each channel by its name"),
        body=RequestBody(AutoMatch, examples={"discord": {"account_id": 1, "platform": "discord"}}),
        answers=(Answer(200, Text("推荐，最可信的在前", "Suggestions, the surest first"), Suggestions),),
        errors=(
            *KOOK_REFUSALS,
            Refusal.KOOK_TOO_SLOW,
            Refusal.UNSUPPORTED_PLATFORM,
            Refusal.NOTHING_TO_MATCH,
            Refusal.TOO_MANY_CHANNELS,
        ),
    ),
    Operation(
        id="smart_mapping.apply",
        methods=("POST",),
        path="/api/smart-mapping/apply",
        summary=Text("按推荐添加映射", "Add mappings as suggested"),
        body=RequestBody(ChosenRows, examples={"one": {"mappings": [_CHOSEN]}}),
        answers=(
            Answer(201, Text("至少新增了一个", "At least one was added"), Applied),
            Answer(200, Text("没有新增", "None was added"), Applied),
        ),
    ),
)
