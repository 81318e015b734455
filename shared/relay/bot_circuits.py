"""Which destinations of a bot work, as its operator sees it: the circuits, and what was switched off for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.platforms.base import InvalidConfig
from shared.platforms.circuit import Circuit
from shared.platforms.registry import PlatformRegistry
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping

# One answer reads the circuits of no more destinations than this.
MAX_DESTINATIONS = 500

DestinationState: TypeAlias = Literal["closed", "half_open", "open", "off"]
_WORST_LAST: tuple[DestinationState, ...] = ("closed", "half_open", "open", "off")


@dataclass(frozen=True, slots=True)
class ShownCircuit:
    """``since`` is when it opened, ``next_probe_at`` when the destination is tried again; epoch seconds, None where
    there is no such time."""

    state: DestinationState
    reason: str = ""
    since: float | None = None
    next_probe_at: float | None = None


@dataclass(frozen=True, slots=True)
class DestinationCircuit:
    """``target_channel_id`` is what the mappings name, ``""`` for the bot's own destination."""

    target_channel_id: str
    mapping_ids: tuple[int, ...]
    circuit: ShownCircuit


@dataclass(frozen=True, slots=True)
class BotCircuit:
    """``worst`` is the worst circuit of the bot's destinations; ``not_shown`` counts those beyond MAX_DESTINATIONS."""

    worst: ShownCircuit
    destinations: tuple[DestinationCircuit, ...] = ()
    not_shown: int = 0


class Mappings(Protocol):
    """Every method may raise StoreUnavailable."""

    def mappings(self) -> Sequence[ChannelMapping]: ...

    def mappings_of_bot(self, bot_id: int) -> Sequence[ChannelMapping]: ...


class CircuitReader(Protocol):
    def circuits(self, scopes: Sequence[str]) -> Mapping[str, Circuit]:
        """Of those destination keys that have any state, in batches. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A destination of a bot; ``key`` is "" where nothing can be sent, for the reason given."""

    target_channel_id: str
    mapping_ids: tuple[int, ...]
    key: str
    off_reason: str = ""


class BotCircuits:
    def __init__(
        self, mappings: Mappings, platforms: PlatformRegistry, reader: CircuitReader, clock: Callable[[], float]
    ) -> None:
        self._mappings = mappings
        self._platforms = platforms
        self._reader = reader
        self._clock = clock

    def of(self, bots: Sequence[Bot]) -> dict[int, BotCircuit]:
        """By bot id, one for each. Raises StoreUnavailable."""
        mapped = self._mapped_of(bots)
        places = {bot.id: self._places(bot, mapped[bot.id]) for bot in bots}
        room = MAX_DESTINATIONS
        shown: dict[int, list[_Place]] = {}
        for bot_id, all_places in places.items():
            shown[bot_id] = all_places[:room]
            room -= len(shown[bot_id])
        keys = sorted({place.key for several in shown.values() for place in several if place.key})
        circuits = self._reader.circuits(keys) if keys else {}
        return {
            bot.id: self._bot_circuit(bot, shown[bot.id], len(places[bot.id]) - len(shown[bot.id]), circuits)
            for bot in bots
        }

    def _mapped_of(self, bots: Sequence[Bot]) -> dict[int, list[ChannelMapping]]:
        mapped: dict[int, list[ChannelMapping]] = {bot.id: [] for bot in bots}
        found = self._mappings.mappings_of_bot(bots[0].id) if len(bots) == 1 else self._mappings.mappings()
        for mapping in found if bots else ():
            if mapping.target_bot_id in mapped:
                mapped[mapping.target_bot_id].append(mapping)
        return mapped

    def _places(self, bot: Bot, mapped: Sequence[ChannelMapping]) -> list[_Place]:
        """The bot's own destination where it has one, then those of its mappings."""
        by_target: dict[str, list[ChannelMapping]] = {}
        for mapping in mapped:
            by_target.setdefault(mapping.target_channel_id, []).append(mapping)
        own = self._place(bot, "", by_target.pop("", ()))
        others = [self._place(bot, target, by_target[target]) for target in sorted(by_target)]
        return [place for place in (own, *others) if place.key or place.mapping_ids]

    def _place(self, bot: Bot, target: str, mapped: Sequence[ChannelMapping]) -> _Place:
        ids = tuple(sorted(mapping.id for mapping in mapped))
        dead = [mapping.disabled_reason for mapping in mapped if not mapping.enabled and mapping.disabled_reason]
        if bot.platform not in self._platforms:
            return _Place(target, ids, "", f"platform {bot.platform} is not built in")
        try:
            key = self._platforms.get(bot.platform).destination(bot.id, bot.config, target).key
        except InvalidConfig as error:
            return _Place(target, ids, "", f"bot_misconfigured: {error}")
        return _Place(target, ids, key, dead[0] if dead and len(dead) == len(mapped) else "")

    def _bot_circuit(
        self, bot: Bot, places: Sequence[_Place], not_shown: int, circuits: Mapping[str, Circuit]
    ) -> BotCircuit:
        bot_off = (bot.disabled_reason or "the bot is switched off") if bot.status == "disabled" else ""
        destinations = tuple(
            DestinationCircuit(place.target_channel_id, place.mapping_ids, self._shown(place, bot_off, circuits))
            for place in places
        )
        if bot_off:
            return BotCircuit(ShownCircuit("off", bot_off), destinations, not_shown)
        every = [destination.circuit for destination in destinations]
        worst = max(every, key=lambda one: _WORST_LAST.index(one.state), default=ShownCircuit("closed"))
        return BotCircuit(worst, destinations, not_shown)

    def _shown(self, place: _Place, bot_off: str, circuits: Mapping[str, Circuit]) -> ShownCircuit:
        if bot_off or place.off_reason:
            return ShownCircuit("off", bot_off or place.off_reason)
        circuit = circuits.get(place.key, Circuit())
        phase = circuit.phase(self._clock())
        if phase == "closed":
            return ShownCircuit("closed")
        return ShownCircuit(phase, circuit.reason, circuit.since, circuit.probe_at)
