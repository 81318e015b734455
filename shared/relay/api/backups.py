"""/api/backup: backups of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from shared.relay.api import control_texts as texts
from shared.relay.api.answers import said, success
from shared.relay.backups import Backup, Backups
from shared.relay.errors import Refusal, RelayError
from shared.web.errors import ApiError
from shared.web.request_json import json_object
from shared.web.validation import validated

MIN_PASSPHRASE_CHARACTERS = 8
MAX_PASSPHRASE_CHARACTERS = 1024
# What an API Gateway takes in base64 is 6 MB; a configuration of thousands of mappings is far below it.
MAX_UPLOAD_BYTES = 4 * 1024 * 1024
_BYTES_PER_MB = 1_048_576


Result = TypeVar("Result")


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class BackupRequest(_Request):
    """Without a passphrase the secrets are left out."""

    passphrase: Annotated[
        str | None,
        Field(min_length=MIN_PASSPHRASE_CHARACTERS, max_length=MAX_PASSPHRASE_CHARACTERS, repr=False),
    ] = None


class RestoreRequest(_Request):
    """``with_secrets`` False restores everything but the secrets, for a passphrase that is lost."""

    backup_id: str = Field(min_length=1, max_length=100)
    passphrase: Annotated[str | None, Field(max_length=MAX_PASSPHRASE_CHARACTERS, repr=False)] = None
    with_secrets: bool = True


class BackupViews:
    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("backup", __name__, url_prefix="/api/backup")
        blueprint.post("/create")(self.create)
        blueprint.get("/list")(self.list_backups)
        blueprint.post("/restore")(self.restore)
        blueprint.post("/upload")(self.upload)
        blueprint.get("/<backup_id>/download")(self.download)
        blueprint.delete("/<backup_id>")(self.delete)
        return blueprint

    def create(self) -> Response:
        wanted = validated(BackupRequest, json_object(optional=True))
        made = self._worded(lambda: self._backups.create(wanted.passphrase))
        secrets = "passphrase" if wanted.passphrase is not None else "left_out"
        return success(texts.BACKUP_CREATED, **_answered(made), secrets=secrets, missing_secrets=list(made.lacking))

    def list_backups(self) -> Response:
        return success(backups=[_listed(backup) for backup in self._worded(self._backups.all)])

    def restore(self) -> Response:
        wanted = validated(RestoreRequest, json_object())
        result = self._worded(
            lambda: self._backups.restore(wanted.backup_id, wanted.passphrase, with_secrets=wanted.with_secrets)
        )
        counts = {"accounts": result.accounts, "bots": result.bots, "mappings": result.mappings}
        more: dict[str, Any] = {} if result.complete else {"note": said(texts.RESTORE_CONTINUES)}
        return success(
            texts.BACKUP_RESTORED,
            params=counts,
            backup_id=wanted.backup_id,
            safety_backup_id=result.safety_copy.backup_id,
            complete=result.complete,
            restored=counts,
            missing_secrets=list(result.lacking),
            **more,
        )

    def upload(self) -> Response:
        request.max_content_length = MAX_UPLOAD_BYTES
        content = request.get_data(cache=False)
        if not content:
            raise ApiError("BODY_MISSING")
        return success(texts.BACKUP_ADDED, 201, **_answered(self._worded(lambda: self._backups.add(content))))

    def download(self, backup_id: str) -> Response:
        content = self._worded(lambda: self._backups.content(backup_id))
        response = Response(content, mimetype="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{backup_id}.zip"'
        return response

    def delete(self, backup_id: str) -> Response:
        self._worded(lambda: self._backups.delete(backup_id))
        return success(texts.BACKUP_DELETED)

    def _worded(self, use: Callable[[], Result]) -> Result:
        """The use case's result; what is wrong with a backup is said in the reader's language."""
        try:
            return use()
        except RelayError as error:
            if error.refusal is not Refusal.BACKUP_UNUSABLE:
                raise
            flaw = str(error.params.get("reason_code"))
            reason = said(texts.BACKUP_FLAWS[flaw])
            where = error.params.get("where")
            if where:
                reason = f"{reason} ({where})"
            raise RelayError(error.refusal, field=error.field, reason=reason, reason_code=flaw) from None


def _answered(backup: Backup) -> dict[str, Any]:
    return {
        "backup_id": backup.backup_id,
        "backup_path": backup.path,
        "size_mb": round(backup.size_bytes / _BYTES_PER_MB, 1),
        "size_bytes": backup.size_bytes,
    }


def _listed(backup: Backup) -> dict[str, Any]:
    return {
        "backup_id": backup.backup_id,
        "filename": f"{backup.backup_id}.zip",
        "path": backup.path,
        "size_mb": round(backup.size_bytes / _BYTES_PER_MB, 1),
        "size_bytes": backup.size_bytes,
        "created_at": backup.made_at.isoformat(timespec="seconds"),
    }
