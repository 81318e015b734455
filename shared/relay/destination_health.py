"""Destinations as the health check shows them: which take nothing now, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from shared.aws.store_failures import StoreUnavailable
from shared.relay.bots import BOT_DISABLED_BY_OPERATOR
from shared.relay.destination_states import DestinationState
from shared.relay.health_hints import Hint
from shared.relay.models import Bot
from shared.relay.time_limits import within

MAX_TROUBLED_SHOWN = 50
_MAX_NAMED = 5

StatesOf: TypeAlias = Callable[[Sequence[Bot]], Mapping[int, Sequence[DestinationState]]]


class BotList(Protocol):
    def bots(self) -> Sequence[Bot]:
        """Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class SeenDestination:
    """One place a bot sends to, and how that stands."""

    bot: Bot
    state: DestinationState


@dataclass(frozen=True, slots=True)
class DestinationsHealth:
    """``total`` counts what operators did not switch off themselves; ``troubled`` take nothing now, being
    dead or left alone after failures in a row: MAX_TROUBLED_SHOWN of them at most."""

    total: int
    working: int
    troubled: tuple[SeenDestination, ...]
    hints: tuple[Hint, ...] = ()


def destinations_health(bots: BotList, states_of: StatesOf, patience_seconds: float) -> DestinationsHealth:
    """Never raises for what a store does."""
    try:
        found = within(patience_seconds, lambda: _found(bots, states_of))
    except StoreUnavailable:  # the store's own light is red
        return DestinationsHealth(0, 0, ())
    except TimeoutError:
        return DestinationsHealth(0, 0, (), (Hint("destinations_not_seen"),))
    troubled = [one for one in found if one.state.state in ("off", "open", "half_open")]
    off = [one for one in troubled if one.state.state == "off"]
    failing = [one for one in troubled if one.state.state != "off"]
    hints = tuple(
        Hint(key, {"count": len(ones), "bots": _named(ones)})
        for key, ones in (("destinations_off", off), ("destinations_failing", failing))
        if ones
    )
    return DestinationsHealth(len(found), len(found) - len(troubled), tuple(troubled[:MAX_TROUBLED_SHOWN]), hints)


def _found(bots: BotList, states_of: StatesOf) -> list[SeenDestination]:
    """Every destination but those that an operator switched off, with how it stands."""
    all_bots = bots.bots()
    states = states_of(all_bots)
    return [
        SeenDestination(bot, state)
        for bot in all_bots
        for state in states[bot.id]
        if state.state != "off" or state.reason not in ("", BOT_DISABLED_BY_OPERATOR)
    ]


def _named(destinations: Sequence[SeenDestination]) -> str:
    names = list(dict.fromkeys(f"{one.bot.name} (#{one.bot.id})" for one in destinations))
    return ", ".join(names[:_MAX_NAMED]) + (" …" if len(names) > _MAX_NAMED else "")
