"""Which places a bot could send to: asked of the platform itself, for platforms that can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.platforms.http import NoAnswer, NotSent
from shared.platforms.outcomes import Outcome, Permanent, RetryAfter, Unknown


@dataclass(frozen=True, slots=True)
class TargetChannel:
    """``id`` is what a mapping takes as its ``target_channel_id``, ``name`` what the platform's users read."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TargetList:
    """``incomplete`` says in one English sentence why there may be more than is listed, "" when there is not."""

    channels: tuple[TargetChannel, ...]
    incomplete: str = ""


class TargetsUnavailable(Exception):
    """The platform did not tell, or cannot. ``code`` is stable; ``detail`` is an English sentence without a secret;
    ``retry_after_seconds`` is the wait it asked for, None where it named none."""

    def __init__(self, code: str, detail: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class ListsTargets(Protocol):
    """What a platform that can tell implements."""

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        """The places a bot with this configuration (in clear) can send to.

        Raises:
            TargetsUnavailable: for everything the network, the platform or the configuration did.
        """


def not_listed(outcome: Outcome) -> TargetsUnavailable:
    """A refusal in the terms of this module. An answer to a question has no other effect, so unknown is no more than
    a failure."""
    if isinstance(outcome, RetryAfter):
        return TargetsUnavailable(outcome.code, outcome.detail, outcome.seconds)
    if isinstance(outcome, Permanent | Unknown):
        return TargetsUnavailable(outcome.code, outcome.detail)
    return TargetsUnavailable("unexpected_answer", "the platform's answer holds no list")


def not_asked(failure: NotSent | NoAnswer, detail: str) -> TargetsUnavailable:
    """``detail`` is the failure's own, made presentable by the caller, who knows the secrets."""
    return TargetsUnavailable(failure.code, detail)
