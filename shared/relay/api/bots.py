"""/api/bots: destinations' credentials and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from flask import Blueprint, Response

from shared.relay.api import texts
from shared.relay.api.answers import ShownTimes, success
from shared.relay.api.delivery_texts import shown_reason
from shared.relay.bots import Bots
from shared.relay.destination_states import DestinationState, worst
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.requests import BotChanges, BotTest, NewBot
from shared.web.parameters import path_id, query_choice
from shared.web.request_json import json_object
from shared.web.validation import validated

StatesOf: TypeAlias = Callable[[Sequence[Bot]], Mapping[int, Sequence[DestinationState]]]


class BotViews:
    def __init__(self, bots: Bots, times: ShownTimes, states: StatesOf) -> None:
        self._bots = bots
        self._times = times
        self._states = states

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("bots", __name__, url_prefix="/api/bots")
        blueprint.get("")(self.list_bots)
        blueprint.post("")(self.add_bot)
        blueprint.get("/<bot_id>")(self.show_bot)
        blueprint.route("/<bot_id>", methods=["PUT", "PATCH"])(self.change_bot)
        blueprint.delete("/<bot_id>")(self.delete_bot)
        blueprint.post("/<bot_id>/test")(self.test_bot)
        return blueprint

    def list_bots(self) -> Response:
        platform = query_choice("platform", self._bots.platform_names)
        bots = self._bots.all(platform)
        states = self._states(bots)
        return success(data=[self._shown(bot, states[bot.id]) for bot in bots])

    def add_bot(self) -> Response:
        new = validated(NewBot, json_object())
        bot = self._bots.create(new)
        made = self._bots.made_secrets(bot, new.config)
        shown_once = {"made_secrets": made} if made else {}
        return success(texts.BOT_ADDED, 201, id=bot.id, bot_id=bot.id, data=self._shown(bot), **shown_once)

    def show_bot(self, bot_id: str) -> Response:
        return success(data=self._shown(self._bots.get(path_id("bot_id", bot_id))))

    def change_bot(self, bot_id: str) -> Response:
        bot = self._bots.update(path_id("bot_id", bot_id), validated(BotChanges, json_object()))
        return success(texts.BOT_UPDATED, data=self._shown(bot))

    def delete_bot(self, bot_id: str) -> Response:
        disabled = self._bots.delete(path_id("bot_id", bot_id))
        message = texts.BOT_DELETED_WITH_MAPPINGS if disabled else texts.BOT_DELETED
        return success(
            message, params={"count": len(disabled)}, disabled_mappings=[_named(mapping) for mapping in disabled]
        )

    def test_bot(self, bot_id: str) -> Response:
        number = path_id("bot_id", bot_id)
        wanted = validated(BotTest, json_object(optional=True))
        result = self._bots.test(number, wanted.target_channel_id)
        return success(texts.BOT_TESTED, latency_ms=result.latency_ms, notes=list(result.notes))

    def _shown(self, bot: Bot, states: Sequence[DestinationState] | None = None) -> dict[str, Any]:
        if states is None:
            states = self._states([bot])[bot.id]
        body: dict[str, Any] = {
            "id": bot.id,
            "platform": bot.platform,
            "name": bot.name,
            "config": self._bots.shown_config(bot),
            "status": bot.status,
            "disabled_reason": bot.disabled_reason or None,
            "solution": shown_reason(bot.disabled_reason),
            "created_at": self._times.of_iso(bot.created_at),
            "circuit": worst(states),
            "destinations": [self._shown_state(state) for state in states],
        }
        if bot.unreadable:
            body["unreadable_settings"] = list(bot.unreadable)
        return body

    def _shown_state(self, state: DestinationState) -> dict[str, Any]:
        return {
            "target_channel_id": state.target_channel_id or None,
            "state": state.state,
            "since": self._times.of_iso(state.since) if state.since else None,
            "reason": state.reason or None,
            "solution": shown_reason(state.reason),
            "next_probe_at": self._times.of_iso(state.next_probe_at) if state.next_probe_at else None,
        }


def no_states(bots: Sequence[Bot]) -> Mapping[int, Sequence[DestinationState]]:
    """Where nothing is known of them."""
    return {bot.id: [] for bot in bots}


def _named(mapping: ChannelMapping) -> dict[str, Any]:
    return {
        "id": mapping.id,
        "kook_channel_id": mapping.kook_channel_id,
        "kook_channel_name": mapping.kook_channel_name,
    }
