"""When to try a delivery again, and when to stop."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

SQS_MAX_VISIBILITY_SECONDS = 43_200


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Full jitter over a doubling ceiling; a platform's own wait is honoured as the least.

    ``give_up_after_seconds`` counts from the first attempt: a day of trying by default, after which the delivery is
    failed for an operator to replay, but never before ``min_attempts``: a day can pass in waiting for a rate limit,
    which is no attempt. ``max_unknown_attempts`` (over an hour of trying) bounds the duplicates of a
    destination that takes messages and never answers.
    """

    base_seconds: float = 1.0
    ceiling_seconds: float = 900.0
    give_up_after_seconds: float = 86_400.0
    min_attempts: int = 5
    max_unknown_attempts: int = 20
    jitter: Callable[[], float] = random.random

    def delay_seconds(self, attempts: int, requested_seconds: float | None) -> float:
        """Seconds until the next try after ``attempts`` failed ones (at least 1, at most SQS's 12 hours)."""
        if requested_seconds is not None:
            # A little later than asked, so that waiting senders do not return in step.
            wait = requested_seconds * (1.0 + 0.1 * self.jitter())
        else:
            wait = min(self.ceiling_seconds, self.base_seconds * 2.0 ** min(attempts, 20)) * self.jitter()
        return min(max(wait, 1.0), SQS_MAX_VISIBILITY_SECONDS)

    def gives_up(self, first_attempt_ms: int, now_ms: int, attempts: int) -> bool:
        return attempts >= self.min_attempts and now_ms - first_attempt_ms >= self.give_up_after_seconds * 1000
