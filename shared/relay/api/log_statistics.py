"""/api/logs/stats and /api/logs/clear: figures over the log, and removing its old rows."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, ConfigDict, Field

from shared.relay.api import control_texts as texts
from shared.relay.api.answers import ShownTimes, success
from shared.relay.log_clearing import MAX_DAYS, MIN_DAYS, Clearing, LogClearings
from shared.relay.statistics import PERIODS, DeliveryStatistics, Period, Statistics
from shared.web.parameters import exclusive, query_choice, query_integer
from shared.web.request_json import json_object
from shared.web.validation import validated

DEFAULT_CLEAR_DAYS = 30


class ClearRequest(BaseModel):
    """The query parameter ``days`` may stand in the body instead."""

    model_config = ConfigDict(strict=True, extra="ignore")

    days: Annotated[int, Field(ge=MIN_DAYS, le=MAX_DAYS)] | None = None


class LogStatisticsViews:
    def __init__(self, statistics: DeliveryStatistics, clearings: LogClearings, times: ShownTimes) -> None:
        self._statistics = statistics
        self._clearings = clearings
        self._times = times

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("log_statistics", __name__, url_prefix="/api/logs")
        blueprint.get("/stats")(self.stats)
        blueprint.get("/stats/trend")(self.trend)
        blueprint.post("/clear")(self.clear)
        blueprint.get("/clear/<job_id>")(self.show_clearing)
        return blueprint

    def stats(self) -> Response:
        return jsonify(_shown(self._statistics.of_period(_period("today"))))

    def trend(self) -> Response:
        days = self._statistics.trend(_period("week"))
        return success(data=[{"date": one.day, **_shown(one.statistics)} for one in days])

    def clear(self) -> Response:
        asked = query_integer("days", minimum=MIN_DAYS, maximum=MAX_DAYS)
        in_body = validated(ClearRequest, json_object(optional=True)).days
        if None not in (asked, in_body) and asked != in_body:
            # Two numbers of days: whichever was taken, the other one might be what was meant to stay.
            raise exclusive("days", "days in the body")
        days = asked if asked is not None else in_body
        clearing = self._clearings.start(days if days is not None else DEFAULT_CLEAR_DAYS)
        return success(texts.CLEARING_STARTED, params={"before": clearing.before_day}, **self._shown_clearing(clearing))

    def show_clearing(self, job_id: str) -> Response:
        return success(**self._shown_clearing(self._clearings.get(job_id)))

    def _shown_clearing(self, clearing: Clearing) -> dict[str, Any]:
        finished = clearing.finished_at_ms
        return {
            "job_id": clearing.job_id,
            "status": clearing.status,
            "days": clearing.days,
            "removed_before": clearing.before_day,
            "removed_count": clearing.removed,
            "created_at": self._times.of_epoch(clearing.created_at_ms / 1000),
            "finished_at": None if finished is None else self._times.of_epoch(finished / 1000),
        }


def _period(default: Period) -> Period:
    named = query_choice("period", PERIODS)
    return next((period for period in PERIODS if period == named), default)


def _shown(statistics: Statistics) -> dict[str, Any]:
    return {
        "total": statistics.total,
        "success": statistics.success,
        "failed": statistics.failed,
        "success_rate": statistics.success_rate,
        "avg_latency_ms": statistics.avg_latency_ms,
        "by_platform": dict(statistics.by_platform),
    }
