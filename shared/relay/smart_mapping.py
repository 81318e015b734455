"""Suggesting which KOOK channel belongs to which channel elsewhere, and making mappings of the suggestions taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.relay.bot_targets import BotTarget, BotTargets, FoundTargets, UnlistedBot
from shared.relay.bots import Bots
from shared.relay.channel_matching import ChannelMatcher, Match, MatchReason
from shared.relay.errors import Refusal, RelayError
from shared.relay.kook_directory import KookDirectory, PlacedChannel
from shared.relay.mappings import Mappings, Target, target_of
from shared.relay.smart_mapping_requests import AutoMatch, ChosenMapping

MAX_ALTERNATIVES = 3
# Two seconds' worth of comparisons.
MAX_PAIRS = 10_000_000
# The platform whose channels are KOOK's own: a channel must not be mapped to itself.
KOOK = "kook"
_ROW_FIELDS = {"target_bot_id": "bot_id", "target_channel_id": "target", "kook_channel_name": "kook_channel"}


@dataclass(frozen=True, slots=True)
class SuggestedTarget:
    target: BotTarget
    confidence: float
    reason: MatchReason
    already_mapped: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The best target of one channel, and up to three others, all of at least the wanted confidence."""

    source: PlacedChannel
    best: SuggestedTarget
    alternatives: tuple[SuggestedTarget, ...]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """``suggestions`` are sorted by confidence. ``match_rate`` is in percent."""

    suggestions: tuple[Suggestion, ...]
    targets: tuple[BotTarget, ...]
    unlisted: tuple[UnlistedBot, ...]
    channel_count: int

    @property
    def match_rate(self) -> float:
        return round(100 * len(self.suggestions) / self.channel_count, 1) if self.channel_count else 0.0


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """What became of one row: ``mapping_id`` of the mapping that was created or was there already, or the ``error``."""

    index: int
    created: bool = False
    mapping_id: int | None = None
    error: RelayError | ValidationError | None = None


class SmartMapping:
    def __init__(self, directory: KookDirectory, bots: Bots, mappings: Mappings, targets: BotTargets) -> None:
        self._directory = directory
        self._bots = bots
        self._mappings = mappings
        self._targets = targets

    def suggest(self, wanted: AutoMatch) -> Suggestions:
        """Compare the account's text channels with the places the platform's bots can send to.

        Raises:
            RelayError: UNSUPPORTED_PLATFORM; NOTHING_TO_MATCH when one side is empty; TOO_MANY_CHANNELS; and what
                KookDirectory raises
        """
        if wanted.platform not in self._bots.platform_names:
            expected = ", ".join(self._bots.platform_names)
            raise RelayError(Refusal.UNSUPPORTED_PLATFORM, field="platform", expected=expected)
        sources = self._directory.text_channels(wanted.account_id, wanted.server_id or "")
        if not sources:
            raise RelayError(Refusal.NOTHING_TO_MATCH, reason_code="no_kook_channels")
        bots = self._bots.all(wanted.platform)
        found = self._targets.of(bots)
        if not found.targets:
            reason_code = "no_targets" if bots else "no_bots"
            raise RelayError(
                Refusal.NOTHING_TO_MATCH,
                reason_code=reason_code,
                platform=wanted.platform,
                unavailable_bots=found.unlisted,
            )
        if len(sources) * len(found.targets) > MAX_PAIRS:
            raise RelayError(
                Refusal.TOO_MANY_CHANNELS, field="server_id", channels=len(sources), targets=len(found.targets)
            )
        suggestions = self._matched(sources, found, wanted)
        return Suggestions(suggestions, found.targets, found.unlisted, len(sources))

    def apply(self, rows: Sequence[Any]) -> list[AppliedRow]:
        """Make a mapping of every row, in their order. A row that is mapped already, or was earlier in the list,
        changes nothing; a bad one costs only itself."""
        platforms = {bot.id: bot.platform for bot in self._bots.all()}
        present = {target_of(mapping): mapping.id for mapping in self._mappings.all()}
        report: dict[int, AppliedRow] = {}
        fresh: dict[Target, tuple[int, dict[str, Any]]] = {}
        repeated: dict[int, Target] = {}
        for index, raw in enumerate(rows):
            try:
                row = _new_mapping(ChosenMapping.model_validate(raw), platforms)
            except (RelayError, ValidationError) as error:
                report[index] = AppliedRow(index, error=error)
                continue
            target = (row["kook_channel_id"], row["target_bot_id"], row["target_channel_id"])
            if target in present:
                report[index] = AppliedRow(index, mapping_id=present[target])
            elif target in fresh:
                repeated[index] = target
            else:
                fresh[target] = (index, row)
        created = self._create(fresh, report)
        for index, target in repeated.items():
            first = report[fresh[target][0]]
            report[index] = AppliedRow(index, mapping_id=created.get(target), error=first.error)
        return [report[index] for index in sorted(report)]

    def _create(
        self, fresh: dict[Target, tuple[int, dict[str, Any]]], report: dict[int, AppliedRow]
    ) -> dict[Target, int]:
        """Add the rows, note each in the report, and give the ids of the mappings they are now."""
        if not fresh:
            return {}
        added = self._mappings.import_rows([row for _, row in fresh.values()], replace_existing=False)
        errors = {error.index: _in_row_terms(error.error) for error in added.errors}
        ids = {target_of(mapping): mapping.id for mapping in self._mappings.all()}
        for position, (target, (index, _)) in enumerate(fresh.items()):
            error = errors.get(position)
            if error is not None:
                report[index] = AppliedRow(index, error=error)
            else:
                report[index] = AppliedRow(index, created=True, mapping_id=ids.get(target))
        return ids

    def _matched(
        self, sources: Sequence[PlacedChannel], found: FoundTargets, wanted: AutoMatch
    ) -> tuple[Suggestion, ...]:
        matcher = ChannelMatcher(_names(target) for target in found.targets)
        mapped = {target_of(mapping) for mapping in self._mappings.all()}
        suggestions = []
        for source in sources:
            # One more than is shown: on KOOK itself the channel meets itself.
            matches = matcher.matches(
                source.channel.name, minimum=wanted.minimum_confidence, limit=MAX_ALTERNATIVES + 2
            )
            offered = [_offer(source, found.targets[match.target], match, mapped) for match in matches]
            kept = [offer for offer in offered if not _is_itself(source, offer.target)][: MAX_ALTERNATIVES + 1]
            if kept:
                suggestions.append(Suggestion(source, kept[0], tuple(kept[1:])))
        return tuple(sorted(suggestions, key=lambda suggestion: -suggestion.best.confidence))


def _names(target: BotTarget) -> tuple[str, ...]:
    return (target.channel.name, target.bot.name) if target.is_only else (target.channel.name,)


def _is_itself(source: PlacedChannel, target: BotTarget) -> bool:
    return target.bot.platform == KOOK and target.channel.id == source.channel.id


def _offer(source: PlacedChannel, target: BotTarget, match: Match, mapped: set[Target]) -> SuggestedTarget:
    already_mapped = (source.channel.id, target.bot.id, target.channel.id) in mapped
    return SuggestedTarget(target, match.confidence, match.reason, already_mapped)


def _new_mapping(chosen: ChosenMapping, platforms: dict[int, str]) -> dict[str, Any]:
    """The row as Mappings.import_rows takes it."""
    if chosen.bot_id not in platforms:
        raise RelayError(Refusal.BOT_NOT_FOUND, field="bot_id", id=chosen.bot_id)
    return {
        "kook_server_id": chosen.kook_server_id,
        "kook_channel_id": chosen.kook_channel_id,
        "kook_channel_name": chosen.kook_channel,
        "target_platform": platforms[chosen.bot_id],
        "target_bot_id": chosen.bot_id,
        "target_channel_id": chosen.target,
        "enabled": chosen.enabled,
    }


def _in_row_terms(error: RelayError | ValidationError) -> RelayError | ValidationError:
    """Blame the field the caller sent."""
    if isinstance(error, RelayError):
        error.field = _ROW_FIELDS.get(error.field, error.field)
    return error
