"""/api/deliveries: each message on its way to each destination, and trying failed ones again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from shared.relay.api import control_texts as texts
from shared.relay.api.answers import ShownTimes, success
from shared.relay.api.logs import DEFAULT_LIMIT, MAX_CURSOR_CHARACTERS, shown_log_row
from shared.relay.deliveries import DELIVERY_STATUSES
from shared.relay.delivery_listing import DeliveryFilter, Pages, list_deliveries
from shared.relay.delivery_replay import DeliveryDetails, ReplayJob, Replays
from shared.relay.delivery_replay_requests import RetryDeliveries
from shared.relay.logs import MAX_LIMIT, LogRow
from shared.web.envelopes import Envelope
from shared.web.errors import invalid_parameter
from shared.web.parameters import MAX_ID, query_choice, query_integer, query_text
from shared.web.request_json import json_object
from shared.web.validation import validated


@dataclass(frozen=True, slots=True)
class DeliveryArea:
    """Implements shared.relay.api.application.Area."""

    log: Pages
    replays: Replays
    platform_names: Collection[str]

    def blueprints(self, times: ShownTimes, envelope: Envelope) -> Sequence[Blueprint]:
        return (DeliveryViews(self, times).blueprint(),)


class DeliveryViews:
    def __init__(self, area: DeliveryArea, times: ShownTimes) -> None:
        self._log = area.log
        self._replays = area.replays
        self._platform_names = area.platform_names
        self._times = times

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("deliveries", __name__, url_prefix="/api/deliveries")
        blueprint.get("")(self.list)
        blueprint.get("/<delivery_id>")(self.show)
        blueprint.post("/<delivery_id>/retry")(self.retry)
        blueprint.post("/retry")(self.retry_many)
        blueprint.get("/retry/<job_id>")(self.show_job)
        return blueprint

    def list(self) -> Response:
        limit = query_integer("limit", minimum=1, maximum=MAX_LIMIT)
        wanted = DeliveryFilter(
            status=query_choice("status", DELIVERY_STATUSES),
            platform=query_choice("platform", self._platform_names),
            channel_id=query_text("channel_id"),
            bot_id=query_integer("bot_id", minimum=1, maximum=MAX_ID),
            mapping_id=query_integer("mapping_id", minimum=1, maximum=MAX_ID),
            error_code=query_text("error_code"),
        )
        cursor = query_text("cursor", max_length=MAX_CURSOR_CHARACTERS)
        page = list_deliveries(self._log, wanted, limit=limit if limit is not None else DEFAULT_LIMIT, cursor=cursor)
        return success(data=[self._shown_row(row) for row in page.rows], total=page.total, next_cursor=page.next_cursor)

    def show(self, delivery_id: str) -> Response:
        return success(data=self._shown(self._replays.details(delivery_id)))

    def retry(self, delivery_id: str) -> Response:
        return success(texts.DELIVERY_RETRIED, data=self._shown(self._replays.retry(delivery_id)))

    def retry_many(self) -> Response:
        wanted = validated(RetryDeliveries, json_object(optional=True))
        if wanted.platform is not None and wanted.platform not in self._platform_names:
            raise invalid_parameter("platform", "choice", expected=", ".join(self._platform_names))
        chosen = wanted.to_filter(self._times.zone)
        if wanted.dry_run:
            found = self._replays.dry_run(chosen)
            return success(
                texts.REPLAY_TRIED,
                params={"tried": found.matched - found.skipped, "skipped": found.skipped},
                dry_run=True,
                matched_count=found.matched,
                skipped_count=found.skipped,
                is_complete=found.complete,
                samples=[self._shown_row(row) for row in found.samples],
            )
        return success(texts.REPLAY_STARTED, dry_run=False, **self._shown_job(self._replays.start(chosen)))

    def show_job(self, job_id: str) -> Response:
        return success(**self._shown_job(self._replays.job(job_id)))

    def _shown_row(self, row: LogRow) -> dict[str, Any]:
        return shown_log_row(row, self._times)

    def _shown(self, details: DeliveryDetails) -> dict[str, Any]:
        return {
            **self._shown_row(details.row),
            "generation": details.generation,
            "parts_total": details.parts_total,
            "parts_sent": details.parts_sent,
            "platform_message_ids": [list(ids) for ids in details.platform_message_ids],
            "attempts": details.attempts,
            "unknown_attempts": details.unknown_attempts,
            "possible_duplicate": details.possible_duplicate,
            "is_being_sent": details.in_flight,
            "received_at": self._shown_time(details.received_at_ms),
            "first_attempt_at": self._shown_time(details.first_attempt_ms),
            "next_attempt_at": self._shown_time(details.next_attempt_ms),
            "closed_at": self._shown_time(details.closed_at_ms),
        }

    def _shown_job(self, job: ReplayJob) -> dict[str, Any]:
        return {
            "job_id": job.job_id,
            "status": job.status,
            "retried_count": job.retried,
            "skipped_count": job.skipped,
            "created_at": self._times.of_epoch(job.created_at_ms / 1000),
            "finished_at": self._shown_time(job.finished_at_ms),
        }

    def _shown_time(self, moment_ms: int | None) -> str | None:
        return None if moment_ms is None else self._times.of_epoch(moment_ms / 1000)
