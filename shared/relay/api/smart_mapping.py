"""/api/smart-mapping: suggestions of mappings, and carrying them out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import ValidationError

from shared.relay.api.answers import refusal_error, said, success
from shared.relay.api.kook_texts import APPLIED, MATCH_REASONS, MATCHED, UNLISTED_REASONS
from shared.relay.bot_targets import BotTarget, UnlistedBot
from shared.relay.errors import RelayError
from shared.relay.smart_mapping import AppliedRow, SmartMapping, SuggestedTarget, Suggestion
from shared.relay.smart_mapping_requests import AutoMatch, ChosenMappings
from shared.web.application import current_language
from shared.web.envelopes import Envelope
from shared.web.errors import ApiError
from shared.web.request_json import json_object
from shared.web.validation import api_error, validated


class SmartMappingViews:
    """``envelope`` words the errors of single rows."""

    def __init__(self, smart_mapping: SmartMapping, envelope: Envelope) -> None:
        self._smart_mapping = smart_mapping
        self._envelope = envelope

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("smart_mapping", __name__, url_prefix="/api/smart-mapping")
        blueprint.post("/auto-match")(self.auto_match)
        blueprint.post("/apply")(self.apply)
        return blueprint

    def auto_match(self) -> Response:
        wanted = validated(AutoMatch, json_object())
        try:
            found = self._smart_mapping.suggest(wanted)
        except RelayError as refused:
            raise _with_unlisted_bots(refused) from None
        matched = len(found.suggestions)
        return success(
            MATCHED,
            params={"matched": matched, "channels": found.channel_count},
            mappings=[_shown_suggestion(suggestion) for suggestion in found.suggestions],
            available_targets=[_shown_target(target) for target in found.targets],
            unavailable_bots=[_shown_unlisted(bot) for bot in found.unlisted],
            stats={
                "total_kook_channels": found.channel_count,
                "total_target_channels": len(found.targets),
                "matched_count": matched,
                "match_rate": found.match_rate,
            },
        )

    def apply(self) -> Response:
        rows = self._smart_mapping.apply(validated(ChosenMappings, json_object()).mappings)
        created = sum(row.created for row in rows)
        failed = sum(row.error is not None for row in rows)
        skipped = len(rows) - created - failed
        return success(
            APPLIED,
            201 if created else 200,
            params={"created": created, "skipped": skipped, "failed": failed},
            success_count=created,
            skipped_count=skipped,
            failed_count=failed,
            results=[self._shown_row(row) for row in rows],
        )

    def _shown_row(self, row: AppliedRow) -> dict[str, Any]:
        if row.error is None:
            return {
                "index": row.index,
                "status": "created" if row.created else "skipped",
                "mapping_id": row.mapping_id,
            }
        error = api_error(row.error) if isinstance(row.error, ValidationError) else refusal_error(row.error)
        body = self._envelope.answer(error, current_language(), "").body
        return {
            "index": row.index,
            "status": "failed",
            **{name: body[name] for name in body if name not in ("success", "timestamp")},
        }


def _with_unlisted_bots(refused: RelayError) -> ApiError:
    error = refusal_error(refused)
    unlisted = refused.params.get("unavailable_bots")
    if unlisted is not None:
        error.extra["unavailable_bots"] = [_shown_unlisted(bot) for bot in unlisted]
    return error


def _shown_suggestion(suggestion: Suggestion) -> dict[str, Any]:
    server, channel = suggestion.source.server, suggestion.source.channel
    return {
        "kook_server_id": server.id,
        "kook_server": server.name,
        "kook_channel_id": channel.id,
        "kook_channel": channel.name,
        "kook_category": channel.category_name or None,
        **_shown_offer(suggestion.best),
        "alternatives": [_shown_offer(offer) for offer in suggestion.alternatives],
    }


def _shown_offer(offer: SuggestedTarget) -> dict[str, Any]:
    return {
        **_shown_target(offer.target),
        "confidence": offer.confidence,
        "match_reason": said(MATCH_REASONS[offer.reason]),
        "match_reason_code": offer.reason.value,
        "already_mapped": offer.already_mapped,
    }


def _shown_target(target: BotTarget) -> dict[str, Any]:
    return {
        "target": target.channel.id,
        "target_name": target.channel.name,
        "target_platform": target.bot.platform,
        "bot_id": target.bot.id,
        "bot_name": target.bot.name,
    }


def _shown_unlisted(unlisted: UnlistedBot) -> dict[str, Any]:
    """``reason`` is in the language of the request where the relay has words for it; ``detail`` is the platform's."""
    label = UNLISTED_REASONS.get(unlisted.code)
    return {
        "bot_id": unlisted.bot.id,
        "bot_name": unlisted.bot.name,
        "reason_code": unlisted.code,
        "reason": said(label) if label is not None else unlisted.reason,
        "detail": unlisted.reason,
        "partly_listed": unlisted.is_partial,
    }
