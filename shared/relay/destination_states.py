"""How the destinations of the bots stand: working, set aside for a while by their circuit, or switched off for good."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.aws.store_failures import StoreUnavailable
from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import ScopeState
from shared.platforms.registry import PlatformRegistry
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.times import iso_utc

logger = logging.getLogger("kook_relay.bots")

State: TypeAlias = Literal["closed", "half_open", "open", "off"]
STATES: tuple[State, ...] = ("closed", "half_open", "open", "off")
# A list of bots reads so many states at most; the destinations beyond are shown without one.
MAX_READ = 500


@dataclass(frozen=True, slots=True)
class DestinationState:
    """``target_channel_id`` is the mapping's, "" for the bot's own destination. ``state`` is None where it was not
    read. Times are UTC ISO 8601, "" where there is none."""

    target_channel_id: str
    state: State | None
    since: str = ""
    reason: str = ""
    next_probe_at: str = ""


class Mappings(Protocol):
    def mappings(self) -> Sequence[ChannelMapping]:
        """Raises StoreUnavailable."""


class States(Protocol):
    def load_many(self, scopes: Collection[str]) -> Mapping[str, ScopeState]:
        """Of those scopes that are stored. Raises StoreUnavailable."""


class DestinationStates:
    """``clock``: epoch seconds."""

    def __init__(
        self, mappings: Mappings, platforms: PlatformRegistry, states: States, clock: Callable[[], float]
    ) -> None:
        self._mappings = mappings
        self._platforms = platforms
        self._states = states
        self._clock = clock

    def of(self, bots: Sequence[Bot]) -> dict[int, list[DestinationState]]:
        """By bot id: its own destination and those its mappings lead to, each once."""
        by_bot: dict[int, list[ChannelMapping]] = {bot.id: [] for bot in bots}
        for mapping in self._mappings.mappings():
            by_bot.get(mapping.target_bot_id, []).append(mapping)
        keys = {bot.id: self._keys(bot, by_bot[bot.id]) for bot in bots}
        wanted = list(dict.fromkeys(key for found in keys.values() for key in found))[:MAX_READ]
        stored, read = self._loaded(wanted)
        return {
            bot.id: [
                self._shown(bot, target, mappings, stored.get(key), key in read)
                for key, (target, mappings) in keys[bot.id].items()
            ]
            for bot in bots
        }

    def _loaded(self, keys: Sequence[str]) -> tuple[Mapping[str, ScopeState], set[str]]:
        """The states, and of which keys they are. A bot is shown, and was made, whether they can be read or not."""
        try:
            return self._states.load_many(keys), set(keys)
        except StoreUnavailable:
            logger.warning("states of destinations not read")
            return {}, set()

    def _keys(self, bot: Bot, mappings: Sequence[ChannelMapping]) -> dict[str, tuple[str, list[ChannelMapping]]]:
        """Destination keys with the target they stand for and the mappings that lead there."""
        if bot.platform not in self._platforms:
            return {}
        platform = self._platforms.get(bot.platform)
        found: dict[str, tuple[str, list[ChannelMapping]]] = {}
        targets = {"": None} | dict.fromkeys(mapping.target_channel_id for mapping in mappings)
        for target in targets:
            try:
                key = platform.destination(bot.id, bot.config, target).key
            except InvalidConfig:
                continue  # shown by the test button and by what fails, not here
            leading = [mapping for mapping in mappings if mapping.target_channel_id == target]
            if key in found:
                found[key][1].extend(leading)
            else:
                found[key] = (target, leading)
        return found

    def _shown(
        self, bot: Bot, target: str, mappings: Sequence[ChannelMapping], stored: ScopeState | None, was_read: bool
    ) -> DestinationState:
        if bot.status == "disabled":
            return DestinationState(target, "off", reason=bot.disabled_reason)
        reasons = [mapping.disabled_reason for mapping in mappings if not mapping.enabled and mapping.disabled_reason]
        if reasons and len(reasons) == len(mappings):
            return DestinationState(target, "off", reason=reasons[0])
        if not was_read:
            return DestinationState(target, None)
        if stored is None or not stored.circuit.openings:
            return DestinationState(target, "closed")
        circuit = stored.circuit
        return DestinationState(
            target,
            circuit.state(self._clock()),
            since=iso_utc(round(circuit.opened_at * 1000)),
            reason=circuit.reason,
            next_probe_at=iso_utc(round(circuit.open_until * 1000)),
        )


def worst(states: Sequence[DestinationState]) -> State:
    """What to show of a bot as a whole."""
    return max((one.state for one in states if one.state is not None), key=STATES.index, default="closed")
