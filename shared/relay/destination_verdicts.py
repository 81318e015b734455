"""What the outcome of one request says about the destination itself, for its circuit. Pure."""

from __future__ import annotations

from typing import Literal, TypeAlias

from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown

INTERNAL_ERROR = "internal_error"
# Ends for good before anybody was asked: a bug of ours, our guard, a request that cannot be made.
_NEVER_ASKED = frozenset({INTERNAL_ERROR, "destination_refused", "bad_request"})

Verdict: TypeAlias = Literal["works", "fails", "says_nothing"]


def verdict_of(outcome: Outcome) -> Verdict:
    """A refusal of this one message says that the destination works. A rate limit says nothing either way, and neither
    does what ended without a request: it must not pass for a probe that went well."""
    if isinstance(outcome, Delivered):
        return "works" if outcome.answered else "says_nothing"
    if isinstance(outcome, Permanent):
        return "says_nothing" if outcome.code in _NEVER_ASKED else "works"
    if isinstance(outcome, RetryAfter) and outcome.rate_limited:
        return "says_nothing"
    return "fails"


def reason_of(outcome: Outcome) -> str:
    """Code and words of a failure."""
    return f"{outcome.code}: {outcome.detail}" if isinstance(outcome, RetryAfter | Unknown) else ""
