"""/api/backup in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.relay.api.backups import BackupRequest, RestoreRequest
from shared.relay.api.openapi.shapes import Confirmed, ShownTime, Succeeded
from shared.relay.errors import Refusal
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, RequestBody

_ONE = {"backup_id": str}
_FILE_NAME = {"Content-Disposition": Text("文件名", "The file's name")}


class BackupAdded(Confirmed):
    backup_id: str = Field(examples=["backup_20251019_153000"])
    backup_path: str = Field(description="Within the backup storage", examples=["backups/backup_20251019_153000.zip"])
    size_mb: float
    size_bytes: int


class BackupCreated(BackupAdded):
    secrets: Literal["passphrase", "left_out"] = Field(description="Whether and how secrets are in it")
    missing_secrets: list[str] = Field(description="Secrets that could not be read and are not in it")


class ListedBackup(BaseModel):
    backup_id: str
    filename: str
    path: str
    size_mb: float
    size_bytes: int
    created_at: ShownTime


class BackupList(Succeeded):
    backups: list[ListedBackup]


class RestoredCounts(BaseModel):
    accounts: int
    bots: int
    mappings: int


class BackupRestored(Confirmed):
    backup_id: str
    safety_backup_id: str = Field(description="What was there before")
    complete: bool = Field(description="False when the rest is written within a minute")
    restored: RestoredCounts
    missing_secrets: list[str] = Field(description="Secrets to enter again")
    note: str = ""


OPERATIONS = (
    Operation(
        id="backup.create",
        methods=("POST",),
        path="/api/backup/create",
        summary=Text("备份配置", "Back up the configuration"),
        description=Text(
            "密钥用 passphrase 加密后放入备份；没有 passphrase 则不包含密钥。",
            "Secrets are sealed under the passphrase; without one they are left out.",
        ),
        body=RequestBody(
            BackupRequest, required=False, examples={"with_secrets": {"passphrase": "correct horse battery staple"}}
        ),
        answers=(Answer(200, Text("已创建", "The backup was made"), BackupCreated),),
        errors=(Refusal.BACKUP_STORE_UNAVAILABLE,),
    ),
    Operation(
        id="backup.list",
        methods=("GET",),
        path="/api/backup/list",
        summary=Text("列出备份", "List the backups"),
        answers=(Answer(200, Text("备份，最新的在前", "The backups, newest first"), BackupList),),
        errors=(Refusal.BACKUP_STORE_UNAVAILABLE,),
    ),
    Operation(
        id="backup.restore",
        methods=("POST",),
        path="/api/backup/restore",
        summary=Text("恢复备份", "Restore a backup"),
        description=Text(
            "先检查，再整体替换当前配置；之前的配置另存一份备份。",
            "Checked first, then all or nothing; the present configuration is kept as a backup of its own.",
        ),
        body=RequestBody(RestoreRequest, examples={"plain": {"backup_id": "backup_20251019_153000"}}),
        answers=(Answer(200, Text("已恢复", "Restored"), BackupRestored),),
        errors=(
            Refusal.BACKUP_NOT_FOUND,
            Refusal.BACKUP_UNUSABLE,
            Refusal.BACKUP_STORE_UNAVAILABLE,
            Refusal.PASSPHRASE_REQUIRED,
            Refusal.WRONG_PASSPHRASE,
            Refusal.RESTORE_CONFLICT,
        ),
    ),
    Operation(
        id="backup.upload",
        methods=("POST",),
        path="/api/backup/upload",
        summary=Text("上传备份文件", "Upload a backup"),
        body=RequestBody(None, media_type="application/zip"),
        answers=(Answer(201, Text("已上传", "Uploaded"), BackupAdded),),
        errors=(Refusal.BACKUP_UNUSABLE, Refusal.BACKUP_STORE_UNAVAILABLE),
    ),
    Operation(
        id="backup.download",
        methods=("GET",),
        path="/api/backup/{backup_id}/download",
        path_kinds=_ONE,
        summary=Text("下载备份文件", "Download a backup"),
        answers=(Answer(200, Text("备份文件", "The file"), media_type="application/zip", headers=_FILE_NAME),),
        errors=(Refusal.BACKUP_NOT_FOUND, Refusal.BACKUP_STORE_UNAVAILABLE),
    ),
    Operation(
        id="backup.delete",
        methods=("DELETE",),
        path="/api/backup/{backup_id}",
        path_kinds=_ONE,
        summary=Text("删除备份", "Delete a backup"),
        answers=(Answer(200, Text("已删除", "Deleted"), Confirmed),),
        errors=(Refusal.BACKUP_NOT_FOUND, Refusal.BACKUP_STORE_UNAVAILABLE),
    ),
)
