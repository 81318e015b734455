"""Where the bots of a platform could send to, asked of the platform for all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass

from shared.platforms.targets import ListsTargets, TargetChannel, TargetList, TargetsUnavailable
from shared.relay.models import Bot

BOTS_AT_ONCE = 8
LISTING_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class BotTarget:
    """One place one bot could send to. ``is_only`` says that the bot has no other, so that its own name may well be
    the place's."""

    bot: Bot
    channel: TargetChannel
    is_only: bool


@dataclass(frozen=True, slots=True)
class UnlistedBot:
    """A bot whose places could not be listed, or (``is_partial``) not all of them, and why. ``reason`` is English."""

    bot: Bot
    code: str
    reason: str
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class FoundTargets:
    targets: tuple[BotTarget, ...]
    unlisted: tuple[UnlistedBot, ...]


class BotTargets:
    """``listers`` by platform name; a platform without one cannot tell its places."""

    def __init__(
        self,
        listers: Mapping[str, ListsTargets],
        monotonic: Callable[[], float],
        listing_seconds: float = LISTING_SECONDS,
    ) -> None:
        self._listers = listers
        self._monotonic = monotonic
        self._listing_seconds = listing_seconds

    def of(self, bots: Sequence[Bot]) -> FoundTargets:
        """The places of these bots, in the bots' order. Nothing a bot's platform does fails the others."""
        give_up_at = self._monotonic() + self._listing_seconds
        targets: list[BotTarget] = []
        unlisted: list[UnlistedBot] = []
        pool = ThreadPoolExecutor(BOTS_AT_ONCE)
        try:
            asked = [(bot, pool.submit(self._list, bot)) for bot in bots]
            for bot, answer in asked:
                try:
                    listed = _result(answer, give_up_at - self._monotonic())
                except TargetsUnavailable as refused:
                    unlisted.append(UnlistedBot(bot, refused.code, refused.detail))
                    continue
                targets += [BotTarget(bot, channel, len(listed.channels) == 1) for channel in listed.channels]
                if listed.incomplete:
                    unlisted.append(UnlistedBot(bot, "incomplete", listed.incomplete, is_partial=True))
        finally:
            # What is still under way ends by its own time limit; nobody waits for it.
            pool.shutdown(wait=False, cancel_futures=True)
        return FoundTargets(tuple(targets), tuple(unlisted))

    def _list(self, bot: Bot) -> TargetList:
        if bot.status == "disabled":
            raise TargetsUnavailable("disabled", "the bot is switched off")
        if bot.unreadable:
            raise TargetsUnavailable("secrets_unreadable", f"{', '.join(bot.unreadable)} must be entered again")
        lister = self._listers.get(bot.platform)
        if lister is None:
            raise TargetsUnavailable("not_listable", f"{bot.platform} cannot tell where it could send to")
        return lister.list_targets(bot.config)


def _result(answer: Future[TargetList], seconds: float) -> TargetList:
    try:
        return answer.result(timeout=max(0.0, seconds))
    except NotInTime:
        raise TargetsUnavailable("timeout", "the platform did not answer in time") from None
