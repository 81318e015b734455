"""/api/mappings in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.relay.api.openapi.shapes import Confirmed, RecordId, ShownTime, Succeeded
from shared.relay.errors import Refusal
from shared.relay.models import ChangePolicy, Filters, MediaPolicy, OutcomePolicy
from shared.relay.requests import MAX_IMPORT, ImportedMapping, MappingBatch, MappingChanges, MappingImport, NewMapping
from shared.web.catalogue import Text
from shared.web.error_bodies import FieldError
from shared.web.operations import Answer, Operation, RequestBody

_ONE = {"mapping_id": RecordId}
_COLLECTION = "/api/mappings"
_SINGLE = "/api/mappings/{mapping_id}"
_TARGET_REFUSALS = (
    Refusal.UNSUPPORTED_PLATFORM,
    Refusal.BOT_NOT_FOUND,
    Refusal.BOT_PLATFORM_MISMATCH,
    Refusal.INVALID_TARGET_CHANNEL,
    Refusal.MAPPING_EXISTS,
)
EXAMPLE = {
    "kook_server_id": "1234567890",
    "kook_channel_id": "9876543210",
    "kook_channel_name": "公告频道",
    "target_platform": "discord",
    "target_bot_id": 1,
    "target_channel_id": "discord_channel_123",
}


class ExportedMapping(BaseModel):
    """A row of an export; an import takes it as it is."""

    kook_server_id: str
    kook_channel_id: str
    kook_channel_name: str
    target_platform: str
    target_bot_id: RecordId
    target_channel_id: str
    enabled: Literal[0, 1]
    name_format: str
    media_policy: MediaPolicy
    edit_policy: ChangePolicy
    pin_policy: ChangePolicy
    reaction_policy: ChangePolicy
    delete_policy: ChangePolicy
    outcome_policy: OutcomePolicy
    filters: Filters
    target_bot_name: str | None


class ShownMapping(BaseModel):
    """From which KOOK channel to which destination, and which messages."""

    id: RecordId
    kook_server_id: str
    kook_channel_id: str
    kook_channel_name: str
    target_platform: str
    target_bot_id: RecordId
    target_channel_id: str
    enabled: Literal[0, 1]
    disabled_reason: str | None
    solution: str | None = Field(description="What to do about disabled_reason; null where nothing is amiss")
    name_format: str
    media_policy: MediaPolicy
    edit_policy: ChangePolicy
    pin_policy: ChangePolicy
    reaction_policy: ChangePolicy
    delete_policy: ChangePolicy
    outcome_policy: OutcomePolicy
    filters: Filters
    created_at: ShownTime


class MappingList(Succeeded):
    data: list[ShownMapping]


class MappingShown(Succeeded):
    data: ShownMapping


class MappingAdded(Confirmed):
    id: RecordId
    mapping_id: RecordId = Field(description="The same as id")
    data: ShownMapping


class MappingChanged(Confirmed):
    data: ShownMapping


class BatchAdded(Confirmed):
    success_count: int = Field(description="How many were added")
    skipped_count: int = Field(description="How many were there already")
    failed_count: int
    ids: list[RecordId] = Field(description="One for each entry, in its order")
    data: list[ShownMapping]


class ImportedRowError(BaseModel):
    """Why one row was left out. ``index`` counts from 0."""

    index: int
    error_code: Literal[
        "INVALID_PARAMETER",
        "MISSING_PARAMETER",
        Refusal.UNSUPPORTED_PLATFORM,
        Refusal.BOT_NOT_FOUND,
        Refusal.BOT_NAME_MISMATCH,
        Refusal.BOT_PLATFORM_MISMATCH,
        Refusal.INVALID_TARGET_CHANNEL,
    ]
    error_message: str
    solution: str
    field: str = ""
    errors: list[FieldError] = Field(default_factory=list)
    reason: str = ""
    reason_code: str = ""


class Imported(Confirmed):
    success_count: int = Field(description="created_count and replaced_count together")
    created_count: int
    replaced_count: int
    skipped_count: int
    failed_count: int
    errors: list[ImportedRowError]


class MappingExport(BaseModel):
    version: str = Field(examples=["1.0"])
    export_time: ShownTime
    mappings: list[ExportedMapping]


class MappingRows(MappingImport):
    """Rows are checked one by one: a bad row costs only itself."""

    mappings: Annotated[list[ImportedMapping], Field(max_length=MAX_IMPORT)]


OPERATIONS = (
    Operation(
        id="mappings.list",
        methods=("GET",),
        path=_COLLECTION,
        summary=Text("列出频道映射", "List the channel mappings"),
        answers=(Answer(200, Text("所有映射，按编号排列", "All mappings, by id"), MappingList),),
    ),
    Operation(
        id="mappings.add",
        methods=("POST",),
        path=_COLLECTION,
        summary=Text("添加映射", "Add a mapping"),
        body=RequestBody(NewMapping, examples={"discord": EXAMPLE}),
        answers=(
            Answer(201, Text("已添加", "Added"), MappingAdded),
            Answer(200, Text("同样的映射已存在", "The very same mapping was there already"), MappingAdded),
        ),
        errors=_TARGET_REFUSALS,
    ),
    Operation(
        id="mappings.batch",
        methods=("POST",),
        path=f"{_COLLECTION}/batch",
        summary=Text("批量添加映射", "Add several mappings"),
        description=Text(
            "先检查所有条目再写入；任何一个不可用则全部不添加。",
            "Every entry is checked before any is written; one that cannot be used refuses them all.",
        ),
        body=RequestBody(MappingBatch, examples={"one": {"mappings": [EXAMPLE]}}),
        answers=(
            Answer(201, Text("至少新增了一个", "At least one was added"), BatchAdded),
            Answer(200, Text("全部已存在", "All were there already"), BatchAdded),
        ),
        errors=(*_TARGET_REFUSALS, Refusal.CONTRADICTORY_ENTRIES),
    ),
    Operation(
        id="mappings.export",
        methods=("GET",),
        path=f"{_COLLECTION}/export",
        summary=Text("导出映射", "Export the mappings"),
        answers=(
            Answer(
                200,
                Text("所有映射", "All mappings"),
                MappingExport,
                headers={"Content-Disposition": Text("建议的文件名", "The suggested file name")},
            ),
        ),
    ),
    Operation(
        id="mappings.import",
        methods=("POST",),
        path=f"{_COLLECTION}/import",
        summary=Text("导入映射", "Import mappings"),
        description=Text(
            "接受导出文件的内容。逐行检查，并给出每一行的错误。",
            "Takes the content of an export. Rows are checked one by one, and each bad one is reported.",
        ),
        body=RequestBody(MappingRows, examples={"one": {"mappings": [EXAMPLE], "replace_existing": False}}),
        answers=(Answer(200, Text("导入报告", "What became of each row"), Imported),),
    ),
    Operation(
        id="mappings.show",
        methods=("GET",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("查看一个映射", "Show one mapping"),
        answers=(Answer(200, Text("该映射", "The mapping"), MappingShown),),
        errors=(Refusal.MAPPING_NOT_FOUND,),
    ),
    Operation(
        id="mappings.update",
        methods=("PUT", "PATCH"),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("修改映射", "Change a mapping"),
        body=RequestBody(MappingChanges, examples={"switch_off": {"enabled": 0}}),
        answers=(Answer(200, Text("修改后的映射", "The mapping as it is now"), MappingChanged),),
        errors=(Refusal.MAPPING_NOT_FOUND, *_TARGET_REFUSALS),
    ),
    Operation(
        id="mappings.delete",
        methods=("DELETE",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("删除映射", "Delete a mapping"),
        answers=(Answer(200, Text("已删除", "Deleted"), Confirmed),),
        errors=(Refusal.MAPPING_NOT_FOUND,),
    ),
)
