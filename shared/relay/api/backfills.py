"""/api/accounts/{id}/backfill: fetching what was missed from KOOK's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from shared.relay.api import control_texts as texts
from shared.relay.api.answers import ShownTimes, success
from shared.relay.backfill_records import ChannelProgress
from shared.relay.backfill_runs import Backfills
from shared.relay.errors import Refusal, RelayError
from shared.tasks.orders import TaskQueueUnavailable
from shared.web.envelopes import Envelope
from shared.web.parameters import path_id


@dataclass(frozen=True, slots=True)
class BackfillArea:
    """Implements shared.relay.api.application.Area."""

    backfills: Backfills

    def blueprints(self, times: ShownTimes, envelope: Envelope) -> Sequence[Blueprint]:
        return (BackfillViews(self.backfills, times).blueprint(),)


class BackfillViews:
    def __init__(self, backfills: Backfills, times: ShownTimes) -> None:
        self._backfills = backfills
        self._times = times

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("backfills", __name__, url_prefix="/api/accounts/<account_id>/backfill")
        blueprint.post("")(self.begin)
        blueprint.get("")(self.show)
        return blueprint

    def begin(self, account_id: str) -> Response:
        number = path_id("account_id", account_id)
        try:
            run_id = self._backfills.on_demand(number)
        except TaskQueueUnavailable:
            raise RelayError(Refusal.QUEUE_UNAVAILABLE) from None
        return success(texts.BACKFILL_STARTED, run_id=run_id, account_id=number)

    def show(self, account_id: str) -> Response:
        channels = self._backfills.progress(path_id("account_id", account_id))
        return success(data=[self._shown(channel) for channel in channels])

    def _shown(self, channel: ChannelProgress) -> dict[str, Any]:
        return {
            "kook_channel_id": channel.channel_id,
            "verified_until": self._time(channel.verified_until),
            "finished_at": self._time(channel.finished_at),
            "reason": channel.reason or None,
            "filled": channel.filled,
            "filled_in_all": channel.filled_in_all,
            "problem": channel.problem or None,
            "problem_at": self._time(channel.problem_at),
        }

    def _time(self, moment: str) -> str | None:
        return self._times.of_iso(moment) if moment else None
