"""/api/mappings: which KOOK channel goes where."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import ValidationError

from shared.relay.api import texts
from shared.relay.api.answers import ShownTimes, refusal_error, success
from shared.relay.api.delivery_texts import shown_reason
from shared.relay.mappings import EXPORT_VERSION, ImportReport, Mappings, RowError
from shared.relay.models import Mapping
from shared.relay.requests import MappingBatch, MappingChanges, MappingImport, NewMapping
from shared.web.application import current_language
from shared.web.envelopes import Envelope
from shared.web.parameters import path_id
from shared.web.request_json import json_object
from shared.web.validation import api_error, validated

EXPORT_FILE_NAME = "channel_mappings_export.json"


class MappingViews:
    """``envelope`` words the errors of single rows in import reports."""

    def __init__(
        self, mappings: Mappings, times: ShownTimes, envelope: Envelope, clock: Callable[[], float] = time.time
    ) -> None:
        self._mappings = mappings
        self._times = times
        self._envelope = envelope
        self._clock = clock

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("mappings", __name__, url_prefix="/api/mappings")
        blueprint.get("")(self.list_mappings)
        blueprint.post("")(self.add_mapping)
        blueprint.post("/batch")(self.add_batch)
        blueprint.get("/export")(self.export_mappings)
        blueprint.post("/import")(self.import_mappings)
        blueprint.get("/<mapping_id>")(self.show_mapping)
        blueprint.route("/<mapping_id>", methods=["PUT", "PATCH"])(self.change_mapping)
        blueprint.delete("/<mapping_id>")(self.delete_mapping)
        return blueprint

    def list_mappings(self) -> Response:
        return success(data=[self._shown(mapping) for mapping in self._mappings.all()])

    def add_mapping(self) -> Response:
        added = self._mappings.add(validated(NewMapping, json_object()))
        message, status = (texts.MAPPING_ADDED, 201) if added.created else (texts.MAPPING_PRESENT, 200)
        number = added.mapping.id
        return success(message, status, id=number, mapping_id=number, data=self._shown(added.mapping))

    def add_batch(self) -> Response:
        added = self._mappings.add_batch(validated(MappingBatch, json_object()).mappings)
        created = sum(one.created for one in added)
        present = len(added) - created
        return success(
            texts.BATCH_ADDED,
            201 if created else 200,
            params={"created": created, "present": present},
            success_count=created,
            skipped_count=present,
            failed_count=0,
            ids=[one.mapping.id for one in added],
            data=[self._shown(one.mapping) for one in added],
        )

    def export_mappings(self) -> Response:
        exported = {
            "version": EXPORT_VERSION,
            "export_time": self._times.of_epoch(self._clock()),
            "mappings": self._mappings.export_rows(),
        }
        response = jsonify(exported)
        response.headers["Content-Disposition"] = f'attachment; filename="{EXPORT_FILE_NAME}"'
        return response

    def import_mappings(self) -> Response:
        wanted = validated(MappingImport, json_object())
        return self._report(self._mappings.import_rows(wanted.mappings, replace_existing=wanted.replace_existing))

    def show_mapping(self, mapping_id: str) -> Response:
        return success(data=self._shown(self._mappings.get(path_id("mapping_id", mapping_id))))

    def change_mapping(self, mapping_id: str) -> Response:
        number = path_id("mapping_id", mapping_id)
        mapping = self._mappings.update(number, validated(MappingChanges, json_object()))
        return success(texts.MAPPING_UPDATED, data=self._shown(mapping))

    def delete_mapping(self, mapping_id: str) -> Response:
        self._mappings.delete(path_id("mapping_id", mapping_id))
        return success(texts.MAPPING_DELETED)

    def _report(self, report: ImportReport) -> Response:
        imported, failed = report.created + report.replaced, len(report.errors)
        return success(
            texts.IMPORTED,
            params={"success": imported, "skipped": report.skipped, "failed": failed},
            success_count=imported,
            created_count=report.created,
            replaced_count=report.replaced,
            skipped_count=report.skipped,
            failed_count=failed,
            errors=[self._shown_row_error(row) for row in report.errors],
        )

    def _shown(self, mapping: Mapping) -> dict[str, Any]:
        return {
            **mapping.model_dump(mode="json", exclude={"starts_at_ms"}),
            "disabled_reason": mapping.disabled_reason or None,
            "solution": shown_reason(mapping.disabled_reason),
            "created_at": self._times.of_iso(mapping.created_at),
        }

    def _shown_row_error(self, row: RowError) -> dict[str, Any]:
        error = api_error(row.error) if isinstance(row.error, ValidationError) else refusal_error(row.error)
        body = self._envelope.answer(error, current_language(), "").body
        return {"index": row.index, **{name: body[name] for name in body if name not in ("success", "timestamp")}}
